/**
 * `serve`: the main program of a plugin's bundle. Describes the plugin for a build, or serves the
 * shim's calls until it says goodbye or goes away.
 */

import { closeSync } from "node:fs";
import nodeModule from "node:module";
import type { LogLevel } from "../generated.js";
import { Runtime } from "../runtime.js";
import { trace } from "../trace.js";
import { describeTo, option } from "./describe.js";
import { exported } from "./exported.js";
import { fail, loaded, onFailure } from "./failures.js";
import { Lane } from "./lane.js";
import { MessageKind, ReadyWith } from "./messages.js";
import { redirectConsole } from "./output.js";
import { Session } from "./session.js";
import { mapStacks } from "./stacks.js";
import { openTransport, type Transport } from "./transport.js";
import { watchParent } from "./watchdog.js";

/**
 * Else it is the host's, and this a Worker in it. Read so because loading `node:worker_threads`
 * takes its time.
 */
const OWN_PROCESS = process.env["OSAURUS_BRIDGE_WORKER"] !== undefined;

// Before the author's module: a bundle has this one first.
mapStacks();

/** Serves a plugin. The last statement of the module that is bundled. */
export function serve(plugin: unknown): void {
  loaded();
  const file = option("--osaurus-describe");
  void (file === undefined ? run(plugin) : describeTo(file, plugin));
}

async function run(plugin: unknown): Promise<void> {
  const [lane, mux, pipes] = descriptors();
  const greeting = new Lane(lane);
  onFailure((report) => greeting.send(MessageKind.Failed, report));
  const hello = greeting.receive();
  if (hello.kind !== MessageKind.Hello) {
    throw new Error(`a message of type ${hello.kind} came where HELLO was expected`);
  }
  taken("NODE_COMPILE_CACHE");
  // In the host's process this is the host: a plugin that starts "itself" would start a second one.
  if (!OWN_PROCESS) process.execPath = "node";
  const runtime = await load(plugin);
  const transport = openTransport({ socket: mux, pipes }, taken("OSAURUS_BRIDGE_ADDON"));
  taken("OSAURUS_BRIDGE_WORKER"); // after the addon, which reads it
  begin(runtime, transport);
  const readyWith = transport.isPiped ? ReadyWith.PipesWithoutLane : ReadyWith.NoLane;
  greeting.send(MessageKind.Ready, description(transport), readyWith);
  // The addon has its own copies.
  for (const pipe of pipes) closeSync(pipe);
  onFailure(() => {});
  greeting.close();
  if (!OWN_PROCESS) return;
  if (process.platform !== "linux" && transport.name === "plain sockets") watchParent();
  setTimeout(keepCompiled, 1000).unref();
}

/**
 * Node keeps compiled code for the next start when it exits, but many workers are killed with their
 * host.
 */
function keepCompiled(): void {
  (nodeModule as { flushCompileCache?: () => void }).flushCompileCache?.();
}

async function load(plugin: unknown): Promise<Runtime> {
  try {
    const plugin_ = exported(plugin);
    await plugin_.definition.onLoad?.();
    return new Runtime(plugin_);
  } catch (error) {
    return fail("the plugin cannot be loaded", error);
  }
}

function begin(runtime: Runtime, transport: Transport): void {
  const session = new Session(transport, runtime, {
    leave(why) {
      if (why) process.stderr.write(`the worker cannot go on${trace(why)}\n`);
      process.exit(why ? 1 : 0);
    },
  });
  session.start();
  redirectConsole((level: LogLevel, text) => session.log(level, text));
}

/** The sockets, and the pipes beside them: in and out for the lane, then for the mux. */
function descriptors(): [lane: number, mux: number, pipes: number[]] {
  const [lane, mux] = listed("OSAURUS_BRIDGE_FDS");
  if (lane !== undefined && mux !== undefined) return [lane, mux, listed("OSAURUS_BRIDGE_PIPES")];
  return fail(
    "this is the bundle of a plugin, started by the plugin's library inside Osaurus; " +
      "run `osaurus-bridge invoke` to call the plugin",
    new Error("OSAURUS_BRIDGE_FDS is not set"),
  );
}

function listed(variable: string): number[] {
  const numbers = taken(variable);
  return numbers ? numbers.split(",").map(Number) : [];
}

/** A variable for this process alone: programs that the plugin starts do not get it. */
function taken(name: string): string | undefined {
  const value = process.env[name];
  delete process.env[name];
  return value;
}

function description(transport: Transport): string {
  const where = OWN_PROCESS ? ` ${process.execPath}, pid ${process.pid}` : ", embedded";
  return `Node.js ${process.versions.node}${where}, ${transport.name}`;
}

/** What the author's module throws while it is loaded, before there is a greeting to answer. */
function tellShim(report: string): void {
  const lane = process.env["OSAURUS_BRIDGE_FDS"]?.split(",")[0];
  if (lane) new Lane(Number(lane)).send(MessageKind.Failed, report);
}

// A bundle has this module first, so that it sees what the author's throws.
onFailure(tellShim);
