import { expect, test } from "vitest";
import { commands, commandsFor } from "#cli/commands.ts";

test.for(Object.keys(commands))("%s is loaded alone when it is asked for", async (name) => {
  const found = await commandsFor([name, "--json"]);
  expect(found.map((command) => command.name())).toEqual([name]);
});

test("for the version no command is loaded", async () => {
  expect(await commandsFor(["--version"])).toEqual([]);
});

test.for([[], ["--help"], ["help"], ["toString"], ["stauts"]])(
  "%j finds all commands",
  async (args) => {
    expect((await commandsFor(args)).map((command) => command.name())).toEqual(
      Object.keys(commands),
    );
  },
);
