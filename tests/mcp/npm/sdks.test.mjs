// What a server of each version of the official SDK does as part of a plugin. Run by script/test-mcp.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as one from "@modelcontextprotocol/sdk/server/mcp.js";
import * as two from "@modelcontextprotocol/server";
import * as z from "zod";
import { definePlugin, includeMcp } from "../../../bridges/node/package/dist/index.js";
import { TestHost } from "../../../bridges/node/package/dist/testing/index.js";

const text = (value) => ({ content: [{ type: "text", text: value }] });
const message = { role: "user", content: { type: "text", text: "say hi" } };
const Size = { type: "object", properties: { size: { type: "string" } }, required: ["size"] };

// Version 1 takes the fields of an object, version 2 any schema.
function demo({ McpServer }, shape) {
  const server = new McpServer(
    { name: "Demo", version: "1.0.0" },
    { capabilities: { logging: {} } },
  );
  const inputSchema = shape({ a: z.number(), b: z.number().nullable().optional() });
  const outputSchema = shape({ sum: z.number() });
  const about = {
    description: "Add.",
    inputSchema,
    outputSchema,
    annotations: { readOnlyHint: true },
  };
  server.registerTool("add", about, ({ a, b }) => {
    const structuredContent = { sum: a + (b ?? 0) };
    return { ...text(JSON.stringify(structuredContent)), structuredContent };
  });
  server.registerTool("ask_model", { description: "Ask a model." }, async () => {
    const { content } = await server.server.createMessage({ messages: [message], maxTokens: 5 });
    await server.server.sendLoggingMessage({ level: "info", data: "asked" });
    return { content: [content] };
  });
  server.registerTool("ask_user", { description: "Ask the user." }, async () => {
    const answer = await server.server.elicitInput({ message: "How big?", requestedSchema: Size });
    return text(answer.content.size);
  });
  server.registerTool("picture", { description: "Show a picture." }, () => ({
    content: [{ type: "image", data: "aGVsbG8=", mimeType: "image/png" }],
  }));
  server.registerTool("steps", { description: "Report progress." }, async (...given) => {
    const { _meta, mcpReq, sendNotification } = given.at(-1);
    const progressToken = (_meta ?? mcpReq?._meta)?.progressToken;
    const params = { progressToken, progress: 1, total: 2, message: "half" };
    const send = sendNotification ?? ((notification) => mcpReq.notify(notification));
    await send({ method: "notifications/progress", params });
    return text("done");
  });
  server.registerTool("fails", { description: "Fail." }, () => {
    throw new Error("no good");
  });
  server.registerResource("g", "data://g", {}, (uri) => ({
    contents: [{ uri: uri.href, text: "hello" }],
  }));
  server.registerPrompt(
    "poem",
    { description: "P.", argsSchema: shape({ topic: z.string() }) },
    ({ topic }) => ({
      messages: [{ role: "user", content: { type: "text", text: `about ${topic}` } }],
    }),
  );
  return server;
}

for (const [version, sdk, shape] of [
  ["1.x", one, (fields) => fields],
  ["2.x", two, (fields) => z.object(fields)],
]) {
  test(`a server of version ${version}`, async () => {
    const options = { prompts: true, elicit: ({ message }) => ({ size: `${message} xl` }) };
    const plugin = definePlugin({ include: [includeMcp(demo(sdk, shape), options)] });
    const host = new TestHost(plugin);
    const [add] = await host.tools();
    assert.equal(add.permission_policy, "auto");
    assert.deepEqual(add.parameters.properties.b, { type: "number", nullable: true });
    assert.deepEqual(add.parameters.required, ["a"]);
    assert.equal(add.parameters.additionalProperties, false);
    assert.deepEqual(await host.call("add", { a: 1, b: 2 }), { sum: 3 });
    host.answer("complete", {
      model: "m",
      choices: [{ message: { role: "assistant", content: "hi" } }],
    });
    assert.deepEqual(await host.call("ask_model"), { text: "hi" });
    assert.deepEqual(
      host.logs.map((line) => line.message),
      ["asked"],
    );
    assert.deepEqual(await host.call("steps"), { text: "done" });
    const { message: half, fields } = host.logs.at(-1);
    assert.deepEqual([half, fields], ["half", { progress: 1, total: 2 }]);
    const [{ path, mime_type }] = (await host.call("picture")).files;
    assert.deepEqual([mime_type, readFileSync(path, "utf8")], ["image/png", "hello"]);
    assert.deepEqual(await host.call("ask_user"), { text: "How big? xl" });
    const { kind, message: why } = await host.envelope("fails");
    assert.deepEqual([kind, why], ["execution_error", "no good"]);
    assert.deepEqual(await host.call("read_resource", { uri: "data://g" }), { text: "hello" });
    const poem = await host.call("get_prompt", { name: "poem", arguments: { topic: "the sun" } });
    assert.deepEqual(poem, { text: "about the sun" });
    await host.unload();
  });
}
