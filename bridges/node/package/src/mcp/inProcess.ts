/**
 * An MCP server of JavaScript in this process. An object of the official SDK gets a transport of
 * ours; a package that starts its server when it is imported gets our standard input and output.
 */

import { PassThrough, Writable } from "node:stream";
import { tryJson } from "../json.js";
import { Session } from "./session.js";

/**
 * `McpServer` and `Server` of `@modelcontextprotocol/sdk` and of `@modelcontextprotocol/server`.
 */
export interface McpServerLike {
  connect(transport: never): Promise<void>;
}

/** Starts a server that talks over standard input and output: `() => import("some-server")`. */
export type StdioServer = () => unknown;

/** The transport of the SDK, as far as a server uses it. */
interface Transport {
  onmessage?: (message: unknown, extra?: object) => void;
  onclose?: () => void;
  start(): Promise<void>;
  send(message: unknown): Promise<void>;
  close(): Promise<void>;
}

type Variables = Readonly<Record<string, string>>;

/** Connects to a server object. */
export async function connectTo(server: McpServerLike, env: Variables): Promise<Session> {
  Object.assign(process.env, env);
  const session = new Session();
  const transport: Transport = {
    async start() {},
    async send(message) {
      session.receive(message);
    },
    async close() {
      session.ended("the server has closed its transport");
      transport.onclose?.();
    },
  };
  session.connection = {
    send: (message) => transport.onmessage?.(message),
    close: () => void transport.close(),
  };
  await server.connect(transport as never);
  return session;
}

/** Runs what takes `process.stdin` and `process.stdout`, with `args` as its command line. */
export async function run(
  serve: StdioServer,
  args: readonly string[],
  env: Variables,
): Promise<Session> {
  Object.assign(process.env, env);
  const session = new Session();
  const input = new PassThrough();
  const output = new Lines((line) => session.receive(tryJson(line)));
  session.onBegun = replaceStdio(input, output, args);
  session.connection = {
    send: (message) => void input.write(`${JSON.stringify(message)}\n`),
    close: () => {
      session.ended("the plugin is unloaded");
      input.end();
    },
  };
  // Not awaited: some servers return at once, others when their input ends.
  Promise.resolve()
    .then(serve)
    .catch((error: unknown) => session.ended(`the server failed: ${String(error)}`));
  return session;
}

/** A stream that gives its lines away. */
class Lines extends Writable {
  #rest = "";
  readonly #take: (line: string) => void;

  constructor(take: (line: string) => void) {
    super({ decodeStrings: false });
    this.#take = take;
  }

  override _write(chunk: unknown, _: BufferEncoding, done: () => void): void {
    const lines = `${this.#rest}${String(chunk)}`.split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#take(line);
    done();
  }
}

/** Puts others in the place of the process's own; the function takes them away again. */
function replaceStdio(stdin: PassThrough, stdout: Lines, args: readonly string[]): () => void {
  const others = { stdin, stdout, argv: [process.execPath, "mcp-server", ...args] };
  const own = Object.keys(others).map(
    (name) => [name, Object.getOwnPropertyDescriptor(process, name)] as const,
  );
  for (const [name, value] of Object.entries(others)) {
    Object.defineProperty(process, name, { value, configurable: true, writable: true });
  }
  return () => {
    for (const [name, descriptor] of own) {
      if (descriptor) Object.defineProperty(process, name, descriptor);
    }
  };
}
