/**
 * The input of a tool: from a schema of a library (zod, ArkType, Valibot, ...) or plain JSON Schema
 * to the JSON Schema of the manifest and the check at run time.
 */

import { isObject } from "../json.js";
import { fromLibrary, isStandard, notASchema } from "./library.js";
import { misdeclared, type SourceLocation } from "./location.js";
import { schemaError } from "./metaschema.js";
import { normalized } from "./normal.js";
import type { Issue, JsonSchema, StandardSchema } from "./standard.js";

export type { Checked, JsonSchema, StandardSchema } from "./standard.js";

declare const typed: unique symbol;

/** JSON Schema with the type of the values that fit it. */
export interface TypedJsonSchema<Output> {
  readonly schema: JsonSchema;
  readonly [typed]?: Output;
}

/** What a tool may declare as its input. */
export type InputSchema = StandardSchema | TypedJsonSchema<unknown> | JsonSchema;

/** The type of the arguments that `run` gets; none without an input. */
export type InputOf<S> =
  S extends Record<string, never>
    ? Record<string, never>
    : S extends { readonly "~standard": { readonly types?: infer Types } }
      ? NonNullable<Types> extends { readonly output: infer Output }
        ? Output
        : never
      : S extends TypedJsonSchema<infer Output>
        ? Output
        : Record<string, unknown>;

/**
 * JSON Schema for arguments of a type that you vouch for.
 *
 * @example
 * const input = jsonSchema<{ name: string }>({
 *   type: "object",
 *   properties: { name: { type: "string" } },
 *   required: ["name"],
 * });
 * const greet = defineTool({
 *   description: "Say hello.",
 *   input,
 *   run: ({ name }) => `Hello ${name}`,
 * });
 * const host = new TestHost(definePlugin({ tools: { greet } }));
 * assert.deepEqual(await host.call("greet", { name: "Ada" }), { text: "Hello Ada" });
 */
export function jsonSchema<Output extends object>(schema: JsonSchema): TypedJsonSchema<Output> {
  return { schema };
}

/** A tool's input, worked out once. */
export interface Input {
  /** For the manifest. */
  readonly parameters: JsonSchema;
  /** The library's own check, which also fills defaults in; none for plain JSON Schema. */
  readonly check?: StandardSchema["~standard"]["validate"];
}

/** Works an input out. Throws DeclarationError for what cannot be a tool's input. */
export function readInput(
  what: string,
  place: SourceLocation,
  input: InputSchema | undefined,
  parameters: JsonSchema | undefined,
): Input {
  const check = isStandard(input) ? { check: input["~standard"].validate } : {};
  if (parameters !== undefined) return { parameters: ownSchema(what, place, parameters), ...check };
  if (input === undefined) return { parameters: NO_ARGUMENTS };
  if (isStandard(input))
    return { parameters: asObject(what, place, fromLibrary(what, place, input), true), ...check };
  const wrong = notASchema(input);
  if (wrong) throw misdeclared(place, what, wrong);
  return {
    parameters: ownSchema(what, place, isTyped(input) ? input.schema : (input as JsonSchema)),
  };
}

const NO_ARGUMENTS: JsonSchema = {
  type: "object",
  properties: {},
  required: [],
  additionalProperties: false,
};

function isTyped(input: object): input is TypedJsonSchema<unknown> {
  return "schema" in input && isObject(input.schema) && Object.keys(input).length === 1;
}

/** JSON Schema that the author wrote: used as it is, in the host's form. */
function ownSchema(what: string, place: SourceLocation, schema: JsonSchema): JsonSchema {
  if (!isObject(schema))
    throw misdeclared(
      place,
      what,
      `its JSON Schema must be an object, not ${JSON.stringify(schema)}`,
    );
  const wrong = schemaError(schema);
  if (wrong) throw misdeclared(place, what, `its JSON Schema is wrong: ${wrong}`);
  return asObject(what, place, normalized(schema, false), false);
}

function asObject(
  what: string,
  place: SourceLocation,
  schema: JsonSchema,
  library: boolean,
): JsonSchema {
  if (schema["type"] !== "object") {
    const [arms, type] = [schema["anyOf"] ?? schema["oneOf"], schema["type"]];
    const open =
      Array.isArray(arms) && arms.some((arm) => isObject(arm) && arm["type"] === undefined);
    const unfit = open
      ? "one that may be anything"
      : arms
        ? "a union"
        : type === undefined
          ? "no type"
          : JSON.stringify(type);
    const way = open
      ? "z.preprocess, z.coerce and catch are for the fields of an object"
      : library
        ? "put it under a key, as in z.object({ what: ... })"
        : 'write { type: "object", properties: { ... } }';
    throw misdeclared(
      place,
      what,
      `its input must be an object, as models call tools; found ${unfit}: ${way}`,
    );
  }
  for (const name of ["_secrets", "_context"]) {
    if (!Object.hasOwn((schema["properties"] as object | undefined) ?? {}, name)) continue;
    throw misdeclared(
      place,
      what,
      `the host uses the name "${name}"; read ctx.secrets instead of declaring it`,
    );
  }
  return schema;
}

/** Where an issue is, as `items[1].name`. */
export function issueField(issue: Issue): string {
  const keys = (issue.path ?? []).map((part) => (typeof part === "object" ? part.key : part));
  return keys.reduce<string>((place, key) => {
    if (typeof key === "number") return `${place}[${key}]`;
    return place ? `${place}.${String(key)}` : String(key);
  }, "");
}
