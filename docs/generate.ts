// `npm run docs` writes the pages that are made from the code.
import { readFileSync, writeFileSync } from "node:fs";
import { keywordsPage } from "#cli/author/keywords-page.ts";
import { principalsTable } from "../infra/principals-table.ts";

writeFileSync(new URL("keywords.md", import.meta.url), keywordsPage());

const security = new URL("security.md", import.meta.url);
const marks = ["<!-- principals -->\n", "\n<!-- end of principals -->"] as const;
const page = readFileSync(security, "utf8");
const before = page.slice(0, page.indexOf(marks[0]) + marks[0].length);
writeFileSync(security, before + principalsTable() + page.slice(page.indexOf(marks[1])));
