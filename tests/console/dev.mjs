// A running `osaurus-bridge dev` for the story, in a project of its own.

import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const ROOT = new URL("../..", import.meta.url).pathname;

const SETTINGS = `[project]
name = "console"
version = "1.0.0"
requires-python = ">=3.10"

[tool.osaurus]
id = "dev.test.console"
entry = "main:plugin"
`;

export class Dev {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), "console-"));
    cpSync(join(ROOT, "tests/fixtures/console"), this.folder, { recursive: true });
    writeFileSync(join(this.folder, "pyproject.toml"), SETTINGS);
    const program = process.env.OSAURUS_BRIDGE ?? join(ROOT, "target/debug/osaurus-bridge");
    this.process = spawn(program, ["dev", "--port", "0", this.folder], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.ended = new Promise((resolve) => this.process.on("exit", resolve));
    this.lines = [];
    this.waiting = [];
    createInterface(this.process.stdout).on("line", (line) => {
      this.lines.push(line);
      this.waiting = this.waiting.filter(
        ({ part, resolve }) => !line.includes(part) || resolve(line),
      );
    });
  }

  /** A line that has come or comes. */
  line(part) {
    const known = this.lines.find((line) => line.includes(part));
    return known
      ? Promise.resolve(known)
      : new Promise((resolve) => this.waiting.push({ part, resolve }));
  }

  /** The console's address. */
  async url() {
    return (await this.line("console: ")).replace("console: ", "");
  }

  /** Replaces words of the plugin's source. */
  edit(from, to) {
    const path = join(this.folder, "main.py");
    const text = readFileSync(path, "utf8");
    if (!text.includes(from)) throw new Error(`main.py has no ${from}`);
    writeFileSync(path, text.replace(from, to));
  }

  async stop() {
    this.process.stdin.write("quit\n");
    await this.ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}
