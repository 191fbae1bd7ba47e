/**
 * JSON Schema of what a zod schema (classic or mini) takes, in the form that the host reads. Not
 * zod's own converter: that one drops the flags of expressions, says what holds after a `trim`, and
 * its form differs between versions. What JSON Schema cannot say is left open here; zod checks each
 * value once more before a handler gets it.
 */

import { addPattern, type Check, constraints } from "./constraints.js";
import type { JsonSchema } from "./standard.js";

/** The inside of a zod schema. */
export interface Zod {
  readonly _zod: {
    readonly def: Def;
    readonly bag?: { readonly Class?: { readonly name: string } };
    readonly innerType?: Zod;
    readonly pattern?: RegExp;
    readonly values?: ReadonlySet<unknown>;
  };
  /** What the author wrote about it; not in zod/mini. */
  meta?(): Record<string, unknown> | undefined;
}

interface Def {
  readonly type: string;
  readonly checks?: readonly Check[];
  readonly [key: string]: unknown;
}

/** What a schema takes, and whether it takes nothing at all, too. */
interface Conversion {
  readonly schema: JsonSchema;
  readonly optional?: boolean;
}

/** A part of a zod schema has no JSON form. */
export class NotJson extends Error {
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/** Whether a schema is one of zod 4. */
export function isZod(value: unknown): value is Zod {
  const inside = (value as Partial<Zod> | null)?._zod;
  return typeof inside?.def?.type === "string";
}

/** JSON Schema of what `schema` takes. Throws NotJson. */
export function zodInput(schema: Zod): JsonSchema {
  return new Converter().root(schema);
}

const NEVER: JsonSchema = { not: {} };

const NO_JSON: Readonly<Record<string, string>> = {
  date: "z.date() takes a Date, which JSON does not have; write z.coerce.date(), or z.iso.datetime() to get the string",
  bigint:
    "z.bigint() takes a bigint, which JSON does not have; write z.coerce.bigint(), which takes integers of any size, or z.int()",
  map: "z.map() takes a Map, which JSON does not have; write z.record(z.string(), ...).transform((it) => new Map(Object.entries(it)))",
  set: "z.set() takes a Set, which JSON does not have; write z.array(...).transform((items) => new Set(items))",
  symbol: "z.symbol() takes a symbol, which JSON does not have; write z.enum([...])",
  nan: "z.nan() takes NaN, which JSON does not have; write z.number()",
  file: "z.file() takes a File, which JSON does not have; take a path as z.string() and read it with ctx.files",
  function: "z.function() takes a function, which JSON does not have",
  promise: "z.promise() takes a promise, which JSON does not have",
};

class Converter {
  readonly #named = new Map<Zod, string>();
  readonly #open = new Set<Zod>();
  readonly #defs: Record<string, JsonSchema> = {};

