import * as z from "zod/mini";
import { approvalSchema, approvedSchema } from "./approval.ts";
import { commitStatusSchema } from "./commit-status.ts";
import { costReportSchema } from "./cost.ts";
import { deliveriesSchema, deliverySchema, deliveryTraceSchema } from "./delivery.ts";
import { deploymentEnvironmentSchema } from "./deployment-environment.ts";
import { errorSchema } from "./error.ts";
import { forgeLookSchema } from "./forge-look.ts";
import { healthSchema } from "./health.ts";
import { jobSchema } from "./job.ts";
import { listOf } from "./parts.ts";
import { pipelineSchema } from "./pipeline.ts";
import { pipelineSummarySchema } from "./pipeline-summary.ts";
import { connectedProjectSchema, projectSchema } from "./project.ts";
import { ticketExchangeSchema } from "./ticket.ts";
import { uploadSchema } from "./upload.ts";
import { webhookSchema } from "./webhook.ts";

/**
 * The schema of every answer, by the name that the OpenAPI document gives it. Code that a function bundles takes
 * only the types of this folder: answers are typed, not checked, and a function starts without their schemas.
 */
export const schemas = {
  Approval: approvalSchema,
  ApprovalList: listOf(approvalSchema),
  Approved: approvedSchema,
  CommitStatus: commitStatusSchema,
  CommitStatusList: listOf(commitStatusSchema),
  ConnectedProject: connectedProjectSchema,
  ConnectedProjectList: listOf(connectedProjectSchema),
  CostReport: costReportSchema,
  Deliveries: deliveriesSchema,
  Delivery: deliverySchema,
  DeliveryTrace: deliveryTraceSchema,
  DeploymentEnvironment: deploymentEnvironmentSchema,
  DeploymentEnvironmentList: listOf(deploymentEnvironmentSchema),
  Error: errorSchema,
  ForgeLook: forgeLookSchema,
  Health: healthSchema,
  Job: jobSchema,
  Nothing: z.strictObject({}),
  Pipeline: pipelineSchema,
  PipelineList: listOf(pipelineSummarySchema),
  PipelineSummary: pipelineSummarySchema,
  Project: projectSchema,
  ProjectList: listOf(projectSchema),
  TicketExchange: ticketExchangeSchema,
  Upload: uploadSchema,
  Webhook: webhookSchema,
};

export type SchemaName = keyof typeof schemas;

/** What an answer with the schema of this name holds. */
export type AnswerOf<Name extends SchemaName> = z.output<(typeof schemas)[Name]>;
