// Runs the plugin in this process, and its built library in the reference host where osaurus-bridge
// is on the PATH.
import assert from "node:assert/strict";
import { test } from "node:test";
import { hosts, TestHost } from "osaurus-plugin/testing";
import plugin from "../src/main";

for (const [name, open] of hosts(plugin)) {
  test(`greetings are counted, in ${name}`, async () => {
    const host = open();
    assert.deepEqual(await host.call("greet", { name: "Ada" }), {
      text: "Hello Ada. (greeting number 1)",
    });
    assert.deepEqual(await host.call("greet", { name: "Ada", excited: true }), {
      text: "Hello Ada! (greeting number 2)",
    });
    assert.deepEqual(host.logs.at(-1)?.fields, { name: "Ada", times: 2 });
    host.close();
  });
}

test("a name is needed", async () => {
  const envelope = await new TestHost(plugin).envelope("greet", {});
  assert.equal(envelope["kind"], "invalid_args");
  assert.match(String(envelope["message"]), /name/);
});
