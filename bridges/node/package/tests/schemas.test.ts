// From a declared input to JSON Schema in the host's form, and to what the handler gets.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { toStandardJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";
import { z } from "zod";
import * as mini from "zod/mini";
import { parseExactly } from "../src/exact.js";
import { definePlugin, defineTool, type InputSchema, type JsonSchema } from "../src/index.js";
import { TestHost } from "../src/testing/index.js";

function schemaOf(input: InputSchema, parameters?: JsonSchema): JsonSchema {
  const beside = parameters ? { parameters } : {};
  return defineTool({ description: "T", input, ...beside, run: () => 1 }).input("t").parameters;
}

function property(schema: z.ZodType): unknown {
  return (schemaOf(z.object({ a: schema }))["properties"] as Record<string, unknown>)["a"];
}

function refusal(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    return (error as Error).message;
  }
  return "nothing was wrong";
}

describe("a zod schema", () => {
  const open = (hint: object): object => ({ anyOf: [hint, {}], nullable: true });
  const cases: [string, z.ZodType, unknown][] = [
    [
      "an expression that all engines read alike",
      z.string().regex(/^\d{3}-[a-z]+$/),
      { type: "string", pattern: "^\\d{3}-[a-z]+$" },
    ],
    [
      "a flag that changes nothing",
      z.string().regex(/^\d+$/i),
      { type: "string", pattern: "^\\d+$" },
    ],
    [
      "the flag i",
      z.string().regex(/^[a-z]{3}$/i),
      { type: "string", description: "matches /^[a-z]{3}$/i" },
    ],
    [
      "the flag m, with a description",
      z.string().regex(/^ok$/m).describe("A line"),
      { type: "string", description: "A line (matches /^ok$/m)" },
    ],
    ["the flag s", z.string().regex(/a.b/s), { type: "string", description: "matches /a.b/s" }],
    ["the flag y", z.string().regex(/ab/y), { type: "string", description: "matches /ab/y" }],
    [
      "a class of everything",
      // biome-ignore lint/correctness/noEmptyCharacterClassInRegex: that is the case
      z.string().regex(/[^]/),
      { type: "string", description: "matches /[^]/" },
    ],
    [
      "halves of a character",
      // biome-ignore lint/suspicious/noMisleadingCharacterClass: that is the case
      z.string().regex(/[\ud83d\ude00]/),
      { type: "string", description: "matches /[\\ud83d\\ude00]/" },
    ],
    [
      "a look-behind assertion",
      z.string().regex(/(?<=a)b/),
      { type: "string", description: "matches /(?<=a)b/" },
    ],
    [
      "properties of letters",
      z.string().regex(/^\p{L}+$/u),
      { type: "string", pattern: "^\\p{L}+$" },
    ],
    ["a length before a trim", z.string().max(9).trim().max(3), { type: "string", maxLength: 9 }],
    ["a format", z.email().max(30), { type: "string", format: "email", maxLength: 30 }],
    [
      "coerce",
      z.coerce.number().min(1).describe("N"),
      { ...open({ type: "number", minimum: 1 }), description: "N" },
    ],
    ["coerce to a date", z.coerce.date(), open({ type: "string", format: "date-time" })],
    ["a transform", z.string().transform(Number).pipe(z.number().min(3)), { type: "string" }],
    ["nullable", z.string().min(2).nullable(), { type: "string", minLength: 2, nullable: true }],
    [
      "nullable values of a list",
      z.enum(["a", "b"]).nullable(),
      { type: "string", enum: ["a", "b", null], nullable: true },
    ],
    [
      "a union with null",
      z.union([z.string(), z.int(), z.null()]),
      { anyOf: [{ type: "string" }, { type: "integer" }], nullable: true },
    ],
    [
      "a nested object",
      z.object({ x: z.string().optional() }),
      {
        type: "object",
        properties: { x: { type: "string" } },
        required: [],
        additionalProperties: false,
      },
    ],
    [
      "a loose object",
      z.looseObject({}),
      { type: "object", properties: {}, required: [], additionalProperties: { nullable: true } },
    ],
    [
      "an intersection",
      z.object({ x: z.string() }).and(z.object({ y: z.int() })),
      {
        type: "object",
        properties: { x: { type: "string" }, y: { type: "integer" } },
        required: ["x", "y"],
        additionalProperties: false,
      },
    ],
    [
      "a tuple",
      z.tuple([z.string(), z.int().optional()]),
      {
        type: "array",
        prefixItems: [{ type: "string" }, { type: "integer" }],
        items: { anyOf: [{ type: "string" }, { type: "integer" }] },
        minItems: 1,
        maxItems: 2,
      },
    ],
    [
      "a choice of values",
      z.union([z.literal("a"), z.literal("b"), z.null()]),
      { type: "string", enum: ["a", "b", null], nullable: true },
    ],
    [
      "listed keys",
      z.record(z.enum(["x"]), z.int()),
      {
        type: "object",
        properties: { x: { type: "integer" } },
        required: ["x"],
        additionalProperties: false,
      },
    ],
    [
      "several steps",
      z.number().multipleOf(2).multipleOf(3),
      { type: "number", multipleOf: 2, allOf: [{ multipleOf: 3 }] },
    ],
  ];
  for (const [name, schema, expected] of cases)
    it(`is written: ${name}`, () => assert.deepEqual(property(schema), expected));

  it("is closed in each branch of a discriminated union", () => {
    const shape = z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("dot") }),
      z.object({ kind: z.literal("line"), to: z.int() }),
    ]);
    const arms = (property(shape) as { anyOf: JsonSchema[] }).anyOf;
    assert.deepEqual(
      arms.map((arm) => arm["additionalProperties"]),
      [false, false],
    );
    assert.deepEqual(
      arms.map((arm) => (arm["properties"] as Record<string, JsonSchema>)["kind"]?.["enum"]),
      [["dot"], ["line"]],
    );
  });

  it("needs what zod needs", () => {
    const input = z.object({
      a: z.string().catch("z"),
      b: z.preprocess(String, z.string()),
      c: z.int().default(3),
      d: z.union([z.string(), z.undefined()]),
      e: z.coerce.bigint(),
    });
    assert.deepEqual(schemaOf(input)["required"], ["e"]);
  });

  it("that contains itself has a name", () => {
    const Node = z.object({
      value: z.int(),
      get next() {
        return Node.nullish();
      },
    });
    const { $defs, properties } = schemaOf(Node);
    assert.deepEqual((properties as Record<string, unknown>)["next"], {
      $ref: "#/$defs/schema1",
      nullable: true,
    });
    assert.deepEqual(Object.keys($defs as object), ["schema1"]);
  });

  it("of zod/mini works as well", () => {
    const input = mini.object({
      a: mini.optional(mini.string().check(mini.minLength(2), mini.describe("A"))),
    });
    assert.deepEqual(schemaOf(input)["properties"], {
      a: { type: "string", minLength: 2, description: "A" },
    });
  });

  it("has the same default in each build, or none", () => {
    let at = 0;
    assert.equal((property(z.int().default(() => ++at)) as JsonSchema)["default"], undefined);
  });

  for (const [name, input, message] of [
    [
      "a date",
      z.object({ who: z.object({ born: z.date() }) }),
      /the argument "who\.born": z\.date\(\) takes a Date, which JSON does not have; write z\.coerce\.date\(\)/,
    ],
    [
      "a bigint in a list",
      z.object({ ids: z.array(z.bigint()) }),
      /the argument "ids\[\]": z\.bigint\(\) .* write z\.coerce\.bigint\(\)/,
    ],
    [
      "an instance",
      z.object({ it: z.instanceof(URL) }),
      /the argument "it": z\.instanceof\(URL\) takes an instance/,
    ],
    [
      "a union",
      z.union([z.object({ a: z.string() }), z.object({ b: z.string() })]),
      /found a union: put it under a key, as in z\.object\(/,
    ],
    [
      "a raw shape",
      { name: z.string() },
      /an object of schemas, not a schema: wrap it, as in z\.object\(/,
    ],
    ["a raw shape with a key `type`", { type: z.string() }, /an object of schemas, not a schema/],
    ["zod 3", { _def: {}, safeParse() {} }, /zod 3, which gives no JSON Schema: update zod/],
  ] as [string, InputSchema, RegExp][]) {
    it(`is refused: ${name}`, () =>
      assert.match(
        refusal(() => schemaOf(input)),
        message,
      ));
  }
});

