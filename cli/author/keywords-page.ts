import { type Keyword, type KeywordTable, keywords } from "#language/tree/keywords.ts";

const states = {
  works: "works",
  accepted: "accepted, with a warning",
  refused: "refused",
} as const satisfies Record<Keyword["support"], string>;

/** The page `docs/keywords.md`, made of the table that the compiler itself uses; the same table gives the same bytes. */
export function keywordsPage(): string {
  const sections = Object.entries<KeywordTable>(keywords);
  return `${[introduction(sections), ...sections.map(section)].join("\n\n")}\n`;
}

function introduction(sections: readonly (readonly [string, KeywordTable])[]): string {
  const all = sections.flatMap(([, table]) => Object.values(table));
  const count = (support: Keyword["support"]) =>
    all.filter((keyword) => keyword.support === support).length;
  return [
    "# Keywords of `.gitlab-ci.yml`",
    "<!-- Made from src/language/tree/keywords.ts by `npm run docs`. A change here is lost; change the table. -->",
    "Each keyword that GitLab knows, and what Slipway does with it. Keys that are not listed are errors, as on GitLab.",
    [
      "| state | keywords | means |",
      "|---|---|---|",
      `| ${states.works} | ${count("works")} | as on GitLab |`,
      `| ${states.accepted} | ${count("accepted")} | the file is valid, the job runs; the note, which is also the warning, says what is not done |`,
      `| ${states.refused} | ${count("refused")} | an error; the note, which is also the message, says why and what to write instead |`,
    ].join("\n"),
  ].join("\n\n");
}

function section([name, table]: readonly [string, KeywordTable]): string {
  const rows = Object.entries(table).map(
    ([keyword, { support, note = "" }]) =>
      `| \`${keyword}\` | ${states[support]} | ${note.replaceAll("|", "\\|")} |`,
  );
  return [
    `## ${titles[name] ?? `\`${name}\``}`,
    ["| keyword | state | note |", "|---|---|---|", ...rows].join("\n"),
  ].join("\n\n");
}

/** Sections whose key in the table says too little to a reader; the others are keywords themselves. */
const titles: Readonly<Record<string, string>> = {
  global: "Top level",
  default: "`default`",
  job: "Jobs",
  "job with trigger": "Jobs with `trigger`",
  "image:docker": "`image:docker` and `services:docker`",
  service: "`services`",
  "variables (global)": "`variables` at the top level",
  "variables (job)": "`variables` of a job, a rule or a service",
  "only / except": "`only` and `except`",
  header: "Header (the document above `---`)",
};
