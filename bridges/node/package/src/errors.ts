/**
 * Every error that an author meets, and the table from the host's error codes to classes.
 * Used by the whole package; knows neither plugins nor frames.
 */

import type { Artifact, ErrorCode, ExecutedToolCall, ToolErrorKind } from "./generated.js";

/** What the host assumes of each kind when an envelope does not say. */
const RETRYABLE: Readonly<Record<ToolErrorKind, boolean>> = {
  invalid_args: true,
  rejected: false,
  user_denied: false,
  timeout: true,
  execution_error: true,
  not_found: false,
  unavailable: true,
  tool_not_found: false,
};

/** JSON objects as they come from outside. */
export type JsonObject = { readonly [key: string]: unknown };

/** A part of a plugin is declared in a way that cannot work. */
export class DeclarationError extends Error {
  override name = "DeclarationError";
}

/** Why an aborted `ctx.signal` was aborted: the call's time is over. */
export class DeadlineExceeded extends Error {
  override name = "DeadlineExceeded";
}

/** What a `ToolError` may have besides its kind and message. */
export interface ToolErrorOptions {
  /** Whether the model may try again; what the host assumes of the kind if left out. */
  readonly retryable?: boolean;
  /** The argument that is wrong. */
  readonly field?: string;
  /** What the argument should be. */
  readonly expected?: string;
  /** Further keys of the envelope. */
  readonly extra?: JsonObject;
  /** The error that caused this one, for the log. */
  readonly cause?: unknown;
}

/**
 * Ends a tool call with a failure that the model can read and act on.
 *
 * @example
 * const find = defineTool({
 *   description: "Find a book.",
 *   run: () => {
 *     throw new ToolError("not_found", "there is no such book");
 *   },
 * });
 * const envelope = await new TestHost(definePlugin({ tools: { find } })).envelope("find");
 * assert.equal(envelope["kind"], "not_found");
 */
export class ToolError extends Error {
  override name = "ToolError";
  readonly kind: ToolErrorKind;
  readonly retryable: boolean;
  readonly field: string | undefined;
  readonly expected: string | undefined;
  readonly extra: JsonObject;

  constructor(kind: ToolErrorKind, message: string, options: ToolErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    if (!Object.hasOwn(RETRYABLE, kind)) throw unknownKind(kind, message);
    this.kind = kind;
    this.retryable = options.retryable ?? RETRYABLE[kind] ?? true;
    this.field = options.field;
    this.expected = options.expected;
    this.extra = options.extra ?? {};
  }

  /** The failure as the host reads it. */
  envelope(): JsonObject {
    return {
      ...this.extra,
      ok: false,
      kind: this.kind,
      message: this.message,
      retryable: this.retryable,
      ...(this.field === undefined ? {} : { field: this.field }),
      ...(this.expected === undefined ? {} : { expected: this.expected }),
    };
  }
}

function unknownKind(kind: unknown, message: unknown): TypeError {
  const kinds = Object.keys(RETRYABLE)
    .map((one) => `"${one}"`)
    .join(", ");
  const argument = [kind, message]
    .filter((one) => one !== undefined)
    .map((one) => JSON.stringify(one))
    .join(", ");
  return new TypeError(
    `new ToolError(${argument}): the first argument is the kind, one of ${kinds}; the message is the second`,
  );
}

/**
 * Ends a route with a status and a JSON body `{"error": {"message": ...}}`.
 *
 * @example
 * const handle = () => {
 *   throw new HttpError(403, "this is not the shop");
 * };
 * const plugin = definePlugin({ routes: { wish: defineRoute({ path: "/wish", auth: "none", handle
 * }) } }); assert.equal((await new TestHost(plugin).request("GET", "/wish")).status, 403);
 */
export class HttpError extends Error {
  override name = "HttpError";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    message: string,
    options: { readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.status = status;
    this.headers = options.headers ?? {};
  }
}

/**
 * The host answered a call with an error envelope: `code` is the host's word for it, `details` the
 * other fields of the envelope.
 */
export class HostError extends Error {
  readonly code: string;
  readonly details: JsonObject;

  constructor(message: string, code = "", details: JsonObject = {}) {
    // The database answers with SQLite's text where others have a code.
    super(code && code !== message ? `${message} [${code}]` : message);
    this.name = new.target.name;
    this.code = code;
    this.details = details;
  }

  /** A number of the envelope, where the host gives it. */
  protected number(name: string): number | undefined {
    const value = this.details[name];
    return typeof value === "number" ? value : undefined;
  }
}

/**
 * The call never reached the host: a string has a NUL, or the call that it belongs to has ended.
 */
export class HostCallRefused extends HostError {
  constructor(message: string) {
    super(message);
  }
}

/**
 * The host does not have the function: it is too old, or gives no functions at all (version 1). The
 * message names the function, the version that it needs and the host's. Not caught, it ends a tool
 * call with the kind `unavailable`.
 */
export class Unavailable extends HostCallRefused {}

/** The shim's status of a call to a function that the host does not have. */
const MISSING = 4;

/** The error for a call that the shim did not make. */
export function refusal(status: number, message: string): HostCallRefused {
  return status === MISSING ? new Unavailable(message) : new HostCallRefused(message);
}

/** The host's answer is not what its documents promise. */
export class InvalidReply extends HostError {}

/** The host could not use the request (`invalid_request`, `invalid_task_id`). */
export class InvalidRequest extends HostError {}

/** No such task or file (`not_found`). */
export class NotFound extends HostError {}

/** Not allowed, such as a path outside the host's artifacts folder (`access_denied`). */
export class AccessDenied extends HostError {}

/** The file is too large or cannot be read (`file_too_large`, `read_error`). */
export class FileError extends HostError {}

