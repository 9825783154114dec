import type { Message } from "./queue.ts";

/** What a queue's text says; undefined for anything that is no message of ours. */
export function parseMessage(text: string): Message | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || !("type" in value)) return undefined;
  const keys = Object.keys(value).sort().join();
  if (value.type === "places" && keys === "type") return { type: "places" };
  if (value.type === "pipeline" && keys === "pipelineId,type" && "pipelineId" in value) {
    const { pipelineId } = value;
    return typeof pipelineId === "number" && Number.isSafeInteger(pipelineId) && pipelineId > 0
      ? { type: "pipeline", pipelineId }
      : undefined;
  }
  if (value.type !== "delivery" || keys !== "deliveryId,forge,project,type") return undefined;
  const forge = textIn(value, "forge");
  const project = textIn(value, "project");
  const deliveryId = textIn(value, "deliveryId");
  if (forge === undefined || project === undefined || deliveryId === undefined) return undefined;
  return { type: "delivery", forge, project, deliveryId };
}

function textIn(value: object, key: string): string | undefined {
  const found: unknown = Object.entries(value).find(([name]) => name === key)?.[1];
  return typeof found === "string" && found !== "" ? found : undefined;
}
