/** MCP servers as parts of a plugin. Real servers are in script/test-mcp. */

import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { declareIncluded } from "../src/declare/plugin.js";
import type { JsonSchema } from "../src/declare/standard.js";
import {
  definePlugin,
  defineTool,
  type IncludeCommandOptions,
  includeCommand,
  includeMcp,
  type Plugin,
} from "../src/index.js";
import { describe } from "../src/manifest.js";
import { environment, findProgram } from "../src/mcp/environment.js";
import { Files } from "../src/mcp/files.js";
import { parameters } from "../src/mcp/parameters.js";
import { described, freeId, toolId } from "../src/mcp/tools.js";
import { Runtime } from "../src/runtime.js";
import { TestFrame } from "../src/testing/frame.js";
import { TestHost } from "../src/testing/index.js";

const SERVER = fileURLToPath(new URL("../../tests/fixtures/mcp-server.mjs", import.meta.url));

function included(options: IncludeCommandOptions = {}, ...args: string[]): Plugin {
  return definePlugin({ include: [includeCommand([process.execPath, SERVER, ...args], options)] });
}

async function using<T>(plugin: Plugin, run: (host: TestHost) => Promise<T>): Promise<T> {
  try {
    return await run(new TestHost(plugin));
  } finally {
    for (const server of plugin.included) server.close();
  }
}

async function ended(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 100; tries += 1) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

test("tools have ids, permissions and schemas in the host's form", async () => {
  const plugin = included({ prefix: "t" });
  await using(plugin, async () => {
    await declareIncluded(plugin);
    const tool = plugin.tools.get("t_echo_text");
    assert.deepEqual([tool?.description, tool?.permission], ["Echo.", "auto"]);
    assert.deepEqual(tool?.input("t_echo_text").parameters, {
      type: "object",
      properties: {
        text: { type: "string", nullable: true },
        times: { type: "integer", nullable: true, default: null },
        at: {
          type: "object",
          properties: { x: { type: "number" } },
          required: [],
          additionalProperties: false,
        },
      },
      required: [],
      additionalProperties: false,
    });
    const env = plugin.tools.get("t_env");
    assert.deepEqual([env?.permission, env?.requirements], ["ask", ["network"]]);
    assert.match(plugin.tools.get("t_read_resource")?.description ?? "", /note:\/\/1 \(A note\)/);
    const project = {
      path: "package.json",
      id: "dev.example.t",
      name: "T",
      version: "1.0.0",
      authors: [],
    };
    const described = describe(plugin, project as never);
    assert.ok(described.handlers["unload"]);
    assert.equal(described.manifest.capabilities.tools?.length, 11);
  });
});

test("a filter and overrides choose and change tools", async () => {
  const overrides = { "echo.text": { id: "say", permission: "deny", timeoutMs: 2000 } } as const;
  const plugin = included({ filter: ["log", "echo.text"], overrides });
  await using(plugin, async (host) => {
    assert.deepEqual(await host.call("say", { text: "x" }), { text: '{"text":"x"}' });
    assert.deepEqual([...plugin.tools.keys()], ["say", "log"]);
    const say = plugin.tools.get("say");
    assert.deepEqual([say?.permission, say?.timeoutMs], ["deny", 2000]);
  });
});

test("a name that the server does not have is an error of the build", async () => {
  await using(included({ filter: ["nope"] }), async (host) => {
    await assert.rejects(host.call("nope"), /has no tool "nope" \(it has: .*\)/);
  });
  assert.throws(
    () => includeCommand(["x"], { overrides: { log: { premission: "auto" } as never } }),
    /overrides of "log": "premission" is not a key; did you mean "permission"\?/,
  );
});

test("a tool that is there already is an error", async () => {
  const log = defineTool({ description: "Log.", run: () => "" });
  const plugin = definePlugin({
    tools: { log },
    include: [includeCommand([process.execPath, SERVER])],
  });
  await using(plugin, async (host) => {
    await assert.rejects(host.call("log"), /tool "log": is declared twice, once by an MCP server/);
  });
});

test("pictures become files, and links stay", async () => {
  await using(included(), async (host) => {
    const result = (await host.call("picture")) as { files: { path: string }[] };
    const path = result.files[0]?.path ?? "";
    assert.deepEqual(result, {
      text: "a picture",
      files: [{ path, mime_type: "image/png", size: 5 }],
      links: [{ uri: "file:///x", name: "x" }],
    });
    assert.equal(readFileSync(path, "utf8"), "hello");
    assert.equal(statSync(path).mode & 0o77, 0);
  });
});

