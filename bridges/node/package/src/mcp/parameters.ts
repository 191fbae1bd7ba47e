/**
 * The JSON Schema of an MCP tool in the form that the host reads: definitions written out, then as
 * `normal.ts` writes all.
 */

import { NAMED, normalized, SCHEMA, SCHEMAS } from "../declare/normal.js";
import type { JsonSchema } from "../declare/schema.js";
import { isObject } from "../json.js";
import { argumentsOf } from "./foreign.js";

const ABOUT = ["$defs", "definitions", "$schema", "$id", "title", "description"];

/** The schema of a tool's arguments, from a whole document. */
export function parameters(given: JsonSchema): JsonSchema {
  const schema = argumentsOf(given);
  const definitions = new Definitions(schema);
  const rest = Object.fromEntries(Object.entries(schema).filter(([key]) => !ABOUT.includes(key)));
  const properties = isObject(rest["properties"]) ? rest["properties"] : {};
  const required = Array.isArray(rest["required"]) ? rest["required"].map(String) : [];
  const undeclared = required.filter((name) => !(name in properties)).map((name) => [name, {}]);
  const whole = {
    ...rest,
    type: "object",
    additionalProperties: rest["additionalProperties"] ?? false,
    properties: { ...properties, ...Object.fromEntries(undeclared) },
  };
  const form = normalized(definitions.expanded(whole) as JsonSchema, true);
  const recursive = definitions.kept();
  return Object.keys(recursive).length > 0 ? { ...form, $defs: recursive } : form;
}

/** Writes definitions out where they are used. Those of recursive types are kept. */
class Definitions {
  readonly #all: Readonly<Record<string, unknown>>;
  readonly #open: string[] = [];
  readonly #recursive = new Set<string>();

  constructor({ definitions, $defs }: JsonSchema) {
    this.#all = { ...(definitions as object | undefined), ...($defs as object | undefined) };
  }

  kept(): Record<string, unknown> {
    const forms: Record<string, unknown> = {};
    for (const name of this.#recursive) {
      this.#open.push(name);
      forms[name] = normalized(this.expanded(this.#all[name]) as JsonSchema, true);
      this.#open.pop();
    }
    return forms;
  }

  expanded(node: unknown): unknown {
    if (!isObject(node)) return node;
    const { $ref: reference, ...rest } = node;
    const entries = Object.entries(rest).map(([key, value]) => [key, this.#keyword(key, value)]);
    const form = Object.fromEntries(entries) as Record<string, unknown>;
    if (typeof reference !== "string") return form;
    return { ...this.#referred(reference.split("/").at(-1) ?? ""), ...form };
  }

  #keyword(key: string, value: unknown): unknown {
    if (SCHEMA.includes(key)) return this.expanded(value);
    if (SCHEMAS.includes(key) && Array.isArray(value))
      return value.map((one) => this.expanded(one));
    if (!NAMED.includes(key) || !isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [name, this.expanded(one)]),
    );
  }

  #referred(name: string): object {
    if (!(name in this.#all)) return {};
    if (this.#open.includes(name) || this.#recursive.has(name)) {
      this.#recursive.add(name);
      return { $ref: `#/$defs/${name}` };
    }
    this.#open.push(name);
    const form = this.expanded(this.#all[name]);
    this.#open.pop();
    return this.#recursive.has(name) ? { $ref: `#/$defs/${name}` } : (form as object);
  }
}
