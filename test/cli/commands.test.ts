import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { commands, commandsFor } from "#cli/commands.ts";
import { programFor, programs } from "#local/bundle/programs.mjs";
import { inPackage } from "#local/package-root.ts";

test.for(Object.keys(commands))("%s is loaded alone when it is asked for", async (name) => {
  const found = await commandsFor([name, "--json"]);
  expect(found.map((command) => command.name())).toEqual([name]);
});

test.for([[], ["--help"], ["help"], ["toString"], ["stauts"]])(
  "%j finds all commands",
  async (args) => {
    expect((await commandsFor(args)).map((command) => command.name())).toEqual(
      Object.keys(commands),
    );
  },
);

test.for(Object.keys(commands))("%s is known to the program that is started for it", (name) => {
  const program = programFor([name]);
  if (program === "command-line") return;
  const main = readFileSync(inPackage(programs[program].entries.main), "utf8");
  expect(main).toContain(`${name}Command()`);
});

test("each program is started for the commands that it knows", () => {
  const known = Object.keys(commands).map((name) => [name, programFor([name])]);
  expect(Object.fromEntries(known)).toMatchObject({
    status: "client",
    lint: "author",
    up: "service",
    doctor: "command-line",
  });
  expect(programFor(["--version"])).toBe("client");
  expect(programFor([])).toBe("command-line");
  expect(programFor(["up", "--detach"])).toBe("command-line");
});
