/** Reported to the service, and to scripts as `CI_RUNNER_VERSION`. */
export const RUNNER_VERSION = "0.1.0";
