/**
 * What an MCP server answers, as a tool's result: text and structured data as they are, files on
 * the disk. Models get names of files instead of their bytes: an answer of Osaurus holds 100,000
 * characters.
 */

import { isDeepStrictEqual } from "node:util";
import { type JsonObject, ToolError } from "../errors.js";
import { isObject, tryJson } from "../json.js";
import { Files } from "./files.js";

const files = new Files();

/** The value of a `tools/call`. Throws `ToolError` where the tool failed. */
export function resultOf(answer: JsonObject): unknown {
  const parts = new Parts();
  for (const block of objects(answer["content"])) parts.add(block);
  if (answer["isError"] === true) {
    const text = parts.text || "the server says no more than that the tool failed";
    throw new ToolError("execution_error", text);
  }
  return parts.result(answer["structuredContent"]);
}

/** The value of a `resources/read`. */
export function resultOfContents(answer: JsonObject): unknown {
  const parts = new Parts();
  for (const resource of objects(answer["contents"])) parts.addResource(resource);
  return parts.result(undefined);
}

/** The value of a `prompts/get`: its messages as text. */
export function messagesOf(answer: JsonObject): unknown {
  const parts = new Parts();
  for (const { content } of objects(answer["messages"])) if (isObject(content)) parts.add(content);
  return parts.result(undefined);
}

function objects(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The blocks of an answer, sorted. */
class Parts {
  readonly #strings: string[] = [];
  readonly #files: JsonObject[] = [];
  readonly #links: JsonObject[] = [];

  get text(): string {
    return this.#strings.join("\n\n");
  }

  add(block: JsonObject): void {
    const { type, resource } = block;
    if (type === "text") this.#strings.push(String(block["text"] ?? ""));
    else if (type === "image" || type === "audio") {
      this.#files.push(stored(block["data"], block["mimeType"]));
    } else if (type === "resource" && isObject(resource)) this.addResource(resource);
    else if (type === "resource_link") {
      const keys = ["uri", "name", "description", "mimeType"].filter((key) => block[key]);
      this.#links.push(Object.fromEntries(keys.map((key) => [key, block[key]])));
    } else {
      this.#strings.push(`(a part of the type "${String(type)}", which Osaurus has no place for)`);
    }
  }

  addResource(resource: JsonObject): void {
    const { text, blob, uri, mimeType } = resource;
    if (typeof text === "string") this.#strings.push(text);
    else if (blob !== undefined) this.#files.push({ uri, ...stored(blob, mimeType) });
  }

  /** The tool's value. Text that only repeats structured data is left out. */
  result(given: unknown): unknown {
    // The SDKs wrap what is not an object.
    const wrapped = isObject(given) && isDeepStrictEqual(Object.keys(given), ["result"]);
    const structured = wrapped ? given["result"] : given;
    const more = {
      ...(this.#files.length > 0 ? { files: this.#files } : {}),
      ...(this.#links.length > 0 ? { links: this.#links } : {}),
    };
    const alone = Object.keys(more).length === 0;
    if (structured === undefined || structured === null) {
      return alone ? this.text : { text: this.text, ...more };
    }
    if (this.#strings.length > 0 && !repeats(this.text, structured)) {
      return { result: structured, text: this.text, ...more };
    }
    return alone ? structured : { result: structured, ...more };
  }
}

/** Whether text is the structured data again: as JSON, as itself, or item by item. */
function repeats(text: string, structured: unknown): boolean {
  if (text === structured || Array.isArray(structured)) return true;
  const values = isObject(structured) ? Object.values(structured) : [];
  if (values.length === 1 && values[0] === text) return true;
  return isDeepStrictEqual(tryJson(text), structured);
}

/** Base64 as a file that the user alone can read. */
function stored(data: unknown, mimeType: unknown): JsonObject {
  const content = Buffer.from(String(data), "base64");
  const kind = String(mimeType ?? "application/octet-stream");
  return { path: files.store(content, kind), mime_type: kind, size: content.length };
}
