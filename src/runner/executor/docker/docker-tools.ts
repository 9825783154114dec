import type Docker from "dockerode";
import type { Settings } from "../../settings.ts";
import type { Connection } from "./connect-job.ts";
import type { Helper } from "./helper/helper-container.ts";
import type { HelperPool } from "./helper/helper-pool.ts";
import type { ImageStore } from "./image-store.ts";
import type { JobContainer } from "./job-container.ts";
import type { Networks } from "./networks.ts";
import type { Volumes } from "./volumes.ts";

export type DockerTools = {
  readonly engine: Docker;
  readonly settings: Settings;
  readonly images: ImageStore;
  readonly networks: Networks;
  readonly volumes: Volumes;
  readonly helpers: HelperPool;
  /** Remembers a removal that nothing waits for but the runner's end. */
  readonly inBackground: (removal: Promise<void>) => void;
};

/** What has been made so far for a job, so that all of it goes when something else fails. */
export type Made = {
  connection?: Connection;
  container?: JobContainer;
  readonly helpers: Set<Helper>;
  disks: readonly string[];
};
