import { Hono } from "hono";
import * as z from "zod/mini";
import type { ServiceDeps } from "#service/deps.ts";
import { exchangeTicket, WrongCallerError } from "#service/runner-api/exchange-ticket.ts";
import { described } from "#service/view/schema/parts.ts";
import { operate } from "../operation/operate.ts";
import { noParameters, operation } from "../operation/operation.ts";

const exchangeTicketOperation = operation({
  id: "exchangeTicket",
  method: "POST",
  path: "/api/slipway/environments/ticket",
  summary:
    "Exchange an environment's ticket for the token of its runner, once; a second exchange ends the environment",
  caller: "ticket",
  parameters: noParameters,
  body: z.object({
    ticket: described(z.string({ error: "is missing" }), "What the environment was started with."),
    caller: z.exactOptional(
      described(
        z.string({ error: "must be text" }),
        "A signed request that proves who asks, where environments can (CodeBuild).",
      ),
    ),
  }),
  answers: [{ status: 201, what: "The token.", json: "TicketExchange" }],
  errors: ["wrong_caller", "ticket_refused"],
});

export const ticketOperations = [exchangeTicketOperation];

/** How an environment becomes a runner. */
export function ticketRoutes(service: ServiceDeps): Hono {
  const app = new Hono();

  operate(app, exchangeTicketOperation, async ({ body }) => {
    const exchange = await exchangeTicket(service, body.ticket, body.caller).catch(wrongCaller);
    if (exchange instanceof WrongCallerError) {
      return {
        refused: "wrong_caller",
        message: `This caller is not the ticket's environment: ${exchange.message}.`,
      };
    }
    return exchange === "refused"
      ? { refused: "ticket_refused", message: "This ticket is not valid, or was used before." }
      : { body: exchange };
  });

  return app;
}

function wrongCaller(error: unknown): WrongCallerError {
  if (error instanceof WrongCallerError) return error;
  throw error;
}
