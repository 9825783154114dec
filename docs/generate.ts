// `npm run docs` writes the pages that are made from the code.
import { readFileSync, writeFileSync } from "node:fs";
import { keywordsPage } from "#cli/author/keywords-page.ts";
import { apiPage } from "#functions/http/documents/api-page.ts";
import { openapiDocument } from "#functions/http/documents/openapi.ts";
import { principalsTable } from "../infra/principals-table.ts";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
writeFileSync(new URL("api.md", import.meta.url), apiPage());
writeFileSync(
  new URL("openapi.json", import.meta.url),
  `${JSON.stringify(openapiDocument(version), null, 2)}\n`,
);
writeFileSync(new URL("keywords.md", import.meta.url), keywordsPage());

const security = new URL("security.md", import.meta.url);
const marks = ["<!-- principals -->\n", "\n<!-- end of principals -->"] as const;
const page = readFileSync(security, "utf8");
const before = page.slice(0, page.indexOf(marks[0]) + marks[0].length);
writeFileSync(security, before + principalsTable() + page.slice(page.indexOf(marks[1])));
