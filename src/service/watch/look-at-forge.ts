import { type Forge, ForgeError } from "#forge/forge.ts";
import { defined } from "#language/defined.ts";
import { isSameProject, type ProjectKey } from "#pipeline/project-key.ts";
import { type Host, isoNow, type Ports, type ServiceDeps } from "../deps.ts";
import { type Delivered, deliverMissed } from "./deliver-missed.ts";
import { type ForgeNotes, readForgeNotes, writeForgeNotes } from "./forge-notes.ts";
import { type HookLook, lookAtHook } from "./look-at-hook.ts";
import { type MissedRef, missedRefs } from "./missed-refs.ts";

/** A webhook may arrive this late. After that time the sweep takes the webhook for lost. */
const patienceMilliseconds = 90_000;

/** A project with more refs than this per minute of its interval is checked less often. */
const refsPerMinute = 200;

export type ForgeLook = ProjectKey & {
  /** Whether this was the first look. Then the refs were only noted, and nothing is built. */
  readonly first: boolean;
  /** Missed refs that are handled now. */
  readonly found: readonly MissedRef[];
  /** Missed refs whose webhook may still arrive, or that are left for the next look. */
  readonly waiting: readonly MissedRef[];
  readonly delivery?: string;
  /** Deliveries that the forge was asked to send again. */
  readonly resent: readonly string[];
  /** What a person has to do about the webhook. */
  readonly hint?: string;
  /** The forge could not be asked. */
  readonly problem?: string;
};

/**
 * Compares a project's refs with those last handled, and stores missed refs as a delivery. With `patience`, only refs
 * that were already missing at an earlier look are delivered. Asks the forge to send failed deliveries again.
 */
export async function lookAtForge(
  deps: ServiceDeps,
  key: ProjectKey,
  options: { readonly patience: boolean },
): Promise<ForgeLook> {
  const forge = deps.forges.get(key.forge);
  const nothing = { ...key, first: false, found: [], waiting: [], resent: [] };
  if (forge === undefined) return { ...nothing, problem: `There is no forge ${key.forge}.` };
  const notes = await readForgeNotes(deps, key);
  if (options.patience && notes !== undefined && isTooSoon(notes, deps.now())) return nothing;
  try {
    return await look(deps, key, forge, notes, options);
  } catch (error) {
    if (!(error instanceof ForgeError)) throw error;
    deps.log("warn", "a forge could not be compared", { ...key, cause: error.message });
    if (notes !== undefined) await writeForgeNotes(deps, key, { ...notes, problem: error.message });
    return { ...nothing, problem: error.message };
  }
}

/** Listing thousands of refs takes many requests, so such a project is checked less often. */
function isTooSoon({ refs, suspects, lookedAt }: ForgeNotes, now: number): boolean {
  const milliseconds = (Object.keys(refs).length / refsPerMinute) * 60_000;
  // Sweeps do not run at exactly the same second of each minute.
  return now - Date.parse(lookedAt) < milliseconds - 30_000 && Object.keys(suspects).length === 0;
}

async function look(
  deps: ServiceDeps,
  key: ProjectKey,
  forge: Forge,
  notes: ForgeNotes | undefined,
  { patience }: { readonly patience: boolean },
): Promise<ForgeLook> {
  const now = isoNow(deps);
  const client = forge.client(key.project);
  const listed = new Map(
    (await client.listRefs())
      .filter(({ ref }) => /^refs\/(?:heads|tags)\/./.test(ref))
      .map(({ ref, sha }) => [ref, sha] as const),
  );
  await deps.store.projects.ensure(key, now);
  const seen = await deps.store.projects.seenRefs(key);
  const noted = notes?.refs ?? (key.forge === "local" ? {} : undefined);
  const hook = await lookAtHook(deps, key, forge, notes, { listed, seen });
  const missed = await withoutPending(deps, key, missedRefs(listed, seen, noted));
  const isRipe = ({ ref, sha }: MissedRef): boolean => {
    const suspect = notes?.suspects[ref];
    if (!patience) return true;
    if (suspect === undefined || suspect.sha !== (sha ?? "")) return false;
    return deps.now() - Date.parse(suspect.at) >= patienceMilliseconds;
  };
  const delivered = await deliverMissed(deps, key, client, missed.filter(isRipe));
  const found = delivered?.refs ?? [];
  const waiting = missed.filter((one) => !found.includes(one));
  await writeForgeNotes(deps, key, {
    since: notes?.since ?? now,
    lookedAt: now,
    refs: notedRefs(listed, waiting, noted ?? {}),
    suspects: suspectsOf(waiting, notes, now),
    resends: hook.resends,
    ...defined({ hook: hook.warning }),
  });
  tell(deps, key, found, hook, notes?.hook?.state);
  return lookResult(key, notes === undefined, found, waiting, delivered, hook);
}

function lookResult(
  key: ProjectKey,
  first: boolean,
  found: readonly MissedRef[],
  waiting: readonly MissedRef[],
  delivered: Delivered | undefined,
  hook: HookLook,
): ForgeLook {
  return {
    ...key,
    first,
    found,
    waiting,
    resent: hook.resent,
    ...(delivered && { delivery: delivered.delivery }),
    ...(hook.warning && { hint: hook.warning.hint }),
  };
}

/** Removes the refs of deliveries that are being handled. */
async function withoutPending(
  deps: Pick<Ports, "store">,
  key: ProjectKey,
  missed: readonly MissedRef[],
): Promise<readonly MissedRef[]> {
  if (missed.length === 0) return missed;
  const pending = new Set<string>();
  for (const delivery of await deps.store.deliveries.listUnfinished()) {
    if (!isSameProject(delivery, key)) continue;
    for (const event of delivery.events) if ("ref" in event) pending.add(event.ref);
  }
  return missed.filter(({ ref }) => !pending.has(ref));
}

/** The refs to note. A waiting ref keeps its earlier sha, or is left out if it had none. */
function notedRefs(
  listed: ReadonlyMap<string, string>,
  waiting: readonly MissedRef[],
  noted: Readonly<Record<string, string>>,
): Record<string, string> {
  const refs = new Map(listed);
  for (const { ref } of waiting) {
    const before = Object.hasOwn(noted, ref) ? noted[ref] : undefined;
    if (before === undefined) refs.delete(ref);
    else refs.set(ref, before);
  }
  return Object.fromEntries(refs);
}

function suspectsOf(
  waiting: readonly MissedRef[],
  notes: ForgeNotes | undefined,
  now: string,
): ForgeNotes["suspects"] {
  return Object.fromEntries(
    waiting.map(({ ref, sha = "" }) => {
      const known = notes?.suspects[ref];
      return [ref, { sha, at: known?.sha === sha ? known.at : now }];
    }),
  );
}

function tell(
  deps: Pick<Host, "log">,
  key: ProjectKey,
  found: readonly MissedRef[],
  hook: HookLook,
  knownState: string | undefined,
): void {
  if (found.length > 0)
    deps.log("warn", "found pushes that were never delivered", { ...key, refs: found.length });
  if (hook.resent.length > 0)
    deps.log("info", "asked the forge to deliver again", {
      ...key,
      deliveries: hook.resent.length,
    });
  if (hook.warning && hook.warning.state !== knownState)
    deps.log("warn", "the forge does not use its webhook", { ...key, ...hook.warning });
}
