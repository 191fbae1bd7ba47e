// The `@example` blocks of the public items: they have the right types, and they run.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { before, describe, it } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { type Context, definePlugin, defineTool } from "../src/index.js";
import { TestHost } from "../src/testing/index.js";

const PACKAGE = fileURLToPath(new URL("../..", import.meta.url));
const SOURCE = join(PACKAGE, "src");
const FOLDER = join(PACKAGE, "build", "examples");
// TestHost's database needs a Node that has SQLite.
const NO_SQLITE = !process.getBuiltinModule?.("node:sqlite");
const NEED_AN_EXAMPLE =
  "configField Config Context currentContext Database definePlugin defineRoute defineTool fetch " +
  "Files Http HttpError Inference jsonSchema Log PluginRequest Secrets Tasks TestHost ToolError " +
  "ToolResult";

type Example = (ctx: Context) => Promise<void>;

const COMMENT =
  /\/\*\*(?<text>(?:(?!\*\/)[\s\S])*?@example(?:(?!\*\/)[\s\S])*)\*\/\s*export (?:class|function|const) (?<name>\w+)/g;
const PRELUDE = `
import assert from "node:assert/strict";
import { configField, currentContext, definePlugin, defineRoute, defineTool, fetch } from "../src/index.js";
import { HttpError, jsonSchema, ToolError, ToolResult } from "../src/index.js";
import type { Context } from "../src/index.js";
import { TestHost } from "../src/testing/index.js";
import { z } from "zod";
`;

function sources(): string[] {
  const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" });
  return files.filter((file) => file.endsWith(".ts")).sort();
}

/** The code of each example by the item's name. */
function blocks(): Map<string, string> {
  const examples = new Map<string, string>();
  for (const file of sources()) {
    for (const { groups } of readFileSync(join(SOURCE, file), "utf8").matchAll(COMMENT)) {
      const lines = (groups?.["text"] ?? "")
        .split("\n")
        .map((line) => line.replace(/^\s*\* ?/, ""));
      const code = lines.slice(lines.indexOf("@example") + 1);
      examples.set(groups?.["name"] ?? "", code.join("\n"));
    }
  }
  return examples;
}

/** One file with a function for each example, and where the names of functions say whose it is. */
function written(examples: Map<string, string>): string {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  const functions = [...examples].map(
    ([name, code]) => `export async function ${name}_(ctx: Context): Promise<void> {\n${code}\n}\n`,
  );
  const file = join(FOLDER, "examples.ts");
  writeFileSync(file, `${PRELUDE}\n${functions.join("\n")}`);
  const settings = {
    extends: "../../tsconfig.json",
    compilerOptions: {
      noEmit: true,
      noUnusedLocals: false,
      noUnusedParameters: false,
      rootDir: "../..",
    },
    include: ["*.ts"],
    exclude: [],
  };
  writeFileSync(join(FOLDER, "tsconfig.json"), JSON.stringify(settings));
  return file;
}

function hostFor(example: Example): TestHost {
  const run = (_: unknown, ctx: Context): Promise<void> => example(ctx);
  const tools = { run: defineTool({ description: "Runs the example.", run }) };
  const host = new TestHost(definePlugin({ tools }), { secrets: { api_key: "hush" } });
  host.answer("complete", { choices: [{ message: { content: "Hi." } }] });
  host.answer("embed", { data: [{ index: 0, embedding: [0.25, 0.5] }] });
  host.answer("dispatch", { id: "T", status: "running" });
  host.answer("task_status", { id: "T", status: "running" });
  host.answer("dispatch_cancel", null);
  host.answer("http_request", { status: 200, headers: {}, body: '{"id":7}' });
  host.answer("file_read", { data: "bWlsaw==", mime_type: "text/plain", size: 4 });
  host.answerStream(["One, ", "two."]);
  return host;
}

describe("the examples", () => {
  const examples = blocks();
  const file = written(examples);
  let functions: Record<string, Example> = {};

  before(async () => {
    const outfile = join(FOLDER, "examples.mjs");
    await build({ entryPoints: [file], outfile, format: "esm", platform: "node" });
    functions = (await import(pathToFileURL(outfile).href)) as Record<string, Example>;
  });

  it("are there for what authors call", () => {
    const missing = NEED_AN_EXAMPLE.split(" ").filter((name) => !examples.has(name));
    assert.deepEqual(missing, []);
  });

  it("have the right types", () => {
    const tsc = join(PACKAGE, "node_modules", "typescript", "bin", "tsc");
    const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", FOLDER], {
      encoding: "utf8",
    });
    assert.equal(status, 0, stdout.replaceAll(relative(".", FOLDER) + sep, ""));
  });

  for (const name of examples.keys())
    it(`run: ${name}`, { skip: name === "Database" && NO_SQLITE }, async () => {
      await hostFor((ctx) => functions[`${name}_`]?.(ctx) ?? assert.fail("not there")).call("run");
    });
});
