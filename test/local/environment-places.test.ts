import { expect, test } from "vitest";
import { environmentPlaces, machinePlaces } from "#local/environment-places.ts";

test("as many as there are places get in at once, and the same one again", async () => {
  const hasRoomFor = environmentPlaces(2, async () => []);
  const answers = await Promise.all(["a", "b", "c", "d"].map(hasRoomFor));
  expect(answers).toEqual([true, true, false, false]);
  expect(await hasRoomFor("a")).toBe(true);
  expect(await hasRoomFor("c")).toBe(false);
});

test("those that are there take places, and give them back when they are gone", async () => {
  let there = ["a", "b"];
  const hasRoomFor = environmentPlaces(2, async () => there);
  expect(await hasRoomFor("b")).toBe(true);
  expect(await hasRoomFor("c")).toBe(false);
  there = ["b"];
  await new Promise((done) => setTimeout(done, 600));
  expect(await hasRoomFor("c")).toBe(true);
  expect(await hasRoomFor("d")).toBe(false);
});

test("where what is there cannot be listed, the start is let through to say why", async () => {
  const hasRoomFor = environmentPlaces(1, () => Promise.reject(new Error("no engine")));
  expect(await hasRoomFor("a")).toBe(true);
});

test("every machine carries some", () => {
  expect(machinePlaces()).toBeGreaterThanOrEqual(4);
});
