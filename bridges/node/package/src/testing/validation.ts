/**
 * Checks a JSON value against a tool's schema: stands in for the shim's own (complete) validation
 * in unit tests. Not a general JSON Schema validator: other keywords are ignored.
 */

import { isObject } from "../json.js";
import type { JsonSchema } from "../declare/schema.js";

/** What is wrong, and where. */
export interface Wrong {
  readonly field: string;
  readonly expected: string;
  readonly message: string;
}

/** The first thing that is wrong with a value; undefined when it fits. */
export function validate(schema: JsonSchema, value: unknown): Wrong | undefined {
  return check(schema, value, "", schema);
}

type Checker = (schema: JsonSchema, value: never, field: string, root: JsonSchema) => Wrong | undefined;

function check(schema: JsonSchema, value: unknown, field: string, root: JsonSchema): Wrong | undefined {
  if (typeof schema["$ref"] === "string") return check(resolve(schema["$ref"], root), value, field, root);
  if (value === null && schema["nullable"] === true) return undefined;
  const branches = schemas(schema["anyOf"] ?? schema["oneOf"]);
  const fits = branches.length === 0 || branches.some((one) => !check(one, value, field, root));
  const typed = schema["type"] === undefined || [schema["type"]].flat().some((type) => is(type, value));
  const listed = !Array.isArray(schema["enum"]) || schema["enum"].includes(value);
  const constant = !("const" in schema) || schema["const"] === value;
  if (!fits || !typed || !listed || !constant) return wrong(field, describe(schema), value);
  for (const one of schemas(schema["allOf"])) {
    const found = check(one, value, field, root);
    if (found) return found;
  }
  return checker(value)?.(schema, value as never, field, root);
}

function checker(value: unknown): Checker | undefined {
  if (typeof value === "string") return checkText;
  if (typeof value === "number") return checkNumber;
  if (Array.isArray(value)) return checkArray;
  return isObject(value) ? checkObject : undefined;
}

function resolve(ref: string, root: JsonSchema): JsonSchema {
  const keys = ref.replace(/^#\/?/, "").split("/").filter(Boolean);
  const found = keys.reduce<unknown>((at, key) => (isObject(at) ? at[key] : undefined), root);
  return isObject(found) ? found : {};
}

function schemas(value: unknown): JsonSchema[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
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
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

/** What a schema asks for, in a few words. */
function describe(schema: JsonSchema): string {
  if (Array.isArray(schema["enum"])) return `one of ${schema["enum"].map((one) => JSON.stringify(one)).join(", ")}`;
  if ("const" in schema) return JSON.stringify(schema["const"]);
  const branches = schemas(schema["anyOf"] ?? schema["oneOf"]);
  if (branches.length > 0) return branches.map(describe).join(" or ");
  return schema["type"] === undefined ? "any value" : [schema["type"]].flat().join(" or ");
}

function wrong(field: string, expected: string, value: unknown): Wrong {
  const shown = JSON.stringify(value) ?? "nothing";
  const short = shown.length <= 60 ? shown : `${shown.slice(0, 57)}...`;
  const message = `expected ${expected}, got ${short}`;
  return { field, expected, message: field ? `${field}: ${message}` : message };
}

function checkText(schema: JsonSchema, value: string, field: string): Wrong | undefined {
  const length = [...value].length;
  const { minLength: low = 0, maxLength: high = Infinity, pattern } = schema;
  if (length < Number(low)) return wrong(field, `at least ${String(low)} characters`, value);
  if (length > Number(high)) return wrong(field, `at most ${String(high)} characters`, value);
  if (typeof pattern === "string" && !new RegExp(pattern, "u").test(value)) {
    return wrong(field, `text that matches ${pattern}`, value);
  }
  return undefined;
}

function checkNumber(schema: JsonSchema, value: number, field: string): Wrong | undefined {
  const rules: [string, (limit: number) => boolean, string][] = [
    ["minimum", (limit) => value >= limit, "at least"],
    ["maximum", (limit) => value <= limit, "at most"],
    ["exclusiveMinimum", (limit) => value > limit, "more than"],
    ["exclusiveMaximum", (limit) => value < limit, "less than"],
    ["multipleOf", (limit) => Number.isInteger(value / limit), "a multiple of"],
  ];
  for (const [keyword, holds, words] of rules) {
    const limit = schema[keyword];
    if (typeof limit === "number" && !holds(limit)) return wrong(field, `${words} ${limit}`, value);
  }
  return undefined;
}

function checkArray(
  schema: JsonSchema,
  value: readonly unknown[],
  field: string,
  root: JsonSchema,
): Wrong | undefined {
  const { minItems: low = 0, maxItems: high = Infinity } = schema;
  if (value.length < Number(low)) return wrong(field, `at least ${String(low)} items`, value);
  if (value.length > Number(high)) return wrong(field, `at most ${String(high)} items`, value);
  const first = schemas(schema["prefixItems"]);
  const found = value.map((item, at) => {
    const inner = first[at] ?? schema["items"];
    return isObject(inner) ? check(inner, item, `${field}[${at}]`, root) : undefined;
  });
  return found.find(Boolean);
}

function checkObject(
  schema: JsonSchema,
  value: JsonSchema,
  field: string,
  root: JsonSchema,
): Wrong | undefined {
  const inside = (name: string): string => (field ? `${field}.${name}` : name);
  const properties = isObject(schema["properties"]) ? schema["properties"] : {};
  for (const name of (schema["required"] ?? []) as readonly string[]) {
    if (Object.hasOwn(value, name)) continue;
    const wanted = properties[name];
    return { field: inside(name), expected: isObject(wanted) ? describe(wanted) : "any value", message: `${inside(name)}: is missing` };
  }
  for (const [name, item] of Object.entries(value)) {
    const known = properties[name] ?? schema["additionalProperties"];
    if (known === false) {
      const names = Object.keys(properties).join(", ") || "none";
      return { field: inside(name), expected: "no such field", message: `${inside(name)}: is not known (known are: ${names})` };
    }
    const found = isObject(known) ? check(known, item, inside(name), root) : undefined;
    if (found) return found;
  }
  return undefined;
}
