/** `definePlugin`: what an author's main module exports. Nothing runs until an engine loads it. */

import type { Context } from "../context.js";
import type { ConfigChange, TaskEvent } from "../events.js";
import type { Artifact, DocsLink } from "../generated.js";
import { requireObject, SourceLocation } from "./location.js";
import type { Route } from "./route.js";
import type { SecretDefinition, Section, WebDefinition } from "./settings.js";
import type { Tool } from "./tool.js";

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
  /** Called when the plugin goes. The host cannot be reached any more. */
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
  readonly tools: ReadonlyMap<string, Tool>;
  readonly routes: ReadonlyMap<string, Route>;
  readonly place = new SourceLocation();

  constructor(definition: PluginDefinition) {
    requireObject(this.place, "definePlugin", definition, "{ tools: { ... } }");
    this.definition = definition;
    this.tools = new Map(Object.entries(definition.tools ?? {}));
    this.routes = new Map(Object.entries(definition.routes ?? {}));
  }
}

/** Declares a plugin. */
export function definePlugin(definition: PluginDefinition): Plugin {
  return new Plugin(definition);
}
