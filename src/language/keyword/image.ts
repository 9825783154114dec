// GitLab Docs, "CI/CD YAML syntax reference": `image` and `services`.
import { defined } from "../defined.ts";
import type { ImageOptions, PullPolicy, ServiceOptions } from "../plan.ts";
import {
  type Input,
  invalid,
  type MapInput,
  read,
  readClosedMap,
  readList,
  readOneOf,
  readString,
  readStrings,
  readText,
} from "../tree/read.ts";
import { readJobVariables } from "./variables.ts";

const pullPolicies = ["always", "if-not-present", "never"] as const;

export function readImage(input: Input): ImageOptions | undefined {
  if (input.node.kind !== "map") {
    const name = readString(input);
    return name === "" ? invalid(input, "`image` should not be empty.") : imageNamed(name);
  }
  const map = readClosedMap(input, "image");
  return map === undefined ? undefined : readNamed(map);
}

export function readServices(input: Input): readonly ServiceOptions[] | undefined {
  return readList(input, readService);
}

function readService(input: Input): ServiceOptions | undefined {
  if (input.node.kind !== "map") {
    const name = readString(input);
    return name === "" ? invalid(input, "A service should not be empty.") : imageNamed(name);
  }
  const map = readClosedMap(input, "service");
  const named = map === undefined ? undefined : readNamed(map);
  if (map === undefined || named === undefined) return undefined;
  const alias = read(map, "alias", readString);
  const command = read(map, "command", readStrings);
  const variables = read(map, "variables", readJobVariables);
  return {
    ...named,
    ...defined({ alias, command, variables }),
  };
}

function imageNamed(name: string | undefined): ImageOptions | undefined {
  return name === undefined ? undefined : { name };
}

function readNamed(map: MapInput): ImageOptions | undefined {
  const name = read(map, "name", readString);
  if (name === undefined || name === "") {
    return invalid(
      map,
      "`name` is missing: write the image's name, for example `name: docker:dind`.",
    );
  }
  const entrypoint = read(map, "entrypoint", readStrings);
  const pullPolicy = read(map, "pull_policy", readPullPolicy);
  const docker = read(map, "docker", readDockerOptions);
  return {
    name,
    ...defined({ entrypoint, pullPolicy, docker }),
  };
}

function readPullPolicy(input: Input): readonly PullPolicy[] | undefined {
  const one = (item: Input) => readOneOf(item, pullPolicies);
  if (input.node.kind === "list") return readList(input, one);
  const policy = one(input);
  return policy === undefined ? undefined : [policy];
}

function readDockerOptions(input: Input): ImageOptions["docker"] {
  const map = readClosedMap(input, "image:docker");
  if (map === undefined) return undefined;
  const platform = read(map, "platform", readString);
  const user = read(map, "user", readText);
  return { ...defined({ platform, user }) };
}
