import { type Input, object, requiredText, text, texts } from "./input.ts";
import { invalidInput, Rejection } from "./rejection.ts";

export type Projects = {
  /** The project as it was made, by name or ARN. */
  readonly get: (name: string) => Input;
  readonly create: (input: Input) => Input;
  readonly update: (input: Input) => Input;
  readonly remove: (input: Input) => Input;
  readonly batchGet: (input: Input) => Input;
};

/** The projects of an account, with the parts that builds need; the rest is kept as it came. */
export function projectsOf(place: { readonly account: string; readonly region: string }): Projects {
  const projects = new Map<string, Input>();
  const arnOf = (name: string) =>
    `arn:aws:codebuild:${place.region}:${place.account}:project/${name}`;
  const nameOf = (nameOrArn: string) => nameOrArn.slice(nameOrArn.lastIndexOf("/") + 1);

  const get = (nameOrArn: string): Input => {
    const found = projects.get(nameOf(nameOrArn));
    if (found !== undefined) return found;
    throw new Rejection(
      "ResourceNotFoundException",
      `Project cannot be found: ${arnOf(nameOf(nameOrArn))}`,
    );
  };

  return {
    get,
    create: (input) => {
      const name = requiredText(input, "name");
      if (!/^[A-Za-z0-9][A-Za-z0-9\-_]{1,149}$/.test(name)) {
        throw invalidInput(`Invalid project name: ${name}`);
      }
      if (projects.has(name)) {
        throw new Rejection("ResourceAlreadyExistsException", `Project already exists: ${name}`);
      }
      requiredText(input, "serviceRole");
      if (text(object(input.source), "type") === undefined) throw invalidInput("source is needed");
      const now = Date.now() / 1000;
      const project = { ...input, arn: arnOf(name), created: now, lastModified: now };
      projects.set(name, project);
      return { project };
    },
    update: (input) => {
      const name = requiredText(input, "name");
      const project = { ...get(name), ...input, lastModified: Date.now() / 1000 };
      projects.set(name, project);
      return { project };
    },
    remove: (input) => {
      projects.delete(nameOf(requiredText(input, "name")));
      return {};
    },
    batchGet: (input) => {
      const names = texts(input, "names", 100);
      const found = names.flatMap((name) => projects.get(nameOf(name)) ?? []);
      return {
        projects: found,
        projectsNotFound: names.filter((name) => !projects.has(nameOf(name))),
      };
    },
  };
}
