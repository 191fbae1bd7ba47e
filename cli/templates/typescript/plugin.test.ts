// Runs the plugin in a unit test: no library, no Osaurus.
import assert from "node:assert/strict";
import { test } from "node:test";
import { TestHost } from "osaurus-plugin/testing";
import plugin from "../src/main";

test("greetings are counted", async () => {
  const host = new TestHost(plugin);
  assert.deepEqual(await host.call("greet", { name: "Ada" }), { text: "Hello Ada. (greeting number 1)" });
  assert.deepEqual(await host.call("greet", { name: "Ada", excited: true }), {
    text: "Hello Ada! (greeting number 2)",
  });
  assert.equal(host.config.get("greeted Ada"), "2");
});

test("nobody is greeted without a name", async () => {
  const envelope = await new TestHost(plugin).envelope("greet", {});
  assert.equal(envelope["kind"], "invalid_args");
  assert.match(String(envelope["message"]), /name/);
});
