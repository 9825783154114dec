import * as z from "zod/mini";
import { described } from "./parts.ts";

/** What an environment gets for its ticket. */
export const ticketExchangeSchema = z.strictObject({
  token: described(z.string(), "With it the runner asks for jobs."),
  environment_id: z.string(),
  idle_timeout: described(z.int(), "Seconds without a job after which the runner leaves."),
});
