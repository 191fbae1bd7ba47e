//! The test kit of the npm package in vitest: the plugin in vitest's process, with its database, and
//! its built library in the reference host.

use osaurus_bridge_tests::built;
use osaurus_bridge_tests::project::{bridge, text_of};
use std::process::Command;

/// The one that runs on each Node that plugins are tested on.
const VITEST: &str = "vitest@4";

const TEST: &str = r#"
import { definePlugin, defineTool } from "osaurus-plugin";
import { hosts, TestHost } from "osaurus-plugin/testing";
import { expect, test, vi } from "vitest";
import plugin from "../src/main";

for (const [name, open] of hosts(plugin)) {
  test(`greetings are counted, in ${name}`, async () => {
    const host = open();
    await host.call("greet", { name: "Ada" });
    expect(await host.call("greet", { name: "Ada" })).toEqual({ text: "Hello Ada. (greeting number 2)" });
    expect(host.calls.map((call) => call.name)).toContain("db_query");
    host.close();
  });
}

test("the database is there, and time stands still", async () => {
  const now = defineTool({
    description: "Store the time.",
    async run(_, { db }) {
      await db.execute("CREATE TABLE times (ms INTEGER)");
      await db.execute("INSERT INTO times VALUES (?)", [Date.now()]);
      return Number(await db.scalar("SELECT ms FROM times"));
    },
  });
  vi.useFakeTimers({ now: 1000, toFake: ["Date"] });
  expect(await new TestHost(definePlugin({ tools: { now } })).call("now")).toBe(1000);
  vi.useRealTimers();
});
"#;

#[test]
fn the_hosts_for_tests_work_in_vitest() {
    let folder = tempfile::tempdir().expect("a folder");
    let new = bridge()
        .args(["new", "hello", "--lang", "typescript"])
        .current_dir(folder.path())
        .output()
        .expect("osaurus-bridge runs");
    assert!(new.status.success(), "{}", text_of(&new));
    let project = folder.path().join("hello");
    let npm = |arguments: &[&str]| {
        Command::new("npm")
            .args(arguments)
            .current_dir(&project)
            .env("OSAURUS_BRIDGE", built("osaurus-bridge"))
            .env("NO_COLOR", "1")
            .output()
            .expect("npm runs")
    };
    let quiet = ["--silent", "--no-audit", "--no-fund"];
    let installed = npm(&[&["install", "--save-dev", VITEST], &quiet[..]].concat());
    assert!(installed.status.success(), "{}", text_of(&installed));
    std::fs::create_dir(project.join("vitest")).expect("a folder");
    std::fs::write(project.join("vitest/plugin.test.ts"), TEST).expect("the test");
    let tested = npm(&["exec", "--", "vitest", "run", "--dir", "vitest"]);
    let text = text_of(&tested);
    assert!(tested.status.success(), "{text}");
    for part in ["3 passed (3)", "1 passed (1)"] {
        assert!(text.contains(part), "{part} in {text}");
    }
}
