/**
 * JSON Schema that an author wrote, checked against the rules of JSON Schema: a slip is found where
 * it was made.
 */

import { isObject } from "../json.js";
import { closest } from "./closest.js";
import { NAMED, SCHEMA, SCHEMAS } from "./normal.js";
import type { JsonSchema } from "./standard.js";

const TYPES = ["string", "integer", "number", "boolean", "object", "array", "null"];
const COUNTS = [
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "minProperties",
  "maxProperties",
  "minContains",
  "maxContains",
];
const NUMBERS = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"];
const FLAGS = ["uniqueItems", "nullable", "deprecated", "readOnly", "writeOnly"];
const STRINGS = [
  "title",
  "description",
  "format",
  "$ref",
  "$id",
  "$schema",
  "$anchor",
  "$comment",
  "contentEncoding",
  "contentMediaType",
];
const OTHERS = [
  "type",
  "required",
  "enum",
  "const",
  "pattern",
  "multipleOf",
  "default",
  "examples",
  "dependentRequired",
  "$dynamicRef",
  "$dynamicAnchor",
];
const KEYWORDS = [
  ...SCHEMA,
  ...SCHEMAS,
  ...NAMED,
  ...COUNTS,
  ...NUMBERS,
  ...FLAGS,
  ...STRINGS,
  ...OTHERS,
];

/**
 * What is wrong with a schema, with its place: `properties.name: ...`; undefined when nothing is.
 */
export function schemaError(schema: JsonSchema): string | undefined {
  return new Checker(schema).check(schema, "");
}

type Problem = string | undefined;

class Checker {
  readonly #root: JsonSchema;

  constructor(root: JsonSchema) {
    this.#root = root;
  }

  check(schema: JsonSchema, place: string): Problem {
    for (const [keyword, value] of Object.entries(schema)) {
      const at = place ? `${place}.${keyword}` : keyword;
      const problem = this.#keyword(keyword, value, at);
      if (problem) return problem;
    }
    const missing = undeclared(schema);
    return missing && `${place ? `${place}.` : ""}${missing}`;
  }

  #keyword(keyword: string, value: unknown, at: string): Problem {
    if (SCHEMA.includes(keyword)) return this.#schema(value, at);
    if (SCHEMAS.includes(keyword)) return this.#list(value, at);
    if (NAMED.includes(keyword)) return this.#named(value, at);
    if (keyword === "$ref") return this.#reference(value, at);
    if (keyword === "type") return typeError(value, at);
    if (keyword === "pattern") return patternError(value, at);
    return plainError(keyword, value, at);
  }

  #schema(value: unknown, at: string): Problem {
    if (typeof value === "boolean") return undefined;
    return isObject(value)
      ? this.check(value, at)
      : `${at} must be a schema, not ${described(value)}`;
  }

  #list(value: unknown, at: string): Problem {
    if (!Array.isArray(value) || value.length === 0)
      return `${at} must be an array of schemas, not ${described(value)}`;
    return first(value.map((item, index) => () => this.#schema(item, `${at}[${index}]`)));
  }

  #named(value: unknown, at: string): Problem {
    if (!isObject(value)) return `${at} must be an object of schemas, not ${described(value)}`;
    return first(
      Object.entries(value).map(
        ([name, item]) =>
          () =>
            this.#schema(item, `${at}.${name}`),
      ),
    );
  }

  #reference(value: unknown, at: string): Problem {
    if (typeof value !== "string") return `${at} must be a string, not ${described(value)}`;
    if (!value.startsWith("#"))
      return `${at}: "${value}" is outside of the schema; put it under $defs and write "#/$defs/name"`;
    if (value !== "#" && !value.startsWith("#/")) return undefined;
    const keys = value
      .split("/")
      .slice(1)
      .map((key) => decodeURIComponent(key).replaceAll("~1", "/").replaceAll("~0", "~"));
    const definition = keys.reduce<unknown>(
      (inside, key) => (inside as Record<string, unknown> | undefined)?.[key],
      this.#root,
    );
    return definition === undefined ? `${at}: there is nothing at "${value}"` : undefined;
  }
}

function first(checks: readonly (() => Problem)[]): Problem {
  for (const check of checks) {
    const problem = check();
    if (problem) return problem;
  }
  return undefined;
}

function typeError(value: unknown, at: string): Problem {
  const names: unknown[] = Array.isArray(value) ? value : [value];
  const wrong = names.find((name) => !TYPES.includes(name as string));
  if (wrong === undefined && names.length > 0) return undefined;
  const suggestion = typeof wrong === "string" ? closest(wrong, TYPES) : undefined;
  return `${at} is ${described(wrong)}, ${suggestion ? `did you mean "${suggestion}"?` : `not one of ${TYPES.join(", ")}`}`;
}

function patternError(value: unknown, at: string): Problem {
  if (typeof value !== "string") return `${at} must be a string, not ${described(value)}`;
  try {
    new RegExp(value, "u");
    return undefined;
  } catch (error) {
    return `${at} is not a regular expression: ${(error as Error).message}`;
  }
}

function plainError(keyword: string, value: unknown, at: string): Problem {
  if (COUNTS.includes(keyword) && !(Number.isInteger(value) && Number(value) >= 0))
    return `${at} must be a count such as 1, not ${described(value)}`;
  if (NUMBERS.includes(keyword) && typeof value !== "number")
    return `${at} must be a number, not ${described(value)}`;
  if (keyword === "multipleOf" && !(Number(value) > 0))
    return `${at} must be a number above 0, not ${described(value)}`;
  if (FLAGS.includes(keyword) && typeof value !== "boolean")
    return `${at} must be true or false, not ${described(value)}`;
  if (STRINGS.includes(keyword) && typeof value !== "string")
    return `${at} must be a string, not ${described(value)}`;
  if (keyword === "enum" && !(Array.isArray(value) && value.length > 0))
    return `${at} must be an array of values, not ${described(value)}`;
  if (keyword === "required") return requiredError(value, at);
  const suggestion = KEYWORDS.includes(keyword) ? undefined : closest(keyword, KEYWORDS);
  return suggestion && `${at} is not a keyword of JSON Schema (did you mean "${suggestion}"?)`;
}

function requiredError(value: unknown, at: string): Problem {
  if (Array.isArray(value) && value.every((name) => typeof name === "string")) return undefined;
  return `${at} must be an array of names such as ["title"], not ${described(value)}`;
}

/** A required argument that cannot be given, or that nothing is known of. */
function undeclared(schema: JsonSchema): Problem {
  const { properties, required, additionalProperties, patternProperties } = schema;
  const open = isObject(additionalProperties) || patternProperties !== undefined;
  if (!isObject(properties) || !Array.isArray(required) || open) return undefined;
  const names = Object.keys(properties);
  const missing = (required as string[]).find((name) => !names.includes(name));
  if (missing === undefined) return undefined;
  const suggestion = closest(missing, names);
  return `required names "${missing}", which is not in properties${suggestion ? ` (did you mean "${suggestion}"?)` : ""}`;
}

function described(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? String(value) : text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
