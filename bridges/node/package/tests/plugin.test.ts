// Handlers, host calls, errors and events, through the test kit and the real runtime.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { z } from "zod";
import {
  abi,
  type Context,
  definePlugin,
  defineRoute,
  defineTool,
  errors,
  HttpError,
  jsonSchema,
  ToolError,
  ToolResult,
} from "../src/index.js";
import { TestHost, ToolFailure } from "../src/testing/index.js";

/** A plugin whose only tool runs a function; answers what the tool answers. */
async function run(
  body: (ctx: Context) => unknown,
  prepare: (host: TestHost) => void = () => {},
): Promise<{ result: unknown; host: TestHost }> {
  const tool = defineTool({ description: "Run.", run: (_, ctx) => body(ctx) });
  const host = new TestHost(definePlugin({ tools: { tool } }), { config: { on: "Yes", n: "4.5" } });
  prepare(host);
  return { result: await host.call("tool"), host };
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}

const sqlite = Number(process.versions.node.split(".")[0]) >= 24;

describe("host calls", () => {
  it("read settings as text, toggles and numbers", async () => {
    const { result, host } = await run(async ({ config }) => {
      await config.set("new", "x");
      await config.delete("on");
      return [
        await config.getNumber("n"),
        await config.getBoolean("on"),
        await config.get("new"),
        await config.get("no", "-"),
      ];
    });
    assert.deepEqual(result, [4.5, false, "x", "-"]);
    assert.equal(host.config.has("on"), false);
  });

  it("that the host lacks end the call as unavailable", async () => {
    const missing = () => {
      throw errors.refusal(4, "the host has no `get_active_agent_id`: this host says 3");
    };
    const called = run(
      ({ agentId }) => agentId,
      (host) => host.answer("get_active_agent_id", missing),
    );
    await assert.rejects(called, (failure) => {
      assert.ok(failure instanceof ToolFailure);
      assert.deepEqual([failure.kind, failure.envelope["retryable"]], ["unavailable", false]);
      assert.match(failure.message, /this host says 3/);
      return true;
    });
    assert.ok(!(errors.refusal(1, "no") instanceof errors.Unavailable));
  });

  it("say what is wrong with an argument before the host drops it", async () => {
    for (const [body, message] of [
      [
        (ctx: Context) => ctx.config.set("k", "x".repeat(1_048_577)),
        /"k" has 1048577 bytes and the host drops more than 1048576/,
      ],
      [(ctx: Context) => ctx.db.query("SELECT ?", ["a\0b"]), /SQL parameter 1 holds a NUL/],
      [
        (ctx: Context) => ctx.db.query("SELECT ?", [new Uint8Array(2) as never]),
        /SQL parameter 1: the host cannot bind bytes/,
      ],
      [
        (ctx: Context) => ctx.db.query("SELECT :a", { a: 1 } as never),
        /must be an array for `\?` placeholders/,
      ],
      [
        (ctx: Context) => ctx.http.get("https://a.example", { headers: { n: 1 as never } }),
        /the header "n" must be a string, not number/,
      ],
      [(ctx: Context) => ctx.inference.complete([]), /the conversation is empty/],
    ] as const) {
      await assert.rejects(
        run(body),
        (error) => error instanceof ToolFailure && message.test(error.message),
      );
    }
  });

  it("turn the host's errors into classes with its numbers", async () => {
    const { result } = await run(
      async (ctx) => {
        const error: unknown = await ctx.http
          .get("https://a.example")
          .catch((caught: unknown) => caught);
        assert.ok(error instanceof errors.RateLimited);
        return { text: error.message, retry: error.retryAfterMs };
      },
      (host) =>
        host.answer("http_request", {
          error: "rate_limit_exceeded",
          message: "too many",
          retry_after_ms: 60000,
        }),
    );
    assert.deepEqual(result, { text: "too many [rate_limit_exceeded]", retry: 60000 });
  });

  it("have a class for every code of the spec", () => {
    for (const code of Object.keys(abi.ERROR_HINTS)) {
      const error = errors.hostError({ error: code, message: "m" });
      assert.notEqual(error.constructor, errors.HostError, code);
    }
    assert.equal(errors.hostError({ error: "brand_new", message: "m" }).message, "m [brand_new]");
    assert.equal(
      errors.hostError({ error: 'near "INSRT": syntax error' }).message,
      'near "INSRT": syntax error',
    );
    assert.equal(errors.hostError({ error: { code: "not_found", message: "m" } }).name, "NotFound");
  });

  it("stream, and an aborted signal ends the loop with its reason", async () => {
    const { result } = await run(
      async (ctx) => {
        const whole = await ctx.inference.stream("x", { maxTokens: 5 }).text();
        const abort = new AbortController();
        const events: string[] = [];
        const loop = async (): Promise<void> => {
          for await (const chunk of ctx.inference.stream("x", { signal: abort.signal })) {
            events.push(chunk.text);
            abort.abort(new Error("enough"));
          }
        };
        const reason = await loop().catch((error: unknown) => (error as Error).message);
        return { whole, seen: events, reason };
      },
      (host) => host.answerStream(["a", "b", "c"]),
    );
    assert.deepEqual(result, { whole: "abc", seen: ["a"], reason: "enough" });
  });

  it("are a stream's result when it was cancelled", async () => {
    const { result } = await run(
      async (ctx) => {
        const stream = ctx.inference.stream("x");
        await stream.next();
        stream.cancel();
        const { text, finishReason } = await stream.result();
        return { text, finishReason };
      },
      (host) => host.answerStream(["a", "b", "c"]),
    );
    assert.deepEqual(result, { text: "a", finishReason: "cancelled" });
  });

  it("fetch: an answer is a Response, no answer a TypeError with its cause", async () => {
    const bytes = Buffer.from([0xff, 0]).toString("base64");
    const { result, host } = await run(
      async (ctx) => {
        const response = await ctx.fetch(new URL("https://a.example/x?y=1"), {
          headers: { A: "b" },
          redirect: "manual",
        });
        const body = [...new Uint8Array(await response.arrayBuffer())];
        return [response.ok, response.url, response.headers.get("x"), body];
      },
      (made) =>
        made.answer("http_request", {
          status: 200,
          headers: { x: "1" },
          body: bytes,
          body_encoding: "base64",
        }),
    );
    assert.deepEqual(result, [true, "https://a.example/x?y=1", "1", [255, 0]]);
    const expected = {
      method: "GET",
      url: "https://a.example/x?y=1",
      headers: { a: "b" },
      follow_redirects: false,
    };
    assert.deepEqual(host.calls[0]?.args, [expected]);
    const blocked = (error: unknown): string => {
      assert.ok(error instanceof TypeError && error.cause instanceof errors.RequestBlocked);
      return error.message;
    };
    const failed = await run(
      (ctx) => ctx.fetch("http://127.0.0.1").catch(blocked),
      (made) => made.answer("http_request", { error: "ssrf_blocked", message: "private" }),
    );
    assert.deepEqual(failed.result, { text: "fetch failed: private [ssrf_blocked]" });
  });

  it("log in order, with fields that need not be JSON", async () => {
    const { host } = await run((ctx) => {
      ctx.log.info("one");
      ctx.log.error("two", { n: 1n, deep: { a: [1] } });
    });
    assert.deepEqual(host.logs, [
      { level: "info", message: "one", fields: {} },
      { level: "error", message: "two", fields: { n: "1", deep: { a: [1] } } },
    ]);
  });

  it("keep rows by name and in order", { skip: !sqlite && "needs node:sqlite" }, async () => {
    const { result } = await run(async ({ db }) => {
      await db.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)");
      const { changes, lastInsertRowid } = await db.execute("INSERT INTO t (b) VALUES (?)", [
        ["x"],
      ]);
      const error: unknown = await db.query("SELECT nope").catch((caught: unknown) => caught);
      assert.ok(
        error instanceof errors.DatabaseError && /no such column: nope/.test(error.message),
      );
      return [
        changes,
        lastInsertRowid,
        await db.first("SELECT b FROM t"),
        await db.scalar("SELECT count(*) FROM t"),
        await db.table("SELECT a, b FROM t"),
      ];
    });
    assert.deepEqual(result, [
      1,
      1,
      { b: '["x"]' },
      1,
      { columns: ["a", "b"], rows: [[1, '["x"]']] },
    ]);
  });

  it("are refused by the test host until the test answers them", async () => {
    await assert.rejects(
      run((ctx) => ctx.inference.models()),
      /the test answers no list_models; say host\.answer\("list_models"/,
    );
  });
});

