/** `ctx.files`: files of the host's artifacts folder. */

import type { FileReadResponse, HostCalls } from "../generated.js";
import { toJson } from "../json.js";
import { reply, requireText } from "./replies.js";

/** A file that was read. */
export class FileContent {
  /** The whole answer of the host. */
  readonly raw: FileReadResponse;

  constructor(raw: FileReadResponse) {
    this.raw = raw;
  }

  /** The content. */
  get bytes(): Uint8Array {
    return Buffer.from(this.raw.data ?? "", "base64");
  }

  /** The content as UTF-8 text. Throws TypeError when it is not UTF-8. */
  get text(): string {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.bytes);
  }

  /** Guessed by the host from the file's extension. */
  get mimeType(): string {
    return this.raw.mime_type || "application/octet-stream";
  }

  /** Bytes. */
  get size(): number {
    return this.raw.size ?? 0;
  }
}

/**
 * Files.
 *
 * @example
 * const file = await ctx.files.read("/artifacts/list.txt");
 * assert.equal(file.text, "milk");
 */
export class Files {
  readonly #host: HostCalls;

  constructor(host: HostCalls) {
    this.#host = host;
  }

  /** A file of at most 50,000,000 bytes, by absolute path. */
  async read(path: string): Promise<FileContent> {
    requireText("the path", path);
    const text = await this.#host.fileRead(toJson("the request", { path }));
    return new FileContent(reply<FileReadResponse>(text));
  }
}
