import type { Command } from "commander";
import type { DeliveryTrace } from "#service/view/delivery-view.ts";
import { connect } from "../client.ts";
import { commandForService, type ServiceOptions } from "../options.ts";
import { asJson, print } from "../print.ts";
import { traceText } from "./deliveries.ts";

export function redeliverCommand(): Command {
  return commandForService(
    "redeliver",
    "handle a stored delivery again; what has its pipeline keeps it",
    "slipway redeliver 72d3162e",
  )
    .argument("<delivery>", "its id, or how it begins, as `slipway deliveries` shows it")
    .action(async (id: string, options: ServiceOptions) => {
      const client = await connect(options);
      const trace = await client.post<DeliveryTrace>(
        `/api/slipway/deliveries/${encodeURIComponent(id)}/redeliver`,
      );
      print(options.json === true ? asJson(trace) : traceText(trace));
    });
}