/** Too many calls (`rate_limit_exceeded`): 10 dispatches or 60 HTTP requests a minute. */
export class RateLimited extends HostError {
  /** Milliseconds to wait, where the host says. */
  get retryAfterMs(): number | undefined {
    return this.number("retry_after_ms");
  }
}

/** As many tasks are running as the host allows (`task_limit_reached`). */
export class TaskLimitReached extends HostError {}

/** Two inference calls of this plugin are already running (`plugin_busy`). */
export class Busy extends HostError {
  /** How many may run at once. */
  get maxInflight(): number {
    return this.number("max_inflight") ?? 2;
  }
}

/** The call needs a chat agent and this one has none (`built_in_agent_not_exposable`). */
export class NoAgent extends HostError {}

/** The host does not know which plugin is calling (`context_unavailable`). */
export class ContextUnavailable extends HostError {}

/** The host gave its own work up (`host_timeout`). */
export class HostTimeout extends HostError {}

/** The host no longer, or not here, offers this call. */
export class NotSupported extends HostError {}

/** SQLite refused a statement; the message is SQLite's own text. */
export class DatabaseError extends HostError {}

/** No embedding could be made (`embedding_error`). */
export class EmbeddingError extends HostError {}

/** The model run failed (`inference_error`, `empty_tool_task_completion`, ...). */
export class InferenceError extends HostError {
  /** The text so far, where the host gives it (streams only). */
  get partialContent(): string {
    return String(this.details["partial_content"] ?? "");
  }

  /** Tools that ran before the end. */
  get toolCallsExecuted(): readonly ExecutedToolCall[] {
    return (this.details["tool_calls_executed"] as readonly ExecutedToolCall[] | undefined) ?? [];
  }

  /** Files that were shared before the end. */
  get sharedArtifacts(): readonly Artifact[] {
    return (this.details["shared_artifacts"] as readonly Artifact[] | undefined) ?? [];
  }
}

/** The tool loop used all its rounds (`max_iterations_reached`). */
export class MaxIterationsReached extends InferenceError {}

/** The conversation no longer fits the model (`context_overflow`). */
export class ContextOverflow extends InferenceError {}

/** The answer was cut at the token limit (`output_token_limit`). */
export class OutputTokenLimit extends InferenceError {}

/** The stream was cancelled from outside (`cancelled`). */
export class Cancelled extends InferenceError {}

/** The model asks the user something before it goes on (`clarify_requested`). */
export class ClarifyRequested extends InferenceError {
  /** What the model asks. */
  get question(): string {
    return String(this.details["question"] ?? "");
  }
}

/** An HTTP request got no answer (`network_error`, `invalid_response`, ...). */
export class RequestFailed extends HostError {
  /** Milliseconds until the failure, where the host says. */
  get elapsedMs(): number | undefined {
    return this.number("elapsed_ms");
  }
}

/** The address is private or local; the host never goes there (`ssrf_blocked`). */
export class RequestBlocked extends RequestFailed {}

/** Refused, no such name, or TLS failed. */
export class ConnectionFailed extends RequestFailed {}

/** The server was silent for too long (`connection_timeout`). */
export class ConnectionTimeout extends RequestFailed {}

/** A request or response body is over 50,000,000 bytes. */
export class BodyTooLarge extends RequestFailed {}

/** Thrown by `HttpResult.orThrow()` for a status of 400 or more. */
export class HttpStatusError extends HostError {}

const BY_CODE: Readonly<Record<ErrorCode, typeof HostError>> = {
  invalid_request: InvalidRequest,
  invalid_task_id: InvalidRequest,
  not_found: NotFound,
  access_denied: AccessDenied,
  unauthorized: AccessDenied, // documented; the host that we know never sends these two
  forbidden: AccessDenied,
  file_too_large: FileError,
  read_error: FileError,
  rate_limit_exceeded: RateLimited,
  task_limit_reached: TaskLimitReached,
  plugin_busy: Busy,
  built_in_agent_not_exposable: NoAgent,
  context_unavailable: ContextUnavailable,
  host_timeout: HostTimeout,
  not_supported: NotSupported,
  not_supported_out_of_process: NotSupported,
  embedding_error: EmbeddingError,
  inference_error: InferenceError,
  empty_tool_task_completion: InferenceError,
  serialization_error: InferenceError,
  max_iterations_reached: MaxIterationsReached,
  context_overflow: ContextOverflow,
  output_token_limit: OutputTokenLimit,
  cancelled: Cancelled,
  clarify_requested: ClarifyRequested,
  ssrf_blocked: RequestBlocked,
  connection_refused: ConnectionFailed,
  dns_failure: ConnectionFailed,
  tls_error: ConnectionFailed,
  connection_timeout: ConnectionTimeout,
  request_too_large: BodyTooLarge,
  response_too_large: BodyTooLarge,
  too_many_redirects: RequestFailed,
  network_error: RequestFailed,
  invalid_response: RequestFailed,
};

/**
 * The error for an envelope: flat (`{"error": code, "message": ...}`), nested
 * (`{"error": {"code", "message"}}`) or with neither code nor message.
 */
export function hostError(reply: JsonObject): HostError {
  const { error, message, ...details } = reply;
  const nested = typeof error === "object" && error !== null ? (error as JsonObject) : undefined;
  const code = String(nested ? (nested["code"] ?? "") : error);
  const text = String((nested ? nested["message"] : message) ?? "");
  const classes = BY_CODE as Readonly<Record<string, typeof HostError | undefined>>;
  const ErrorClass = Object.hasOwn(BY_CODE, code) ? (classes[code] ?? HostError) : HostError;
  return new ErrorClass(text || code, code, details);
}
