import type { Message } from "#queue/queue.ts";
import { lookAtPipeline } from "./advance/look.ts";
import { offerPlaces } from "./advance/offer-places.ts";
import { handleDelivery } from "./delivery/handle-delivery.ts";
import type { ServiceDeps } from "./deps.ts";

/** The one consumer of the work queue. */
export async function handleMessage(deps: ServiceDeps, message: Message): Promise<void> {
  switch (message.type) {
    case "delivery":
      await handleDelivery(deps, message);
      return;
    case "pipeline":
      await lookAtPipeline(deps, message.pipelineId);
      return;
    case "places":
      await offerPlaces(deps);
      return;
  }
}
