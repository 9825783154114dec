import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import yauzl from "yauzl";
import yazl from "yazl";
import { type TarFile, tar } from "#engine/tar.ts";

/** The source of builds as the stacks upload it: the runner and the buildspecs, zipped. */
export async function sourceZip(
  runner: string,
  edit: (buildspec: string) => string = (buildspec) => buildspec,
): Promise<Buffer> {
  const zip = new yazl.ZipFile();
  zip.addBuffer(Buffer.from(runner), "runner.mjs");
  for (const name of readdirSync("buildspecs")) {
    const text = edit(readFileSync(join("buildspecs", name), "utf8"));
    zip.addBuffer(Buffer.from(text), `buildspecs/${name}`);
  }
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** The files of a zip, by path. */
export async function unzip(bytes: Buffer): Promise<ReadonlyMap<string, Buffer>> {
  const open = promisify<Buffer, yauzl.Options, yauzl.ZipFile>(yauzl.fromBuffer);
  const zip = await open(bytes, { lazyEntries: true });
  const files = new Map<string, Buffer>();
  await new Promise<void>((resolve, reject) => {
    zip.on("error", reject);
    zip.on("end", resolve);
    zip.on("entry", (entry: yauzl.Entry) => {
      if (entry.fileName.endsWith("/")) {
        zip.readEntry();
        return;
      }
      zip.openReadStream(entry, (error, stream) => {
        if (error) return reject(error);
        const chunks: Buffer[] = [];
        stream.on("data", (chunk: Buffer) => chunks.push(chunk));
        stream.on("error", reject);
        stream.on("end", () => {
          files.set(entry.fileName, Buffer.concat(chunks));
          zip.readEntry();
        });
      });
    });
    zip.readEntry();
  });
  return files;
}

/** The files as an archive for the engine, below a directory. */
export function archiveOf(files: ReadonlyMap<string, Buffer>, directory: string): Buffer {
  const entries = [...files].map(
    ([path, content]): TarFile => ({ path: `${directory}/${path}`, content, mode: 0o755 }),
  );
  return tar(entries, Date.now());
}
