/**
 * What the converters of arktype and valibot lose, or say without the argument's name. Used by
 * `library.ts` alone.
 */

import { isObject } from "../json.js";
import type { StandardSchema } from "./standard.js";
import { NotJson } from "./zod.js";

/**
 * Throws NotJson for what arktype's converter silently drops: flags of expressions, and types
 * that JSON lacks.
 */
export function refuseLost(input: StandardSchema): void {
  if (input["~standard"].vendor === "arktype")
    search((input as { readonly json?: unknown }).json, "");
}

const CLASS = /^(?!Array$)[A-Z]\w*$|^(?:bigint|symbol)$/;

/** Through arktype's own description of a type; the result of a morph is not looked at. */
function search(json: unknown, field: string): void {
  if (typeof json === "string" && CLASS.test(json)) {
    throw new NotJson(
      field,
      `a ${json} never comes as JSON; take a string or number and turn it into one with .pipe(...)`,
    );
  }
  if (Array.isArray(json)) for (const item of json) search(item, field);
  if (!isObject(json)) return;
  if (typeof json["rule"] === "string" && json["flags"]) {
    const way = "write the flag into the expression ([A-Za-z] for i), or check it with narrow(...)";
    throw new NotJson(
      field,
      `the flags of /${json["rule"]}/${String(json["flags"])} do not exist in JSON Schema; ${way}`,
    );
  }
  const inside = typeof json["key"] === "string" ? joined(field, json["key"]) : field;
  for (const key of [
    "required",
    "optional",
    "value",
    "sequence",
    "proto",
    "domain",
    "pattern",
    "in",
    "branches",
    "prefix",
    "variadic",
  ]) {
    search(json[key], inside);
  }
}

/**
 * The argument that valibot's converter refuses: its message names only the kind of schema or
 * action.
 */
export function fieldOf(input: StandardSchema, reason: string): string {
  const named =
    /^The "(\w+)" (?:action|schema)/.exec(reason)?.[1] ??
    (reason.startsWith("RegExp flags") ? "regex" : undefined);
  return named === undefined ? "" : (find(rootOf(input), named, "", 0) ?? "");
}

/**
 * valibot's own schema, which the wrapper that converts does not show: the converter tells it last.
 */
function rootOf(input: StandardSchema): unknown {
  let root: unknown;
  const overrideSchema = (context: { readonly valibotSchema: unknown }): undefined => {
    root = context.valibotSchema;
  };
  try {
    input["~standard"].jsonSchema?.input({
      target: "draft-2020-12",
      libraryOptions: { errorMode: "ignore", overrideSchema },
    });
  } catch {
    return root;
  }
  return root;
}

function find(schema: unknown, type: string, field: string, depth: number): string | undefined {
  if (!isObject(schema) || depth > 20) return undefined;
  if (schema["type"] === type) return field;
  const below = (item: unknown, place: string): string | undefined =>
    find(item, type, place, depth + 1);
  const entries = isObject(schema["entries"]) ? Object.entries(schema["entries"]) : [];
  const places = [
    ...entries.map(
      ([key, item]) =>
        () =>
          below(item, joined(field, key)),
    ),
    () => below(schema["item"], `${field}[]`),
    () => below(schema["wrapped"], field),
    ...["pipe", "options", "items"]
      .flatMap((key) => (Array.isArray(schema[key]) ? (schema[key] as unknown[]) : []))
      .map((item) => () => below(item, field)),
  ];
  return places.reduce<string | undefined>((found, place) => found ?? place(), undefined);
}

function joined(field: string, key: string): string {
  return field ? `${field}.${key}` : key;
}
