import type { RegistryLogin } from "../registry/login.ts";

/** The call by which BuildKit asks a client for its login at a registry (moby/buildkit, `auth.proto`). */
export const credentialsMethod = "/moby.filesync.v1.Auth/Credentials";

/** CredentialsRequest{Host = 1}; CredentialsResponse{Username = 1, Secret = 2}. */
const HOST = 1;
const USERNAME = 1;
const SECRET = 2;

/** A gRPC message starts with one byte for compression and four for its length. */
const FRAME_BYTES = 5;

/** The answer with its login translated; whatever cannot be read stays as it is. */
export async function translateCredentials(
  request: Buffer,
  answer: Buffer,
  registry: RegistryLogin,
): Promise<Buffer> {
  const host = readMessage(request)?.get(HOST);
  const found = readMessage(answer);
  if (host === undefined || found === undefined) return answer;
  const login = {
    username: found.get(USERNAME)?.toString() ?? "",
    password: found.get(SECRET)?.toString() ?? "",
  };
  const sent = await registry.translate(host.toString(), login);
  if (sent === login) return answer;
  const message = Buffer.concat([
    field(USERNAME, Buffer.from(sent.username)),
    field(SECRET, Buffer.from(sent.password)),
  ]);
  const frame = Buffer.alloc(FRAME_BYTES);
  frame.writeUInt32BE(message.length, 1);
  return Buffer.concat([frame, message]);
}

/** The texts of one message by field number; undefined for what is compressed, cut off or of other types. */
function readMessage(bytes: Buffer): ReadonlyMap<number, Buffer> | undefined {
  if (bytes.length < FRAME_BYTES || bytes[0] !== 0) return undefined;
  const message = bytes.subarray(FRAME_BYTES);
  if (message.length !== bytes.readUInt32BE(1)) return undefined;
  const fields = new Map<number, Buffer>();
  let at = 0;
  while (at < message.length) {
    const tag = readVarint(message, at);
    const length = tag && readVarint(message, tag.next);
    // Protocol buffers' wire type 2: a length and so many bytes.
    if (!tag || !length || (tag.value & 7) !== 2) return undefined;
    at = length.next + length.value;
    if (at > message.length) return undefined;
    fields.set(tag.value >> 3, message.subarray(length.next, at));
  }
  return fields;
}

function readVarint(bytes: Buffer, from: number): { value: number; next: number } | undefined {
  let value = 0;
  for (let index = 0; index < 4; index++) {
    const byte = bytes[from + index];
    if (byte === undefined) return undefined;
    value |= (byte & 0x7f) << (7 * index);
    if (byte < 0x80) return { value, next: from + index + 1 };
  }
  return undefined;
}

function field(number: number, content: Buffer): Buffer {
  const length: number[] = [];
  let rest = content.length;
  while (rest >= 0x80) {
    length.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length, rest]), content]);
}
