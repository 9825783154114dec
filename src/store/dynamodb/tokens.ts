import { randomUUID } from "node:crypto";
import type { TokenGrant, TokenStore } from "../token-store.ts";
import { deleteItem, getItem, putItem, type Table, updateItem } from "./access.ts";
import { type Item, itemKey, ttlAt } from "./item.ts";

/** Kept a little beyond its end, so that a second exchange is still told "spent". */
const keptDaysAfterExpiry = 1;

export function dynamodbTokens(table: Table): TokenStore {
  return {
    put: async (tokenHash, grant) => {
      const expiresAtMs = grant.expiresAt === undefined ? undefined : Date.parse(grant.expiresAt);
      await putItem(
        table,
        "A token",
        {
          pk: tokenKey(tokenHash),
          grant,
          ...(expiresAtMs === undefined
            ? {}
            : { expiresAtMs, ttl: ttlAt(expiresAtMs, keptDaysAfterExpiry) }),
        },
        // A spent token stays spent, also when its creation is repeated.
        { text: "attribute_not_exists(spentBy)" },
      );
    },

    get: async (tokenHash, now) => {
      const item = await getItem(table, tokenKey(tokenHash));
      if (item === undefined || isSpent(item) || isExpired(item, now)) return undefined;
      return grantOf(item);
    },

    spend: async (tokenHash, now) => {
      const spender = randomUUID();
      const spent = await updateItem(
        table,
        tokenKey(tokenHash),
        { text: "SET spentBy = :spender", values: { ":spender": spender } },
        {
          text:
            "attribute_exists(pk) AND attribute_not_exists(spentBy) AND " +
            "(attribute_not_exists(expiresAtMs) OR expiresAtMs > :now)",
          values: { ":now": Date.parse(now) },
        },
      );
      if (spent !== "refused") return grantOf(spent);
      const item = await getItem(table, tokenKey(tokenHash));
      if (item === undefined || !isSpent(item)) return "unknown";
      // The client repeats a write whose answer was lost: then this very call was the winner.
      const grant = grantOf(item);
      return item.spentBy === spender ? grant : { kind: "spent", grant };
    },

    revoke: (tokenHash) => deleteItem(table, tokenKey(tokenHash)),
  };
}

function tokenKey(tokenHash: string): string {
  return itemKey("TOKEN", tokenHash);
}

function isSpent(item: Item): boolean {
  return item.spentBy !== undefined;
}

function isExpired(item: Item, now: string): boolean {
  const expiresAtMs = item.expiresAtMs;
  return typeof expiresAtMs === "number" && expiresAtMs <= Date.parse(now);
}

function grantOf(item: Item): TokenGrant {
  return item.grant as TokenGrant;
}
