/** A plugin's package.json: what the manifest takes from it. Used only by builds. */

import { readFileSync } from "node:fs";
import { DeclarationError } from "./errors.js";
import { isObject } from "./json.js";

/** What a package.json says about a plugin. */
export interface Project {
  /** Its path, for messages. */
  readonly path: string;
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly description: string | undefined;
  readonly license: string | undefined;
  readonly authors: readonly string[];
  readonly homepage: string | undefined;
}

/** Reads the file. Throws DeclarationError for one that cannot be used. */
export function readProject(path: string): Project {
  const file = parse(path);
  const section = isObject(file["osaurus"]) ? file["osaurus"] : {};
  const text = (object: { readonly [key: string]: unknown }, key: string): string | undefined => {
    const value = object[key];
    if (value === undefined || typeof value === "string") return value;
    throw new DeclarationError(`${path}: ${key} must be a string, not ${JSON.stringify(value)}`);
  };
  return {
    path,
    id: text(section, "id"),
    name: text(file, "name"),
    version: text(file, "version"),
    description: text(file, "description"),
    license: text(file, "license"),
    authors: [file["author"], ...[file["contributors"] ?? []].flat()].flatMap(namesOfAuthor),
    homepage: text(file, "homepage"),
  };
}

function parse(path: string): { readonly [key: string]: unknown } {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (isObject(value)) return value;
  } catch (error) {
    throw new DeclarationError(`${path} cannot be read: ${(error as Error).message}`);
  }
  throw new DeclarationError(`${path} holds no JSON object`);
}

/** npm writes people as text or as objects. */
function namesOfAuthor(value: unknown): string[] {
  if (typeof value === "string" && value) return [value];
  if (!isObject(value) || typeof value["name"] !== "string") return [];
  const { name, email } = value;
  return [typeof email === "string" ? `${String(name)} <${email}>` : String(name)];
}
