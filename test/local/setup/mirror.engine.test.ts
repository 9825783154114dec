import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { usualBounds } from "#http/bounded-server.ts";
import { startMirrorListener, stopMirror } from "#local/setup/images/mirror.ts";
import { freePort, registryBinary } from "../../registry/real-registry.ts";

async function startOwnMirror() {
  const directory = await mkdtemp(join(tmpdir(), "slipway-mirror-"));
  // Served by nobody.
  await chmod(directory, 0o755);
  onTestFinished(async () => {
    await stopMirror(directory);
    await rm(directory, { recursive: true, force: true });
  });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  await startMirrorListener(registryBinary, directory, "host", url);
  const pid = Number(await readFile(join(directory, "mirror-host.pid"), "utf8"));
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return { directory, port, url, pids: [pid, Number(children)] };
}

test("the mirror answers, takes nothing, and has no rights", async () => {
  const { url, pids, directory } = await startOwnMirror();
  const answer = await fetch(`${url}/v2/`);
  expect([answer.status, answer.headers.get("x-slipway")]).toEqual([200, "base-images"]);
  const upload = await fetch(`${url}/v2/library/x/blobs/uploads/`, { method: "POST" });
  expect(upload.status).toBe(405);
  const nobody = process.getuid?.() === 0 ? 65534 : process.getuid?.();
  for (const pid of pids) expect((await stat(`/proc/${pid}`)).uid).toBe(nobody);
  await stopMirror(directory);
  for (const pid of pids) {
    await expect
      .poll(() => stat(`/proc/${pid}`).catch(() => "gone"), { timeout: 10_000 })
      .toBe("gone");
  }
});

test("the mirror can be held open by nobody: an address has so many connections and no more", async () => {
  const { port, url } = await startOwnMirror();
  const held = await Promise.all(
    Array.from({ length: usualBounds.perPeer }, async () => {
      const socket = connect(port, "127.0.0.1");
      // What asked whether the mirror is there may have a connection too.
      socket.on("error", () => undefined);
      onTestFinished(() => {
        socket.destroy();
      });
      await once(socket, "connect");
      socket.write("GET /v2/ HTTP/1.1\r\nHo");
      return socket;
    }),
  );
  const oneMore = connect(port, "127.0.0.1").resume();
  oneMore.on("error", () => undefined);
  await once(oneMore, "close");
  for (const socket of held) socket.destroy();
  await expect
    .poll(() =>
      fetch(`${url}/v2/`).then(
        ({ ok }) => ok,
        () => false,
      ),
    )
    .toBe(true);
});
