import type { BuildOptions, Plugin } from "esbuild";
import { packageRoot } from "../package-root.ts";

/** What decides about every bundle besides the sources that it is made of; relative to the package. */
export const settingFiles: readonly string[] = [
  "package.json",
  "tsconfig.json",
  "node_modules/.package-lock.json",
  "local/bundle/esbuild-options.ts",
  "local/bundle/make-bundle.ts",
  "local/bundle/program.ts",
  "local/bundle/programs.mjs",
];

/**
 * Of dockerode's ways to an engine only sockets are used. The rest (SSH, and gRPC for a BuildKit
 * session) brings native add-ons and data files that a bundle cannot hold.
 */
const UNUSED = /^(?:ssh2|cpu-features|protobufjs|@grpc\/grpc-js|@grpc\/proto-loader)$/;

export const unusedNamespace = "unused";

const leaveOutUnused: Plugin = {
  name: "leave-out-unused",
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: UNUSED }, ({ path }) => ({ path, namespace: unusedNamespace }));
    onLoad({ filter: /.*/, namespace: unusedNamespace }, () => ({ contents: "module.exports={}" }));
  },
};

/** What all our bundles have in common: ES modules for Node, given back instead of written. */
export const esbuildOptions = {
  absWorkingDir: packageRoot,
  bundle: true,
  platform: "node",
  format: "esm",
  // Node 20.15 is the oldest that a build environment may carry: it is the first with `zlib.crc32`.
  target: "node20.15",
  // Libraries are smaller as ES modules.
  mainFields: ["module", "main"],
  legalComments: "none",
  write: false,
  metafile: true,
  logLevel: "silent",
  // CommonJS libraries in an ES module still ask for `require` of Node's own modules.
  banner: {
    js: 'import{createRequire as slipwayRequire}from"node:module";const require=slipwayRequire(import.meta.url);',
  },
  plugins: [leaveOutUnused],
} as const satisfies BuildOptions;
