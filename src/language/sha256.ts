const ROUND_CONSTANTS = fractionsOfRoots(64, Math.cbrt);
const START = fractionsOfRoots(8, Math.sqrt);

/** SHA-256 of a text's UTF-8 bytes, in hex. For names, not for secrets: it makes no claim to constant time. */
export function sha256Hex(text: string): string {
  const blocks = paddedWords(utf8(text));
  let state = START;
  for (let offset = 0; offset < blocks.length; offset += 16) {
    state = compress(state, blocks.slice(offset, offset + 16));
  }
  return state.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

function compress(state: readonly number[], block: readonly number[]): number[] {
  const words = [...block];
  const at = (list: readonly number[], index: number): number => list[index] ?? 0;
  for (let index = 16; index < 64; index += 1) {
    const early = at(words, index - 15);
    const late = at(words, index - 2);
    const low = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3);
    const high = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10);
    words.push((at(words, index - 16) + low + at(words, index - 7) + high) | 0);
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let index = 0; index < 64; index += 1) {
    const high = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const choice = (e & f) ^ (~e & g);
    const first = (h + high + choice + at(ROUND_CONSTANTS, index) + at(words, index)) | 0;
    const low = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const second = (low + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  return [a, b, c, d, e, f, g, h].map((word, index) => (word + at(state, index)) | 0);
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

function paddedWords(bytes: readonly number[]): number[] {
  const padding = 64 - ((bytes.length + 9) % 64);
  const bits = bytes.length * 8;
  const padded = [...bytes, 0x80, ...Array<number>(padding % 64).fill(0)];
  const words: number[] = [];
  for (let index = 0; index < padded.length; index += 4) {
    const [one = 0, two = 0, three = 0, four = 0] = padded.slice(index, index + 4);
    words.push((one << 24) | (two << 16) | (three << 8) | four);
  }
  return [...words, Math.floor(bits / 2 ** 32), bits | 0];
}

function utf8(text: string): number[] {
  const escaped = encodeURIComponent(text.replace(/\p{Surrogate}/gu, "\uFFFD"));
  return [...escaped.matchAll(/%([0-9A-F]{2})|./g)].map(([character, hex]) =>
    hex === undefined ? character.charCodeAt(0) : Number.parseInt(hex, 16),
  );
}

/** First 32 bits of the fractional parts of the roots of the first primes (FIPS 180-4). */
function fractionsOfRoots(count: number, root: (value: number) => number): number[] {
  const primes: number[] = [];
  for (let candidate = 2; primes.length < count; candidate += 1) {
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate);
  }
  return primes.map((prime) => ((root(prime) % 1) * 2 ** 32) | 0);
}
