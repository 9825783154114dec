// Durations as people write them (GitLab Docs, `timeout`, `start_in`, `expire_in`): `3h 30m`, `1 week`,
// `2 hours and 5 minutes`, `one week`, `3600` (seconds), `1:30:00`.

const secondsOf: Readonly<Record<string, number>> = {
  s: 1,
  sec: 1,
  secs: 1,
  second: 1,
  seconds: 1,
  m: 60,
  min: 60,
  mins: 60,
  minute: 60,
  minutes: 60,
  h: 3_600,
  hr: 3_600,
  hrs: 3_600,
  hour: 3_600,
  hours: 3_600,
  d: 86_400,
  day: 86_400,
  days: 86_400,
  w: 604_800,
  week: 604_800,
  weeks: 604_800,
  mo: 2_592_000,
  mos: 2_592_000,
  month: 2_592_000,
  months: 2_592_000,
  y: 31_557_600,
  yr: 31_557_600,
  yrs: 31_557_600,
  year: 31_557_600,
  years: 31_557_600,
};

const numbers = [
  ...["zero", "one", "two", "three", "four", "five", "six"],
  ...["seven", "eight", "nine", "ten", "eleven", "twelve"],
];
const numberWord = new RegExp(`\\b(?:${numbers.join("|")})\\b`, "g");

/** Seconds of a duration, or undefined when the text is none. */
export function parseDuration(text: string): number | undefined {
  const written = text.trim().toLowerCase();
  if (written.length > 100) return undefined;
  const words = written.replace(numberWord, (word) => String(numbers.indexOf(word)));
  if (/^\d+(\.\d+)?$/.test(words)) return Math.round(Number(words));
  if (/^\d+(:\d{1,2}){1,2}$/.test(words)) {
    return words.split(":").reduce((total, part) => total * 60 + Number(part), 0);
  }
  let total = 0;
  let rest = words;
  while (rest !== "") {
    const [part, amount = "", unit = ""] = /^(\d+(?:\.\d+)?)\s*([a-z]+)/.exec(rest) ?? [];
    const seconds = Object.hasOwn(secondsOf, unit) ? secondsOf[unit] : undefined;
    if (part === undefined || seconds === undefined) return undefined;
    total += Number(amount) * seconds;
    rest = rest.slice(part.length).replace(/^(?:\s|,|(?:and|with|plus)\b)+/, "");
  }
  return words === "" ? undefined : Math.round(total);
}
