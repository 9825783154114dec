import { createHash } from "node:crypto";
import { promisify } from "node:util";
import {
  brotliCompress,
  brotliCompressSync,
  brotliDecompress,
  brotliDecompressSync,
  constants,
  gunzip,
} from "node:zlib";
import { ItemTooLarge } from "../written.ts";

/** One item as the document client gives and takes it. */
export type Item = Readonly<Record<string, unknown>>;

/** DynamoDB's limit for one item (Amazon DynamoDB Developer Guide, "Quotas"). */
const itemLimitBytes = 400 * 1024;

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);
const decompressGzip = promisify(gunzip);

/** A window that spans the whole document finds what jobs repeat of one another; about as fast as gzip. */
const compression = {
  params: { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_LGWIN]: 22 },
};

/** Longest key kept readable: an index range key may have 1,024 bytes. */
const longestKeyBytes = 900;

/** `KIND#part#part`; parts cannot run into each other, and a very long key becomes its hash. */
export function itemKey(kind: string, ...parts: readonly (string | number)[]): string {
  const escaped = parts.map((part) => String(part).replaceAll("%", "%25").replaceAll("#", "%23"));
  const key = [kind, ...escaped].join("#");
  if (Buffer.byteLength(key) <= longestKeyBytes) return key;
  return `${kind}#sha256:${createHash("sha256").update(key).digest("hex")}`;
}

/** Numbers as strings that sort as the numbers do. */
export function sortableId(id: number): string {
  return String(id).padStart(16, "0");
}

/** Up to this size another thread takes longer to be asked than the work itself takes. */
const smallBytes = 32 * 1024;

export async function packDocument(value: unknown): Promise<Uint8Array> {
  const text = JSON.stringify(value);
  return text.length <= smallBytes
    ? brotliCompressSync(text, compression)
    : compress(text, compression);
}

/** The caller names the type that it packed under this key. */
export async function unpackDocument<T>(item: Item): Promise<T> {
  const packed = item.document;
  if (!(packed instanceof Uint8Array)) throw new Error(`${textOf(item, "pk")} has no document`);
  return unpackValue<T>(packed);
}

/** As `unpackDocument`, of what `packDocument` gave. */
export async function unpackValue<T>(packed: Uint8Array): Promise<T> {
  return JSON.parse((await unpack(packed)).toString("utf8")) as T;
}

/** A document says in `format` how it is written; this version of Slipway knows no such format. */
export function newerFormat(item: Item): Error {
  return new Error(
    `${textOf(item, "pk")} was stored by a newer version of Slipway: run that version, or one after it.`,
  );
}

async function unpack(packed: Uint8Array): Promise<Buffer> {
  if (isGzip(packed)) return decompressGzip(packed);
  // A document of a pipeline packs to about a tenth.
  return packed.byteLength <= smallBytes / 10 ? brotliDecompressSync(packed) : decompress(packed);
}

/** As documents were packed at first. With the window above no brotli stream begins so. */
function isGzip(packed: Uint8Array): boolean {
  return packed[0] === 0x1f && packed[1] === 0x8b;
}

export function textOf(item: Item, attribute: string): string {
  const value = item[attribute];
  if (typeof value !== "string") throw new Error(`the stored item has no text "${attribute}"`);
  return value;
}

export function numberOf(item: Item, attribute: string): number {
  const value = item[attribute];
  if (typeof value !== "number") throw new Error(`the stored item has no number "${attribute}"`);
  return value;
}

/** Attribute names count too; so does what marshalling adds, roughly. */
function sizeOf(value: unknown): number {
  if (value === undefined) return 0;
  if (value instanceof Uint8Array) return value.byteLength;
  if (typeof value === "string") return Buffer.byteLength(value);
  if (typeof value !== "object" || value === null) return 21;
  return Object.entries(value).reduce(
    (sum, [name, inner]) => sum + Buffer.byteLength(name) + sizeOf(inner) + 1,
    3,
  );
}

/** Whether DynamoDB takes the item. */
export function fits(item: Item): boolean {
  return sizeOf(item) <= itemLimitBytes;
}

export function refuseTooLarge(what: string, item: Item): void {
  const sizeBytes = sizeOf(item);
  if (sizeBytes > itemLimitBytes) throw new ItemTooLarge(what, sizeBytes, itemLimitBytes);
}

/** DynamoDB's time to live counts in seconds. */
export function ttlAt(epochMilliseconds: number, days: number): number {
  return Math.ceil(epochMilliseconds / 1000) + days * 24 * 3600;
}
