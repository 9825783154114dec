// `npm run docs` writes the pages that are made from the code.
import { readFileSync, writeFileSync } from "node:fs";
import { keywordsPage } from "#cli/author/keywords-page.ts";
import { principalsTable } from "../infra/principals-table.ts";

writeFileSync(new URL("keywords.md", import.meta.url), keywordsPage());

const security = new URL("security.md", import.meta.url);
const [before, after] = readFileSync(security, "utf8").split(
  /(?<=<!-- principals -->\n)[^]*(?=\n<!-- end of principals -->)/,
);
writeFileSync(security, `${before}${principalsTable()}${after}`);
