import { fetchWithRetry, type RetryOptions } from "../retry.ts";
import {
  messageIn,
  type TransferAnswer,
  type TransferRequest,
  type Upload,
  uploadFile,
} from "./transfer.ts";

/** Where a file may go: to the service itself, or to a place that the service names for this one file. */
export type UploadLeave =
  | { readonly kind: "through_service" }
  | ({ readonly kind: "direct" } & TransferRequest)
  | { readonly kind: "refused"; readonly answer: TransferAnswer };

type Options = RetryOptions & { readonly signal: AbortSignal };

export async function askLeave(request: TransferRequest, options: Options): Promise<UploadLeave> {
  const { url, headers } = request;
  const response = await fetchWithRetry(url, { method: "POST", headers }, options);
  if (response.status !== 200) {
    return {
      kind: "refused",
      answer: { status: response.status, message: await messageIn(response) },
    };
  }
  const upload = uploadIn(await response.json().catch(() => undefined));
  return upload === undefined ? { kind: "through_service" } : { kind: "direct", ...upload };
}

/**
 * Writes a file to the place that was named for it: without the job's token, whose place is the service. A
 * file that is there already came with an earlier try, whose answer was lost.
 */
export async function uploadDirectly(
  leave: TransferRequest,
  upload: Pick<Upload, "file" | "sizeBytes">,
  options: Options,
): Promise<{ readonly ok: true } | { readonly ok: false; readonly answer: TransferAnswer }> {
  const { status } = await uploadFile("PUT", leave, upload, options);
  if ((status >= 200 && status < 300) || status === 412) return { ok: true };
  // The answer's own text is not for the log: it may repeat the address, which is a permission.
  return { ok: false, answer: { status, message: `the file store answered ${status}` } };
}

function uploadIn(answer: unknown): TransferRequest | undefined {
  if (typeof answer !== "object" || answer === null || !("upload" in answer)) return undefined;
  const { upload } = answer;
  if (typeof upload !== "object" || upload === null || !("url" in upload)) return undefined;
  const { url } = upload;
  const headers = "headers" in upload ? upload.headers : {};
  if (typeof url !== "string" || typeof headers !== "object" || headers === null) return undefined;
  const texts = Object.entries(headers).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return { url, headers: Object.fromEntries(texts) };
}
