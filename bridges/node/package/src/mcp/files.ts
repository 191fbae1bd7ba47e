/**
 * Pictures and other files that an MCP server sends, on the disk: in a folder that the user alone
 * can read. A process keeps so many; what it leaves is removed by a later one, after a day. Used by
 * `content.ts`; nothing is known of the protocol here.
 */

import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  type Stats,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PREFIX = "osaurus-mcp-";
const KEPT_MS = 24 * 60 * 60 * 1000;
const MOST_FILES = 200;
const MOST_BYTES = 256 * 1024 * 1024;
const EXTENSIONS: Readonly<Record<string, string>> = {
  "image/png": ".png",
  "image/jpeg": ".jpg",
  "image/gif": ".gif",
  "image/webp": ".webp",
  "image/svg+xml": ".svg",
  "audio/wav": ".wav",
  "audio/mpeg": ".mp3",
  "audio/ogg": ".ogg",
  "application/pdf": ".pdf",
};

/** The folder of this process, made with its first file. */
export class Files {
  #folder: string | undefined;
  #bytes = 0;
  readonly #stored: { readonly path: string; readonly size: number }[] = [];

  /** Writes a file and returns its path. The oldest ones give way. */
  store(content: Buffer, mimeType: string): string {
    if (this.#folder === undefined || !existsSync(this.#folder)) {
      removeOld();
      this.#folder = mkdtempSync(join(tmpdir(), PREFIX));
    }
    const name = `${crypto.randomUUID()}${EXTENSIONS[mimeType] ?? ".bin"}`;
    const path = join(this.#folder, name);
    writeFileSync(path, content, { mode: 0o600, flag: "wx" });
    this.#stored.push({ path, size: content.length });
    this.#bytes += content.length;
    this.#makeRoom();
    return path;
  }

  /** The newest file stays, however large it is. */
  #makeRoom(): void {
    while (this.#stored.length > MOST_FILES || this.#bytes > MOST_BYTES) {
      if (this.#stored.length < 2) return;
      const oldest = this.#stored.shift();
      if (oldest === undefined) return;
      this.#bytes -= oldest.size;
      rmSync(oldest.path, { force: true });
    }
  }
}

/** Removes what other processes left more than a day ago. */
function removeOld(): void {
  const oldest = Date.now() - KEPT_MS;
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(PREFIX)) continue;
    const path = join(tmpdir(), name);
    const about = lstatSync(path, { throwIfNoEntry: false });
    if (about && isOurs(about) && about.mtimeMs < oldest) remove(path);
  }
}

function isOurs(about: Stats): boolean {
  return about.isDirectory() && about.uid === process.getuid?.();
}

/** Another process may be removing it, too. */
function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    return;
  }
}
