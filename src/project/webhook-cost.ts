import { prices } from "./prices.ts";

export type CostTerm = {
  readonly what: string;
  /** Units for one webhook, and dollars for a million. */
  readonly units: number;
  readonly dollars: number;
};

const million = 1_000_000;
/** What the function `http` has, and how long a signed push keeps it, at most, once it is warm. */
export const httpGigabytes = 1;
const httpSeconds = 0.04;

/**
 * What a million webhooks cost from the forge's request until the function `work` has the delivery: the way that an
 * event takes whatever becomes of it. Pipelines come on top.
 */
export function webhookCost(): { readonly terms: readonly CostTerm[]; readonly dollars: number } {
  const term = (what: string, units: number, price: number): CostTerm => ({
    what,
    units,
    dollars: units * price * million,
  });
  const terms = [
    term("HTTP API, requests", 1, prices.httpApiRequest),
    term("Lambda http, requests", 1, prices.lambdaRequest),
    term("Lambda http, GB-seconds", httpGigabytes * httpSeconds, prices.lambdaGigabyteSecond),
    // The delivery with its two index entries, and the note that it is queued.
    term("DynamoDB, write units", 4, prices.tableWriteUnit),
    // Sent, received and deleted.
    term("SQS FIFO, requests", 3, prices.fifoRequest),
  ];
  return { terms, dollars: terms.reduce((sum, { dollars }) => sum + dollars, 0) };
}