describe("tools", () => {
  const plugin = definePlugin({
    tools: {
      add: defineTool({
        description: "Add.",
        input: z.object({
          a: z.number(),
          b: z.number().default(1),
          tags: z.array(z.enum(["x", "y"])).optional(),
        }),
        run: ({ a, b }) => a + b,
      }),
      plain: defineTool({
        description: "Plain JSON Schema.",
        input: jsonSchema<{ n: number }>({
          type: "object",
          properties: { n: { type: "integer", minimum: 1 } },
          required: ["n"],
        }),
        run: ({ n }) => new ToolResult({ n }, ["careful"]),
      }),
      slow: defineTool({
        description: "Never ends.",
        timeoutMs: 1,
        run: () => new Promise(() => {}),
      }),
      bad: defineTool({ description: "No JSON.", run: () => new Map() }),
    },
  });

  it("are checked as the shim checks them", async () => {
    const host = new TestHost(plugin);
    assert.equal(await host.call("add", { a: 2 }), 3);
    assert.equal(await host.call("add", { a: "2" }), 3);
    for (const [args, message] of [
      [{}, "`a` is missing"],
      [{ a: "two" }, '`a` must be a number, found the string "two"'],
      [{ a: 1, c: 2 }, "`c` is not an argument of this tool"],
      [{ a: 1, tags: ["x", "z"] }, '`tags[1]` must be one of "x", "y", found the string "z"'],
    ] as const) {
      const { kind, message: found } = await host.envelope("add", args);
      assert.deepEqual([kind, found], ["invalid_args", message]);
    }
    assert.equal(
      (await host.envelope("plain", { n: 0 }))["message"],
      "`n` must be at least 1, found the number 0",
    );
  });

  it("carry a result as it is, or say where it cannot be", async () => {
    const results: [unknown, unknown][] = [
      [
        {
          at: new Date(0),
          link: new URL("https://a.example"),
          none: undefined,
          boxed: Object("x") as unknown,
        },
        { at: "1970-01-01T00:00:00.000Z", link: "https://a.example/", boxed: "x" },
      ],
      [
        new (class Note {
          title = "T";
        })(),
        { title: "T" },
      ],
      [Object.create(null), {}],
      [
        { error: new Error("boom") },
        "result.error is an Error, which is not JSON; throw it, or return its message",
      ],
      [
        [new AggregateError([])],
        "result[0] is an AggregateError, which is not JSON; throw it, or return its message",
      ],
      [{ re: /a/ }, "result.re is a regular expression, which is not JSON; use String(...)"],
      [{ at: new Date("x") }, "result.at is an invalid Date, which is not JSON"],
      [[1, undefined], "result[1] is undefined, which is not JSON; use null"],
      [Array(2), "result[0] is undefined, which is not JSON; use null"],
      [new Map().keys(), "result is an iterator, which is not JSON; use an array: [...items]"],
      [(function* () {})(), "result is an iterator, which is not JSON; use an array: [...items]"],
      [
        (async function* () {})(),
        "result gives its items one after the other, which is not JSON; collect them in an array with for await",
      ],
      [{ b: Buffer.from("hi") }, "result.b holds bytes, which are not JSON; pass base64 text"],
      [
        new Headers({ a: "b" }),
        "result is a Headers, which is not JSON; use Object.fromEntries(...)",
      ],
      [
        new Response("x"),
        "result is a Response, which is not JSON; return what it holds: await it.json() or await it.text()",
      ],
      [
        new (class Secret {
          #value = 1;
          get value() {
            return this.#value;
          }
        })(),
        "result is a Secret without fields that JSON could carry; give it a toJSON(), or return what it holds",
      ],
      [
        { a: { toJSON: () => [1n] } },
        "result.a[0] is a bigint, which is not JSON; use Number() or String()",
      ],
      [{ p: [Promise.resolve(1)] }, "result.p[0] is a promise, which is not JSON; await it first"],
      [{ s: Symbol("s") }, "result.s is a symbol, which is not JSON"],
      [nested(201), `result${"[0]".repeat(17)}... is nested deeper than 200 levels`],
    ];
    for (const [value, expected] of results) {
      const tool = defineTool({ description: "T", run: () => value });
      const envelope = await new TestHost(definePlugin({ tools: { tool } })).envelope("tool");
      if (typeof expected === "string") assert.equal(envelope["message"], `TypeError: ${expected}`);
      else assert.deepEqual(envelope["result"], expected);
    }
  });

  it("refuse a ToolError of a kind that there is not", async () => {
    const tool = defineTool({
      description: "T",
      run: () => {
        throw new ToolError("no such note" as never, undefined as never);
      },
    });
    const { kind, message } = await new TestHost(definePlugin({ tools: { tool } })).envelope(
      "tool",
    );
    assert.equal(kind, "execution_error");
    assert.match(
      String(message),
      /new ToolError\("no such note"\): the first argument is the kind, one of "invalid_args", /,
    );
  });

  it("answer with warnings, deadlines and errors that name the place", async () => {
    const host = new TestHost(plugin);
    assert.deepEqual(await host.envelope("plain", { n: 1 }), {
      ok: true,
      result: { n: 1 },
      warnings: ["careful"],
    });
    assert.equal((await host.envelope("slow"))["kind"], "timeout");
    const { message } = await host.envelope("bad");
    assert.equal(
      message,
      "TypeError: result is a Map, which is not JSON; use Object.fromEntries(...)",
    );
  });
});

