// The published declarations: nothing in them is `any`, which would switch an author's checks off.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { it } from "node:test";
import { fileURLToPath } from "node:url";

const SOURCES = join(dirname(fileURLToPath(import.meta.url)), "..", "src");

/** Without comments and strings. */
function code(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*|"(\\.|[^"\\])*"/g, "");
}

it("the declarations hold no any", () => {
  const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".d.ts"),
  );
  assert.ok(files.length > 30, `${files.length} files`);
  for (const name of files)
    assert.doesNotMatch(code(readFileSync(join(SOURCES, name), "utf8")), /\bany\b/, name);
});
