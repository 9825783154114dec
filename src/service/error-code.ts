/**
 * Every `code` that an error answer of the API can have, with its HTTP status; `errorMeanings` has the meanings.
 * Programs decide by the code: a code keeps its name and its meaning, while the message beside it may change.
 */
export const errorStatuses = {
  invalid_request: 400,
  unreadable_payload: 400,
  unauthenticated: 401,
  bad_signature: 401,
  wrong_caller: 401,
  ticket_refused: 403,
  forbidden: 403,
  not_found: 404,
  unknown_forge: 404,
  unknown_project: 404,
  unknown_pipeline: 404,
  unknown_job: 404,
  unknown_delivery: 404,
  unknown_approval: 404,
  no_artifact: 404,
  no_cache: 404,
  status_conflict: 409,
  too_large: 413,
  internal_error: 500,
  forge_unavailable: 502,
} as const;

export type ErrorCode = keyof typeof errorStatuses;