describe("routes and events", () => {
  const values: unknown[] = [];
  const plugin = definePlugin({
    routes: {
      page: defineRoute({ path: "/", handle: () => "<p>hi" }),
      item: defineRoute({
        path: "/items/:id",
        methods: ["POST"],
        handle: (request) => Response.json(request.json(), { status: 201 }),
      }),
      bytes: defineRoute({ path: "/bytes", handle: () => new Uint8Array([0xff]) }),
      files: defineRoute({
        path: "/files/*",
        handle: async (request) => new URL(request.toRequest().url).pathname,
      }),
      gone: defineRoute({
        path: "/gone",
        handle: () => {
          throw new HttpError(410, "it is gone");
        },
      }),
      fails: defineRoute({
        path: "/fails",
        handle: () => {
          throw new Error("a secret");
        },
      }),
    },
    onLoad: () => void values.push("load"),
    onTaskEvent: (event) =>
      void values.push(event.type === "completed" ? event.payload.summary : event.type),
    onConfigChanged: ({ key, value }) => void values.push([key, value]),
    onArtifact: ({ filename }) => void values.push(filename),
    onUnload: () => void values.push("unload"),
  });

  it("answer text, JSON, bytes and the standard's Response", async () => {
    const host = new TestHost(plugin);
    assert.deepEqual(await host.request("GET", "/"), {
      status: 200,
      headers: { "content-type": "text/html; charset=utf-8" },
      body: "<p>hi",
    });
    const response = await host.request("POST", "/items/5", { json: { a: 1 } });
    assert.deepEqual(
      [response.status, response.body, response.headers?.["content-type"]],
      [201, '{"a":1}', "application/json"],
    );
    assert.deepEqual((await host.request("GET", "/bytes")).body_encoding, "base64");
    assert.equal(
      (await host.request("GET", "/files/a/b")).body,
      "/plugins/dev.example.test/files/a/b",
    );
    assert.equal((await host.request("GET", "/nope")).status, 404);
  });

  it("answer errors without their text, but for HttpError", async () => {
    const host = new TestHost(plugin);
    const bad = await host.request("POST", "/items/5", { body: "{" });
    assert.equal(bad.status, 400);
    assert.equal((await host.request("GET", "/gone")).body, '{"error":{"message":"it is gone"}}');
    const failed = await host.request("GET", "/fails");
    assert.equal(failed.status, 500);
    assert.doesNotMatch(failed.body ?? "", /secret/);
    assert.match(
      host.logs[0]?.message ?? "",
      /^route "fails" failed at .*plugin\.test\.ts:\d+:\d+: Error: a secret/,
    );
  });

  it("come in with their types; the host's probe does not", async () => {
    values.length = 0;
    const host = new TestHost(plugin);
    await host.taskEvent("T", abi.TaskEventType.Completed, { summary: "done" });
    await host.taskEvent("T", 99, {});
    await host.configChanged("k", "v");
    await host.configChanged(abi.ABI_PROBE_KEY, "1");
    await host.artifact({ filename: "a.txt" });
    await host.unload();
    assert.deepEqual(values, ["load", "done", "unknown", ["k", "v"], "a.txt", "unload"]);
  });
});
