/** Events of background tasks, told apart by `type`, and changed settings. */

import {
  type TaskActivityEvent,
  type TaskCancelledEvent,
  type TaskClarificationEvent,
  type TaskCompletedEvent,
  type TaskDraftEvent,
  TaskEventType,
  type TaskFailedEvent,
  type TaskOutputEvent,
  type TaskProgressEvent,
  type TaskStartedEvent,
} from "./generated.js";
import { isObject } from "./json.js";

/** The payload of each type of event. */
export interface TaskEventPayloads {
  readonly started: TaskStartedEvent;
  readonly activity: TaskActivityEvent;
  readonly progress: TaskProgressEvent;
  readonly clarification: TaskClarificationEvent;
  readonly completed: TaskCompletedEvent;
  readonly failed: TaskFailedEvent;
  readonly cancelled: TaskCancelledEvent;
  readonly output: TaskOutputEvent;
  readonly draft: TaskDraftEvent;
  /** A type that this package does not know yet. */
  readonly unknown: { readonly [key: string]: unknown };
}

interface TaskEventOf<Type extends keyof TaskEventPayloads> {
  /** What happened. */
  readonly type: Type;
  /** Upper-case UUID of the task. */
  readonly taskId: string;
  /** The host's whole payload. */
  readonly payload: TaskEventPayloads[Type];
  /** Whether the task has ended with this event. */
  readonly isLast: boolean;
}

/**
 * An event of a task that this plugin dispatched; `switch (event.type)` narrows `event.payload`.
 */
export type TaskEvent = {
  [Type in keyof TaskEventPayloads]: TaskEventOf<Type>;
}[keyof TaskEventPayloads];

/** A setting that the user changed. */
export interface ConfigChange {
  readonly key: string;
  /** Empty when the setting was cleared. */
  readonly value: string;
}

const TYPES = new Map<number, string>(
  Object.entries(TaskEventType).map(([name, number]) => [number, name.toLowerCase()]),
);
const LAST = new Set(["completed", "failed", "cancelled"]);

/** The event for the host's number and payload. */
export function taskEvent(taskId: string, number: number, payload: unknown): TaskEvent {
  const type = TYPES.get(number) ?? "unknown";
  const fields = isObject(payload) ? payload : {};
  return { type, taskId, payload: fields, isLast: LAST.has(type) } as unknown as TaskEvent;
}
