import { parseImageRepository } from "#image/image-repository.ts";
import { acceptedManifests, digestOf, type Manifest } from "./manifest.ts";
import { RegistryError } from "./registry.ts";
import type { Access } from "./token-access.ts";

/** Calls of the registry's HTTP API V2, each with a token for just its repository and actions. */
export type DistributionApi = {
  readonly listTags: (repository: string) => Promise<readonly string[]>;
  /** `reference` is a tag or a digest. */
  readonly getManifest: (repository: string, reference: string) => Promise<Manifest | undefined>;
  readonly putManifest: (repository: string, tag: string, manifest: Manifest) => Promise<void>;
  readonly deleteManifest: (repository: string, digest: string) => Promise<void>;
  readonly uploadBlob: (repository: string, digest: string, bytes: Uint8Array) => Promise<void>;
};

export type DistributionApiOptions = {
  /** `http://host:port`, without trailing slash. */
  readonly url: string;
  readonly tokenFor: (access: readonly Access[]) => Promise<string>;
  readonly timeoutMilliseconds: number;
};

/** Larger manifests are not accepted by registries either (OCI distribution specification: 4 MiB). */
const largestManifestBytes = 4 * 1024 * 1024;

type Call = {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  readonly path: string;
  readonly repository: string;
  readonly actions: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Statuses that are an answer; every other one is a `RegistryError`. */
  readonly expect: readonly number[];
};

export function distributionApi(options: DistributionApiOptions): DistributionApi {
  async function call(request: Call): Promise<Response> {
    const name = parseImageRepository(request.repository);
    if (!name.ok) throw new RegistryError(name.message, false);
    const access = [
      { type: "repository", name: request.repository, actions: request.actions },
    ] as const;
    const url = new URL(request.path, options.url);
    let response: Response;
    try {
      response = await fetch(url, {
        method: request.method,
        headers: {
          ...request.headers,
          authorization: `Bearer ${await options.tokenFor(access)}`,
        },
        signal: AbortSignal.timeout(options.timeoutMilliseconds),
        ...(request.body === undefined ? {} : { body: new Uint8Array(request.body) }),
      });
    } catch (error) {
      throw new RegistryError(
        `The registry at ${options.url} does not answer: see \`slipway doctor\`.`,
        true,
        { cause: error },
      );
    }
    if (request.expect.includes(response.status)) return response;
    const said = (await response.text().catch(() => "")).slice(0, 300);
    throw new RegistryError(
      `The registry answered ${response.status} to ${request.method} ${url.pathname}: ${said}`,
      response.status >= 500 || response.status === 429,
    );
  }

  return {
    listTags: async (repository) => {
      const tags: string[] = [];
      let path: string | undefined = `/v2/${repository}/tags/list`;
      while (path !== undefined) {
        const response = await call({
          method: "GET",
          path,
          repository,
          actions: ["pull"],
          expect: [200, 404],
        });
        tags.push(...(response.status === 200 ? tagsOf(await response.json()) : []));
        path = nextPage(response.headers.get("link"));
      }
      return tags;
    },

    getManifest: async (repository, reference) => {
      const response = await call({
        method: "GET",
        path: `/v2/${repository}/manifests/${encodeReference(reference)}`,
        repository,
        actions: ["pull"],
        headers: { accept: acceptedManifests },
        expect: [200, 404],
      });
      if (response.status === 404) return undefined;
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (bytes.byteLength > largestManifestBytes) {
        throw new RegistryError(`The manifest of ${repository}:${reference} is too large.`, false);
      }
      const mediaType = response.headers.get("content-type") ?? "application/octet-stream";
      return { mediaType, bytes, digest: digestOf(bytes) };
    },

    putManifest: async (repository, tag, manifest) => {
      await call({
        method: "PUT",
        path: `/v2/${repository}/manifests/${encodeReference(tag)}`,
        repository,
        actions: ["pull", "push"],
        headers: { "content-type": manifest.mediaType },
        body: manifest.bytes,
        expect: [201],
      });
    },

    deleteManifest: async (repository, digest) => {
      await call({
        method: "DELETE",
        path: `/v2/${repository}/manifests/${digest}`,
        repository,
        actions: ["delete"],
        expect: [202, 404],
      });
    },

    uploadBlob: async (repository, digest, bytes) => {
      const push = { repository, actions: ["pull", "push"] };
      const started = await call({
        ...push,
        method: "POST",
        path: `/v2/${repository}/blobs/uploads/`,
        expect: [202],
      });
      const location = started.headers.get("location");
      if (location === null) throw new RegistryError("The registry began no upload.", true);
      const target = new URL(location, options.url);
      target.searchParams.set("digest", digest);
      await call({
        ...push,
        method: "PUT",
        path: `${target.pathname}${target.search}`,
        headers: { "content-type": "application/octet-stream" },
        body: bytes,
        expect: [201],
      });
    },
  };
}

/** Nothing that is not one tag or one digest can leave its place in the path. */
function encodeReference(reference: string): string {
  if (/^\.*$/.test(reference)) throw new RegistryError(`“${reference}” is no image tag.`, false);
  return encodeURIComponent(reference).replaceAll("%3A", ":");
}

function tagsOf(body: unknown): readonly string[] {
  const tags: unknown = typeof body === "object" && body !== null ? Reflect.get(body, "tags") : [];
  return Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string") : [];
}

/** RFC 8288 as registries use it: `</v2/…?last=…>; rel="next"`. Only the path is followed. */
function nextPage(link: string | null): string | undefined {
  const [, target] = /^<([^>]+)>;\s*rel="?next"?/.exec(link ?? "") ?? [];
  if (target === undefined) return undefined;
  const url = new URL(target, "http://registry");
  return `${url.pathname}${url.search}`;
}
