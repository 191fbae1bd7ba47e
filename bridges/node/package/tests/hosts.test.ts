// What a test can say of the world outside, for a plugin in this process and for a built library.
import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { definePlugin, defineTool, jsonSchema } from "../src/index.js";
import { BuiltHost, hosts, TestHost, ToolFailure } from "../src/testing/index.js";

const TEXT = { type: "string" } as const;
const input = (name: string) =>
  jsonSchema<Record<string, string>>({
    type: "object",
    properties: { [name]: TEXT },
    required: [name],
  });

const plugin = definePlugin({
  tools: {
    add: defineTool({
      description: "Add a book.",
      input: input("title"),
      async run({ title = "" }, { db }) {
        await db.execute("CREATE TABLE IF NOT EXISTS books (title TEXT, pages INTEGER)");
        const inserted = await db.execute("INSERT INTO books (title) VALUES (?)", [title]);
        const first = await db.first("SELECT title, pages FROM books WHERE title = ?", [title]);
        const none = await db.query("SELECT title FROM books WHERE title = 'nothing'");
        return [
          Number(inserted.lastInsertRowid),
          first,
          none.length,
          await db.scalar("SELECT count(*) FROM books"),
        ].map((one) => (typeof one === "bigint" ? Number(one) : one));
      },
    }),
    get: defineTool({
      description: "Get a page.",
      input: input("url"),
      async run({ url = "" }, { http }) {
        const answer = await http.get(url);
        return [answer.status, answer.text];
      },
    }),
    ask: defineTool({
      description: "Ask a model.",
      input: input("text"),
      run: async ({ text = "" }, { inference }) => (await inference.complete(text)).text,
    }),
    stream: defineTool({
      description: "Ask a model, word by word.",
      input: input("text"),
      async run({ text = "" }, { inference }) {
        const words: string[] = [];
        for await (const chunk of inference.stream(text)) words.push(chunk.text);
        return words;
      },
    }),
    later: defineTool({
      description: "Start a task.",
      run: async (_, { tasks }) => (await tasks.dispatch("Review.", { title: "Reviews" })).id,
    }),
    stop: defineTool({
      description: "Stop a task.",
      input: input("id"),
      async run({ id = "" }, { tasks }) {
        await tasks.cancel(id);
        return [(await tasks.status(id)).status, ...(await tasks.list()).map((task) => task.id)];
      },
    }),
    token: defineTool({ description: "Tell it.", run: (_, { secrets }) => secrets.get("token") }),
  },
  onTaskEvent(event, ctx) {
    if (event.type === "completed") ctx.log.info("done", { output: event.payload.output });
  },
});

test("the database is SQLite on every Node", async () => {
  const host = new TestHost(plugin);
  assert.deepEqual(await host.call("add", { title: "Emma" }), [
    1,
    { title: "Emma", pages: null },
    0,
    1,
  ]);
  assert.deepEqual(await host.call("add", { title: "Persuasion" }), [
    2,
    { title: "Persuasion", pages: null },
    0,
    2,
  ]);
});

test("requests are answered by the first rule that fits", async () => {
  const host = new TestHost(plugin);
  host.http.answer("https://a.example/x?y=[1]", { body: "exact" });
  host.http.answer("https://a.example/*", { status: 404, json: { why: "gone" }, times: 1 });
  host.http.answer("https://a.example/*", { method: "post" });
  assert.deepEqual(await host.call("get", { url: "https://a.example/x?y=[1]" }), [200, "exact"]);
  assert.deepEqual(await host.call("get", { url: "https://a.example/z" }), [404, '{"why":"gone"}']);
  assert.equal(host.http.requests[1]?.url, "https://a.example/z");
  const { message } = await host.envelope("get", { url: "https://a.example/z" });
  assert.match(
    String(message),
    /the test answers no GET https:\/\/a\.example\/z; say host\.http\.answer/,
  );
});

test("headers of requests have names in any case", async () => {
  const { http } = new TestHost(plugin);
  http.answer("https://a.example/*");
  const headers: Record<string, string> = { Accept: "text/plain" };
  await http.respond({ method: "GET", url: "https://a.example/", headers });
  const names = http.requests[0]?.headers;
  assert.deepEqual(names, headers);
  assert.deepEqual(
    [names?.["accept"], names?.["ACCEPT"], names?.["x"]],
    ["text/plain", "text/plain", undefined],
  );
});

test("a rule without a host is refused where it is written", () => {
  const { http } = new TestHost(plugin);
  for (const url of ["api.example.com/x", "*", "https://*.example.com/x", "/x"])
    assert.throws(() => http.answer(url), /names no host: write a whole URL/);
});

