import { readFileSync } from "node:fs";
import { type Command, Option } from "commander";
import { bitbucketWebhooks } from "#forge/bitbucket/webhook.ts";
import { MalformedPayload, type WebhookReader } from "#forge/forge.ts";
import { giteaWebhooks } from "#forge/gitea/webhook.ts";
import { githubWebhooks } from "#forge/github/webhook.ts";
import { gitlabWebhooks } from "#forge/gitlab/webhook.ts";
import type { TriggerEvent } from "#pipeline/trigger-event.ts";
import { oneLine } from "#terminal/readable.ts";
import { eventJson } from "../event-json.ts";
import { CliError, exitCodes } from "../failure.ts";
import { commandWithoutService } from "../options.ts";
import { guessEvent } from "../payload-event.ts";
import { asJson, print } from "../print.ts";

const forges = {
  gitlab: { reader: gitlabWebhooks, header: "x-gitlab-event" },
  github: { reader: githubWebhooks, header: "x-github-event" },
  gitea: { reader: giteaWebhooks, header: "x-gitea-event" },
  bitbucket: { reader: bitbucketWebhooks, header: "x-event-key" },
} as const satisfies Record<string, { reader: WebhookReader; header: string }>;

type EventFlags = {
  readonly forge: keyof typeof forges | "forgejo";
  readonly event?: string;
  readonly json?: boolean;
};

export function eventCommand(): Command {
  return commandWithoutService(
    "event",
    "show what a webhook's stored payload says, in one form for all forges; its signature is not looked at",
    "slipway event --forge github --event push payload.json --json",
  )
    .argument("<file>", "the body as the forge sent it; - for standard input")
    .addOption(
      new Option("--forge <name>", "who sent it")
        .choices([...Object.keys(forges), "forgejo"])
        .makeOptionMandatory(),
    )
    .option("--event <name>", "the event header's value (default: guessed from the payload)")
    .action((file: string, options: EventFlags) => {
      const events = readEvents(file, options);
      if (options.json === true) {
        print(asJson(events.map(eventJson), 2));
      } else {
        for (const event of events) print(oneLine(line(event)));
      }
    });
}

function readEvents(file: string, options: EventFlags): readonly TriggerEvent[] {
  const name = options.forge === "forgejo" ? "gitea" : options.forge;
  const { reader, header } = forges[name];
  const body = readPayload(file);
  const event = options.event ?? guessEvent(name, jsonOf(file, body));
  if (event === "" && name !== "gitlab") {
    const why =
      "the payload looks like no event that starts pipelines; --event says which one it is";
    return [{ kind: "ignored", why }];
  }
  try {
    return reader.parse({ headers: headersOf(header, event), body });
  } catch (error) {
    if (!(error instanceof MalformedPayload)) throw error;
    throw new CliError(`${file}: ${error.message}`, exitCodes.failed, { cause: error });
  }
}

function readPayload(file: string): Uint8Array {
  try {
    return readFileSync(file === "-" ? 0 : file);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CliError(`${file} cannot be read: ${why}`, exitCodes.absent, { cause });
  }
}

function headersOf(header: string, event: string): Headers {
  try {
    return new Headers({ "content-type": "application/json", [header]: event });
  } catch (cause) {
    throw new CliError("--event holds characters that no header can.", exitCodes.usage, { cause });
  }
}

function jsonOf(file: string, body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch (cause) {
    throw new CliError(`${file} is not JSON.`, exitCodes.failed, { cause });
  }
}

function line(event: TriggerEvent): string {
  if (event.kind === "ignored") return `ignored: ${event.why}`;
  const sha = "sha" in event ? ` at ${event.sha}` : "";
  const request =
    event.kind === "merge_request"
      ? ` (${event.action} ${event.mergeRequest.iid}, into ${event.mergeRequest.targetBranch})`
      : "";
  const what = event.kind === "rerun" ? event.context : event.ref;
  return `${event.kind}: ${event.project.path} ${what}${sha} by ${event.user.login}${request}`;
}
