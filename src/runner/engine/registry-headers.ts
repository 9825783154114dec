import { readDockerAuth } from "../registry/docker-auth.ts";
import type { RegistryLogin } from "../registry/login.ts";
import { isObject, parseObject } from "./json-object.ts";

/** Headers in which clients send logins along, as base64url of JSON (Docker Engine API, "Authentication"). */
const ONE_LOGIN = "x-registry-auth";
const ALL_LOGINS = "x-registry-config";

/** Whether a request is `docker login` asking the engine to check a login. */
export function isLogin(method: string, url: string): boolean {
  return method === "POST" && /^(?:\/v\d+\.\d+)?\/auth(?:\?|$)/.test(url);
}

/** The same headers, with the logins in them translated; what cannot be read is left as it is. */
export async function translateHeaders(
  rawHeaders: readonly string[],
  url: string,
  registry: RegistryLogin,
): Promise<string[]> {
  const translated = [...rawHeaders];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? "").toLowerCase();
    if (name !== ONE_LOGIN && name !== ALL_LOGINS) continue;
    const value = parseObject(Buffer.from(rawHeaders[index + 1] ?? "", "base64").toString("utf8"));
    if (value === undefined) continue;
    const result =
      name === ONE_LOGIN
        ? await translateLogin(value, registryOfImage(url), registry)
        : await translateEach(value, registry);
    translated[index + 1] = encode(result);
  }
  return translated;
}

/** The body of `POST /auth`, translated. */
export async function translateBody(body: Buffer, registry: RegistryLogin): Promise<Buffer> {
  const value = parseObject(body.toString("utf8"));
  if (value === undefined) return body;
  return Buffer.from(JSON.stringify(await translateLogin(value, "", registry)));
}

async function translateEach(
  logins: Record<string, unknown>,
  registry: RegistryLogin,
): Promise<Record<string, unknown>> {
  const entries = Object.entries(logins).map(async ([host, login]) => [
    host,
    isObject(login)
      ? await translateLogin({ ...login, serveraddress: host }, host, registry)
      : login,
  ]);
  return Object.fromEntries(await Promise.all(entries));
}

async function translateLogin(
  login: Record<string, unknown>,
  server: string,
  registry: RegistryLogin,
): Promise<Record<string, unknown>> {
  const known = readLogin(login);
  if (known === undefined) return login;
  const address = typeof login.serveraddress === "string" ? login.serveraddress : "";
  const sent = await registry.translate(address || server, known);
  if (sent === known) return login;
  const { auth: _, ...rest } = login;
  return { ...rest, ...sent };
}

/** Some clients send what `config.json` has: base64 of `user:password`. */
function readLogin(login: Record<string, unknown>) {
  const { username, password, auth } = login;
  if (typeof username === "string" && typeof password === "string" && password !== "") {
    return { username, password };
  }
  if (typeof auth !== "string" || auth === "") return undefined;
  return readDockerAuth(auth);
}

/** The registry's host in the image that a request is about, for clients that send no address. */
function registryOfImage(url: string): string {
  const { pathname, searchParams } = new URL(url, "http://engine");
  const named = /^\/(?:v[\d.]{1,16}\/)?(?:images|distribution)\/(.+)\/(?:push|json)$/.exec(
    pathname,
  )?.[1];
  const image = searchParams.get("fromImage") ?? decodeURIComponent(named ?? "");
  const [first = "", ...rest] = image.split("/");
  return rest.length > 0 ? first : "";
}

/** Engines read only the form with padding. */
function encode(value: unknown): string {
  const base64 = Buffer.from(JSON.stringify(value)).toString("base64");
  return base64.replaceAll("+", "-").replaceAll("/", "_");
}
