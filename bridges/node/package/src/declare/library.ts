/** JSON Schema from the schema of a library, with a helpful sentence where there is none. */

import { isObject } from "../json.js";
import { misdeclared, type SourceLocation } from "./location.js";
import { normalized } from "./normal.js";
import type { JsonSchema, StandardSchema } from "./standard.js";
import { fieldOf, refuseLost } from "./vendors.js";
import { isZod, NotJson, zodInput } from "./zod.js";

/** Whether something is a schema by the Standard Schema convention. */
export function isStandard(input: unknown): input is StandardSchema {
  // Schemas of some libraries are functions.
  const may = (typeof input === "object" && input !== null) || typeof input === "function";
  return may && "~standard" in input;
}

/** The JSON Schema of a library's schema. Throws DeclarationError. */
export function fromLibrary(
  what: string,
  place: SourceLocation,
  input: StandardSchema,
): JsonSchema {
  try {
    if (isZod(input)) return normalized(zodInput(input), true);
    refuseLost(input);
    return normalized(byConvention(what, place, input), true);
  } catch (error) {
    if (!(error instanceof NotJson)) throw error;
    const field = error.field ? `the argument "${error.field}": ` : "its input: ";
    throw misdeclared(place, what, `${field}${error.message}`);
  }
}

function byConvention(what: string, place: SourceLocation, input: StandardSchema): JsonSchema {
  const { vendor, jsonSchema } = input["~standard"];
  if (!jsonSchema) {
    const hint =
      vendor === "zod" ? "zod 3 is too old: update zod to version 4" : howToConvert(vendor);
    const otherwise = "or pass `parameters: {...}` with the JSON Schema beside `input`";
    throw misdeclared(
      place,
      what,
      `this ${vendor} schema cannot give JSON Schema by itself: ${hint}, ${otherwise}`,
    );
  }
  try {
    return JSON.parse(JSON.stringify(jsonSchema.input({ target: "draft-2020-12" }))) as JsonSchema;
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).replace(/\.$/, "");
    const otherwise =
      "change that part, or pass `parameters: {...}` with JSON Schema beside `input`";
    throw new NotJson(fieldOf(input, reason), `it has no JSON Schema: ${reason}; ${otherwise}`);
  }
}

function howToConvert(vendor: string): string {
  if (vendor !== "valibot") return "wrap it as its documents say";
  return "wrap it with toStandardJsonSchema of @valibot/to-json-schema";
}

/** What to say of something that is not a schema of a kind that is known. */
export function notASchema(input: unknown): string | undefined {
  if (!isObject(input)) return `its input is ${typeof input}, not a schema`;
  if ("_def" in input && typeof input["safeParse"] === "function") {
    return "its input is a schema of zod 3, which gives no JSON Schema: update zod to version 4";
  }
  const fields = Object.values(input).filter(
    (value) => isStandard(value) || (isObject(value) && "_def" in value),
  );
  if (fields.length === 0) return undefined;
  return "its input is an object of schemas, not a schema: wrap it, as in z.object({ ... })";
}
