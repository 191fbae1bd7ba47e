// The worker program over real sockets, driven as the shim does (docs/worker-protocol.md).
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import nodeModule from "node:module";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { MessageKind, ReadyWith } from "../src/worker/messages.js";
import { bundleText, fixtureBundle, folder, lineOf, PACKAGE, Shim, SOURCES } from "./shim.js";

const { Reply, Chunk, Cancel, Bye, Ready, Failed, Host, Result, Log, StreamStop } = MessageKind;

/** The shim's own library, where `make build-tests` has made it. */
const ADDON = ["so", "dylib"]
  .map((ending) => join(PACKAGE, `../../../target/debug/libosaurus_shim.${ending}`))
  .find((path) => existsSync(path));

for (const [transport, variables] of [
  ["plain sockets", {}],
  ["the shim's addon", { OSAURUS_BRIDGE_ADDON: ADDON ?? "" }],
  [
    "the shim's addon and pipes",
    { OSAURUS_BRIDGE_ADDON: ADDON ?? "", OSAURUS_BRIDGE_PIPES: "5,6,7,8" },
  ],
] as const) {
  const skip =
    transport !== "plain sockets" && ADDON === undefined ? "run `make build-tests` first" : false;
  describe(`a worker over ${transport}`, { skip }, () => answersOver(transport, variables));
}

