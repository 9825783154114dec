// What one keyword of a job says about another (GitLab Docs, "CI/CD YAML syntax reference", notes of each keyword).

import { limits } from "../limits.ts";
import { keywords } from "../tree/keywords.ts";
import { didYouMean } from "../tree/nearest.ts";
import { child, type Place } from "../tree/node.ts";
import type { JobConfig } from "./job.ts";

type Finding = { readonly code: string; readonly key: string; readonly message: string };

export function checkJob(job: JobConfig, keyPlace: Place, stages: readonly string[]): void {
  const { name, input } = job;
  const { path, report, node } = input;
  if (name.trim() === "" || name.length > limits.jobName) {
    const message = `A job's name should have 1 to ${limits.jobName} characters.`;
    report.error("limit-exceeded", message, path, keyPlace);
  }
  for (const finding of [...stageFindings(job, stages), ...conflicts(job)]) {
    const place = node.entries.get(finding.key)?.value.place ?? keyPlace;
    report.error(finding.code, finding.message, `${path}:${finding.key}`, place);
  }
  if (name === "pages" && !node.entries.has("pages")) {
    report.warning("not-supported", keywords.job.pages.note, path, keyPlace);
  }
}

function stageFindings({ name, stage }: JobConfig, stages: readonly string[]): readonly Finding[] {
  if (stages.includes(stage)) return [];
  const help = didYouMean(stage, stages);
  const message = `The stage \`${stage}\` of \`${name}\` is not in \`stages\`: ${stages.join(", ")}.${help}`;
  return [{ code: "unknown-stage", key: "stage", message }];
}

function* conflicts(job: JobConfig): Iterable<Finding> {
  const has = (key: string): boolean => child(job.input.node, key) !== undefined;
  const conflict = (key: string, message: string): Finding => ({ code: "conflict", key, message });
  if (has("script") && has("trigger")) {
    yield conflict("trigger", "A job has either `script` or `trigger`, not both.");
  }
  if (has("run") && (has("script") || has("trigger"))) {
    yield conflict("run", "A job has either `run` or `script` or `trigger`, not two of them.");
  }
  const script = child(job.input.node, "script");
  const isBlank = script?.kind === "scalar" ? script.text === "" : script?.weight === 1;
  if (isBlank)
    yield { ...conflict("script", "`script` should not be empty."), code: "missing-script" };
  if (has("rules")) {
    for (const key of ["only", "except", "start_in"]) {
      if (has(key)) yield conflict(key, `\`${key}\` cannot be used together with \`rules\`.`);
    }
    if (job.when === "delayed") {
      yield conflict("when", "With `rules`, write `when: delayed` and `start_in` in the rule.");
    }
  } else if (has("start_in") && job.when !== "delayed") {
    yield conflict("start_in", "`start_in` needs `when: delayed`.");
  } else if (job.when === "delayed" && !has("start_in")) {
    yield conflict("when", "`when: delayed` needs `start_in`, for example `start_in: 30 minutes`.");
  }
  const missing = missingFromNeeds(job);
  if (missing.length > 0) {
    const message = `\`dependencies\` takes artifacts of ${missing.join(", ")}, which should also be in \`needs\`.`;
    yield conflict("dependencies", message);
  }
}

function missingFromNeeds({ needs, settled }: JobConfig): readonly string[] {
  if (needs === undefined) return [];
  const needed = new Set(needs.map(({ job }) => job));
  return (settled.dependencies ?? []).filter((job) => !needed.has(job));
}
