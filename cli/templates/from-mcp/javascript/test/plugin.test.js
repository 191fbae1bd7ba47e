// Starts the MCP server and asks it for its tools: no library, no Osaurus.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { TestHost } from "osaurus-plugin/testing";
import plugin from "../src/main.js";

after(() => new TestHost(plugin).unload());

test("the server has tools", async () => {
  const tools = await new TestHost(plugin).tools();
  assert.ok(tools.length > 0);
  assert.ok(tools.every(({ description }) => description));
});
