/**
 * The input of a tool: from a schema of a library (zod, ArkType, Valibot, ...) or plain JSON Schema
 * to the JSON Schema of the manifest and the check at run time.
 */

import { isObject } from "../json.js";
import { type Place, misdeclared } from "./place.js";

/** A JSON Schema as an object. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** What is wrong with a value, in the words of Standard Schema. */
export interface Issue {
  readonly message: string;
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined;
}

/** The outcome of a check. */
export type Checked<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly Issue[] };

/** A schema of any library that follows Standard Schema (https://standardschema.dev). */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => Checked<Output> | Promise<Checked<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
    /** The younger half of the standard: how the library gives JSON Schema. */
    readonly jsonSchema?: {
      readonly input: (options: { readonly target: "draft-2020-12" }) => Record<string, unknown>;
    };
  };
}

declare const typed: unique symbol;

/** JSON Schema that says which type it stands for. */
export interface TypedJsonSchema<Output> {
  readonly schema: JsonSchema;
  readonly [typed]?: Output;
}

/** What a tool may declare as its input. */
export type InputSchema = StandardSchema | TypedJsonSchema<unknown> | JsonSchema;

/** The type of the arguments that `run` gets; none without an input. */
export type InputOf<S> = S extends Record<string, never>
  ? Record<string, never>
  : S extends { readonly "~standard": { readonly types?: infer Types } }
    ? NonNullable<Types> extends { readonly output: infer Output }
      ? Output
      : never
    : S extends TypedJsonSchema<infer Output>
      ? Output
      : Record<string, unknown>;

/** JSON Schema for arguments of a type that you vouch for. */
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
  place: Place,
  input: InputSchema | undefined,
  parameters: JsonSchema | undefined,
): Input {
  if (input === undefined) return { parameters: parameters ?? NO_ARGUMENTS };
  if (isStandard(input)) {
    const found = parameters ?? strict(fromLibrary(what, place, input));
    return { parameters: checked(what, place, found), check: input["~standard"].validate };
  }
  if (!isObject(input)) throw misdeclared(place, what, `its input is ${typeof input}, not a schema`);
  const schema = isTyped(input) ? input.schema : (input as JsonSchema);
  return { parameters: checked(what, place, parameters ?? schema) };
}

const NO_ARGUMENTS: JsonSchema = { type: "object", properties: {}, additionalProperties: false };

function isTyped(input: object): input is TypedJsonSchema<unknown> {
  return "schema" in input && isObject(input.schema) && Object.keys(input).length === 1;
}

function isStandard(input: unknown): input is StandardSchema {
  // Schemas of some libraries are functions.
  const may = (typeof input === "object" && input !== null) || typeof input === "function";
  return may && "~standard" in input;
}

function fromLibrary(what: string, place: Place, input: StandardSchema): JsonSchema {
  const { vendor, jsonSchema } = input["~standard"];
  if (!jsonSchema) {
    const hint = vendor === "zod" ? "update zod to 4.2 or later" : "wrap it as its documents say";
    throw misdeclared(
      place,
      what,
      `this ${vendor} schema cannot give JSON Schema by itself: ${hint}, or pass ` +
        "`parameters: {...}` with the JSON Schema beside `input`",
    );
  }
  try {
    return JSON.parse(JSON.stringify(jsonSchema.input({ target: "draft-2020-12" }))) as JsonSchema;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw misdeclared(place, what, `its input has no JSON Schema: ${reason}`);
  }
}

/** Keys that nobody asked for are refused, unless the author's schema lets them in. */
function strict(schema: JsonSchema): JsonSchema {
  const { $schema: _, ...rest } = schema;
  const combined = ["allOf", "anyOf", "oneOf", "$ref", "patternProperties"];
  const closed = "additionalProperties" in rest || combined.some((keyword) => keyword in rest);
  return closed || !isObject(rest["properties"]) ? rest : { ...rest, additionalProperties: false };
}

function checked(what: string, place: Place, schema: JsonSchema): JsonSchema {
  if (schema["type"] !== "object") {
    const found = JSON.stringify(schema["type"]) ?? "no type";
    throw misdeclared(place, what, `its input must be an object, as models call tools; found ${found}`);
  }
  for (const name of ["_secrets", "_context"]) {
    if (isObject(schema["properties"]) && name in schema["properties"]) {
      const instead = "read ctx.secrets or ctx.workingDirectory";
      throw misdeclared(place, what, `the host uses the name "${name}"; ${instead}`);
    }
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
