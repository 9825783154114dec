import { connect } from "node:net";
import { sleep } from "../../retry.ts";

const PAUSE = 50;
const LONGEST_TRY = 1_000;

/** Whether one of the ports takes a TCP connection before `milliseconds` are over. */
export async function anyPortAnswers(
  address: string,
  ports: readonly number[],
  milliseconds: number,
  stop: AbortSignal,
): Promise<boolean> {
  const until = performance.now() + milliseconds;
  while (performance.now() < until) {
    const answers = await Promise.all(ports.map((port) => answersNow(address, port)));
    if (answers.includes(true)) return true;
    await sleep(PAUSE, stop);
  }
  return false;
}

function answersNow(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: LONGEST_TRY });
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => settle(true));
    socket.once("timeout", () => settle(false));
    socket.once("error", () => settle(false));
  });
}
