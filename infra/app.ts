// What `npx cdk` runs: makes the stacks of the installation that slipway.yaml describes.
import { rmSync } from "node:fs";
import { App } from "aws-cdk-lib";
import packageJson from "../package.json" with { type: "json" };
import { bundleAssets } from "./bundle-assets.ts";
import { placeFor } from "./place.ts";
import { readSettings, SettingsFileError } from "./read-settings.ts";
import { slipwayApp } from "./slipway-app.ts";

try {
  // Only to ask for `-c settings=FILE`: it makes nothing.
  const given: unknown = new App({ autoSynth: false }).node.tryGetContext("settings");
  const settings = readSettings(typeof given === "string" ? given : "slipway.yaml");
  const place = placeFor(settings.aws, process.env);
  const { assets, directory } = await bundleAssets(settings);
  try {
    slipwayApp(settings, { place, assets, version: packageJson.version }).synth();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
} catch (error) {
  if (!(error instanceof SettingsFileError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
