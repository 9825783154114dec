/** A job log as plain text: ANSI sequences and the runner's section marks taken out. */
export function plainLog(bytes: Uint8Array): string {
  return new TextDecoder()
    .decode(bytes)
    .replace(/section_(?:start|end):\d+:[\w.-]+(?:\[[^\]]*\])?\r?/g, "")
    .replace(/\x1b\[[0-9;?]*[A-Za-z]/g, "")
    .replace(/\r\n/g, "\n");
}