test("pictures are bounded, and a later process removes old ones", () => {
  const place = mkdtempSync(join(tmpdir(), "mcp-files-"));
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = place;
  try {
    const [old, young] = ["osaurus-mcp-a", "osaurus-mcp-b"].map((name) => join(place, name));
    assert.ok(old && young);
    mkdirSync(old);
    mkdirSync(young);
    utimesSync(old, 1, 1);
    const files = new Files();
    const paths = Array.from({ length: 202 }, () => files.store(Buffer.from("x"), "image/png"));
    assert.deepEqual(
      paths.filter((path) => !existsSync(path)),
      paths.slice(0, 2),
    );
    assert.deepEqual([existsSync(old), existsSync(young)], [false, true]);
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
    rmSync(place, { recursive: true });
  }
});

test("failures, log lines, progress and resources come through", async () => {
  await using(included(), async (host) => {
    const { kind, message } = await host.envelope("fails");
    assert.deepEqual([kind, message], ["execution_error", "no such thing"]);
    assert.deepEqual(await host.call("log"), { text: "logged" });
    assert.deepEqual(
      host.logs.map((line) => [line.level, line.message, line.fields]),
      [
        ["warn", "careful", {}],
        ["info", "progress", { progress: 1, total: 2 }],
      ],
    );
    assert.deepEqual(await host.call("read_resource", { uri: "note://1" }), { text: "the note" });
  });
});

test("sampling asks the host's model", async () => {
  await using(included(), async (host) => {
    host.answer("complete", { choices: [{ message: { role: "assistant", content: "hi" } }] });
    assert.deepEqual(await host.call("ask_model"), { text: "hi" });
    const [request] = host.calls.at(-1)?.args ?? [];
    const { messages, max_tokens } = request as { messages: unknown; max_tokens: number };
    assert.deepEqual([messages, max_tokens], [[{ role: "user", content: "say hi" }], 9]);
  });
});

test("a question to the user is for the model to ask, or for the plugin to answer", async () => {
  await using(included(), async (host) => {
    const { kind, message } = await host.envelope("ask_user");
    assert.deepEqual(
      [kind, message],
      [
        "rejected",
        'the tool asks the user: "How big?". Ask the user, then call it again with arguments that ' +
          "leave nothing to ask",
      ],
    );
  });
  const elicit = (): { size: string } => ({ size: "xl" });
  await using(included({ elicit }), async (host) => {
    const { text } = (await host.call("ask_user")) as { text: string };
    assert.deepEqual(JSON.parse(text), { action: "accept", content: { size: "xl" } });
  });
});

test("a line without an end fails one call, and does not fill the memory", async () => {
  await using(included(), async (host) => {
    const { kind, message } = await host.envelope("flood");
    assert.equal(kind, "execution_error");
    assert.match(String(message), /a line of more than 67108864 bytes, which is not read/);
    assert.deepEqual(await host.call("echo_text", {}), { text: "{}" });
  });
});

test("a server that dies fails one call and is started again, less and less often", async () => {
  await using(included(), async (host) => {
    const { kind, message } = await host.envelope("die");
    assert.equal(kind, "execution_error");
    assert.match(String(message), /has ended; its last lines: out of order\. The next call starts/);
    assert.deepEqual(await host.call("echo_text", {}), { text: "{}" });
    assert.equal((await host.envelope("die"))["kind"], "execution_error");
    const third = await host.envelope("die");
    assert.equal(third["kind"], "unavailable");
    assert.match(String(third["message"]), /ended 2 times shortly after its start/);
  });
});

test("a call whose time is over leaves a server that still answers alone", async () => {
  const plugin = included({ overrides: { hang: { timeoutMs: 100 } } });
  await using(plugin, async (host) => {
    const { pid } = (await host.call("env")) as { pid: number };
    assert.equal((await host.envelope("hang"))["kind"], "timeout");
    assert.equal(((await host.call("env")) as { pid: number }).pid, pid);
  });
});

