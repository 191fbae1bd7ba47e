// The table of arguments with the test host's coercion and check: they do what the shim does.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import type { JsonSchema } from "../src/declare/schema.js";
import { coerce } from "../src/testing/coercion.js";
import { validate } from "../src/testing/validation.js";

interface Row {
  readonly name?: string;
  readonly schema: JsonSchema;
  readonly given: string;
  readonly passed?: string;
  readonly refused?: { readonly field: string; readonly expected: string };
  readonly beyond_javascript?: boolean;
}

const table = new URL("../../../../../host-shim/arguments/tests/", import.meta.url);
const readTable = (name: string): unknown => JSON.parse(readFileSync(new URL(name, table), "utf8"));
const definitions = readTable("definitions.json");
const rows = (readTable("cases.json") as Row[]).filter(
  ({ name, beyond_javascript }) => name && !beyond_javascript,
);

describe("arguments", () => {
  for (const { name, schema, given, passed, refused } of rows) {
    it(name ?? "", () => {
      const parameters = {
        type: "object",
        properties: { v: schema },
        required: ["v"],
        additionalProperties: false,
        $defs: definitions,
      };
      const arguments_ = coerce(parameters, { v: JSON.parse(given) as unknown });
      const wrong = validate(parameters, arguments_);
      if (passed !== undefined) {
        assert.equal(wrong, undefined);
        assert.deepEqual(arguments_, { v: JSON.parse(passed) as unknown });
      } else {
        assert.deepEqual({ field: wrong?.field, expected: wrong?.expected }, refused);
      }
    });
  }
});
