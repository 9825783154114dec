import { defined } from "#language/defined.ts";
import {
  type ImageRepository,
  MAX_REPOSITORY_LENGTH,
  parseImageRepository,
} from "./image-repository.ts";
import { type ImageTagName, parseImageTag } from "./image-tag.ts";

declare const brand: unique symbol;

/** Where an image is, complete: what Docker makes of a short name is filled in. */
export type ImageRef = {
  /** `host[:port]`; `docker.io` where the name had none. */
  readonly registry: string;
  /** `library/busybox` for Docker Hub's `busybox`. */
  readonly repository: ImageRepository;
  /** `latest` where the name had neither tag nor digest. */
  readonly tag?: ImageTagName;
  readonly digest?: Digest;
};

/** `sha256:` and 64 hex digits, or another algorithm's. */
export type Digest = string & { readonly [brand]: "Digest" };

export type ImageRefResult =
  | { readonly ok: true; readonly imageRef: ImageRef }
  | { readonly ok: false; readonly message: string };

/** Name, tag and digest at their longest fit in. */
const MAX_LENGTH = 1_024;
const HUB = "docker.io";
const HOST =
  /^(?:\[[0-9a-fA-F:]+\]|[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*)(?::[0-9]+)?$/;

/**
 * Reads `host[:port]/repository:tag@digest` as Docker does (its reference grammar): the first part is a host
 * when it has a `.` or `:`, is `localhost` or has capitals; a name without host is Docker Hub's.
 */
export function parseImageRef(text: string): ImageRefResult {
  if (text.trim() === "") return invalid(text, "it is empty");
  if (text.length > MAX_LENGTH) return invalid(text, `it is longer than ${MAX_LENGTH} characters`);
  const unresolved = /\$\{?\w+\}?/.exec(text);
  if (unresolved) return invalid(text, `the variable ${unresolved[0]} has no value here`);
  const scheme = /^\w+:\/\//.exec(text);
  if (scheme) return invalid(text, `leave out the \`${scheme[0]}\``);
  const [named = "", ...digests] = text.split("@");
  if (digests.length > 1) return invalid(text, "it has more than one `@`");
  const { name, tag } = splitTag(named);
  const { registry, path } = splitRegistry(name);
  if (!HOST.test(registry)) return invalid(text, `\`${registry}\` is no registry host`);
  const repository = parseImageRepository(path);
  if (!repository.ok) return invalid(text, repository.message);
  if (registry.length + path.length + 1 > MAX_REPOSITORY_LENGTH) {
    return invalid(text, `the name is longer than ${MAX_REPOSITORY_LENGTH} characters`);
  }
  const [digest] = digests;
  if (digest !== undefined && !isDigest(digest)) {
    return invalid(text, `\`${digest.slice(0, 80)}\` is no digest (sha256: and 64 hex digits)`);
  }
  const parsedTag = parseImageTag(tag ?? "latest");
  if (!parsedTag.ok) return invalid(text, parsedTag.message);
  const hasTag = tag !== undefined || digest === undefined;
  return {
    ok: true,
    imageRef: {
      registry,
      repository: repository.repository,
      ...(hasTag ? { tag: parsedTag.tag } : {}),
      ...defined({ digest }),
    },
  };
}

/** The complete name, which every engine understands alike: `docker.io/library/busybox:latest`. */
export function formatImageRef({ registry, repository, tag, digest }: ImageRef): string {
  const suffix = `${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
  return `${registry}/${repository}${suffix}`;
}

/** The tag follows the last `:` that no `/` comes after, so that a port is not taken for one. */
function splitTag(named: string): { readonly name: string; readonly tag?: string } {
  const colon = named.lastIndexOf(":");
  if (colon <= named.lastIndexOf("/")) return { name: named };
  return { name: named.slice(0, colon), tag: named.slice(colon + 1) };
}

function splitRegistry(name: string): { readonly registry: string; readonly path: string } {
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(slash, 0));
  const isHost = /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase();
  const registry = isHost && first !== `index.${HUB}` ? first : HUB;
  const path = isHost ? name.slice(slash + 1) : name;
  return { registry, path: registry === HUB && !path.includes("/") ? `library/${path}` : path };
}

function isDigest(text: string): text is Digest {
  if (text.startsWith("sha256:")) return /^sha256:[0-9a-f]{64}$/.test(text);
  return /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-fA-F]{32,}$/.test(text);
}

function invalid(text: string, reason: string): ImageRefResult {
  return { ok: false, message: `\`${text.slice(0, 200)}\` is no image name: ${reason}` };
}
