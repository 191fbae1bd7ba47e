// The page, and the route that it calls.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { hosts } from "osaurus-plugin/testing";
import plugin from "../src/main";

for (const [name, open] of hosts(plugin)) {
  test(`the page gets the greetings, in ${name}`, async () => {
    const host = open();
    await host.call("greet", { name: "Ada" });
    const { status, body } = await host.request("GET", "/api/greetings");
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(body ?? ""), [{ name: "Ada", times: 1 }]);
    host.close();
  });
}

test("the page has its files", () => {
  const page = readFileSync("web/index.html", "utf8");
  const files = page.matchAll(/(?:href|src)="\/plugins\/{{id}}\/ui\/([^"]+)"/g);
  for (const [, file] of files) assert.ok(existsSync(`web/${file}`), file);
});
