/**
 * Schemas of MCP servers as JSON Schema 2020-12: older drafts, null for what a program left empty,
 * and keywords of a form that no validator reads. Called by `parameters.ts`. A keyword that stays
 * unreadable is left out: the server checks its own arguments.
 */

import { NAMED, SCHEMA, SCHEMAS } from "../declare/normal.js";
import type { JsonSchema } from "../declare/standard.js";
import { isObject } from "../json.js";

type Draft = Record<string, unknown>;
type Check = (value: unknown) => unknown;

const TYPES = ["string", "integer", "number", "boolean", "array", "object", "null"];
/** They name or follow places in the document, which is taken apart. */
const PLACES = [
  "$id",
  "id",
  "$schema",
  "$anchor",
  "$dynamicAnchor",
  "$dynamicRef",
  "$recursiveRef",
];
/** Any value is right there, null too. */
const VALUES = ["const", "default", "example", "examples"];
/** References to groups, and scripts as properties, which the shim's engine does not have. */
const UNSUPPORTED = /(?<!\\)(?:\\\\)*\\(?:[1-9]|k<|p\{S)/;
/** What a root is joined from: references that lead back to themselves end. */
const MOST_PARTS = 200;

/**
 * The schema of a tool's arguments, with all properties at its top: the host looks nowhere else,
 * and closes it.
 */
export function argumentsOf(schema: JsonSchema): JsonSchema {
  const form = readable(schema);
  const shared = { ...named(form, "definitions"), ...named(form, "$defs") };
  return flat(form, shared, { left: MOST_PARTS });
}

/** With the properties of what it refers to, of its parts and of its alternatives. */
function flat(schema: Draft, shared: Draft, budget: { left: number }): Draft {
  const { $ref: reference, allOf, ...rest } = schema;
  if (budget.left === 0) return rest;
  budget.left -= 1;
  const target = typeof reference === "string" ? shared[reference.split("/").at(-1) ?? ""] : {};
  let own: Draft = rest;
  for (const part of [target, ...list(allOf)].filter(isObject))
    own = joined(flat(part, shared, budget), own);
  const arms = [...list(own["anyOf"]), ...list(own["oneOf"]), own["if"], own["then"], own["else"]];
  return withProperties(
    own,
    arms.filter(isObject).map((arm) => flat(arm, shared, budget)),
  );
}

/** What both ask for; the second one's words where they say the same. */
function joined(one: Draft, other: Draft): Draft {
  const properties = { ...named(one, "properties"), ...named(other, "properties") };
  const required = [...new Set([...list(one["required"]), ...list(other["required"])])];
  return { ...one, ...other, properties, required };
}

/** With the properties that only some of the alternatives have. */
function withProperties(schema: Draft, arms: readonly Draft[]): Draft {
  const formsByName = new Map<string, Map<string, unknown>>();
  for (const [name, one] of arms.flatMap((arm) => Object.entries(named(arm, "properties")))) {
    const forms = formsByName.get(name) ?? new Map<string, unknown>();
    formsByName.set(name, forms.set(JSON.stringify(one), one));
  }
  const more = [...formsByName].map(([name, forms]) => {
    const [first, ...others] = forms.values();
    return [name, others.length === 0 ? first : { anyOf: [first, ...others] }];
  });
  const isOpen = arms.some((arm) => arm["additionalProperties"]);
  return {
    ...(isOpen ? { additionalProperties: true } : {}),
    ...schema,
    properties: { ...Object.fromEntries(more), ...named(schema, "properties") },
  };
}

/** The same schema, in keywords that the host and the shim can read. */
function readable(schema: JsonSchema): Draft {
  const form: Draft = {};
  for (const [key, value] of Object.entries(ofOlderDrafts(schema))) {
    const readableValue = VALUES.includes(key) ? value : keyword(key, value);
    if (readableValue !== undefined) form[key] = readableValue;
  }
  return form;
}

/** `items` as a list, and limits that a flag makes exclusive. */
function ofOlderDrafts(schema: JsonSchema): Draft {
  const form: Draft = Object.fromEntries(
    Object.entries(schema).filter(([key]) => !PLACES.includes(key)),
  );
  const { items, additionalItems } = form;
  if (Array.isArray(items)) Object.assign(form, { prefixItems: items, items: additionalItems });
  for (const [exclusive, limit] of [
    ["exclusiveMinimum", "minimum"],
    ["exclusiveMaximum", "maximum"],
  ] as const) {
    if (form[exclusive] !== true) continue;
    form[exclusive] = form[limit];
    delete form[limit];
  }
  return form;
}

/** The keyword's value; undefined where it is not one. */
function keyword(key: string, value: unknown): unknown {
  if (SCHEMA.includes(key)) return schemaIn(value);
  if (SCHEMAS.includes(key)) return some(list(value).map(schemaIn));
  if (NAMED.includes(key)) return byName(key, value);
  const check = FORMS[key];
  return check === undefined ? (value ?? undefined) : check(value);
}

function schemaIn(value: unknown): unknown {
  if (isObject(value)) return readable(value);
  return typeof value === "boolean" ? value : undefined;
}

function byName(key: string, value: unknown): unknown {
  if (!isObject(value)) return undefined;
  const entries = Object.entries(value).filter(
    ([name]) => key !== "patternProperties" || pattern(name) !== undefined,
  );
  return Object.fromEntries(entries.map(([name, one]) => [name, schemaIn(one) ?? {}]));
}

function pattern(value: unknown): unknown {
  if (typeof value !== "string" || UNSUPPORTED.test(value)) return undefined;
  try {
    new RegExp(value, "u");
    return value;
  } catch {
    return undefined; // no dialect of the host's
  }
}

function named(schema: Draft, key: string): Draft {
  const value = schema[key];
  return isObject(value) ? value : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function some(values: readonly unknown[]): unknown {
  const present = values.filter((one) => one !== undefined);
  return present.length > 0 ? present : undefined;
}

const names: Check = (value) =>
  Array.isArray(value) ? value.filter((one) => typeof one === "string") : undefined;
const only =
  (fits: (value: unknown) => boolean): Check =>
  (value) =>
    fits(value) ? value : undefined;
const number = only((value) => typeof value === "number");
const count = only((value) => Number.isInteger(value) && (value as number) >= 0);
const text = only((value) => typeof value === "string");
const flag = only((value) => typeof value === "boolean");
const isType = (value: unknown): boolean => typeof value === "string" && TYPES.includes(value);

const FORMS: Readonly<Record<string, Check>> = {
  type: (value) => (Array.isArray(value) ? some(value.filter(isType)) : only(isType)(value)),
  enum: (value) => some(list(value)),
  required: names,
  dependentRequired: (value) =>
    isObject(value)
      ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, names(one) ?? []]))
      : undefined,
  pattern,
  multipleOf: only((value) => typeof value === "number" && value > 0),
  ...Object.fromEntries(
    ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"].map((key) => [key, number]),
  ),
  ...Object.fromEntries(
    [
      ...["minLength", "maxLength", "minItems", "maxItems"],
      ...["minProperties", "maxProperties", "minContains", "maxContains"],
    ].map((key) => [key, count]),
  ),
  ...Object.fromEntries(
    ["format", "title", "description", "$ref", "$comment"].map((key) => [key, text]),
  ),
  nullable: flag,
  uniqueItems: flag,
};
