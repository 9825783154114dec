import { ForgeError } from "../forge.ts";
import { type ForgeHttp, readAnswer } from "../http/http.ts";
import * as answers from "./answers.ts";

const mostRequests = 300;

/** All files of a tree. GitHub cuts one of more than 100,000 entries: it is then read folder by folder. */
export async function listFiles(
  http: ForgeHttp,
  base: string,
  sha: string,
): Promise<readonly string[]> {
  const files: string[] = [];
  const folders = [{ sha, prefix: "" }];
  let requests = 0;
  const read = async (tree: string, recursive: boolean) => {
    if (++requests > mostRequests)
      throw new ForgeError(`The tree at ${sha} is too large to be listed.`, { retryable: false });
    const query = recursive ? { recursive: 1 } : {};
    const answer = await http({ path: `${base}/git/trees/${tree}`, query });
    return readAnswer(answers.tree, answer, "a tree");
  };
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const { prefix } = folder;
    const whole = await read(folder.sha, true);
    const cut = whole.truncated === true;
    const { tree } = cut ? await read(folder.sha, false) : whole;
    for (const entry of tree) {
      if (entry.type === "blob") files.push(`${prefix}${entry.path}`);
      if (cut && entry.type === "tree")
        folders.push({ sha: entry.sha, prefix: `${prefix}${entry.path}/` });
    }
  }
  return files.sort();
}
