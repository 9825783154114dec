import { expect, test } from "vitest";
import { environmentPlaces, machinePlaces } from "#local/wire/environment-places.ts";

const wake = (): void => undefined;

test("as many as there are places get in at once, and the same one again", async () => {
  const { hasRoomFor } = environmentPlaces({ places: 2, list: async () => [], wake });
  const answers = await Promise.all(["a", "b", "c", "d"].map(hasRoomFor));
  expect(answers).toEqual([true, true, false, false]);
  expect(await hasRoomFor("a")).toBe(true);
  expect(await hasRoomFor("c")).toBe(false);
});

test("those that are there take places, and whoever waits longest is woken when one is gone", async () => {
  let there = ["a", "b"];
  const woken: string[] = [];
  const { hasRoomFor, freed } = environmentPlaces({
    places: 2,
    list: async () => there,
    wake: (id) => woken.push(id),
  });
  expect(await hasRoomFor("b")).toBe(true);
  expect(await hasRoomFor("c")).toBe(false);
  expect(await hasRoomFor("d")).toBe(false);
  there = ["b"];
  freed();
  expect(woken).toEqual(["c"]);
  expect(await hasRoomFor("c")).toBe(true);
  expect(await hasRoomFor("d")).toBe(false);
  there = [];
  freed();
  expect(woken).toEqual(["c", "d"]);
});

test("where what is there cannot be listed, the start is let through to say why", async () => {
  const { hasRoomFor } = environmentPlaces({
    places: 1,
    list: () => Promise.reject(new Error("no engine")),
    wake,
  });
  expect(await hasRoomFor("a")).toBe(true);
});

test("every machine carries some", () => {
  expect(machinePlaces()).toBeGreaterThanOrEqual(4);
});
