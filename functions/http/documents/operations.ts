import type { Operation } from "../operation/operation.ts";
import { approvalOperations } from "../slipway/approvals.ts";
import { cacheOperations } from "../slipway/cache.ts";
import { costOperations } from "../slipway/cost.ts";
import { deliveryOperations } from "../slipway/deliveries.ts";
import { jobOperations } from "../slipway/jobs.ts";
import { pipelineOperations } from "../slipway/pipelines.ts";
import { projectOperations } from "../slipway/projects.ts";
import { ticketOperations } from "../slipway/ticket.ts";
import { receiveWebhookOperation } from "../webhooks/operation.ts";

/** A chapter of the API. */
export type Chapter = { readonly title: string; readonly operations: readonly Operation[] };

/** All that is Slipway's own, in the order of the documents. */
export const chapters: readonly Chapter[] = [
  { title: "Service and projects", operations: projectOperations },
  { title: "Pipelines", operations: pipelineOperations },
  { title: "Jobs", operations: jobOperations },
  { title: "Approvals of forks", operations: approvalOperations },
  { title: "Cost", operations: costOperations },
  { title: "Deliveries and forges", operations: [...deliveryOperations, receiveWebhookOperation] },
  { title: "Environments and caches", operations: [...ticketOperations, ...cacheOperations] },
];

export const operations: readonly Operation[] = chapters.flatMap((chapter) => chapter.operations);
