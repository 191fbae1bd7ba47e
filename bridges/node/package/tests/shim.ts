// The other side of a worker: bundles a plugin, starts it on two real sockets, speaks the protocol.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import type { HostArgument } from "../src/generated.js";
import { MessageKind, ReadyWith } from "../src/worker/messages.js";
import { FrameReader } from "../src/worker/reader.js";
import { decode, encode, type Message } from "../src/worker/wire.js";

/** The package's folder. */
export const PACKAGE = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
/** Where the compiled package is, as an author would import it. */
export const SOURCES = join(PACKAGE, "build", "src");

/** The kinds of bundles that `osaurus-bridge build` makes. */
const COMMON_JS = {
  format: "cjs",
  name: "main.cjs",
  define: { "import.meta": "meta" },
  banner: {
    js: "'use strict'; const meta = { url: require('node:url').pathToFileURL(__filename).href };",
  },
} as const;
const ES_MODULE = { format: "esm", name: "main.mjs", define: {}, banner: {} } as const;

/** Bundles a plugin as `osaurus-bridge build` does; answers the bundle's path. */
export function bundle(plugin: string, folder: string): string {
  try {
    return write(plugin, folder, COMMON_JS);
  } catch {
    return write(plugin, folder, ES_MODULE);
  }
}

function write(plugin: string, folder: string, kind: typeof COMMON_JS | typeof ES_MODULE): string {
  const entry = `import { serve } from "osaurus-plugin/worker";
    import plugin from ${JSON.stringify(plugin)};
    serve(plugin);`;
  const { name, ...options } = kind;
  const outfile = join(folder, name);
  buildSync({
    ...options,
    stdin: { contents: entry, resolveDir: PACKAGE },
    bundle: true,
    platform: "node",
    logLevel: "silent",
    minifyWhitespace: true,
    sourcemap: true,
    sourcesContent: false,
    outfile,
    alias: {
      "osaurus-plugin/worker": join(SOURCES, "worker/index.js"),
      "osaurus-plugin": join(SOURCES, "index.js"),
    },
  });
  return outfile;
}

/** A folder that is removed at the end of the process. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "osaurus-node-"));
  process.on("exit", () => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A plugin written to a file, bundled. */
export function bundleText(text: string): string {
  const at = folder();
  writeFileSync(join(at, "plugin.ts"), text);
  return bundle(join(at, "plugin.ts"), at);
}

let fixture: string | undefined;
/** The bundle of tests/fixtures/plugin.ts. */
export function fixtureBundle(): string {
  return (fixture ??= bundle(join(PACKAGE, "tests/fixtures/plugin.ts"), folder()));
}

/** A worker process and our ends of its sockets. */
export class Shim {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
  output = "";
  readonly #lane: Duplex;
  #mux: Duplex;
  readonly #messages: Message[] = [];
  readonly #waiting: ((message: Message | undefined) => void)[] = [];

  constructor(main: string, env: Record<string, string> = {}) {
    const pipes = env["OSAURUS_BRIDGE_PIPES"] ? 4 : 0;
    this.child = spawn(process.execPath, [main], {
      // Node makes socket pairs of "pipe": one direction of each is used where a shim has a pipe.
      stdio: ["ignore", ...Array<"pipe">(4 + pipes).fill("pipe")],
      env: {
        ...process.env,
        OSAURUS_BRIDGE_NODE: undefined, // the real shim leaves it out
        ...env,
        OSAURUS_BRIDGE_FDS: "3,4",
        OSAURUS_BRIDGE_WORKER: "1",
      },
    });
    this.ended = once(this.child, "close").then(([code, signal]) => {
      for (const waiting of this.#waiting.splice(0)) waiting(undefined);
      this.hangUp(); // half-open sockets would keep the test's process
      return { code: code as number | null, signal: signal as string | null };
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on("data", (data: Buffer) => (this.output += data.toString()));
    }
    this.#lane = this.#open(3);
    this.#mux = this.#open(4);
  }

  #open(descriptor: number): Duplex {
    const socket = this.child.stdio[descriptor] as Duplex;
    const reader = new FrameReader((frame) => this.#take(decode(frame)));
    socket.on("data", (data: Buffer) => {
      for (let at = 0; at < data.length; ) {
        const count = data.copy(reader.space(), 0, at);
        reader.advance(count);
        at += count;
      }
    });
    socket.on("error", () => {});
    return socket;
  }

  #take(message: Message): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(message);
    else this.#messages.push(message);
  }

  /** The next message; undefined once the worker has ended. */
  next(): Promise<Message | undefined> {
    const message = this.#messages.shift();
    if (message) return Promise.resolve(message);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Greets the worker; answers READY or FAILED. */
  async greet(): Promise<Message> {
    this.#lane.write(encode(MessageKind.Hello, 0, 0, ["{}", "/payload", "dev.example.test"]));
    const message = await this.next();
    if (message?.fields[1] === ReadyWith.PipesWithoutLane) {
      this.#open(8);
      this.#mux = this.#open(7);
    }
    if (message) return message;
    throw new Error(`the worker ended: ${this.output}`);
  }

  /** Sends a message on the mux. */
  send(kind: number, call: number, seq: number, ...fields: HostArgument[]): void {
    this.#mux.write(encode(kind, call, seq, fields));
  }

  /** Sends a CALL. */
  call(call: number, kind: number, target: string, payload: unknown, context = ""): void {
    this.send(MessageKind.Call, call, 0, kind, target, JSON.stringify(payload), context, 30_000, 1);
  }

  /** Sends bytes as they are. */
  raw(bytes: Buffer): void {
    this.#mux.write(bytes);
  }

  /** The next message of a kind; others on the way are lost. */
  async until(kind: number): Promise<Message> {
    for (;;) {
      const message = await this.next();
      if (!message) throw new Error(`the worker ended: ${this.output}`);
      if (message.kind === kind) return message;
    }
  }

  /** Calls a tool; `host` answers its host calls. */
  async tool(
    target: string,
    payload: unknown = {},
    host: (slot: number, args: HostArgument[], message: Message) => void = () => {},
  ): Promise<Record<string, unknown>> {
    this.call(7, 0, target, payload);
    for (;;) {
      const message = await this.next();
      if (!message) throw new Error(`the worker ended: ${this.output}`);
      if (message.kind === MessageKind.Result) return JSON.parse(String(message.fields[1]));
      const [slot, ...args] = message.fields;
      if (message.kind === MessageKind.Host) host(Number(slot), args, message);
      if (message.kind === MessageKind.Log) this.output += `[${message.fields.join(" ")}]\n`;
    }
  }

  /** Closes both sockets, as a host that is gone. */
  hangUp(): void {
    for (const stream of this.child.stdio.slice(3)) stream?.destroy();
  }
}

/** Lines of a file around a string: for tests of line numbers. */
export function lineOf(file: string, text: string): number {
  const lines = readFileSync(join(PACKAGE, file), "utf8").split("\n");
  return 1 + lines.findIndex((line) => line.includes(text));
}
