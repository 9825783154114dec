import { expect, test } from "vitest";
import { parseMessage } from "#queue/message.ts";
import { delivery, look } from "./contract.ts";

test.for([look(7), delivery("group/app", "d-1"), { type: "places" }])(
  "%j is understood",
  (message) => {
    expect(parseMessage(JSON.stringify(message))).toEqual(message);
  },
);

test.for([
  "",
  "{",
  "null",
  "7",
  "[]",
  "{}",
  '{"type":"pipeline"}',
  '{"type":"pipeline","pipelineId":"7"}',
  '{"type":"pipeline","pipelineId":0}',
  '{"type":"pipeline","pipelineId":1.5}',
  '{"type":"pipeline","pipelineId":7,"do":"this"}',
  '{"type":"delivery","forge":"local","project":"a/b"}',
  '{"type":"delivery","forge":"local","project":"a/b","deliveryId":""}',
  '{"type":"delivery","forge":"local","project":["a/b"],"deliveryId":"x"}',
  '{"type":"places","size":"small"}',
  '{"type":"job","jobId":1}',
])("%s is no message", (text) => {
  expect(parseMessage(text)).toBeUndefined();
});
