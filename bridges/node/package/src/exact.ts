/**
 * JSON text to values without losing digits: integers that a number cannot hold become bigints,
 * where `JSON.parse` silently gives another number. Used for arguments and for the host's
 * answers.
 */

/**
 * Sixteen digits in a row, or an exponent that may be too large: only then is a closer look needed.
 */
const SUSPECT = /\d{16}|[eE]\+?\d{3}/;
const EXPONENT = /[eE]\+?\d{3}/y;
/** From this length on, strings are passed over: an expression would look at each character. */
const LONG = 1024;
const [QUOTE, BACKSLASH, ZERO, NINE] = [0x22, 0x5c, 0x30, 0x39];
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/gs;
/** No JSON from outside has it by chance: it is chosen again for each. */
const MARK = "\u{e000}integer:";

/** A number of the JSON is outside of what JavaScript can represent. */
export class OutOfRange extends RangeError {}

/** The value of a JSON text. Throws SyntaxError, and OutOfRange for a number like 1e999. */
export function parseExactly(text: string): unknown {
  if (!isSuspect(text)) return JSON.parse(text);
  let mark = MARK;
  while (text.includes(mark)) mark += "\u{e000}";
  let marked = false;
  const exact = text.replace(TOKEN, (token) => {
    if (token.startsWith('"') || isExact(token)) return token;
    marked = true;
    return `"${mark}${token}"`;
  });
  if (!marked) return JSON.parse(text);
  return JSON.parse(exact, (_, value: unknown) =>
    typeof value === "string" && value.startsWith(mark) ? BigInt(value.slice(mark.length)) : value,
  );
}

function isSuspect(text: string): boolean {
  if (text.length < LONG) return SUSPECT.test(text);
  let digits = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= ZERO && code <= NINE) {
      if (++digits === 16) return true;
      continue;
    }
    if (digits > 0) {
      EXPONENT.lastIndex = at;
      if (EXPONENT.test(text)) return true;
      digits = 0;
    }
    if (code === QUOTE) at = endOfString(text, at);
  }
  return false;
}

/** Where the string ends that begins at a place. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end >= 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end < 0 ? text.length : end;
}

function isEscaped(text: string, at: number): boolean {
  let before = at;
  while (text.charCodeAt(before - 1) === BACKSLASH) before--;
  return (at - before) % 2 === 1;
}

function isExact(token: string): boolean {
  const number = Number(token);
  if (!Number.isFinite(number)) throw new OutOfRange(`${token} is larger than a number can be`);
  if (/[.eE]/.test(token) || Number.isSafeInteger(number)) return true;
  return BigInt(token) === BigInt(number);
}

/** The places of the bigints in a value, as `items[0].id`, with what they are. */
export function bigints(
  value: unknown,
): { readonly path: readonly PropertyKey[]; readonly value: bigint }[] {
  if (typeof value === "bigint") return [{ path: [], value }];
  if (typeof value !== "object" || value === null) return [];
  const keys: [PropertyKey, unknown][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value);
  return keys.flatMap(([key, item]) =>
    bigints(item).map((found) => ({ ...found, path: [key, ...found.path] })),
  );
}
