import type { ConfigReader } from "../source.ts";

/** The same reader, which asks for each thing once however many jobs want to know. */
export function rememberingReader(reader: ConfigReader): ConfigReader {
  const { project, projectPaths, remote, template, component, artifact } = reader;
  return {
    local: once(reader.local),
    paths: once(reader.paths),
    changedPaths: once(reader.changedPaths),
    ...(projectPaths && { projectPaths: once(projectPaths) }),
    ...(project && { project: once(project) }),
    ...(remote && { remote: once(remote) }),
    ...(template && { template: once(template) }),
    ...(component && { component: once(component) }),
    ...(artifact && { artifact: once(artifact) }),
  };
}

function once<Arguments extends readonly (string | undefined)[], Value>(
  ask: (...args: Arguments) => Promise<Value>,
): (...args: Arguments) => Promise<Value> {
  const answers = new Map<string, Promise<Value>>();
  return (...args) => {
    const key = JSON.stringify(args);
    const known = answers.get(key);
    if (known !== undefined) return known;
    const answer = ask(...args);
    answers.set(key, answer);
    return answer;
  };
}
