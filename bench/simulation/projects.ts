/** Pushes of each project: half of all belong to one, and ten projects push only now and then. */
export function projectOf(number: number): string {
  if (number % 2 === 0) return "crowd/app";
  if (number % 100 === 1) return `rare/app-${Math.floor(number / 100) % 10}`;
  return `team-${(number >> 1) % 9}/app`;
}

/** Projects whose pipelines are spoken of together. */
export function kindOfProject(project: string): string {
  return project.replace(/[-/].*$/, "");
}
