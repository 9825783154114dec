import type { ServerResponse } from "node:http";

/** Answers as the engine itself does, so that a client shows "Error response from daemon: …". */
export function answerError(outgoing: ServerResponse, status: number, message: string): void {
  const body = JSON.stringify({ message });
  outgoing.writeHead(status, {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(body),
    Connection: "close",
  });
  outgoing.end(body);
}

/** The same for a connection that was to be upgraded, which has no response object. */
export function rawError(message: string, status = "503 Service Unavailable"): string {
  const body = JSON.stringify({ message });
  return [
    `HTTP/1.1 ${status}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
    "",
    body,
  ].join("\r\n");
}
