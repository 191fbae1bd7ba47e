// Results of all kinds: what JSON carries, and what it would bend.
import { definePlugin, defineTool, ToolError, ToolResult } from "osaurus-plugin";
import * as z from "zod";

class Note {
  title = "T";
  #secret = 1;
  get secret(): number {
    return this.#secret;
  }
}

class Closed {
  #value = 1;
  get value(): number {
    return this.#value;
  }
}

class Money {
  toJSON(): string {
    return "1.50 EUR";
  }
}

const loop: { name: string; self?: unknown } = { name: "loop" };
loop.self = loop;

function nested(depth: number): unknown {
  return depth === 0 ? 1 : [nested(depth - 1)];
}

const kinds: Record<string, () => unknown> = {
  dates: () => ({ at: new Date(0), link: new URL("https://example.com/a"), gone: undefined, money: [new Money()] }),
  instance: () => new Note(),
  nothing: () => undefined,
  nulls: () => [null, 0, "", false],
  deep: () => nested(200),
  warned: () => new ToolResult({ n: 1 }, ["half of it"]),
  error: () => ({ error: new Error("boom") }),
  errors: () => [new AggregateError([new Error("a")])],
  regexp: () => ({ re: /a/i }),
  invalid_date: () => ({ at: new Date("x") }),
  hole: () => [1, undefined],
  sparse: () => Array(2),
  map: () => ({ m: new Map([["a", 1]]) }),
  set: () => [new Set([1])],
  iterator: () => ({ keys: new Map([["a", 1]]).keys() }),
  generator: () => (function* () {})(),
  async_generator: () => (async function* () {})(),
  buffer: () => ({ data: Buffer.from("hi") }),
  view: () => [new Float32Array(2)],
  closed: () => ({ it: new Closed() }),
  symbol: () => ({ s: Symbol("s") }),
  promise: () => ({ p: [Promise.resolve(1)] }),
  bigint: () => ({ n: 1n }),
  nan: () => [0, Number.NaN],
  cycle: () => ({ it: loop }),
  too_deep: () => nested(201),
  response: () => new Response("x"),
  caused: () => {
    throw new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED 127.0.0.1:9") });
  },
  all_failed: () => Promise.any([Promise.reject(new Error("one")), Promise.reject(new Error("two"))]),
  said: () => {
    console.error("not saved", new Error("the disk is full"));
    return 1;
  },
  headers: () => new Headers({ a: "b" }),
  function: () => ({ f: () => 1 }),
  bad_kind: () => {
    throw new ToolError("nope" as never, "no such note");
  },
  several: () => {
    throw new AggregateError([new Error("first cause"), new TypeError("second cause")], "both failed");
  },
};

export default definePlugin({
  tools: {
    make: defineTool({
      description: "Return a value.",
      permission: "auto",
      input: z.object({ kind: z.string() }),
      run: ({ kind }) => kinds[kind]?.(),
    }),
    sql: defineTool({
      description: "Fail in the database.",
      permission: "auto",
      run: (_, ctx) => ctx.db.execute("INSRT INTO t VALUES (1)"),
    }),
    row: defineTool({
      description: "Read a large integer.",
      permission: "auto",
      run: async (_, ctx) => String(await ctx.db.scalar("SELECT ? + 1", [9007199254740992n])),
    }),
  },
});
