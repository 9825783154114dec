import { askEngine } from "#engine/ask.ts";
import { SetupProblem } from "../problem.ts";

/** The ids of all images of an engine by tag. */
export async function imagesByTag(socket: string): Promise<Map<string, string>> {
  const { text } = await askEngine({ socketPath: socket }, "GET", "/images/json", {
    timeLimit: 10_000,
  });
  const images: { Id: string; RepoTags: string[] | null }[] = JSON.parse(text);
  return new Map(
    images.flatMap(({ Id, RepoTags }) =>
      (RepoTags ?? []).map((tag): [string, string] => [tag, Id]),
    ),
  );
}

/** Pulls an image by its full name, whatever the engine has under that name already. */
export async function pullImage(socket: string, repository: string, tag: string): Promise<void> {
  const query = `fromImage=${encodeURIComponent(repository)}&tag=${encodeURIComponent(tag)}`;
  const { status, text } = await askEngine(
    { socketPath: socket },
    "POST",
    `/images/create?${query}`,
    {
      timeLimit: 120_000,
    },
  );
  const failure = /"error":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1];
  if (status !== 200 || failure) {
    throw new SetupProblem(
      `The engine could not pull ${repository}:${tag}: ${failure ?? text.trim()}`,
      `Try it by hand: docker pull ${repository}:${tag}`,
    );
  }
}

/** Gives an image one more name; a name that is in use moves. */
export async function tagImage(socket: string, image: string, tag: string): Promise<void> {
  const cut = tag.lastIndexOf(":");
  const query = `repo=${encodeURIComponent(tag.slice(0, cut))}&tag=${encodeURIComponent(tag.slice(cut + 1))}`;
  const { status, text } = await askEngine(
    { socketPath: socket },
    "POST",
    `/images/${encodeURIComponent(image)}/tag?${query}`,
  );
  if (status !== 201) {
    throw new SetupProblem(
      `The engine could not name ${image} ${tag}: ${text.trim()}`,
      `Try it by hand: docker tag ${image} ${tag}`,
    );
  }
}

/** Takes one name off an image; the image goes when it has no other name. */
export async function untagImage(socket: string, tag: string): Promise<void> {
  await askEngine({ socketPath: socket }, "DELETE", `/images/${encodeURIComponent(tag)}?noprune=1`);
}
