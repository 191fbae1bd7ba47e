/** `Context`: the host, for the duration of one call. What handlers get as `ctx`. */

import type { Frame } from "./frame.js";
import type { HostCalls } from "./generated.js";
import { Config } from "./host/config.js";
import { Database } from "./host/db.js";
import { hostFetch } from "./host/fetch.js";
import { Files } from "./host/files.js";
import { Http } from "./host/http.js";
import { Inference } from "./host/inference.js";
import { Log } from "./host/log.js";
import { Tasks } from "./host/tasks.js";
import { Secrets } from "./secrets.js";

/** What a tool call has besides its arguments. */
export interface Extras {
  readonly secrets?: Readonly<Record<string, string>>;
  readonly working_directory?: string;
}

/**
 * The host. Its calls are made while the handler runs, and refused afterwards.
 *
 * @example
 * const plugin = definePlugin({
 *   tools: {
 *     remember: defineTool({
 *       description: "Remember something for this agent.",
 *       input: z.object({ what: z.string() }),
 *       run: async ({ what }, ctx) => {
 *         await ctx.config.set("memory", what);
 *         ctx.log.info("remembered");
 *         return "I will remember.";
 *       },
 *     }),
 *   },
 * });
 * assert.equal(plugin.tools.size, 1);
 */
export class Context {
  readonly #frame: Frame;
  readonly #extras: Extras;
  #secrets: Secrets | undefined;

  constructor(frame: Frame, extras: Extras | null | undefined) {
    this.#frame = frame;
    this.#extras = extras ?? {};
  }

  /** Settings of this plugin for the calling agent. */
  get config(): Config {
    return new Config(this.#frame);
  }

  /** This plugin's SQLite database. */
  get db(): Database {
    return new Database(this.#frame);
  }

  /** The host's log. */
  get log(): Log {
    return new Log(this.#frame);
  }

  /** The host's models. */
  get inference(): Inference {
    return new Inference(this.#frame);
  }

  /** Background tasks. */
  get tasks(): Tasks {
    return new Tasks(this.#frame);
  }

  /** HTTP through the host. */
  get http(): Http {
    return new Http(this.#frame);
  }

  /** The standard's `fetch` through the host. */
  get fetch(): (input: string | URL | Request, init?: RequestInit) => Promise<Response> {
    return (input, init) => hostFetch(this.#frame, input, init);
  }

  /** Files of the host's artifacts folder. */
  get files(): Files {
    return new Files(this.#frame);
  }

  /** The agent that this call belongs to (upper-case UUID), if any. */
  get agentId(): Promise<string | null> {
    return this.#frame.getActiveAgentId();
  }

  /** Secrets of the calling agent by id. Empty outside tool calls. */
  get secrets(): Secrets {
    return (this.#secrets ??= new Secrets(this.#extras.secrets ?? {}));
  }

  /** The chat's working folder, where it has one. Tool calls only. */
  get workingDirectory(): string | undefined {
    return this.#extras.working_directory;
  }

  /** Aborted when the call's time is over. Pass it on, so that work ends with the call. */
  get signal(): AbortSignal {
    return this.#frame.signal;
  }

  /** The host's functions as they are: text in, text out. */
  get raw(): HostCalls {
    return this.#frame;
  }
}

/** A line of the running call's own log; for the package, not for authors. */
export function note(context: Context, level: number, text: string): void {
  (context.raw as Frame).note(level, text);
}
