import { createHash } from "node:crypto";

/** Media types of the OCI image specification and of Docker's image manifest version 2, schema 2. */
const ociManifest = "application/vnd.oci.image.manifest.v1+json";
const ociIndex = "application/vnd.oci.image.index.v1+json";
const dockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
const dockerList = "application/vnd.docker.distribution.manifest.list.v2+json";

export const acceptedManifests = [ociIndex, dockerList, ociManifest, dockerManifest].join(", ");

const placeholderConfig = "application/vnd.slipway.deleted-tag.v1+json";

/** A manifest byte for byte: its digest is taken over these bytes. */
export type Manifest = {
  readonly mediaType: string;
  readonly digest: string;
  readonly bytes: Uint8Array;
};

type Descriptor = { readonly digest: string; readonly size: number };

/** What a manifest says of sizes: its own layers, or the manifests of a list, each to be looked at. */
export type ManifestContent =
  | { readonly kind: "image"; readonly sizeBytes: number }
  | { readonly kind: "list"; readonly digests: readonly string[] }
  | { readonly kind: "deleted" };

export function readManifestContent(manifest: Manifest): ManifestContent {
  const parsed = parse(manifest.bytes);
  const config = field(parsed, "config");
  if (field(config, "mediaType") === placeholderConfig) return { kind: "deleted" };
  const children = field(parsed, "manifests");
  if (Array.isArray(children)) {
    return { kind: "list", digests: children.filter(isDescriptor).map((child) => child.digest) };
  }
  const layers = field(parsed, "layers");
  const parts = [config, ...(Array.isArray(layers) ? layers : [])].filter(isDescriptor);
  const sizeBytes = parts.reduce((sum, part) => sum + part.size, manifest.bytes.byteLength);
  return { kind: "image", sizeBytes };
}

/**
 * An empty image that replaces a tag which is being deleted. `config` has to be uploaded first. `unique` ensures that no
 * other tag points to the same digest.
 */
export function placeholderManifest(unique: string): {
  readonly config: { readonly digest: string; readonly bytes: Uint8Array };
  readonly manifest: Manifest;
} {
  const config = Buffer.from(JSON.stringify({ deletedTag: unique }));
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: ociManifest,
      config: { mediaType: placeholderConfig, digest: digestOf(config), size: config.byteLength },
      layers: [],
    }),
  );
  return {
    config: { digest: digestOf(config), bytes: config },
    manifest: { mediaType: ociManifest, digest: digestOf(bytes), bytes },
  };
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function isDescriptor(value: unknown): value is Descriptor {
  return typeof field(value, "digest") === "string" && typeof field(value, "size") === "number";
}
