import type { DistributionApi } from "#registry/distribution-api.ts";
import { digestOf, type Manifest } from "#registry/manifest.ts";

/** Uploads config and layer of a small image and gives its manifest, which is not put yet. */
export async function uploadImage(
  api: DistributionApi,
  repository: string,
  content: string,
): Promise<Manifest> {
  const config = Buffer.from(JSON.stringify({ architecture: "amd64", os: "linux", content }));
  const layer = Buffer.from(content.padEnd(200));
  for (const blob of [config, layer]) await api.uploadBlob(repository, digestOf(blob), blob);
  const mediaType = "application/vnd.docker.distribution.manifest.v2+json";
  const described = (type: string, blob: Uint8Array) => ({
    mediaType: `application/vnd.docker.${type}`,
    digest: digestOf(blob),
    size: blob.byteLength,
  });
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType,
      config: described("container.image.v1+json", config),
      layers: [described("image.rootfs.diff.tar.gzip", layer)],
    }),
  );
  return { mediaType, bytes, digest: digestOf(bytes) };
}

/** A list of images, one for each platform; not put yet. */
export function listOf(images: readonly Manifest[]): Manifest {
  const mediaType = "application/vnd.docker.distribution.manifest.list.v2+json";
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType,
      manifests: images.map((image, index) => ({
        mediaType: image.mediaType,
        digest: image.digest,
        size: image.bytes.byteLength,
        platform: { os: "linux", architecture: ["amd64", "arm64"][index] },
      })),
    }),
  );
  return { mediaType, bytes, digest: digestOf(bytes) };
}
