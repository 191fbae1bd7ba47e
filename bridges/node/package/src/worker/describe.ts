/** `main.cjs --osaurus-describe FILE --project package.json`: the manifest, for a build. */

import { writeFileSync } from "node:fs";
import { declareIncluded } from "../declare/plugin.js";
import { DeclarationError } from "../errors.js";
import { describe } from "../manifest.js";
import { readProject } from "../project.js";
import { summary, trace } from "../trace.js";
import { exported } from "./exported.js";

/** The value after an option of the command line. */
export function option(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

/** Writes the description and ends the process: 0, or 1 with the reason on stderr. */
export async function describeTo(file: string, plugin: unknown): Promise<never> {
  try {
    const project = readProject(option("--project") ?? "package.json");
    const declared = exported(plugin);
    await declareIncluded(declared);
    writeFileSync(file, JSON.stringify(describe(declared, project)));
  } catch (error) {
    process.stderr.write(`${reason(error)}\n`);
    process.exit(1);
  }
  process.exit(0);
}

function reason(error: unknown): string {
  return error instanceof DeclarationError ? error.message : `${summary(error)}${trace(error)}`;
}