  root(schema: Zod): JsonSchema {
    const root = this.#make(schema, "").schema;
    const body = "$ref" in root ? this.#defs[this.#named.get(schema) ?? ""] : root;
    return Object.keys(this.#defs).length > 0 ? { ...body, $defs: this.#defs } : { ...body };
  }

  /** A schema that contains itself gets a name, and is a `$ref` from then on. */
  #make(schema: Zod, field: string): Conversion {
    if (this.#open.has(schema)) return { schema: this.#ref(schema) };
    const converted = this.#named.get(schema);
    if (converted !== undefined) return { schema: this.#ref(schema) };
    this.#open.add(schema);
    const plain = this.#plain(schema, field);
    const node = { ...plain, schema: { ...plain.schema, ...metadata(schema, plain.schema) } };
    this.#open.delete(schema);
    const name = this.#named.get(schema);
    if (name === undefined) return node;
    this.#defs[name] = node.schema;
    return { ...node, schema: this.#ref(schema) };
  }

  #ref(schema: Zod): JsonSchema {
    const name = this.#named.get(schema) ?? `schema${this.#named.size + 1}`;
    this.#named.set(schema, name);
    return { $ref: `#/$defs/${name}` };
  }

  #plain(schema: Zod, field: string): Conversion {
    const { def } = schema._zod;
    const inner = (key: string): Conversion => this.#make(def[key] as Zod, field);
    switch (def.type) {
      case "object":
        return { schema: this.#object(def, field) };
      case "array":
        return { schema: this.#array(def, field) };
      case "tuple":
        return { schema: this.#tuple(def, field) };
      case "record":
        return { schema: this.#record(schema, field) };
      case "union":
        return this.#union(def, field);
      case "intersection":
        return { schema: intersection(inner("left").schema, inner("right").schema) };
      case "lazy":
        return this.#make(schema._zod.innerType ?? (def["getter"] as () => Zod)(), field);
      case "optional":
        return { ...inner("innerType"), optional: true };
      case "nonoptional":
      case "success":
        return { ...inner("innerType"), optional: false };
      case "readonly":
        return inner("innerType");
      case "nullable": {
        const node = inner("innerType");
        return { ...node, schema: { anyOf: [node.schema, { type: "null" }] } };
      }
      case "default":
      case "prefault": {
        const { schema: made } = inner("innerType");
        return { schema: { ...made, ...defaultOf(def, made) }, optional: true };
      }
      case "catch":
        return { schema: unconstrained(inner("innerType").schema), optional: true };
      case "pipe":
        return this.#pipe(def, field);
      default:
        return leaf(schema, field);
    }
  }

  /** `preprocess` takes anything: zod checks what its function returns. */
  #pipe(def: Def, field: string): Conversion {
    const first = def["in"] as Zod;
    if (first._zod.def.type !== "transform") return this.#make(first, field);
    return { schema: unconstrained(this.#make(def["out"] as Zod, field).schema), optional: true };
  }

  #object(def: Def, field: string): JsonSchema {
    const shape = Object.entries(def["shape"] as Record<string, Zod>);
    const properties = shape.map(
      ([key, one]) => [key, this.#make(one, field ? `${field}.${key}` : key)] as const,
    );
    const possible = properties.filter(([, { schema }]) => !isNever(schema));
    const rest = def["catchall"] as Zod | undefined;
    return {
      type: "object",
      properties: Object.fromEntries(possible.map(([key, { schema }]) => [key, schema])),
      required: possible.filter(([, { optional }]) => !optional).map(([key]) => key),
      additionalProperties: rest ? schemaOrFalse(this.#make(rest, `${field}.*`).schema) : false,
    };
  }

  #array(def: Def, field: string): JsonSchema {
    const items = this.#make(def["element"] as Zod, `${field}[]`).schema;
    return { type: "array", items, ...lengths(def) };
  }

  #tuple(def: Def, field: string): JsonSchema {
    const items = (def["items"] as Zod[]).map((item, at) => this.#make(item, `${field}[${at}]`));
    const rest = def["rest"] as Zod | null;
    const needed = items.length - [...items].reverse().findIndex(({ optional }) => !optional);
    return {
      type: "array",
      prefixItems: items.map(({ schema }) => schema),
      items: rest ? this.#make(rest, `${field}[]`).schema : false,
      minItems: items.every(({ optional }) => optional) ? 0 : needed,
      ...(rest ? {} : { maxItems: items.length }),
      ...lengths(def),
    };
  }

  /** Keys that are listed (`z.enum`) are properties; others are described by `propertyNames`. */
  #record(schema: Zod, field: string): JsonSchema {
    const { def } = schema._zod;
    const key = def["keyType"] as Zod;
    const value = this.#make(def["valueType"] as Zod, `${field}.*`);
    const listed = [...(key._zod.values ?? [])].map(String);
    if (listed.length > 0 && def["mode"] !== "loose") {
      const properties = Object.fromEntries(listed.map((name) => [name, value.schema]));
      return {
        type: "object",
        properties,
        required: value.optional || def["partial"] ? [] : listed,
        additionalProperties: false,
      };
    }
    // Keys that do not fit a loose record are kept as they come.
    if (def["mode"] === "loose")
      return { type: "object", additionalProperties: { nullable: true } };
    const { schema: names } = this.#make(key, field);
    const plain = names["type"] !== "string" || Object.keys(names).length === 1;
    return {
      type: "object",
      ...(plain ? {} : { propertyNames: names }),
      additionalProperties: value.schema,
    };
  }

  #union(def: Def, field: string): Conversion {
    const options = (def["options"] as Zod[]).map((option) => this.#make(option, field));
    const arms = options.map(({ schema }) => schema).filter((schema) => !isNever(schema));
    const optional = options.some((option) => option.optional);
    if (arms.length === 0) return { schema: NEVER, optional };
    return { schema: arms.length === 1 && arms[0] ? arms[0] : { anyOf: arms }, optional };
  }
}

function leaf(schema: Zod, field: string): Conversion {
  const { def } = schema._zod;
  const build = () =>
    constraints([...("check" in def ? [schema as unknown as Check] : []), ...(def.checks ?? [])]);
  switch (def.type) {
    case "string":
      return coerced(def, { type: "string", ...build() });
    case "number":
    case "int":
      return coerced(def, { type: "number", ...build() });
    case "boolean":
      return coerced(def, { type: "boolean" });
    case "bigint":
    case "date":
      if (!def["coerce"]) break;
      return coerced(
        def,
        def.type === "date" ? { type: "string", format: "date-time" } : { type: "integer" },
      );
    case "null":
      return { schema: { type: "null" } };
    case "undefined":
    case "void":
      return { schema: NEVER, optional: true };
    case "never":
      return { schema: NEVER };
    case "any":
    case "unknown":
    case "transform":
      return { schema: { nullable: true } };
    case "custom":
      return custom(schema, field);
    case "enum":
      return { schema: listOf(enumValues(def["entries"] as Record<string, unknown>)) };
    case "literal":
      return literal(def["values"] as readonly unknown[], field);
    case "template_literal": {
      const text: { [keyword: string]: unknown } = { type: "string" };
      if (schema._zod.pattern) addPattern(text, schema._zod.pattern);
      return { schema: text };
    }
    default:
      break;
  }
  throw new NotJson(field, NO_JSON[def.type] ?? `z.${def.type}() has no JSON form`);
}

/**
 * A check of one's own judges JSON as well as anything; an instance of a class never comes as JSON.
 */
function custom(schema: Zod, field: string): Conversion {
  const name = schema._zod.bag?.Class?.name;
  if (name === undefined) return { schema: { nullable: true } };
  throw new NotJson(
    field,
    `z.instanceof(${name}) takes an instance, which JSON does not have; take its fields with z.object(...)`,
  );
}

/** `z.coerce` takes whatever can be made into the type. */
function coerced(def: Def, schema: JsonSchema): Conversion {
  return { schema: def["coerce"] ? unconstrained(schema) : schema };
}

/** Whatever comes, with what is best sent as a hint for the model. */
function unconstrained(schema: JsonSchema): JsonSchema {
  const { description, title, default: preset, ...hint } = schema;
  const entries = Object.entries({ description, title, default: preset }).filter(
    ([, value]) => value !== undefined,
  );
  return { anyOf: [hint, {}], nullable: true, ...Object.fromEntries(entries) };
}

function lengths(def: Def): JsonSchema {
  const { minLength, maxLength } = constraints(def.checks ?? []);
  return {
    ...(minLength === undefined ? {} : { minItems: minLength }),
    ...(maxLength === undefined ? {} : { maxItems: maxLength }),
  };
}

function enumValues(entries: Record<string, unknown>): unknown[] {
  const numbers = Object.values(entries).filter((value) => typeof value === "number");
  // TypeScript's enums of numbers have each member by its number, too.
  return Object.entries(entries).flatMap(([key, value]) =>
    numbers.includes(Number(key)) ? [] : [value],
  );
}

function literal(values: readonly unknown[], field: string): Conversion {
  const big = values.find((value) => typeof value === "bigint");
  if (big !== undefined)
    throw new NotJson(field, `z.literal(${String(big)}n) takes a bigint, which JSON does not have`);
  const optional = values.includes(undefined);
  return { schema: listOf(values.filter((value) => value !== undefined)), optional };
}

function listOf(values: readonly unknown[]): JsonSchema {
  if (values.length === 0) return NEVER;
  const types = [...new Set(values.filter((value) => value !== null).map((value) => typeof value))];
  return { ...(types.length === 1 ? { type: types[0] } : {}), enum: values };
}

/** Two objects are one with the fields of both, as zod sees it. */
function intersection(left: JsonSchema, right: JsonSchema): JsonSchema {
  if (JSON.stringify(left) === JSON.stringify(right)) return left;
  const [one, other] = [left["properties"], right["properties"]] as Record<string, JsonSchema>[];
  if (!one || !other) return { allOf: [left, right].map(opened) };
  const both = Object.keys(one).filter((key) => key in other);
  const shared = both.map((key) => [key, intersection(one[key] ?? {}, other[key] ?? {})] as const);
  const open = [left, right].find((schema) => schema["additionalProperties"] !== false);
  return {
    type: "object",
    properties: { ...one, ...other, ...Object.fromEntries(shared) },
    required: [...new Set([left, right].flatMap((schema) => schema["required"] as string[]))],
    additionalProperties: open ? open["additionalProperties"] : false,
  };
}

/** Beside another schema, keys of that one must pass. */
function opened(schema: JsonSchema): JsonSchema {
  const { additionalProperties, ...rest } = schema;
  const arms = rest["anyOf"];
  if (Array.isArray(arms)) return { ...rest, anyOf: arms.map(opened) };
  return additionalProperties === false ? { ...rest, additionalProperties: {} } : schema;
}

function isNever(schema: JsonSchema): boolean {
  return "not" in schema;
}

function schemaOrFalse(schema: JsonSchema): JsonSchema | false {
  return isNever(schema) ? false : schema;
}

/** The default, where it is JSON and the same each time: builds of one source are equal. */
function defaultOf(def: Def, schema: JsonSchema): JsonSchema {
  const [value, again] = [def["defaultValue"], def["defaultValue"]];
  if (value === null || value === undefined) return {};
  const text = JSON.stringify(value) as string | undefined;
  const type = Array.isArray(value) ? "array" : typeof value;
  const named = schema["type"] === "integer" ? "number" : schema["type"];
  const fits = named === undefined ? "anyOf" in schema || "enum" in schema : named === type;
  return text !== undefined && text === JSON.stringify(again) && fits
    ? { default: JSON.parse(text) as unknown }
    : {};
}

interface Registry {
  get(schema: Zod): Record<string, unknown> | undefined;
}

/** What the author wrote with `describe` or `meta`, before what is said of flags. */
function metadata(schema: Zod, made: JsonSchema): JsonSchema {
  const registry = (globalThis as { __zod_globalRegistry?: Registry }).__zod_globalRegistry;
  // Of zod before 4.2 only the schema itself knows.
  const { id: _, ...found } = registry?.get(schema) ?? schema.meta?.() ?? {};
  const words = String(made["description"] ?? "");
  const own = found["description"];
  const flags = /(?:^|\()(matches \/.*\/[a-z]*)\)?$/s.exec(words)?.[1];
  if (typeof own !== "string" || flags === undefined || own.includes(flags)) return found;
  return { ...found, description: `${own} (${flags})` };
}
