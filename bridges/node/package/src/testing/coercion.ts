/**
 * What models write instead of what a schema asks for, made into that: a string becomes a number, a
 * boolean, null, a list, an object or an entry's own spelling where only that fits. The shim does
 * it before every call; this is for the test host. `host-shim/arguments/tests/cases.json` holds for
 * both.
 */

import type { JsonSchema } from "../declare/schema.js";
import { parseExactly } from "../exact.js";
import { isObject } from "../json.js";
import { branch, itemSchema, memberSchema, schemas, target, validate } from "./validation.js";

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const HEXADECIMAL = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)(?:[pP]([+-]?\d+))?$/;
const WORDS = new Map([
  ["true", true],
  ["1", true],
  ["yes", true],
  ["false", false],
  ["0", false],
  ["no", false],
]);

/** What a schema would take: a type by its name, or one of its entries. */
type Alternative = { readonly type: unknown } | { readonly entry: unknown };

/** The value, changed only where it does not fit as it is. */
export function coerce(schema: JsonSchema, value: unknown, root = schema): unknown {
  if (typeof value === "string") return insteadOf(schema, value, root);
  return typeof value === "object" && value !== null ? container(schema, value, root) : value;
}

function fits(schema: JsonSchema, value: unknown, root: JsonSchema): boolean {
  return validate(schema, value, root) === undefined;
}

/** The first thing that a string can be read as and that fits. */
function insteadOf(schema: JsonSchema, text: string, root: JsonSchema): unknown {
  if (fits(schema, text, root)) return text;
  if (text.trim().toLowerCase() === "null" && fits(schema, null, root)) return null;
  const alternatives = alternativesOf(schema, root, []);
  for (const alternative of alternatives) {
    let candidate = convertedTo(text, alternative);
    if (typeof candidate === "object") candidate = coerce(schema, candidate, root);
    // Where only one kind is asked for, the message is about the value as that kind.
    if (candidate !== undefined && (alternatives.length === 1 || fits(schema, candidate, root)))
      return candidate;
  }
  return text;
}

/** In the order in which the schema names them. */
function alternativesOf(
  schema: JsonSchema,
  root: JsonSchema,
  above: readonly unknown[],
): Alternative[] {
  return Object.entries(schema).flatMap(([keyword, inner]): Alternative[] => {
    if (keyword === "type") return [inner].flat().map((type) => ({ type }));
    if (keyword === "enum" && Array.isArray(inner))
      return inner.map((entry: unknown) => ({ entry }));
    if (keyword === "const") return [{ entry: inner }];
    if (keyword === "$ref" && !above.includes(inner))
      return alternativesOf(target(inner, root), root, [...above, inner]);
    const isUnion = keyword === "allOf" || keyword === "anyOf" || keyword === "oneOf";
    return isUnion ? schemas(inner).flatMap((one) => alternativesOf(one, root, above)) : [];
  });
}

/** The string as a type or as an entry; undefined when it is none. */
function convertedTo(text: string, alternative: Alternative): unknown {
  if ("entry" in alternative && typeof alternative.entry === "string") {
    return alternative.entry.toLowerCase() === text.toLowerCase() ? alternative.entry : undefined;
  }
  switch ("entry" in alternative ? typeof alternative.entry : alternative.type) {
    case "integer":
      return integer(text);
    case "number":
      return number(text);
    case "boolean":
      return WORDS.get(text.trim().toLowerCase());
    case "array":
      return parsedIf(text, "[");
    case "object":
      return parsedIf(text, "{");
    default:
      return undefined;
  }
}

function integer(text: string): number | bigint | undefined {
  const parsed = number(text);
  if (parsed === undefined || !Number.isInteger(parsed)) return undefined;
  const digits = text.replace(/^\+/, "");
  const isPlain = /^-?\d+$/.test(digits);
  return Number.isSafeInteger(parsed) || !isPlain ? parsed : BigInt(digits);
}

function number(text: string): number | undefined {
  const hexadecimal = HEXADECIMAL.exec(text);
  const parsed = hexadecimal
    ? fromHexadecimal(hexadecimal)
    : DECIMAL.test(text)
      ? Number(text)
      : NaN;
  return Number.isFinite(parsed) ? parsed + 0 : undefined;
}

function fromHexadecimal([
  ,
  sign,
  whole = "",
  fraction = "",
  power = "0",
]: RegExpExecArray): number {
  if (whole + fraction === "") return NaN;
  const size = Number.parseInt(whole + fraction, 16) * 2 ** (Number(power) - 4 * fraction.length);
  return sign === "-" ? -size : size;
}

function parsedIf(text: string, first: string): unknown {
  if (!text.trimStart().startsWith(first)) return undefined;
  try {
    return parseExactly(text);
  } catch {
    return undefined;
  }
}

/** The same list or object with its items coerced. */
function container(schema: JsonSchema, given: unknown, root: JsonSchema): unknown {
  let value = given;
  if (typeof schema["$ref"] === "string") value = coerce(target(schema["$ref"], root), value, root);
  for (const one of schemas(schema["allOf"])) value = coerce(one, value, root);
  for (const arms of [schemas(schema["anyOf"]), schemas(schema["oneOf"])])
    value = intoArm(arms, value, root);
  if (isObject(schema["if"])) value = coerce(branch(schema, value, root), value, root);
  const inner = (one: unknown, item: unknown): unknown =>
    isObject(one) ? coerce(one, item, root) : item;
  if (Array.isArray(value)) return value.map((item, at) => inner(itemSchema(schema, at), item));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, inner(memberSchema(schema, name), item)]),
  );
}

/** Into the first arm that fits after coercion, unless one fits before. */
function intoArm(arms: readonly JsonSchema[], value: unknown, root: JsonSchema): unknown {
  if (arms.some((one) => fits(one, value, root))) return value;
  const candidate = arms
    .map((one) => [one, coerce(one, value, root)] as const)
    .find(([one, it]) => fits(one, it, root));
  return candidate ? candidate[1] : value;
}
