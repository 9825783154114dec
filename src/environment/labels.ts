/** Label of everything that a runner and the scripts of its jobs make on a shared engine. */
export const ENVIRONMENT_LABEL = "dev.slipway.environment";

/** Label of the container that is a docker-in-docker environment itself. */
export const ENGINE_LABEL = "dev.slipway.engine";