test("requests are recorded when that is asked for, and recorded answers are answers", async () => {
  const server = createServer(({ url = "" }, response) =>
    response.writeHead(418, { "set-cookie": "session=1" }).end(`tea for ${url}`),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/?key=s%203cret`;
  const file = join(mkdtempSync(join(tmpdir(), "hosts-")), "new", "a.json");
  assert.throws(() => new TestHost(plugin).http.recorded(file), /run once with OSAURUS_RECORD=1/);
  process.env["OSAURUS_RECORD"] = "1";
  const first = new TestHost(plugin, { secrets: { key: "s 3cret" } });
  first.http.recorded(file);
  assert.deepEqual(await first.call("get", { url }), [418, "tea for /?key=s%203cret"]);
  assert.doesNotMatch(readFileSync(file, "utf8"), /3cret|cookie/);
  delete process.env["OSAURUS_RECORD"];
  server.close();
  server.closeAllConnections();
  const second = new TestHost(plugin, { secrets: { key: "another" } });
  second.http.recorded(file);
  const again = url.replace("s%203cret", "another");
  assert.deepEqual(await second.call("get", { url: again }), [418, "tea for /?key=<key>"]);
});

test("models answer by the last message", async () => {
  const host = new TestHost(plugin);
  host.model.answer("WEATHER", "Sunny all day.", { times: 1 });
  host.model.answer("weather", "", { fail: "too hot" });
  assert.deepEqual(await host.call("ask", { text: "The weather?" }), { text: "Sunny all day." });
  assert.match(
    String((await host.envelope("ask", { text: "The weather?" }))["message"]),
    /too hot/,
  );
  assert.match(
    String((await host.envelope("ask", { text: "Hello" }))["message"]),
    /host\.model\.answer/,
  );
  host.model.answer("", "One two");
  assert.deepEqual(await host.call("stream", { text: "Hello" }), ["One", " two"]);
  assert.equal(host.model.prompts.length, 4);
  assert.match(host.model.script(), /^\[\[rule\]\]\nwhen = "WEATHER"\ntext = "Sunny all day\."\n/);
});

test("tasks are kept and ended", async () => {
  const host = new TestHost(plugin);
  const [first, second] = [await host.call("later"), await host.call("later")] as {
    text: string;
  }[];
  assert.deepEqual(
    host.tasks.map(({ prompt, title }) => [prompt, title]),
    [
      ["Review.", "Reviews"],
      ["Review.", "Reviews"],
    ],
  );
  assert.deepEqual(await host.call("stop", { id: first?.text }), ["cancelled", second?.text]);
  await host.finishTask(second?.text ?? "", "Good.");
  assert.deepEqual(host.logs.at(-1)?.fields, { output: "Good." });
  await assert.rejects(host.finishTask("x"), /there is no task "x"/);
});

test("a tool without its secret is unavailable", async () => {
  const look = defineTool({ description: "Look.", run: (_, { secrets }) => secrets.get("key") });
  const plugin = definePlugin({
    id: "dev.example.shop",
    version: "1.0.0",
    secrets: { key: { label: "Key of the shop" } },
    tools: { look },
  });
  const envelope = await new TestHost(plugin).envelope("look");
  assert.equal(envelope["kind"], "unavailable");
  assert.equal(envelope["retryable"], false);
  assert.match(
    String(envelope["message"]),
    /^the secret "key" is not set for this agent: set it in/,
  );
});

test("secrets can be set by a test", async () => {
  const host = new TestHost(plugin);
  host.secrets.set("token", "t");
  assert.deepEqual(await host.call("token"), { text: "t" });
});

const PROGRAM = `#!${process.execPath}
const { readFileSync } = require("node:fs");
const args = process.argv.slice(2);
const after = (name) => (args.includes(name) ? args[args.indexOf(name) + 1] : "");
const contents = (file) => (file ? readFileSync(file, "utf8") : "");
const [name, address] = after("--map-host").split("=");
const page = () => new Promise((resolve) => {
  if (!address) return resolve("");
  const url = new URL("http://" + address + "/x");
  require("node:http").get(url, { headers: { host: name } }, (answer) => {
    let body = "";
    answer.on("data", (part) => (body += part)).on("end", () => resolve(body));
  });
});
console.log('{"ready": {}}');
require("node:readline").createInterface({ input: process.stdin }).on("line", async (line) => {
  const request = JSON.parse(line);
  const payload = JSON.parse(request.arguments ?? "{}");
  if (payload.fail) { console.error("no library"); process.exit(1); }
  const body = await page();
  const secret = contents(after("--secret").split("=@")[1]);
  const result = { asked: request, body, secret, script: contents(after("--model-script")), config: after("--config") };
  const envelope = { ok: !payload.bad, result, tool: "t", kind: "timeout" };
  const log = [
    { level: "info", message: "worker started: pid 1", fields: null },
    { level: "warn", message: "careful", fields: { n: 1 } },
  ];
  const calls = [{ name: "dispatch", args: [{ prompt: "Go." }], response: { id: "T" } }];
  const answer = { call: JSON.stringify(envelope), tasks: true }[request.do] ?? request;
  console.log(JSON.stringify({ result: answer, log, calls }));
});
`;

test("a built library gets what the test says", async () => {
  const folder = mkdtempSync(join(tmpdir(), "hosts-"));
  const [program, library] = [join(folder, "osaurus-bridge"), join(folder, "a.so")];
  assert.throws(() => new BuiltHost(library), /does not exist; run osaurus-bridge build/);
  writeFileSync(library, "");
  writeFileSync(program, PROGRAM);
  chmodSync(program, 0o755);
  const host = new BuiltHost(library, { config: { limit: "3" }, program });
  host.secrets.set("token", "t");
  host.model.answer("hi", "ho");
  host.http.answer("https://a.example/x", { body: "page" });
  assert.deepEqual(await host.call("get", { x: 1 }), {
    asked: {
      do: "call",
      agent: "11111111-2222-3333-4444-555555555555",
      tool: "get",
      arguments: '{"x":1}',
    },
    body: "page",
    secret: "t",
    script: '[[rule]]\nwhen = "hi"\ntext = "ho"\n',
    config: "limit=3",
  });
  assert.equal(host.http.requests[0]?.url, "https://a.example/x");
  assert.deepEqual(host.logs, [{ level: "warn", message: "careful", fields: { n: 1 } }]);
  assert.deepEqual(host.calls, [{ name: "dispatch", args: [{ prompt: "Go." }] }]);
  assert.deepEqual(host.tasks, [{ prompt: "Go.", id: "T" }]);
  await assert.rejects(host.call("get", { bad: true }), ToolFailure);
  await assert.rejects(host.call("get", { fail: true }), /the host exited with 1:\nno library/);
  host.close();
  const missing = new BuiltHost(library, { program: "nothing-here" });
  await assert.rejects(missing.call("get"), /nothing-here is not on the PATH/);
  missing.close();
  assert.ok(existsSync(library) && readFileSync(library, "utf8") === "");
});

test("a built library gets requests, settings and events, and starts again only if it must", async () => {
  const folder = mkdtempSync(join(tmpdir(), "hosts-"));
  const [program, library] = [join(folder, "osaurus-bridge"), join(folder, "a.so")];
  writeFileSync(library, "");
  writeFileSync(
    program,
    `${PROGRAM}\nrequire("node:fs").appendFileSync(__filename + ".starts", "x");`,
  );
  chmodSync(program, 0o755);
  await using host = new BuiltHost(library, { program, agentId: null });
  const request = { json: [1], headers: { X: "y" }, query: { q: "1&2" } };
  assert.equal(
    ((await host.request("GET", "/a%20b%")) as unknown as { path: string }).path,
    "/a%20b%25",
  );
  assert.deepEqual(await host.request("POST", "/a b", request), {
    do: "route",
    agent: null,
    method: "POST",
    path: "/a%20b?q=1%262",
    headers: [["X", "y"]],
    body: "[1]",
  });
  await host.configChanged("limit", "4");
  await host.taskEvent("T", 4, { output: "x" });
  await host.artifact({ filename: "a.pdf" });
  await host.waitForTasks();
  assert.equal(host.config.get("limit"), "4");
  const starts = () => readFileSync(`${program}.starts`, "utf8").length;
  assert.equal(starts(), 1);
  host.secrets.set("token", "t");
  host.config.set("other", "5");
  // The host has the limit stored.
  assert.equal(((await host.call("get")) as { config: string }).config, "other=5");
  assert.equal(starts(), 2);
});

test("one test runs with the plugin and with its library", async () => {
  const folder = mkdtempSync(join(tmpdir(), "hosts-"));
  const program = join(folder, "osaurus-bridge");
  const build = `const { mkdirSync, writeFileSync } = require("node:fs");
if (process.argv[2] === "build") { mkdirSync("dist", { recursive: true }); writeFileSync("dist/a.b.so", ""); writeFileSync("dist/a.b.dylib", ""); process.exit(process.env.BROKEN ? 1 : 0); }
`;
  writeFileSync(program, PROGRAM.replace("\n", `\n${build}`));
  chmodSync(program, 0o755);
  writeFileSync(join(folder, "package.json"), '{"osaurus": {"id": "a.b"}}');
  const [cwd, path] = [process.cwd(), process.env["OSAURUS_BRIDGE"]];
  process.chdir(folder);
  try {
    process.env["OSAURUS_BRIDGE"] = join(folder, "nothing-here");
    assert.deepEqual(
      hosts(plugin).map(([name]) => name),
      ["the plugin"],
    );
    process.env["OSAURUS_BRIDGE"] = program;
    const both = hosts(plugin);
    assert.deepEqual(
      both.map(([name]) => name),
      ["the plugin", "the library"],
    );
    for (const [, open] of both) {
      const host = open();
      host.secrets.set("token", "t");
      assert.ok(await host.call("token"));
      host.close();
    }
    process.env["BROKEN"] = "1";
    assert.throws(() => hosts(plugin), /osaurus-bridge build failed/);
  } finally {
    delete process.env["BROKEN"];
    process.chdir(cwd);
    if (path === undefined) delete process.env["OSAURUS_BRIDGE"];
    else process.env["OSAURUS_BRIDGE"] = path;
  }
});
