/**
 * The form of JSON Schema that the host reads: `nullable` instead of a null arm, `enum`, `required`
 * always there.
 */

import { isObject } from "../json.js";
import type { JsonSchema } from "./standard.js";

type Draft = { [keyword: string]: unknown };

/** Keywords with one schema, a list of schemas, and schemas by name. */
export const SCHEMA = [
  "items",
  "additionalProperties",
  "not",
  "if",
  "then",
  "else",
  "contains",
  "propertyNames",
  "unevaluatedProperties",
  "unevaluatedItems",
];
export const SCHEMAS = ["anyOf", "oneOf", "allOf", "prefixItems"];
export const NAMED = [
  "properties",
  "patternProperties",
  "$defs",
  "definitions",
  "dependentSchemas",
];

/**
 * A schema in the host's form. `close` refuses what an object does not name, unless the schema says
 * otherwise.
 */
export function normalized(schema: JsonSchema, close: boolean): JsonSchema {
  const { $schema: _, ...rest } = schema;
  return form(rest, close);
}

function form(schema: JsonSchema, close: boolean): JsonSchema {
  const draft: Draft = { ...schema };
  for (const [keyword, value] of Object.entries(schema))
    draft[keyword] = nested(keyword, value, close);
  withoutNull(draft);
  withoutArms(draft);
  listed(draft);
  if (close) positions(draft);
  const open = "additionalProperties" in draft || hasMoreKeys(draft);
  if (isObject(draft["properties"])) {
    draft["required"] ??= [];
    if (close && !open) draft["additionalProperties"] = false;
  }
  return draft;
}

/** Whether an object gets keys that its own `properties` do not name. */
function hasMoreKeys(draft: Draft): boolean {
  const arms = ["allOf", "anyOf", "oneOf"].flatMap((key) => draft[key] as unknown[] | undefined);
  return (
    ["patternProperties", "unevaluatedProperties", "dependentSchemas", "if"].some(
      (key) => key in draft,
    ) ||
    arms
      .filter(isObject)
      .some((arm) => ["properties", "$ref", "allOf", "anyOf", "oneOf"].some((key) => key in arm))
  );
}

function nested(keyword: string, value: unknown, close: boolean): unknown {
  // A schema next to others must let their keys pass.
  const inside = close && !["allOf", "not", "if", "then", "else"].includes(keyword);
  const one = (item: unknown): unknown => (isObject(item) ? form(item, inside) : item);
  if (SCHEMA.includes(keyword)) return one(value);
  if (SCHEMAS.includes(keyword) && Array.isArray(value)) return value.map(one);
  if (!NAMED.includes(keyword) || !isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, one(item)]));
}

/** `["string", "null"]` */
function withoutNull(draft: Draft): void {
  const { type } = draft;
  if (!Array.isArray(type) || !type.includes("null") || type.length < 2) return;
  const types: unknown[] = type.filter((name) => name !== "null");
  draft["type"] = types.length === 1 ? types[0] : types;
  draft["nullable"] = true;
}

/** `anyOf` stays where it is a real choice. */
function withoutArms(draft: Draft): void {
  for (const keyword of ["anyOf", "oneOf"]) {
    const arms = draft[keyword];
    if (!Array.isArray(arms)) continue;
    const flat: unknown[] = keyword === "anyOf" ? arms.flatMap(inner) : arms;
    const arms_ = merged(flat.filter((arm) => !isNull(arm)).map(plain));
    if (flat.length > arms_.length || flat.some(isNullable)) draft["nullable"] = true;
    const [only] = arms_;
    if (arms_.length !== 1 || !isObject(only)) {
      if (arms_.length > 0) draft[keyword] = arms_;
      continue;
    }
    delete draft[keyword];
    const clash = Object.keys(only).some(
      (key) => key in draft && key !== "description" && key !== "nullable",
    );
    if (clash) draft["allOf"] = [...((draft["allOf"] as unknown[] | undefined) ?? []), only];
    else Object.assign(draft, { ...only, ...draft });
  }
}

/** A choice among single values is a list of values. */
function merged(arms: readonly unknown[]): readonly unknown[] {
  const lists = arms.flatMap((arm) => {
    const values =
      isObject(arm) && Object.keys(arm).every((key) => key === "type" || key === "enum")
        ? arm["enum"]
        : undefined;
    return Array.isArray(values)
      ? [{ type: (arm as JsonSchema)["type"], values: values as unknown[] }]
      : [];
  });
  const [first] = lists;
  if (
    arms.length < 2 ||
    lists.length < arms.length ||
    !first ||
    lists.some(({ type }) => type !== first.type)
  )
    return arms;
  const values = [...new Set(lists.flatMap((list) => list.values))];
  return [{ ...(first.type === undefined ? {} : { type: first.type }), enum: values }];
}

/** The arms of a choice inside a choice. */
function inner(arm: unknown): unknown[] {
  if (!isObject(arm) || !Array.isArray(arm["anyOf"])) return [arm];
  const rest = Object.keys(arm).filter((key) => key !== "anyOf" && key !== "nullable");
  if (rest.length > 0) return [arm];
  return isNullable(arm) ? [...(arm["anyOf"] as unknown[]), { type: "null" }] : arm["anyOf"];
}

function isNull(arm: unknown): boolean {
  if (!isObject(arm)) return false;
  const { enum: values } = arm;
  const alone = Array.isArray(values) && values.length === 1 && values[0] === null;
  return arm["type"] === "null" || alone || ("const" in arm && arm["const"] === null);
}

function isNullable(arm: unknown): boolean {
  return isObject(arm) && arm["nullable"] === true;
}

/** The choice as a whole is nullable. */
function plain(arm: unknown): unknown {
  if (!isObject(arm) || !isNullable(arm)) return arm;
  const { nullable: _, ...rest } = arm;
  const { enum: values } = rest;
  return Array.isArray(values) ? { ...rest, enum: values.filter((value) => value !== null) } : rest;
}

/**
 * The host checks all elements by `items`, those with a schema of their own, too: so it takes what
 * any of them may be.
 */
function positions(made: Draft): void {
  const { prefixItems, items: rest } = made;
  if (!Array.isArray(prefixItems)) return;
  if (rest === false) made["maxItems"] ??= prefixItems.length;
  if (prefixItems.length === 0) delete made["prefixItems"];
  const arms = [...prefixItems, ...(rest === false ? [] : [rest ?? {}])] as unknown[];
  const distinct = arms.filter(
    (arm, at) => arms.findIndex((one) => JSON.stringify(one) === JSON.stringify(arm)) === at,
  );
  made["items"] = distinct.length === 1 ? distinct[0] : { anyOf: distinct };
}

/** The host reads `enum` and not `const`, and wants null in it where null is allowed. */
function listed(made: Draft): void {
  if ("const" in made && !("enum" in made)) {
    made["enum"] = [made["const"]];
    delete made["const"];
  }
  const { enum: values } = made;
  if (!Array.isArray(values)) return;
  if (made["nullable"] && !values.includes(null)) made["enum"] = [...(values as unknown[]), null];
  else if (values.includes(null) && values.length > 1) made["nullable"] = true;
}
