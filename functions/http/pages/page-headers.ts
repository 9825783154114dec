import { createHash } from "node:crypto";

/**
 * What browsers are told about every page: only our own script and style run, nothing is loaded from
 * elsewhere, and no other page may frame it. Names and logs come from whoever may push.
 */
export function pageHeaders(scripts: readonly string[]): Readonly<Record<string, string>> {
  const hashes = scripts.map(
    (script) => `'sha256-${createHash("sha256").update(script).digest("base64")}'`,
  );
  return {
    "content-security-policy": [
      "default-src 'none'",
      `script-src ${hashes.join(" ")}`,
      "style-src 'unsafe-inline'",
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
    // Logs are for who signed in: neither a proxy nor the browser's disk keeps them.
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
  };
}
