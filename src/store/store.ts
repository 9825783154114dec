import type { ApprovalStore } from "./approval-store.ts";
import type { CommitStatusStore } from "./commit-status-store.ts";
import type { DeliveryStore } from "./delivery-store.ts";
import type { DeploymentStore } from "./deployment-store.ts";
import type { OldImageStore } from "./old-image-store.ts";
import type { PipelineStore } from "./pipeline-store.ts";
import type { PlaceStore } from "./place-store.ts";
import type { ProjectStore } from "./project-store.ts";
import type { RefHistoryStore } from "./ref-history-store.ts";
import type { ReservationStore } from "./reservation-store.ts";
import type { ResourceStore } from "./resource-store.ts";
import type { StatusTurnStore } from "./status-turn-store.ts";
import type { TokenStore } from "./token-store.ts";

export type Store = {
  readonly pipelines: PipelineStore;
  readonly refHistories: RefHistoryStore;
  readonly places: PlaceStore;
  readonly approvals: ApprovalStore;
  readonly deliveries: DeliveryStore;
  readonly tokens: TokenStore;
  readonly projects: ProjectStore;
  readonly commitStatuses: CommitStatusStore;
  readonly resources: ResourceStore;
  readonly reservations: ReservationStore;
  readonly deployments: DeploymentStore;
  readonly statusTurns: StatusTurnStore;
  readonly oldImages: OldImageStore;
};