describe("a valibot schema", () => {
  it("names the argument that has no JSON Schema", () => {
    const lost = v.object({ who: v.object({ code: v.pipe(v.string(), v.regex(/a/i)) }) });
    assert.match(
      refusal(() => schemaOf(toStandardJsonSchema(lost))),
      /the argument "who\.code": it has no JSON Schema: RegExp flags/,
    );
    const trimmed = v.object({ names: v.array(v.pipe(v.string(), v.trim())) });
    assert.match(
      refusal(() => schemaOf(toStandardJsonSchema(trimmed))),
      /the argument "names\[\]": it has no JSON Schema: The "trim" action/,
    );
  });

  it("is written in the host's form", () => {
    const input = v.object({
      a: v.nullish(v.picklist(["x", "y"])),
      b: v.object({ c: v.string() }),
    });
    assert.deepEqual(schemaOf(toStandardJsonSchema(input)), {
      type: "object",
      properties: {
        a: { enum: ["x", "y", null], type: "string", nullable: true },
        b: {
          type: "object",
          properties: { c: { type: "string" } },
          required: ["c"],
          additionalProperties: false,
        },
      },
      required: ["b"],
      additionalProperties: false,
    });
  });
});

describe("JSON Schema of one's own", () => {
  const object = (properties: object, more: object = {}): JsonSchema => ({
    type: "object",
    properties,
    ...more,
  });
  for (const [schema, message] of [
    [object({ a: { type: "sting" } }), 'properties.a.type is "sting", did you mean "string"?'],
    [
      object({ name: {} }, { required: ["nme"] }),
      'required names "nme", which is not in properties (did you mean "name"?)',
    ],
    [
      object({ a: { minLenght: 2 } }),
      'properties.a.minLenght is not a keyword of JSON Schema (did you mean "minLength"?)',
    ],
    [
      object({ a: { type: "array", items: "string" } }),
      'properties.a.items must be a schema, not "string"',
    ],
    [object({ a: { enum: "x" } }), 'properties.a.enum must be an array of values, not "x"'],
    [object({ a: { pattern: "(" } }), "properties.a.pattern is not a regular expression"],
    [object({ a: { $ref: "#/$defs/b" } }), 'properties.a.$ref: there is nothing at "#/$defs/b"'],
    [
      object({}, { required: "a" }),
      'required must be an array of names such as ["title"], not "a"',
    ],
  ] as const) {
    it(`is checked: ${message}`, () =>
      assert.ok(
        refusal(() => schemaOf(schema)).includes(message),
        refusal(() => schemaOf(schema)),
      ));
  }

  it("is used as it stands, in the host's form", () => {
    const schema = object({
      a: { type: ["string", "null"] },
      b: { anyOf: [{ type: "integer" }, { type: "null" }] },
      c: { const: 1 },
    });
    const expected = {
      a: { type: "string", nullable: true },
      b: { type: "integer", nullable: true },
      c: { enum: [1] },
    };
    assert.deepEqual(schemaOf(schema), { type: "object", properties: expected, required: [] });
    assert.deepEqual(schemaOf(z.object({ a: z.string() }), schema)["properties"], expected);
  });
});

