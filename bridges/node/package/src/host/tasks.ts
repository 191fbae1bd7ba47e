/** `ctx.tasks`: background tasks of the calling agent. Their events reach `onTaskEvent`. */

import type { JsonObject } from "../errors.js";
import type { HostCalls, TaskActivity, TaskList, TaskState, TaskStatus } from "../generated.js";
import { toJson } from "../json.js";
import { reply, requireText, withoutUndefined } from "./replies.js";

/** Options of `dispatch`. */
export interface DispatchOptions {
  /** The title that people see. */
  readonly title?: string;
  /** Names of the tools that the task may use. */
  readonly tools?: readonly string[];
  /** Continues an earlier session. */
  readonly sessionId?: string;
  /** The id that the task gets, a UUID. */
  readonly id?: string;
  /** A folder for the task to work in. */
  readonly folderBookmark?: string;
}

/** A background task: what `dispatch`, `status` and `list` answer. */
export class Task {
  /** The whole answer of the host. */
  readonly raw: Partial<TaskStatus>;

  constructor(raw: Partial<TaskStatus>) {
    this.raw = raw;
  }

  /** Upper-case UUID. */
  get id(): string {
    return this.raw.id ?? "";
  }

  /** `queued`, `running`, `completed`, `failed` or `cancelled`. */
  get status(): TaskState | "" {
    return this.raw.status ?? "";
  }

  /** The title that people see. */
  get title(): string {
    return this.raw.title ?? "";
  }

  /** Text of the last turn; empty when there is none yet. */
  get output(): string {
    return this.raw.output ?? "";
  }

  /** What the task does now, where known. */
  get currentStep(): string | undefined {
    return this.raw.current_step ?? undefined;
  }

  /** How the task ended. */
  get summary(): string {
    return this.raw.summary ?? "";
  }

  /** Whether the task succeeded; undefined while it runs. */
  get success(): boolean | undefined {
    return this.raw.success ?? undefined;
  }

  /** The latest steps. */
  get activity(): readonly TaskActivity[] {
    return this.raw.activity ?? [];
  }

  /** Whether the task has ended. */
  get done(): boolean {
    return ["completed", "failed", "cancelled"].includes(this.status);
  }
}

/**
 * Tasks.
 *
 * @example
 * const task = await ctx.tasks.dispatch("Write a summary of my notes.", { title: "Summary" });
 * assert.equal((await ctx.tasks.status(task)).status, "running");
 * await ctx.tasks.cancel(task);
 */
export class Tasks {
  readonly #host: HostCalls;

  constructor(host: HostCalls) {
    this.#host = host;
  }

  /** Starts a task and returns at once. */
  async dispatch(prompt: string, options: DispatchOptions = {}): Promise<Task> {
    requireText("the prompt", prompt);
    if (typeof options.tools === "string") {
      throw new TypeError(`tools must be an array of tool names, not the text "${options.tools}"`);
    }
    const { title, tools, id, sessionId: session_id, folderBookmark: folder_bookmark } = options;
    const request = withoutUndefined({ prompt, title, tools, id, session_id, folder_bookmark });
    const answer = reply<Partial<TaskStatus>>(
      await this.#host.dispatch(toJson("the request", request)),
    );
    return new Task(title ? { title, ...answer } : answer);
  }

  /** The state of a task. Throws `NotFound` once the host has forgotten it. */
  async status(task: string | Task): Promise<Task> {
    return new Task(reply<TaskStatus>(await this.#host.taskStatus(idOf(task))));
  }

  /** This plugin's active tasks, of all agents. */
  async list(): Promise<Task[]> {
    const { tasks } = reply<Partial<TaskList>>(await this.#host.listActiveTasks());
    return (tasks ?? []).map((one) => new Task(one));
  }

  /** Stops a task. Does nothing for a task of another plugin. */
  async cancel(task: string | Task): Promise<void> {
    await this.#host.dispatchCancel(idOf(task));
  }

  /** Shows a draft; a string is short for `{ text }`. */
  async sendDraft(task: string | Task, draft: string | JsonObject): Promise<void> {
    const body = typeof draft === "string" ? { text: draft } : draft;
    await this.#host.sendDraft(idOf(task), toJson("the draft", body));
  }

  /** Ends the current turn, with a last message of the user if one is given. */
  async interrupt(task: string | Task, message: string | null = null): Promise<void> {
    await this.#host.dispatchInterrupt(idOf(task), message);
  }
}

function idOf(task: string | Task): string {
  if (task instanceof Task) return task.id;
  requireText("the task id", task);
  return task;
}
