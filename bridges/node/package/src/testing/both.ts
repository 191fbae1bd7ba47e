/** `hosts`: the same test for the plugin in this process and for its built library. */

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "../declare/plugin.js";
import { BuiltHost } from "./built.js";
import { TestHost } from "./host.js";

/** What a test can do with either host. */
export type EitherHost = Pick<
  TestHost | BuiltHost,
  | "agentId"
  | "artifact"
  | "call"
  | "calls"
  | "close"
  | "config"
  | "configChanged"
  | "envelope"
  | "http"
  | "logs"
  | "model"
  | "request"
  | "secrets"
  | "taskEvent"
  | "tasks"
  | "unload"
>;

/** The name of a host for the test's title, and the function that opens it. */
export type NamedHost = readonly [name: string, open: () => EitherHost];

/**
 * The plugin in this process, and its library in the reference host. The library is built now, by
 * the program `osaurus-bridge`, in the current folder; without that program there is the first alone.
 */
export function hosts(plugin: Plugin): NamedHost[] {
  const inProcess: NamedHost = ["the plugin", () => new TestHost(plugin)];
  const program = process.env["OSAURUS_BRIDGE"] ?? "osaurus-bridge";
  const build = spawnSync(program, ["build"], { encoding: "utf8" });
  if (build.error) return [inProcess];
  if (build.status !== 0) throw new Error(`osaurus-bridge build failed:\n${build.stderr}`);
  const library = join("dist", `${projectId()}.${process.platform === "darwin" ? "dylib" : "so"}`);
  return [inProcess, ["the library", () => new BuiltHost(library)]];
}

function projectId(): string {
  const project = JSON.parse(readFileSync("package.json", "utf8")) as {
    readonly osaurus?: { readonly id?: string };
  };
  const id = project.osaurus?.id;
  if (id === undefined) throw new Error('package.json has no "osaurus": { "id": ... }');
  return id;
}
