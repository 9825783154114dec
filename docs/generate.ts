// `npm run docs` writes the pages that are made from the code.
import { writeFileSync } from "node:fs";
import { keywordsPage } from "#cli/author/keywords-page.ts";

writeFileSync(new URL("keywords.md", import.meta.url), keywordsPage());
