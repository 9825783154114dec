import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import type Docker from "dockerode";
import { statusOf } from "#engine/error.ts";
import type { Settings } from "../../../settings.ts";

/** What a helper's container is made of. */
export type HelperImage = { readonly image: string; readonly binds: readonly string[] };

const EMPTY_IMAGE = { repository: "slipway/helper", tag: "empty" };
/** Two blocks of zeros: POSIX, ustar, "end of archive". */
const EMPTY_ARCHIVE = Buffer.alloc(1024);

/** Where programs, their libraries and what these read lie on the systems that environments are made of. */
const SYSTEM_DIRECTORIES = [
  "/usr",
  "/bin",
  "/sbin",
  "/lib",
  "/lib64",
  "/etc/alternatives",
  "/etc/nsswitch.conf",
  "/etc/pki",
  "/etc/ssl",
];

const CA_BUNDLES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/cert.pem",
];
const PROGRAM = "/slipway/runner.mjs";
const CA_BUNDLE = "/slipway/ca.crt";

/**
 * The image of a helper: the one that the environment names, as on a machine whose files are no job's business;
 * else, in an environment that is a throw-away container itself, an empty one with the environment's own
 * programs, which can only be read.
 */
export async function helperImage(
  engine: Docker,
  settings: Pick<Settings, "helperImage" | "program">,
): Promise<HelperImage> {
  const certificates = CA_BUNDLES.find((path) => existsSync(path));
  const binds = [
    `${settings.program}:${PROGRAM}:ro`,
    ...(certificates === undefined ? [] : [`${certificates}:${CA_BUNDLE}:ro`]),
  ];
  if (settings.helperImage !== undefined) return { image: settings.helperImage, binds };
  const programs = [...SYSTEM_DIRECTORIES, dirname(process.execPath)].filter(
    (path) => existsSync(path) && !(path !== "/usr" && path.startsWith("/usr/")),
  );
  return {
    image: await emptyImage(engine),
    binds: [...binds, ...programs.map((path) => `${path}:${path}:ro`)],
  };
}

/** How a helper starts: the words, and the environment that its programs need. */
export function helperCommand(
  settings: Pick<Settings, "helperImage">,
  argument: string,
): { readonly entrypoint: string[]; readonly env: string[] } {
  const own = settings.helperImage === undefined;
  const path = own ? process.env.PATH : undefined;
  return {
    entrypoint: [own ? process.execPath : "node", PROGRAM, argument],
    env: [
      "HOME=/tmp",
      `GIT_SSL_CAINFO=${CA_BUNDLES.some((bundle) => existsSync(bundle)) ? CA_BUNDLE : ""}`,
      ...(path === undefined ? [] : [`PATH=${path}`]),
    ],
  };
}

async function emptyImage(engine: Docker): Promise<string> {
  const { repository, tag } = EMPTY_IMAGE;
  const name = `${repository}:${tag}`;
  try {
    await engine.getImage(name).inspect();
    return name;
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
  }
  const answer = await engine.importImage(Readable.from([EMPTY_ARCHIVE]), {
    repo: repository,
    tag,
  });
  answer.resume();
  await new Promise<void>((resolve, reject) => {
    answer.once("end", resolve);
    answer.once("error", reject);
  });
  return name;
}
