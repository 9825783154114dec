import type { Command } from "commander";
import type { ForgeLookView } from "#service/view/forge-look-view.ts";
import type { ConnectedProjectView } from "#service/view/project-view.ts";
import { oneLine } from "#terminal/readable.ts";
import { connect } from "../client.ts";
import { exitCodes } from "../failure.ts";
import { commandForService, type ServiceOptions } from "../options.ts";
import { asJson, print } from "../print.ts";

export function syncCommand(): Command {
  return commandForService(
    "sync",
    "compare branches and tags with those last built, and build what was missed",
    "slipway sync group/app",
  )
    .argument("[project]", "path of the project; all connected ones when left out")
    .action(async (project: string | undefined, options: ServiceOptions) => {
      const client = await connect(options);
      const keys =
        project === undefined
          ? await client.get<readonly ConnectedProjectView[]>("/api/slipway/connected")
          : [{ project }];
      const looks: ForgeLookView[] = [];
      for (const key of keys)
        looks.push(await client.post<ForgeLookView>("/api/slipway/sync", key));
      if (options.json === true) print(asJson(looks));
      else if (looks.length === 0) print("No project at another forge is connected.");
      else for (const look of looks) print(lookText(look));
      if (looks.some(({ problem }) => problem !== undefined)) process.exitCode = exitCodes.failed;
    });
}

function lookText(look: ForgeLookView): string {
  const refs = (those: ForgeLookView["found"], what: string): readonly string[] =>
    those.map(
      ({ ref, sha }) => `  ${what} ${ref} ${sha === undefined ? "(gone)" : sha.slice(0, 8)}`,
    );
  const nothing = look.found.length + look.waiting.length + look.resent.length === 0;
  return [
    `${look.project} (${look.forge}): ${headline(look, nothing)}`,
    ...refs(look.found, "missed"),
    ...refs(look.waiting, "left for the next time:"),
    ...look.resent.map((id) => `  the forge delivers again: ${id}`),
    ...(look.delivery === undefined
      ? []
      : [`  follow it with: slipway deliveries ${look.delivery}`]),
    ...(look.hint === undefined ? [] : [`  ${look.hint}`]),
  ]
    .map(oneLine)
    .join("\n");
}

function headline(look: ForgeLookView, nothing: boolean): string {
  if (look.problem !== undefined) return look.problem;
  if (look.first) return "its branches and tags are noted; from now on nothing is missed";
  return nothing ? "nothing was missed" : "something was missed";
}