function answersOver(transport: string, variables: Record<string, string>): void {
  let shim: Shim;
  before(async () => {
    shim = new Shim(fixtureBundle(), { ...variables, NODE_COMPILE_CACHE: folder() });
    const ready = await shim.greet();
    assert.equal(ready.kind, Ready);
    assert.match(String(ready.fields[0]), /^Node\.js \d+\.\d+\.\d+ .*, pid \d+, /);
    assert.equal(String(ready.fields[0]).split(", ").at(-1), transport);
    const piped = transport.endsWith("pipes");
    assert.equal(
      ready.fields[1],
      piped ? ReadyWith.PipesWithoutLane : ReadyWith.NoLane,
      "the lane is not served",
    );
  });
  after(async () => {
    shim.send(Bye, 0, 0);
    assert.deepEqual(await shim.ended, { code: 0, signal: null });
  });

  it("runs a tool", async () => {
    assert.deepEqual(await shim.tool("echo", { text: "häi" }), {
      ok: true,
      result: { text: "häi" },
    });
  });

  it("takes and gives messages longer than any buffer", async () => {
    const text = "ä€😀".repeat(400_000);
    assert.deepEqual(await shim.tool("echo", { text }), { ok: true, result: { text } });
  });

  it("fills defaults in and refuses what the schema refuses", async () => {
    assert.deepEqual(await shim.tool("defaults", {}), { ok: true, result: { n: 7 } });
    const refused = await shim.tool("defaults", { n: "x" });
    assert.equal(refused["kind"], "invalid_args");
    assert.equal(refused["field"], "n");
    assert.match(String(refused["message"]), /^n: Invalid input: expected number/);
  });

  it("names the tools that there are", async () => {
    const answer = await shim.tool("nope");
    assert.equal(answer["kind"], "tool_not_found");
    assert.match(String(answer["message"]), /^the plugin has no tool "nope" \(it has: echo, /);
  });

  it("makes a host call and hands secrets over", async () => {
    shim.call(1, 0, "get", { key: "k" }, JSON.stringify({ secrets: { token: "t" } }));
    const call = await shim.until(Host);
    assert.deepEqual([call.call, call.fields], [1, [1, "k"]]);
    shim.send(Reply, 1, call.seq, 0, "value");
    const result = await shim.until(Result);
    assert.deepEqual(JSON.parse(String(result.fields[1])), {
      ok: true,
      result: { got: "value", ids: ["token"] },
    });
  });

  it("makes many host calls at once, answered in any order", async () => {
    const waiting: [number, string][] = [];
    const answer = await shim.tool("many", {}, (_, [key], { seq }) => {
      waiting.push([seq, String(key)]);
      if (waiting.length < 5) return;
      for (const [at, name] of waiting.reverse()) shim.send(Reply, 7, at, 0, `${name}!`);
    });
    assert.deepEqual(answer["result"], ["key0!", "key1!", "key2!", "key3!", "key4!"]);
  });

  it("runs calls at the same time and keeps them apart through timers", async () => {
    shim.call(11, 0, "deep", {});
    shim.call(12, 0, "deep", {});
    // Both are waited for before either is answered: a result must not pass by while a host call is
    // looked for.
    const requests = [await shim.until(Host), await shim.until(Host)];
    for (const { call, seq } of requests) shim.send(Reply, call, seq, 0, `for ${call}`);
    const results = [await shim.until(Result), await shim.until(Result)];
    const answers = results.map(({ call, fields }) => [
      call,
      JSON.parse(String(fields[1])).result.text,
    ]);
    assert.deepEqual(answers.sort(), [
      [11, "for 11"],
      [12, "for 12"],
    ]);
  });

  it("stops a stream whose loop is left", async () => {
    shim.call(13, 0, "stream", {});
    const { seq, fields } = await shim.until(Host);
    assert.equal(fields[0], 12);
    for (const content of ["a", "b"]) {
      shim.send(Chunk, 13, seq, JSON.stringify({ choices: [{ delta: { content } }] }));
    }
    const stop = await shim.until(StreamStop);
    assert.deepEqual([stop.call, stop.seq], [13, seq]);
    const result = await shim.until(Result);
    assert.deepEqual(JSON.parse(String(result.fields[1])).result, ["a", "b"]);
  });

  it("fetches through the host", async () => {
    const answer = await shim.tool("fetch", {}, (slot, [request], { seq }) => {
      assert.equal(slot, 15);
      assert.deepEqual(JSON.parse(String(request)), {
        method: "POST",
        url: "https://example.com/a",
        body: "hi",
        headers: { "content-type": "text/plain;charset=UTF-8" },
      });
      const body = { status: 201, headers: {}, body: '{"sky":"blue"}', body_encoding: "utf8" };
      shim.send(Reply, 7, seq, 0, JSON.stringify(body));
    });
    assert.deepEqual(answer["result"], { status: 201, json: { sky: "blue" } });
  });

  it("logs an error with the author's line", async () => {
    shim.call(14, 0, "fails", {});
    const { seq } = await shim.until(Host);
    shim.send(Reply, 14, seq, 0, null);
    const log = await shim.until(Log);
    const line = lineOf("tests/fixtures/plugin.ts", "on this line");
    const [level, text] = log.fields;
    assert.deepEqual([log.call, level], [14, 4]);
    assert.match(
      String(text),
      new RegExp(`tool "fails" failed at .*plugin\\.ts:${line}:15: RangeError: on this line`),
    );
    assert.doesNotMatch(String(text), /runtime|session|node:/, "only the author's frames");
    const result = await shim.until(Result);
    assert.deepEqual(JSON.parse(String(result.fields[1])), {
      ok: false,
      kind: "execution_error",
      message: "RangeError: on this line",
      retryable: true,
    });
  });

  it("answers a ToolError as its envelope", async () => {
    assert.deepEqual(await shim.tool("refuses"), {
      ok: false,
      kind: "not_found",
      message: "no such note",
      retryable: false,
      field: "id",
    });
  });

  it("names the place of a string that is not Unicode", async () => {
    const answer = await shim.tool("surrogate");
    assert.equal(
      answer["message"],
      "TypeError: result.items[1] has a lone surrogate, which UTF-8 cannot carry",
    );
  });

  it("refuses a host call after the end of its call", async () => {
    await shim.tool("keep");
    const answer = await shim.tool("use_kept");
    assert.match(
      JSON.stringify(answer),
      /HostCallRefused: the call that this host call belongs to has ended/,
    );
  });

  it("answers at the deadline and aborts ctx.signal", async () => {
    shim.call(15, 0, "waits", {});
    shim.send(Cancel, 15, 0);
    assert.deepEqual((await shim.until(Log)).fields, [2, "aborted: DeadlineExceeded"]);
    const result = await shim.until(Result);
    assert.equal(JSON.parse(String(result.fields[1])).kind, "timeout");
    shim.call(16, 0, "waits_for_host", {});
    await shim.until(Host);
    shim.send(Cancel, 16, 0);
    assert.equal(JSON.parse(String((await shim.until(Result)).fields[1])).kind, "timeout");
    assert.deepEqual(await shim.tool("echo", { text: "on" }), { ok: true, result: { text: "on" } });
  });

  it("sends console to the log at its level, and stdout to the pipe", async () => {
    await shim.tool("prints");
    assert.match(shim.output, /\[3 careful: 3\]/);
    while (!shim.output.includes("raw\n")) await new Promise(setImmediate);
  });

  it("keeps its sockets and variables from the programs that it starts", async () => {
    const listed = JSON.stringify(await shim.tool("sockets"));
    assert.doesNotMatch(listed, /[34] -> socket/);
    assert.deepEqual(await shim.tool("environment"), { ok: true, result: [] });
  });

  it("runs routes and events", async () => {
    shim.call(20, 1, "item", { path_params: { id: "5" }, path: "/items/5" });
    assert.deepEqual(JSON.parse(String((await shim.until(Result)).fields[1])), {
      status: 200,
      headers: { "content-type": "application/json" },
      body: '{"id":"5"}',
    });
    shim.call(21, 2, "color", { key: "color", value: null });
    const set = await shim.until(Host);
    assert.deepEqual(set.fields, [2, "seen-color", ""]);
    shim.send(Reply, 21, set.seq, 0, null);
    assert.deepEqual((await shim.until(Result)).fields, [0, "null"]);
    shim.call(22, 3, "T1", { task_id: "T1", type: 4, event: { summary: "done" } });
    assert.deepEqual((await shim.until(Host)).fields, [23, 2, "done", '{"task":"T1"}']);
    await shim.until(Result);
  });

  it("writes a line of the log once, though no handler waits for it", async () => {
    const lines: string[] = [];
    const ended = async (): Promise<void> => {
      for (
        let message = await shim.next();
        message && message.kind !== Result;
        message = await shim.next()
      ) {
        lines.push(`${message.kind}: ${message.fields.join(" ")}`);
      }
    };
    shim.call(23, 3, "T1", { task_id: "T1", type: 4, event: { summary: "done" } });
    await ended();
    shim.call(24, 0, "echo", { text: "x" });
    await ended();
    assert.deepEqual(lines, [`${Host}: 23 2 done {"task":"T1"}`]);
  });
}

describe("a worker whose addon does not load", () => {
  it("says so and answers over plain sockets", async () => {
    const shim = new Shim(fixtureBundle(), { OSAURUS_BRIDGE_ADDON: "/no/such/addon.node" });
    assert.match(String((await shim.greet()).fields[0]), /, plain sockets$/);
    assert.deepEqual(await shim.tool("echo", { text: "on" }), { ok: true, result: { text: "on" } });
    assert.match(shim.output, /the addon is not used: \/no\/such\/addon\.node/);
    shim.send(Bye, 0, 0);
    assert.equal((await shim.ended).code, 0);
  });
});

const keeps = "flushCompileCache" in nodeModule;
it("compiled code outlives a worker that is killed", {
  skip: !keeps && "needs Node 22.10",
}, async () => {
  const cache = folder();
  const shim = new Shim(fixtureBundle(), { NODE_COMPILE_CACHE: cache });
  assert.equal((await shim.greet()).kind, Ready);
  const files = () =>
    readdirSync(cache, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (let tries = 0; tries < 600 && files().length === 0; tries++) await sleep(50);
  shim.child.kill("SIGKILL");
  await shim.ended;
  assert.notEqual(files().length, 0);
});

describe("watchParent", () => {
  it("ends a process that loops when its parent is killed", async () => {
    const looping = `import { watchParent } from ${JSON.stringify(join(SOURCES, "worker/watchdog.js"))};
      watchParent();
      process.stdout.write(process.pid + "\\n", () => { for (;;); });`;
    const parent = `const { spawn } = require("node:child_process");
      spawn(process.execPath, ["--input-type=module", "-e", ${JSON.stringify(looping)}], { stdio: "inherit" });
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["-e", parent], { stdio: ["ignore", "pipe", "inherit"] });
    const [said] = (await once(child.stdout, "data")) as [Buffer];
    const pid = said.toString().trim();
    child.kill("SIGKILL");
    for (let tries = 0; tries < 600 && runs(pid); tries++) await sleep(50);
    const outlived = runs(pid);
    if (outlived) process.kill(Number(pid), "SIGKILL");
    assert.ok(!outlived, "it outlived its parent");
  });
});

/** Where no init process collects it, one that has ended stays as a zombie. */
function runs(pid: string): boolean {
  try {
    return !execFileSync("ps", ["-o", "stat=", "-p", pid], { encoding: "utf8" })
      .trim()
      .startsWith("Z");
  } catch {
    return false; // ps knows no such process
  }
}

describe("the end of a worker", () => {
  const started = async (): Promise<Shim> => {
    const shim = new Shim(fixtureBundle());
    await shim.greet();
    return shim;
  };

  it("comes with the end of the connection", async () => {
    const shim = await started();
    shim.hangUp();
    assert.deepEqual(await shim.ended, { code: 0, signal: null });
  });

  it("comes with process.exit", async () => {
    const shim = await started();
    await assert.rejects(shim.tool("leaves"));
    assert.equal((await shim.ended).code, 3);
  });

  for (const [tool, what, marker] of [
    ["throws_late", "an error was not caught", "uncaught here"],
    ["rejects_late", "a promise was rejected and not handled", "unhandled here"],
  ] as const) {
    it(`comes with a report: ${what}`, async () => {
      const shim = await started();
      await assert.rejects(shim.tool(tool));
      assert.equal((await shim.ended).code, 1);
      const line = lineOf("tests/fixtures/plugin.ts", marker);
      assert.match(
        shim.output,
        new RegExp(`${what} at .*plugin\\.ts:${line}:\\d+: Error: ${marker}`),
      );
    });
  }

  it("comes with a message that cannot be", async () => {
    const shim = await started();
    shim.raw(Buffer.from("ffffffff0000", "hex"));
    assert.equal((await shim.ended).code, 1);
    assert.match(
      shim.output,
      /the worker cannot go on.*RangeError: the shim announced a message of 4294967295 bytes/,
    );
  });

  it("comes after the unload handler", async () => {
    const shim = await started();
    shim.call(1, 5, "", null);
    assert.deepEqual((await shim.until(Log)).fields, [2, "bye"]);
    await shim.until(Result);
    shim.send(Bye, 0, 0);
    assert.equal((await shim.ended).code, 0);
  });
});

describe("a plugin that cannot be loaded", () => {
  const failure = async (text: string): Promise<string> => {
    const shim = new Shim(bundleText(text));
    const answer = await shim.greet();
    assert.equal(answer.kind, Failed);
    assert.equal((await shim.ended).code, 1);
    return String(answer.fields[0]);
  };

  it("is none", async () => {
    assert.match(
      await failure("export default { tools: {} };"),
      /the main module exports an object as its default, not a plugin; write `export default definePlugin/,
    );
  });

  it("throws at its top level, before the greeting", async () => {
    const text = `import { definePlugin } from "osaurus-plugin";
const limit: string | undefined = undefined;
export default definePlugin({ name: limit!.trim() });`;
    assert.match(
      await failure(text),
      /^the plugin cannot be loaded at plugin\.ts:3:\d+: TypeError: Cannot read properties of undefined/,
    );
  });

  it("throws after an await at its top level", async () => {
    const text = `await Promise.resolve();
const limit: string | undefined = undefined;
export default limit!.trim();`;
    assert.match(
      await failure(text),
      /^the plugin cannot be loaded at plugin\.ts:3:\d+: TypeError: Cannot read properties of undefined/,
    );
  });

  it("throws in onLoad, with the author's line", async () => {
    const text = `import { definePlugin } from "osaurus-plugin";
export default definePlugin({
  async onLoad() {
    throw new Error("no licence");
  },
});`;
    assert.match(await failure(text), /cannot be loaded at .*plugin\.ts:4:11: Error: no licence/);
  });
});
