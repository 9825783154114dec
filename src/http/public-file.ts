import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import type { LookupFunction } from "node:net";
import { addressesOf, type HostAddress, isPublicAddress, type Resolve } from "./public-address.ts";

/** A file's text, or why there is none, as a sentence for whoever wrote the address. */
export type PublicFile = string | { readonly refused: string };

export type PublicFileOptions = {
  /** Asked once for every name, also for those that redirects lead to. */
  readonly resolve?: Resolve;
  readonly isPublic?: (address: string) => boolean;
  /** Authorities (PEM) instead of the usual ones. */
  readonly ca?: string;
  /** For everything together: names, redirects and the text. */
  readonly timeoutMilliseconds?: number;
  readonly largestBytes?: number;
};

const LARGEST_BYTES = 1_048_576;
const TIMEOUT_MILLISECONDS = 10_000;
/** As many as GitLab follows (HTTParty's default). */
const MOST_REDIRECTS = 5;

class Refusal extends Error {}

/**
 * The text at a public https address (`include:remote`). A connection goes to an address that was checked, never to
 * what the name means a moment later; a redirect is an address like the first one, and checked like that. The name in
 * the certificate is verified as usual. Nothing is sent but a GET request without any credential.
 */
export async function readPublicFile(
  address: string,
  options: PublicFileOptions = {},
): Promise<PublicFile> {
  const milliseconds = options.timeoutMilliseconds ?? TIMEOUT_MILLISECONDS;
  const deadline = AbortSignal.timeout(milliseconds);
  try {
    return await follow(address, options, deadline);
  } catch (error) {
    if (error instanceof Refusal) return { refused: error.message };
    const why = deadline.aborted
      ? `took longer than ${milliseconds / 1_000} seconds`
      : `cannot be read${codeOf(error)}`;
    return { refused: `\`${address}\` ${why}.` };
  }
}

async function follow(
  first: string,
  options: PublicFileOptions,
  deadline: AbortSignal,
): Promise<string> {
  let address = first;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
    const via = redirects === 0 ? "" : ` (where \`${first}\` leads)`;
    const named = `\`${address.slice(0, 300)}\`${via}`;
    const url = readableUrl(address, named);
    const addresses = await publicAddresses(url, named, options, deadline);
    const response = await get(url, addresses, options, deadline);
    const next = redirectOf(response, url);
    if (next === undefined) return await textOf(response, named, options);
    response.destroy();
    address = next;
  }
  throw new Refusal(`\`${first}\` leads on and on: more than ${MOST_REDIRECTS} redirects.`);
}

function readableUrl(address: string, named: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol !== "https:") throw new Refusal(`${named} is no https address.`);
  if (url.username !== "" || url.password !== "")
    throw new Refusal(`${named} has a user name or password, which are not sent.`);
  return url;
}

/** Who asks may not learn whether a name inside exists: both cases have the same words. */
async function publicAddresses(
  url: URL,
  named: string,
  { resolve, isPublic = isPublicAddress }: PublicFileOptions,
  deadline: AbortSignal,
): Promise<readonly HostAddress[]> {
  const addresses = await before(
    addressesOf(url.hostname, resolve).catch(() => []),
    deadline,
  );
  if (addresses.length > 0 && addresses.every(({ address }) => isPublic(address))) return addresses;
  throw new Refusal(`${named} has no public address: only files on the open Internet are read.`);
}

function get(
  url: URL,
  addresses: readonly HostAddress[],
  { ca }: PublicFileOptions,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(url, {
      // A connection of its own: one that is open already went to an address that nobody checked for this name.
      agent: new Agent({ keepAlive: false, maxCachedSessions: 0 }),
      lookup: pinned(addresses),
      rejectUnauthorized: true,
      headers: { accept: "*/*", "accept-encoding": "identity", "user-agent": "slipway" },
      signal,
      ...(ca !== undefined && { ca }),
    })
      .once("response", resolve)
      .once("error", reject)
      .end();
  });
}

/** Answers with what was checked, whatever is asked. */
function pinned(addresses: readonly HostAddress[]): LookupFunction {
  return (_name, options, callback) => {
    const [first] = addresses;
    if (options.all) callback(null, [...addresses]);
    else callback(null, first?.address ?? "", first?.family);
  };
}

function redirectOf({ statusCode, headers }: IncomingMessage, url: URL): string | undefined {
  const { location } = headers;
  if (location === undefined || ![301, 302, 303, 307, 308].includes(statusCode ?? 0)) return;
  return URL.canParse(location, url.href) ? new URL(location, url.href).href : location;
}

async function textOf(
  response: IncomingMessage,
  named: string,
  { largestBytes = LARGEST_BYTES }: PublicFileOptions,
): Promise<string> {
  const refuse = (why: string): Refusal => {
    response.destroy();
    return new Refusal(`${named} ${why}.`);
  };
  const { statusCode, headers } = response;
  if (statusCode !== 200) throw refuse(`cannot be read: the server answers ${statusCode}`);
  const encoding = headers["content-encoding"] ?? "identity";
  if (encoding !== "identity") throw refuse("comes compressed, although that was not asked for");
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    length += chunk.byteLength;
    if (length > largestBytes) throw refuse(`is larger than ${largestBytes} bytes`);
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

/** The resolver of the machine has no end of its own that could be asked for. */
function before<T>(work: Promise<T>, deadline: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(deadline.reason);
    deadline.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => deadline.removeEventListener("abort", stop));
  });
}

/** Such as `ECONNREFUSED` or `CERT_HAS_EXPIRED`; messages of errors may hold more than the author may know. */
function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? `: ${code}` : "";
}
