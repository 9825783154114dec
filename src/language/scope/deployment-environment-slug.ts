import { sha256Hex } from "../sha256.ts";

const MAX_LENGTH = 24;

/**
 * `CI_ENVIRONMENT_SLUG` by GitLab's rule: at most 24 of a-z, 0-9 and single `-`, starting with a letter. A
 * name that is not its own slug gets a suffix made from its SHA-256, so that two names stay apart.
 */
export function deploymentEnvironmentSlug(name: string): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9]/gu, "-");
  const slug = (/^[a-z]/.test(plain) ? plain : `env-${plain}`).replace(/-+/g, "-");
  if (slug === name && slug.length <= MAX_LENGTH) return slug.replace(/-$/, "");
  const suffix = BigInt(`0x${sha256Hex(name)}`)
    .toString(36)
    .slice(-6);
  const start = slug.slice(0, MAX_LENGTH - 7);
  return `${start}${start.endsWith("-") ? "" : "-"}${suffix}`;
}
