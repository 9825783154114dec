import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { stsCaller } from "#environment/codebuild/sts-caller.ts";
import { handleBuildEvent } from "#functions/builds/handle-build-event.ts";
import { createApp } from "#functions/http/app.ts";
import { bundleRunner } from "#local/bundle/program.ts";
import { closeServer, listen } from "#local/up/listen.ts";
import type { Executor, Pipeline } from "#pipeline/pipeline.ts";
import { isCompleted } from "#pipeline/status.ts";
import { sweep } from "#service/sweep/sweep.ts";
import { bridge } from "../engine/real-engine.ts";
import { pipelineOf, push } from "../service/driver.ts";
import { makeWorld, project, type World } from "../service/world.ts";
import type { CodebuildDouble } from "./codebuild-double/codebuild-double.ts";
import { openCodebuild, roleOf } from "./codebuild-double/open-codebuild.ts";
import { sourceZip } from "./codebuild-double/source.ts";

export type Service = {
  readonly world: World;
  readonly double: CodebuildDouble;
  readonly url: string;
  /** Pushes this configuration and gives the pipeline's id. */
  readonly push: (configuration: string) => Promise<number>;
  /** Looks again now and then, as the sweep does every minute, until the condition holds. */
  readonly until: (id: number, condition: (pipeline: Pipeline) => boolean) => Promise<Pipeline>;
  readonly completed: (id: number) => Promise<Pipeline>;
  readonly close: () => Promise<void>;
};

/** An image with nothing but a shell, which builds have at hand: they reach no registry here. */
export const OWN_IMAGE = "own:1";
const importImage = `
      - |
        mkdir -p /tmp/own/bin /tmp/own/tmp && cp "$(command -v busybox)" /tmp/own/bin/busybox &&
          for name in sh cat mkdir chmod rm; do ln -s busybox /tmp/own/bin/$name; done &&
          tar -C /tmp/own -c . | docker import - ${OWN_IMAGE} >/dev/null`;

/** The service with real runners in builds of CodeBuild's double; only forge and registry are pretended. */
export async function openService(executor: Executor): Promise<Service> {
  const { gateway: address } = await bridge();
  const world = await makeWorld();
  const runner = await readFile(await bundleRunner(), "utf8");
  const source = await sourceZip(runner, (buildspec) =>
    executor === "shell" ? buildspec : buildspec.replace("\n  build:", `${importImage}\n  build:`),
  );
  const { double, create, close } = await openCodebuild({
    address,
    readSource: async () => source,
    onEvent: (event) => handleBuildEvent(world.deps, event),
  });
  const listener = getRequestListener((request) =>
    createApp({ service: world.deps, mayReadPages: async () => true }).fetch(request),
  );
  const server = await listen(listener, address, 0);
  const { port } = server.address() as AddressInfo;
  const url = `http://${address}:${port}`;
  const settings = await world.deps.settings({ forge: "local", project });
  Object.assign(world.deps, {
    environments: create({ extraHosts: [] }),
    verifyCaller: stsCaller({
      region: double.place.region,
      endpoint: double.url,
      serviceRole: roleOf,
    }),
    server: { ...world.deps.server, url },
    settings: async () => ({ ...settings, executor }),
  });

  const until: Service["until"] = async (id, condition) => {
    for (let tries = 0; tries < 240; tries += 1) {
      await sweep(world.deps);
      await world.settle();
      const pipeline = await pipelineOf(world, id);
      if (condition(pipeline)) return pipeline;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    const { jobs, environments } = await pipelineOf(world, id);
    const logs = [...double.builds.values()].map(({ status, log }) => `${status}: ${log}`);
    throw new Error(JSON.stringify({ jobs, environments, logs }, undefined, 2));
  };

  return {
    world,
    double,
    url,
    push: (configuration) => push(world, configuration),
    until,
    completed: (id) => until(id, ({ status }) => isCompleted(status)),
    close: async () => {
      await close();
      await closeServer(server);
      await world.close();
    },
  };
}
