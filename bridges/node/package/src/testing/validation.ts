/**
 * Checks a JSON value against a tool's schema, in the words of the shim, whose own (complete) check
 * takes the place of this one in the host. Not a general JSON Schema validator: other keywords are
 * ignored.
 */

import type { JsonSchema } from "../declare/schema.js";
import { isObject } from "../json.js";

/** What is wrong, and where. */
export interface Wrong {
  readonly field: string;
  readonly expected: string;
  /** What is said of the field: `must be ..., found ...`. */
  readonly text: string;
  /** A missing or unknown member, a value that is none of a few, or something else. */
  readonly cause: "member" | "entry" | "other";
  /** The few values that an entry is none of. */
  readonly entries?: readonly unknown[];
}

/** The first thing that is wrong with a value; undefined when it fits. */
export function validate(schema: JsonSchema, value: unknown, root = schema): Wrong | undefined {
  return check(schema, value, "", root)[0];
}

/** A sentence for the model. */
export function sentence({ field, text }: Wrong): string {
  return `${field ? `\`${field}\`` : "the arguments:"} ${text}`;
}

/** The schema that a reference means. */
export function target(ref: unknown, root: JsonSchema): JsonSchema {
  const keys = String(ref).replace(/^#\/?/, "").split("/").filter(Boolean);
  const definition = keys.reduce<unknown>((at, key) => (isObject(at) ? at[key] : undefined), root);
  return isObject(definition) ? definition : {};
}

/** The schemas in a list, such as that of `anyOf`. */
export function schemas(value: unknown): JsonSchema[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** What an object's member must be: `false` where there may be none. */
export function memberSchema(schema: JsonSchema, name: string): unknown {
  const { properties, patternProperties: patterns, additionalProperties } = schema;
  if (isObject(properties) && Object.hasOwn(properties, name)) return properties[name];
  const entry = Object.entries(isObject(patterns) ? patterns : {}).find(([pattern]) =>
    new RegExp(pattern, "u").test(name),
  );
  return entry ? entry[1] : additionalProperties;
}

/** What a list's item must be. */
export function itemSchema(schema: JsonSchema, at: number): unknown {
  return schemas(schema["prefixItems"])[at] ?? schema["items"];
}

/** The branch that a condition leads to. */
export function branch(schema: JsonSchema, value: unknown, root: JsonSchema): JsonSchema {
  if (!isObject(schema["if"])) return {};
  const next = schema[validate(schema["if"], value, root) ? "else" : "then"];
  return isObject(next) ? next : {};
}

function check(schema: JsonSchema, value: unknown, field: string, root: JsonSchema): Wrong[] {
  if (value === null && schema["nullable"] === true && !lacksNull(schema)) return [];
  const problems = ownKeywords(schema, value, field);
  if (typeof schema["$ref"] === "string")
    problems.push(...check(target(schema["$ref"], root), value, field, root));
  for (const arms of [schemas(schema["anyOf"]), schemas(schema["oneOf"])])
    problems.push(...union(arms, value, field, root));
  for (const one of [...schemas(schema["allOf"]), branch(schema, value, root)]) {
    if (Object.keys(one).length > 0) problems.push(...check(one, value, field, root));
  }
  if (typeof value === "string") problems.push(...text(schema, value, field));
  else if (typeof value === "number") problems.push(...number(schema, value, field));
  else if (Array.isArray(value)) problems.push(...array(schema, value, field, root));
  else if (isObject(value)) problems.push(...object(schema, value, field, root));
  return problems;
}

function lacksNull(schema: JsonSchema): boolean {
  return Array.isArray(schema["enum"]) && !schema["enum"].includes(null);
}

/** Type, `enum` and `const`. */
function ownKeywords(schema: JsonSchema, value: unknown, field: string): Wrong[] {
  const { type, enum: entries } = schema;
  const isNull = value === null && schema["nullable"] === true;
  if (type !== undefined && !isNull && ![type].flat().some((one) => is(one, value))) {
    return [wrong(field, types(schema), value)];
  }
  if (Array.isArray(entries) && !entries.some((one) => isSame(one, value))) {
    return [{ ...wrong(field, describe(schema), value), cause: "entry", entries }];
  }
  if ("const" in schema && !isSame(schema["const"], value)) {
    return [
      {
        ...wrong(field, JSON.stringify(schema["const"]), value),
        cause: "entry",
        entries: [schema["const"]],
      },
    ];
  }
  return [];
}

function isSame(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

/** Nothing where a branch fits; else what is wrong in the one that was probably meant. */
function union(
  arms: readonly JsonSchema[],
  value: unknown,
  field: string,
  root: JsonSchema,
): Wrong[] {
  const faults = arms.map((one) => check(one, value, field, root));
  if (faults.length === 0 || faults.some((one) => one.length === 0)) return [];
  const tags = faults.map((one) =>
    one.find((fault) => fault.cause === "entry" && fault.field !== field),
  );
  const [tag] = tags;
  if (tag && tags.length > 1 && tags.every((one) => one?.field === tag.field)) {
    const entries = tags.flatMap((one) => one?.entries ?? []);
    const expected = `one of ${entries.map((one) => JSON.stringify(one)).join(", ")}`;
    return [{ ...tag, expected, text: tag.text.replace(tag.expected, () => expected) }];
  }
  const close = faults.filter(
    ([first]) => first && (first.field !== field || first.cause === "member"),
  );
  const closest = close.find((one) => !one.some(({ cause }) => cause === "entry")) ?? close[0];
  return (
    closest ?? [
      wrong(
        field,
        [...new Set(faults.map(([first]) => first?.expected ?? ""))].join(" or "),
        value,
      ),
    ]
  );
}

function is(type: unknown, value: unknown): boolean {
  switch (type) {
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "object":
      return isObject(value);
    case "integer":
      return Number.isInteger(value) || typeof value === "bigint";
    case "number":
      return typeof value === "number" || typeof value === "bigint";
    default:
      return typeof value === type;
  }
}

const WORDS: Readonly<Record<string, string>> = {
  string: "a string",
  boolean: "true or false",
  array: "an array",
  object: "an object",
  number: "a number",
  integer: "an integer",
};

function types(schema: JsonSchema): string {
  const names = [schema["type"]].flat().map(String);
  if (schema["nullable"] === true) names.push("null");
  return names.map((one) => WORDS[one] ?? one).join(" or ");
}

/** What a schema asks for, in a few words. */
function describe(schema: JsonSchema): string {
  if (Array.isArray(schema["enum"]))
    return `one of ${schema["enum"].map((one) => JSON.stringify(one)).join(", ")}`;
  return schema["type"] === undefined ? "any value" : types(schema);
}

const MAX_FOUND = 80;

function found(value: unknown): string {
  const all =
    typeof value === "bigint"
      ? String(value)
      : ((JSON.stringify(value) as string | undefined) ?? "nothing");
  const size = Buffer.byteLength(all);
  const excerpt = size <= MAX_FOUND ? all : `${all.slice(0, MAX_FOUND)}… (${size} bytes in all)`;
  if (value === null || typeof value === "boolean") return excerpt;
  const kind = Array.isArray(value) ? "array" : typeof value === "bigint" ? "number" : typeof value;
  return `the ${kind} ${excerpt}`;
}

function wrong(field: string, expected: string, value: unknown): Wrong {
  return { field, expected, text: `must be ${expected}, found ${found(value)}`, cause: "other" };
}

/** One `Wrong` for the first rule that does not hold. */
function firstOf(
  rules: readonly (readonly [boolean, string])[],
  field: string,
  value: unknown,
): Wrong[] {
  const broken = rules.find(([holds]) => !holds);
  return broken ? [wrong(field, broken[1], value)] : [];
}

function text(schema: JsonSchema, value: string, field: string): Wrong[] {
  const length = [...value].length;
  const { minLength: low = 0, maxLength: high = Infinity, pattern } = schema;
  const fits = typeof pattern !== "string" || new RegExp(pattern, "u").test(value);
  const rules = [
    [length >= Number(low), `a string of at least ${String(low)} characters`],
    [length <= Number(high), `a string of at most ${String(high)} characters`],
    [fits, `a string that matches ${String(pattern)}`],
  ] as const;
  return firstOf(rules, field, value);
}

function number(schema: JsonSchema, value: number, field: string): Wrong[] {
  const rules: [string, (limit: number) => boolean, string][] = [
    ["minimum", (limit) => value >= limit, "at least"],
    ["maximum", (limit) => value <= limit, "at most"],
    ["exclusiveMinimum", (limit) => value > limit, "more than"],
    ["exclusiveMaximum", (limit) => value < limit, "less than"],
    ["multipleOf", (limit) => isMultiple(value, limit), "a multiple of"],
  ];
  const holds = rules.map(([keyword, rule, words]) => {
    const limit = schema[keyword];
    return [typeof limit !== "number" || rule(limit), `${words} ${String(limit)}`] as const;
  });
  return firstOf(holds, field, value);
}

/** In decimal digits, where floats are off by a little: 0.3 is one of 0.1. */
function isMultiple(value: number, factor: number): boolean {
  const times = value / factor;
  return Math.abs(times - Math.round(times)) < 1e-9;
}

function array(
  schema: JsonSchema,
  value: readonly unknown[],
  field: string,
  root: JsonSchema,
): Wrong[] {
  const { minItems: low = 0, maxItems: high = Infinity } = schema;
  const different = new Set(value.map((one) => JSON.stringify(one))).size === value.length;
  const rules = [
    [value.length >= Number(low), `an array of at least ${String(low)} items`],
    [value.length <= Number(high), `an array of at most ${String(high)} items`],
    [schema["uniqueItems"] !== true || different, "an array without repeated items"],
  ] as const;
  const items = value.flatMap((item, at) => {
    const inner = itemSchema(schema, at);
    return isObject(inner) ? check(inner, item, `${field}[${at}]`, root) : [];
  });
  return [...firstOf(rules, field, value), ...items];
}

function object(schema: JsonSchema, value: JsonSchema, field: string, root: JsonSchema): Wrong[] {
  const inside = (name: string): string => (field ? `${field}.${name}` : name);
  const problems: Wrong[] = [];
  for (const name of (schema["required"] ?? []) as readonly string[]) {
    if (Object.hasOwn(value, name)) continue;
    problems.push({
      field: inside(name),
      expected: "a value: it is required",
      text: "is missing",
      cause: "member",
    });
  }
  for (const [name, item] of Object.entries(value)) {
    const inner = memberSchema(schema, name);
    if (isObject(inner)) problems.push(...check(inner, item, inside(name), root));
    if (inner !== false) continue;
    const message = {
      expected: "only arguments that the tool has",
      text: "is not an argument of this tool",
    };
    problems.push({ field: inside(name), ...message, cause: "member" });
  }
  return problems;
}
