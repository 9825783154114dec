/** A route whose form is not Slipway's own to choose, or that is for people. */
export type OtherRoute = {
  readonly method: "GET" | "POST" | "PUT" | "PATCH";
  readonly path: string;
  readonly what: string;
  readonly caller: string;
};

const reader = "whoever may read pages";

/** For people: HTML and text. */
export const pages: readonly OtherRoute[] = [
  { method: "GET", path: "/", what: "The newest pipelines", caller: reader },
  {
    method: "GET",
    path: "/:project{.+}/-/pipelines/:id{[0-9]+}",
    what: "A pipeline, or what waits for approval under its id",
    caller: reader,
  },
  {
    method: "GET",
    path: "/:project{.+}/-/jobs/:id{[0-9]+}",
    what: "A job with its log as it comes",
    caller: reader,
  },
  {
    method: "GET",
    path: "/:project{.+}/-/jobs/:id{[0-9]+}/trace",
    what: "The log from `?offset=` on, without colours",
    caller: reader,
  },
  {
    method: "GET",
    path: "/:project{.+}/-/jobs/:id{[0-9]+}/artifacts/download",
    what: "A file that the job left; `?file_type=` chooses a report",
    caller: reader,
  },
];

/** Protocols that others have specified: their names and errors are not Slipway's. */
export const protocols: readonly OtherRoute[] = [
  {
    method: "POST",
    path: "/api/v4/runners/verify",
    what: "GitLab Runner: is this token good?",
    caller: "an environment's token",
  },
  {
    method: "GET",
    path: "/api/v4/runners/router/discovery",
    what: "GitLab Runner: there is no job router",
    caller: "anyone",
  },
  {
    method: "POST",
    path: "/api/v4/jobs/request",
    what: "GitLab Runner: the next job",
    caller: "an environment's token",
  },
  {
    method: "PATCH",
    path: "/api/v4/jobs/:id{[0-9]+}/trace",
    what: "GitLab Runner: the next piece of the log",
    caller: "the job's token",
  },
  {
    method: "PUT",
    path: "/api/v4/jobs/:id{[0-9]+}",
    what: "GitLab Runner: how the job goes or went",
    caller: "the job's token",
  },
  {
    method: "POST",
    path: "/api/v4/jobs/:id{[0-9]+}/artifacts/authorize",
    what: "GitLab Runner: may this file be uploaded, and where to",
    caller: "the job's token",
  },
  {
    method: "POST",
    path: "/api/v4/jobs/:id{[0-9]+}/artifacts",
    what: "GitLab Runner: upload a file",
    caller: "the job's token",
  },
  {
    method: "GET",
    path: "/api/v4/jobs/:id{[0-9]+}/artifacts",
    what: "GitLab Runner: the artifacts of a job before it",
    caller: "a job's token",
  },
  {
    method: "GET",
    path: "/.well-known/openid-configuration",
    what: "OpenID Connect Discovery 1.0: who signs the ID tokens of jobs",
    caller: "anyone",
  },
  {
    method: "GET",
    path: "/oauth/discovery/keys",
    what: "JSON Web Key Set (RFC 7517): the keys for that",
    caller: "anyone",
  },
  {
    method: "GET",
    path: "/jwt/auth",
    what: "Distribution's token authentication: a token for the registry; on one machine only",
    caller: "a job or person by HTTP Basic, or anyone for what is public",
  },
];
