import { connectForge } from "#forge/connections.ts";
import { localForgeClient } from "#forge/local/client.ts";
import type { ForgeConnection } from "#project/connection.ts";
import { toConnection } from "#project/connection.ts";
import { clientContract, makeSample, type Sample } from "./client-contract.ts";
import { bitbucketDouble, bitbucketProject } from "./doubles/bitbucket.ts";
import { giteaDouble, giteaProject } from "./doubles/gitea.ts";
import { githubDouble, githubProject } from "./doubles/github.ts";
import { gitlabDouble, gitlabProject } from "./doubles/gitlab.ts";

// Pages and trees are cut small, so that going through them is tested.
const pageSize = 3;

clientContract("the built-in git host", async () => {
  const sample = makeSample();
  const options = {
    root: sample.root,
    publicUrl: "http://slipway.example",
    projectId: async () => 1,
    saveStatus: async () => undefined,
  };
  return {
    client: localForgeClient(options, "group/app"),
    sample,
    project: "group/app",
    clones: false,
    mergeRequests: false,
    stop: async () => sample.remove(),
  };
});

clientContract("GitLab", () =>
  connected("gitlab", gitlabProject.path, (sample) =>
    gitlabDouble({ repository: sample.repository, pageSize }),
  ),
);
clientContract("GitHub", () =>
  connected("github", githubProject, (sample) =>
    githubDouble({ repository: sample.repository, pageSize, maxTreeEntries: 13 }),
  ),
);
clientContract("Gitea", () =>
  connected("gitea", giteaProject, (sample) =>
    giteaDouble({ repository: sample.repository, pageSize }),
  ),
);
clientContract("Bitbucket", () =>
  connected("bitbucket", bitbucketProject, (sample) =>
    bitbucketDouble({ repository: sample.repository, pageSize }),
  ),
);

async function connected(
  kind: ForgeConnection["kind"],
  project: string,
  start: (sample: Sample) => Promise<{ url: string; token: string; stop: () => Promise<void> }>,
) {
  const sample = makeSample();
  const double = await start(sample);
  const connection = toConnection("team", {
    kind,
    url: double.url,
    token: { secret: "token" },
    clone_token: { secret: "token" },
  });
  const forge = connectForge(connection, async (name) =>
    name === "token" ? double.token : undefined,
  );
  return {
    client: forge.client(project),
    sample,
    project,
    clones: true,
    mergeRequests: true,
    stop: async () => {
      await double.stop();
      sample.remove();
    },
  };
}