test("what does not start is an error of the build", async () => {
  await using(included({}, "refuses"), async (host) => {
    await assert.rejects(host.call("log"), /has ended; its last lines: TOKEN is wrong/);
  });
  const missing = definePlugin({ include: [includeCommand(["no-such-server"])] });
  await using(missing, async (host) => {
    await assert.rejects(host.call("log"), /no-such-server is not installed; .*\/usr\/bin/);
  });
  assert.throws(() => includeCommand("npx" as never), /expected a list such as \["npx"/);
  assert.throws(() => includeMcp(5 as never), /expected a server of the MCP SDK/);
});

test("secrets are declared and passed, and each set has a server", async () => {
  process.env["NODE_OPTIONS"] = "";
  const plugin = included({ env: { LEVEL: "2" }, secrets: { TOKEN: "The token" } });
  assert.deepEqual(plugin.secrets, { TOKEN: { label: "The token" } });
  const answers: { TOKEN: string; LEVEL: string; NODE_OPTIONS: string; pid: number }[] = [];
  for (const TOKEN of ["a", "b", "a"]) {
    const host = new TestHost(plugin, { secrets: { TOKEN } });
    answers.push((await host.call("env")) as (typeof answers)[number]);
  }
  delete process.env["NODE_OPTIONS"];
  assert.deepEqual(
    answers.map(({ TOKEN, LEVEL, NODE_OPTIONS }) => [TOKEN, LEVEL, NODE_OPTIONS]),
    ["a", "b", "a"].map((token) => [token, "2", null]),
  );
  assert.equal(answers[0]?.pid, answers[2]?.pid);
  assert.notEqual(answers[0]?.pid, answers[1]?.pid);
  await using(plugin, async (host) => {
    assert.match(String((await host.envelope("env"))["message"]), /not set: TOKEN/);
  });
});

for (const mode of ["", "stubborn"]) {
  test(`a server ${mode} goes with the plugin`, async () => {
    const host = new TestHost(included({}, mode));
    const { pid } = (await host.call("env")) as { pid: number };
    await host.unload();
    assert.ok(await ended(pid));
  });
}

test("a worker knows tools by their ids alone", async () => {
  const command = [process.execPath, SERVER];
  const plugin = definePlugin({
    include: [
      includeCommand(command, { prefix: "a", filter: ["log"] }),
      includeCommand(command, { prefix: "b", filter: ["echo.text"] }),
    ],
  });
  const runtime = new Runtime(plugin);
  const nothing = { call: () => null, stream: async () => null, note: () => null };
  const call = async (id: string): Promise<{ kind?: string; result?: unknown }> =>
    JSON.parse(await runtime.call(new TestFrame(nothing), "tool", id, {}, {})) as never;
  assert.deepEqual((await call("b_echo_text")).result, { text: "{}" });
  assert.equal((await call("b_log")).kind, "not_found");
  assert.equal((await call("c_log")).kind, "tool_not_found");
  assert.equal(plugin.tools.size, 0);
  for (const server of plugin.included) server.close();
});

test("a server object gets a transport, and its code runs in the call", async () => {
  type Transport = { onmessage: (message: Message) => void; send(message: object): Promise<void> };
  type Message = { id?: number; method: string; params: { name: string } };
  const server = {
    async connect(transport: Transport): Promise<void> {
      transport.onmessage = ({ id, method, params }) => {
        if (id === undefined) return;
        const results: Record<string, object> = {
          initialize: { capabilities: { tools: {} } },
          "tools/list": { tools: [{ name: "talk" }, { name: "add" }] },
          "tools/call": { content: [], structuredContent: { result: params.name } },
        };
        if (params.name === "talk") {
          const note = { level: "info", data: "from the server" };
          void transport.send({ method: "notifications/message", params: note });
        }
        void transport.send({ id, result: results[method] ?? {} });
      };
    },
  };
  const plugin = definePlugin({ include: [includeMcp(server as never)] });
  await using(plugin, async (host) => {
    assert.deepEqual(await host.call("talk"), { text: "talk" });
    assert.deepEqual(
      host.logs.map(({ message }) => message),
      ["from the server"],
    );
    const two = await Promise.all([host.call("talk"), host.call("add")]);
    assert.deepEqual(two, [{ text: "talk" }, { text: "add" }]);
  });
});

test("a long first line ends after a sentence", () => {
  const rest = `${"Slowly and with care, ".repeat(10)}it does.`;
  assert.equal(described(`Reads files. ${rest}\nMore.`), `Reads files.\n${rest}\nMore.`);
  assert.equal(described("Short. Fine."), "Short. Fine.");
});

test("a module that serves over stdio when it is imported gets ours", async () => {
  const own = [process.stdin, process.stdout, process.argv];
  const url = new URL(`file://${SERVER}`).href;
  const plugin = definePlugin({
    include: [includeMcp(() => import(url), { env: { LEVEL: "3" } })],
  });
  await using(plugin, async (host) => {
    assert.deepEqual(await host.call("echo_text", { text: "x" }), { text: '{"text":"x"}' });
    assert.deepEqual([process.stdin, process.stdout, process.argv], own);
    assert.equal(((await host.call("env")) as { LEVEL: string }).LEVEL, "3");
  });
});

test("no variable that changes what is loaded reaches a server", () => {
  const own = { ...process.env };
  const path = process.env["PATH"];
  try {
    for (const name of ["NODE_OPTIONS", "LD_PRELOAD", "DYLD_INSERT_LIBRARIES", "PYTHONPATH"]) {
      process.env[name] = "x";
    }
    process.env["NODE_EXTRA_CA_CERTS"] = "/certificates";
    process.env["PATH"] = "";
    const variables = environment({ TOKEN: "t" });
    assert.deepEqual(
      [variables["TOKEN"], variables["NODE_EXTRA_CA_CERTS"]],
      ["t", "/certificates"],
    );
    for (const name of ["NODE_OPTIONS", "LD_PRELOAD", "DYLD_INSERT_LIBRARIES", "PYTHONPATH"]) {
      assert.equal(variables[name], undefined);
    }
    assert.match(String(findProgram("sh")), /\/bin\/sh$/);
    assert.equal(findProgram("no-such-program"), undefined);
  } finally {
    process.env = { ...own, PATH: path };
  }
});

test("definitions are written out, those of recursive types stay", () => {
  const $defs = {
    Point: { type: "object", properties: { x: { type: ["integer", "null"] } } },
    Node: { type: "object", properties: { next: { $ref: "#/$defs/Node" } } },
  };
  const properties = { p: { $ref: "#/$defs/Point" }, n: { $ref: "#/$defs/Node" } };
  const closed = { required: [], additionalProperties: false };
  const node = { $ref: "#/$defs/Node" };
  assert.deepEqual(parameters({ properties, $defs }), {
    type: "object",
    properties: {
      p: { type: "object", properties: { x: { type: "integer", nullable: true } }, ...closed },
      n: node,
    },
    ...closed,
    $defs: { Node: { type: "object", properties: { next: node }, ...closed } },
  });
  const odd = parameters({
    properties: { x: { type: "string", pattern: "(?P<x>a)" } },
    required: ["y"],
  });
  assert.deepEqual(odd["properties"], { x: { type: "string" }, y: {} });
});

test("names that are one id get numbers", () => {
  const ids = new Set<string>();
  for (const name of ["a.b", "a/b", "a b", "x".repeat(70), "x".repeat(71)])
    ids.add(freeId(toolId(name, undefined), ids));
  assert.deepEqual([...ids], ["a_b", "a_b_2", "a_b_3", "x".repeat(64), `${"x".repeat(62)}_2`]);
});

const FOREIGN: readonly (readonly [string, JsonSchema, JsonSchema])[] = [
  ["null for what is empty", { type: "object", properties: null, required: null }, {}],
  [
    "items as a list",
    { properties: { p: { type: "array", items: [{ type: "number" }] } } },
    {
      properties: {
        p: {
          type: "array",
          prefixItems: [{ type: "number" }],
          items: { anyOf: [{ type: "number" }, {}] },
        },
      },
    },
  ],
  [
    "a flag for an exclusive limit",
    { properties: { n: { type: "integer", minimum: 0, exclusiveMinimum: true } } },
    { properties: { n: { type: "integer", exclusiveMinimum: 0 } } },
  ],
  [
    "unknown types, and keywords of a wrong kind",
    { properties: { n: { type: "float", minLength: -1, required: true, enum: [], $id: "n" } } },
    { properties: { n: {} } },
  ],
  [
    "a pattern with a reference to a group",
    { properties: { n: { type: "string", pattern: "(a)\\1" } } },
    { properties: { n: { type: "string" } } },
  ],
  [
    "a reference for all arguments",
    {
      $ref: "#/$defs/A",
      $defs: { A: { type: "object", properties: { x: { type: "integer" } }, required: ["x"] } },
    },
    { properties: { x: { type: "integer" } }, required: ["x"] },
  ],
  ["a reference to itself", { $ref: "#/$defs/A", $defs: { A: { $ref: "#/$defs/A" } } }, {}],
  [
    "parts",
    {
      allOf: [
        { properties: { a: { type: "integer" } }, required: ["a"] },
        { properties: { b: {} } },
      ],
    },
    { properties: { b: {}, a: { type: "integer" } }, required: ["a"] },
  ],
  [
    "alternatives",
    {
      oneOf: [
        { properties: { a: {} }, required: ["a"] },
        { properties: { b: {} }, required: ["b"] },
      ],
    },
    {
      oneOf: [
        { properties: { a: {} }, required: ["a"], additionalProperties: false },
        { properties: { b: {} }, required: ["b"], additionalProperties: false },
      ],
      properties: { a: {}, b: {} },
    },
  ],
];

for (const [name, given, made] of FOREIGN) {
  test(`the schema of a server is read: ${name}`, () => {
    const closed = { type: "object", properties: {}, required: [], additionalProperties: false };
    assert.deepEqual(parameters(given), { ...closed, ...made });
  });
}

test("references that multiply end", () => {
  const value = { anyOf: Array(20).fill({ $ref: "#/$defs/A" }), properties: { x: {} } };
  const form = parameters({ $ref: "#/$defs/A", $defs: { A: value } });
  assert.deepEqual(form["properties"], { x: {} });
});

test("an object with parts is not closed against them", () => {
  const properties = { o: { properties: { a: {} }, allOf: [{ properties: { b: {} } }] } };
  assert.deepEqual(parameters({ properties })["properties"], {
    o: { properties: { a: {} }, allOf: [{ properties: { b: {} }, required: [] }], required: [] },
  });
});
