/** Set for the project of tests that run without an engine, a registry or root. */
export const UNIT_TESTS = "SLIPWAY_UNIT_TESTS";

/** Fails where a test that should do without uses this. */
export function refuseInUnitTests(what: string): void {
  if (process.env[UNIT_TESTS] !== undefined) {
    throw new Error(`Tests that use ${what} are in files named *.engine.test.ts.`);
  }
}
