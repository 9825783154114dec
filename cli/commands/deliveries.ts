import type { Command } from "commander";
import type { DeliveriesView, DeliveryTrace, DeliveryView } from "#service/view/delivery-view.ts";
import { oneLine } from "#terminal/readable.ts";
import { readWhole } from "../arguments.ts";
import { connect } from "../client.ts";
import { colors } from "../colors.ts";
import { commandForService, type ServiceOptions } from "../options.ts";
import { asJson, print } from "../print.ts";
import { paintStatus } from "../text.ts";

export function deliveriesCommand(): Command {
  return commandForService(
    "deliveries",
    "list what forges delivered, newest first, or follow one delivery to its pipelines and statuses",
    "slipway deliveries --project group/app",
  )
    .argument("[delivery]", "id of a delivery, or how it begins")
    .option("--project <path>", "only this project's")
    .option("--limit <number>", "how many, at most 100", readWhole(1, 100), 20)
    .action(
      async (
        id: string | undefined,
        options: ServiceOptions & { project?: string; limit: number },
      ) => {
        const client = await connect(options);
        if (id !== undefined) {
          const trace = await client.get<DeliveryTrace>(
            `/api/slipway/deliveries/${encodeURIComponent(id)}`,
          );
          print(options.json === true ? asJson(trace) : traceText(trace));
          return;
        }
        const query = new URLSearchParams({ limit: String(options.limit) });
        if (options.project !== undefined) query.set("project", options.project);
        const listed = await client.get<DeliveriesView>(`/api/slipway/deliveries?${query}`);
        print(options.json === true ? asJson(listed) : listText(listed));
      },
    );
}

function listText({ deliveries, hints }: DeliveriesView): string {
  const lines = deliveries.map((delivery) => {
    const first = delivery.events[0];
    const more = delivery.events.length > 1 ? ` and ${delivery.events.length - 1} more` : "";
    const what = first === undefined ? "" : `${eventText(first)}${more}`;
    return `${delivery.received_at}  ${delivery.state.padEnd(8)}  ${shortId(delivery.id)}  ${oneLine(delivery.project)}  ${what}`;
  });
  return [
    ...hints.map(({ project, hint }) => colors.yellow(`${oneLine(project)}: ${oneLine(hint)}`)),
    ...(lines.length === 0 ? ["No deliveries yet."] : lines),
  ].join("\n");
}

/** From the request to the statuses, for a terminal. */
export function traceText(trace: DeliveryTrace): string {
  return [
    `delivery ${oneLine(trace.id)} · ${oneLine(trace.forge)} · ${oneLine(trace.project)}`,
    `  ${trace.received_at}  received`,
    ...(trace.queued_at === undefined ? [] : [`  ${trace.queued_at}  queued`]),
    ...(trace.done_at === undefined ? [] : [`  ${trace.done_at}  handled`]),
    ...(trace.state === "done" ? [] : [`  still ${trace.state}`]),
    ...trace.events.map((event) => eventText(event)),
    ...trace.pipelines.flatMap((pipeline) => [
      `pipeline ${pipeline.id}  ${paintStatus(pipeline.status)}  ${colors.dim(pipeline.url)}`,
      ...pipeline.statuses.map(
        ({ context, state, description, posted_at }) =>
          `  ${posted_at}  ${oneLine(context)}: ${state}, ${oneLine(description)}`,
      ),
    ]),
  ].join("\n");
}

function eventText(event: DeliveryView["events"][number]): string {
  const sha = event.sha === undefined ? "" : ` at ${event.sha.slice(0, 8)}`;
  const found = event.found === true ? " (found by the sweep)" : "";
  const outcome = event.outcome === undefined ? "" : `: ${event.outcome}`;
  return oneLine(`${event.kind} ${event.ref ?? ""}${sha}${found}${outcome}`);
}

function shortId(id: string): string {
  return oneLine(id).slice(0, 16).padEnd(16);
}
