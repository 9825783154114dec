import type * as z from "zod/mini";
import type { ServiceDeps } from "../deps.ts";
import type { healthSchema } from "./schema/health.ts";

export type HealthView = z.output<typeof healthSchema>;

export function healthView({ server }: Pick<ServiceDeps, "server">): HealthView {
  return { status: "up", url: server.url, version: server.version };
}
