declare module "dynalite" {
  import type { Server } from "node:http";

  function dynalite(options: {
    readonly path?: string;
    readonly createTableMs?: number;
    readonly deleteTableMs?: number;
    readonly updateTableMs?: number;
  }): Server;
  export = dynalite;
}

declare module "dynalite/db/index.js" {
  namespace db {
    type StoredItem = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    type IndexAction = { readonly index: string; readonly key: string; readonly item: StoredItem };

    /** What an item that is written over `existing` means for each of the indexes. */
    function getIndexActions(
      indexes: readonly unknown[],
      existing: StoredItem | undefined,
      item: StoredItem | undefined,
      table: unknown,
    ): { readonly puts: readonly IndexAction[]; readonly deletes: readonly IndexAction[] };
  }
  export = db;
}
