import { startRegistryFront } from "#local/registry/front.ts";
import { openRegistryKeys } from "#local/registry/keys.ts";

/** Starts the front as the service does, says its process id, and stays until it is killed. */
const [directory = "", registryBinary = "", port = "", serviceUrl = ""] = process.argv.slice(2);
const front = await startRegistryFront({
  directory,
  registryBinary,
  host: "127.0.0.1",
  port: Number(port),
  addresses: ["127.0.0.1"],
  serviceUrl,
  keys: await openRegistryKeys(directory),
});
process.stdout.write(`${front.pid}\n`);
setInterval(() => {}, 60_000);