describe("what a tool does not know", () => {
  for (const [definition, message] of [
    [
      { description: "T", permision: "auto", run() {} },
      '"permision" is none of its keys (did you mean "permission"?)',
    ],
    [{ description: "T", *run() {} }, "run is a generator, which gives pieces and no result"],
    [
      { description: "T", requirements: "calendar", run() {} },
      'requirements must be an array of strings, not "calendar"',
    ],
  ] as const) {
    it(`is refused: ${message}`, () =>
      assert.ok(refusal(() => defineTool(definition as never)).includes(message)));
  }
});

describe("arguments", () => {
  it("reach the handler as zod says", async () => {
    const input = z.object({
      code: z.string().regex(/^[a-z]{3}$/i),
      n: z.coerce.number(),
      c: z.string().catch("z"),
      p: z.preprocess((it) => it ?? 7, z.int()),
      text: z.string().trim().max(3),
      none: z.string().nullable(),
    });
    const tools = { t: defineTool({ description: "T", input, run: (it) => it }) };
    const host = new TestHost(definePlugin({ tools }));
    const values = { code: "ABC", n: "5", c: 9, text: "  abc  ", none: null };
    assert.deepEqual(await host.call("t", values), {
      code: "ABC",
      n: 5,
      c: "z",
      p: 7,
      text: "abc",
      none: null,
    });
    const wrong = await host.envelope("t", { ...values, code: "ABCD" });
    assert.deepEqual([wrong["kind"], wrong["field"]], ["invalid_args", "code"]);
  });

  it("keep all digits of an integer", () => {
    assert.deepEqual(
      parseExactly('{"a":9007199254740993,"b":[-12345678901234567890],"c":9007199254740992}'),
      { a: 9007199254740993n, b: [-12345678901234567890n], c: 9007199254740992 },
    );
    assert.deepEqual(
      parseExactly(
        '{"t":"9007199254740993","e":1e3,"f":0.12345678901234567890,"q":"\\"9007199254740993"}',
      ),
      { t: "9007199254740993", e: 1000, f: 0.12345678901234568, q: '"9007199254740993' },
    );
    assert.throws(() => parseExactly("[1e999]"), /1e999 is larger than a number can be/);
    for (const long of [
      "x".repeat(2000),
      '"\\'.repeat(700),
      "0123456789e500 ".repeat(200),
      "9".repeat(3000),
    ]) {
      const text = JSON.stringify(long);
      assert.deepEqual(parseExactly(`[${text}, 9007199254740993, ${text}]`), [
        long,
        9007199254740993n,
        long,
      ]);
      assert.deepEqual(parseExactly(`{${text}: [${text}, 1.5e3, 7]}`), { [long]: [long, 1500, 7] });
      assert.throws(() => parseExactly(`[${text}, -1E+999]`), /-1E\+999 is larger/);
      assert.throws(() => parseExactly(`[${text}, "`), SyntaxError);
    }
  });
});
