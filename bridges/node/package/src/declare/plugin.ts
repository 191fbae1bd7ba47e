/** `definePlugin`: what an author's main module exports. Nothing runs until an engine loads it. */

import type { Context } from "../context.js";
import type { JsonObject } from "../errors.js";
import type { ConfigChange, TaskEvent } from "../events.js";
import type { Artifact, DocsLink } from "../generated.js";
import { misdeclared, requireObject, SourceLocation } from "./location.js";
import type { Route } from "./route.js";
import type { SecretDefinition, Section, WebDefinition } from "./settings.js";
import type { Tool } from "./tool.js";

/** An MCP server whose tools are the plugin's: what `includeMcp` and `includeCommand` give. */
export interface IncludedServer {
  /** Secrets that it needs, with their labels. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Its tools with all that the manifest says, by id. Starts it: for builds and tests. */
  tools(): Promise<ReadonlyMap<string, Tool>>;
  /** Whether an id could be one of its tools. */
  mayHave(id: string): boolean;
  /** Whether it has a tool now. Starts it. */
  has(ctx: Context, id: string): Promise<boolean>;
  /** Calls a tool. */
  call(ctx: Context, id: string, input: JsonObject): Promise<unknown>;
  /** Ends it. */
  close(): void;
}

/** A plugin as its author writes it. `id` and `version` usually come from package.json. */
export interface PluginDefinition {
  /** Reverse-DNS id such as "dev.example.notes"; must equal the install folder's name. */
  readonly id?: string;
  readonly name?: string;
  readonly description?: string;
  readonly version?: string;
  /** Added to the system prompt of inference that this plugin starts. */
  readonly instructions?: string;
  readonly authors?: readonly string[];
  readonly license?: string;
  /** As "14", "14.5" or "14.5.1". */
  readonly minMacos?: string;
  /** Oldest host version, as "1.2.3". */
  readonly minOsaurus?: string;
  /** Name of the package's README file. */
  readonly readme?: string;
  readonly changelog?: string;
  /** Links on the plugin's page in the host. */
  readonly links?: readonly DocsLink[];
  /** Tools by id, as models see it. */
  readonly tools?: Readonly<Record<string, Tool>>;
  /** MCP servers whose tools become the plugin's: `includeMcp(...)`, `includeCommand(...)`. */
  readonly include?: readonly IncludedServer[];
  /** Routes by id. */
  readonly routes?: Readonly<Record<string, Route>>;
  /** Secrets by id. */
  readonly secrets?: Readonly<Record<string, SecretDefinition>>;
  /** Sections of the settings. */
  readonly config?: readonly Section[];
  /** Title above the settings; the plugin's name if left out. */
  readonly configTitle?: string;
  /** Static files. */
  readonly web?: WebDefinition;

  /** Called once the script is loaded. The host cannot be reached yet. */
  onLoad?(): void | Promise<void>;
  /** Called when the plugin is unloaded. The host cannot be reached any more. */
  onUnload?(): void | Promise<void>;
  /** Called when the user changes a setting. */
  onConfigChanged?(change: ConfigChange, ctx: Context): void | Promise<void>;
  /** Called for each step of the tasks that this plugin dispatched. */
  onTaskEvent?(event: TaskEvent, ctx: Context): void | Promise<void>;
  /** Called when a file is shared in a run of this plugin. */
  onArtifact?(artifact: Artifact, ctx: Context): void | Promise<void>;
}

/** A declared plugin: the default export of the main module. */
export class Plugin {
  readonly definition: PluginDefinition;
  readonly tools: Map<string, Tool>;
  readonly included: readonly IncludedServer[];
  readonly secrets: Readonly<Record<string, SecretDefinition>>;
  readonly routes: ReadonlyMap<string, Route>;
  readonly place = new SourceLocation();

  constructor(definition: PluginDefinition) {
    requireObject(this.place, "definePlugin", definition, "{ tools: { ... } }");
    this.definition = definition;
    this.tools = new Map(Object.entries(definition.tools ?? {}));
    this.included = definition.include ?? [];
    this.secrets = { ...secretsOf(this.included), ...definition.secrets };
    this.routes = new Map(Object.entries(definition.routes ?? {}));
  }
}

function secretsOf(servers: readonly IncludedServer[]): Record<string, SecretDefinition> {
  const all = servers.flatMap(({ secrets }) => Object.entries(secrets));
  return Object.fromEntries(all.map(([id, label]) => [id, { label }]));
}

/**
 * Makes the tools of included servers tools of the plugin. Starts the servers: for builds and
 * tests. At run time the manifest knows them.
 */
export async function declareIncluded(plugin: Plugin): Promise<void> {
  for (const server of plugin.included) {
    for (const [id, tool] of await server.tools()) {
      const earlier = plugin.tools.get(id);
      if (earlier === undefined) plugin.tools.set(id, tool);
      else if (earlier !== tool) {
        const text = "is declared twice, once by an MCP server; pass prefix to includeMcp";
        throw misdeclared(earlier.place, `tool "${id}"`, text);
      }
    }
  }
}

/**
 * Declares a plugin.
 *
 * @example
 * const plugin = definePlugin({
 *   id: "dev.example.greeter",
 *   name: "Greeter",
 *   version: "1.0.0",
 *   tools: { greet: defineTool({ description: "Say hello.", run: () => "Hello!" }) },
 *   onConfigChanged: ({ key }, ctx) => ctx.log.info(`${key} has changed`),
 * });
 * assert.deepEqual(await new TestHost(plugin).call("greet"), { text: "Hello!" });
 */
export function definePlugin(definition: PluginDefinition): Plugin {
  return new Plugin(definition);
}
