/**
 * JSON in and out, for the host API and for results. `JSON.stringify` drops or bends what JSON
 * cannot carry; here each such value is an error that names its place.
 */

/** JSON text of a value. Throws TypeError for what JSON or UTF-8 cannot carry. */
export function toJson(what: string, value: unknown): string {
  check(value, what, undefined);
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new TypeError(`${what} is undefined, which is not JSON`);
  return text;
}

/** JSON text as a value; undefined when it is no JSON. */
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

interface Parents {
  readonly value: object;
  readonly outer: Parents | undefined;
}

function check(value: unknown, place: string, outer: Parents | undefined): void {
  switch (typeof value) {
    case "string":
      if (!value.isWellFormed()) {
        throw new TypeError(`${place} holds a lone surrogate, which is not text`);
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
  if ("toJSON" in value && typeof value.toJSON === "function") return;
  for (let parent = outer; parent; parent = parent.outer) {
    if (parent.value === value) throw new TypeError(`${place} refers to itself, which is not JSON`);
  }
  const inner = { value, outer };
  // Places are made for what needs a closer look: most values need none.
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      if (!isFine(item)) check(item, `${place}[${index}]`, inner);
    });
    return;
  }
  refuseContainers(value, place);
  for (const key in value) {
    const item: unknown = (value as Record<string, unknown>)[key];
    if (!isFine(item)) check(item, member(place, key), inner);
  }
}

function isFine(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed();
  return typeof value === "boolean" || value === null || Number.isFinite(value);
}

function refuseContainers(value: object, place: string): void {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    throw new TypeError(`${place} holds bytes, which are not JSON; pass base64 text`);
  }
  if (value instanceof Map || value instanceof Set) {
    const how = value instanceof Map ? "Object.fromEntries(...)" : "an array";
    throw new TypeError(`${place} is a ${value.constructor.name}, which is not JSON; use ${how}`);
  }
  if (value instanceof Promise) {
    throw new TypeError(`${place} is a promise, which is not JSON; await it first`);
  }
}

function member(place: string, key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `${place}.${key}` : `${place}[${JSON.stringify(key)}]`;
}
