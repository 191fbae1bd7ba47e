/**
 * JSON in and out, for the host API and for results. `JSON.stringify` drops or bends what JSON
 * cannot carry; here each such value is an error that names its place.
 */

/** How deeply lists and objects may be nested, as in every engine. */
export const MAX_DEPTH = 200;

/** JSON text of a value. Throws TypeError for what JSON or UTF-8 cannot carry. */
export function toJson(what: string, value: unknown): string {
  check(value, what, undefined);
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new TypeError(`${what} is undefined, which is not JSON`);
  return text;
}

/** JSON text as a value; undefined when it is not JSON. */
export function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a value is an object with keys. */
export function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The lists and objects that a value is in, the nearest first. */
interface Parents {
  readonly value: object;
  readonly outer: Parents | undefined;
  readonly depth: number;
}

function check(value: unknown, place: string, outer: Parents | undefined): void {
  switch (typeof value) {
    case "string":
      if (!value.isWellFormed()) {
        throw new TypeError(`${place} has a lone surrogate, which UTF-8 cannot carry`);
      }
      return;
    case "number":
      if (!Number.isFinite(value)) throw new TypeError(`${place} is ${value}, which is not JSON`);
      return;
    case "bigint":
      throw new TypeError(`${place} is a bigint, which is not JSON; use Number() or String()`);
    case "function":
    case "symbol":
      throw new TypeError(`${place} is a ${typeof value}, which is not JSON`);
    case "object":
      if (value !== null) checkObject(value, place, outer);
      return;
    default:
      return;
  }
}

function checkObject(value: object, place: string, outer: Parents | undefined): void {
  for (let parent = outer; parent; parent = parent.outer) {
    if (parent.value === value) throw new TypeError(`${place} refers to itself, which is not JSON`);
  }
  const depth = (outer?.depth ?? 0) + 1;
  if (depth > MAX_DEPTH)
    throw new TypeError(`${start(place)} is nested deeper than ${MAX_DEPTH} levels`);
  const inner = { value, outer, depth };
  if (Array.isArray(value)) {
    checkItems(value, place, inner);
    return;
  }
  if (!isPlain(value) && checkInstance(value, place, inner)) return;
  for (const key of Object.keys(value)) {
    const item: unknown = (value as Record<string, unknown>)[key];
    // Places are computed only where they are needed: for most values they are not.
    if (!isFine(item)) check(item, member(place, key), inner);
  }
}

/** Not `forEach`, which passes holes over. */
function checkItems(items: readonly unknown[], place: string, inner: Parents): void {
  for (let at = 0; at < items.length; at++) {
    const item = items[at];
    if (isFine(item)) continue;
    if (item === undefined)
      throw new TypeError(`${place}[${at}] is undefined, which is not JSON; use null`);
    check(item, `${place}[${at}]`, inner);
  }
}

function isFine(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed();
  return typeof value === "boolean" || value === null || Number.isFinite(value);
}

/** An object literal, of another realm too, or one without a prototype. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  const literal =
    prototype === null ||
    prototype === Object.prototype ||
    Object.getPrototypeOf(prototype) === null;
  return literal && !("toJSON" in value) && !(Symbol.iterator in value);
}

/** Throws for what JSON would change. True when there is nothing more to check. */
function checkInstance(value: object, place: string, inner: Parents): boolean {
  const wrong = refusal(value);
  if (wrong) throw new TypeError(`${place} ${wrong}`);
  if (isBoxed(value)) return true;
  if ("toJSON" in value && typeof value.toJSON === "function") {
    const replacement: unknown = value.toJSON(place.split(".").pop() ?? "");
    if (replacement === undefined)
      throw new TypeError(`${place} has a toJSON() that gives nothing`);
    check(replacement, place, inner);
    return true;
  }
  if (Object.keys(value).length > 0 || isPlain(value)) return false;
  const name = nameOf(value);
  throw new TypeError(
    `${place} is ${article(name)} ${name} without fields that JSON could carry; give it a toJSON(), or return what it holds`,
  );
}

function isBoxed(value: object): boolean {
  return value instanceof String || value instanceof Number || value instanceof Boolean;
}

/** What is said of values that JSON writes as `{}`, `null` or something else than they are. */
function refusal(value: object): string | undefined {
  if (
    ArrayBuffer.isView(value) ||
    value instanceof ArrayBuffer ||
    value instanceof SharedArrayBuffer
  ) {
    return "holds bytes, which are not JSON; pass base64 text";
  }
  if (value instanceof Map)
    return `is a ${nameOf(value)}, which is not JSON; use Object.fromEntries(...)`;
  if (value instanceof Set) return `is a ${nameOf(value)}, which is not JSON; use an array`;
  if (value instanceof Promise) return "is a promise, which is not JSON; await it first";
  if (value instanceof Error)
    return `is ${article(nameOf(value))} ${nameOf(value)}, which is not JSON; throw it, or return its message`;
  if (value instanceof RegExp) return "is a regular expression, which is not JSON; use String(...)";
  if (value instanceof Date)
    return Number.isNaN(value.getTime()) ? "is an invalid Date, which is not JSON" : undefined;
  if (value instanceof Response || value instanceof Request) {
    return `is a ${nameOf(value)}, which is not JSON; return what it holds: await it.json() or await it.text()`;
  }
  if (value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef)
    return `is a ${nameOf(value)}, which is not JSON`;
  return iterable(value);
}

function iterable(value: object): string | undefined {
  if (isBoxed(value) || "toJSON" in value) return undefined;
  if (Symbol.asyncIterator in value)
    return "gives its items one after the other, which is not JSON; collect them in an array with for await";
  if (!(Symbol.iterator in value)) return undefined;
  const pairs =
    value instanceof Headers || value instanceof URLSearchParams || value instanceof FormData;
  if (pairs) return `is a ${nameOf(value)}, which is not JSON; use Object.fromEntries(...)`;
  const kind =
    "next" in value ? "an iterator" : `${article(nameOf(value))} ${nameOf(value)} of items`;
  return `is ${kind}, which is not JSON; use an array: [...items]`;
}

/** The name of a value's class. */
export function nameOf(value: object): string {
  const { constructor: theClass } = value as { constructor?: unknown };
  return typeof theClass === "function" && theClass.name ? theClass.name : "object";
}

/** `a` or `an`. */
export function article(name: string): string {
  return /^[aeiou]/i.test(name) ? "an" : "a";
}

/** A deep place, cut. */
function start(place: string): string {
  return place.length > 60 ? `${place.slice(0, 57)}...` : place;
}

function member(place: string, key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `${place}.${key}` : `${place}[${JSON.stringify(key)}]`;
}
