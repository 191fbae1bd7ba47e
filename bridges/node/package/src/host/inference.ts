/** `ctx.inference`: the host's models. At most two calls of a plugin run at once (`Busy`). */

import { InvalidReply } from "../errors.js";
import type { Frame } from "../frame.js";
import type {
  ChatMessage,
  CompletionRequest,
  EmbedResponse,
  ModelInfo,
  ModelList,
  ToolDefinition,
} from "../generated.js";
import { toJson } from "../json.js";
import { Completion } from "./completion.js";
import { reply, requireText, withoutUndefined } from "./replies.js";
import { CompletionStream } from "./stream.js";

/** Text, or a conversation. */
export type Prompt = string | readonly ChatMessage[];

/** How a model is asked. */
export interface CompletionOptions {
  /** Id from `models()`; the user's default if left out. */
  readonly model?: string;
  /** A system message before the prompt. */
  readonly system?: string;
  readonly maxTokens?: number;
  readonly temperature?: number;
  /** `true` gives the model the agent's tools, which the host runs. */
  readonly tools?: boolean | readonly ToolDefinition[];
  /** Most rounds of tool calls. */
  readonly maxIterations?: number;
  readonly sessionId?: string;
  /** Further keys of the request, as the host names them. */
  readonly more?: Partial<CompletionRequest>;
}

/** How a streamed answer is asked for. */
export interface StreamOptions extends CompletionOptions {
  /** Aborting it stops the model; the loop over the stream then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Models.
 *
 * @example
 * const answer = await ctx.inference.complete("Hello!", { system: "Be brief.", maxTokens: 20 });
 * assert.equal(answer.text, "Hi.");
 * let text = "";
 * for await (const chunk of ctx.inference.stream("Count to two.")) text += chunk.text;
 * assert.equal(text, "One, two.");
 * assert.deepEqual(await ctx.inference.embed("tea"), [0.25, 0.5]);
 */
export class Inference {
  readonly #frame: Frame;

  constructor(frame: Frame) {
    this.#frame = frame;
  }

  /** Asks a model and waits for the whole answer. */
  async complete(prompt: Prompt, options: CompletionOptions = {}): Promise<Completion> {
    const request = toJson("the request", chatRequest(prompt, options));
    return new Completion(reply(await this.#frame.complete(request)));
  }

  /** As `complete`, in pieces. Starts when the first piece is asked for. */
  stream(prompt: Prompt, options: StreamOptions = {}): CompletionStream {
    const request = { ...chatRequest(prompt, options) };
    request["stream_id"] ??= crypto.randomUUID();
    return new CompletionStream(this.#frame, toJson("the request", request), options.signal);
  }

  /** The vector of a string. */
  embed(input: string, options?: { readonly model?: string }): Promise<number[]>;
  /** The vectors of several strings. */
  embed(input: readonly string[], options?: { readonly model?: string }): Promise<number[][]>;
  async embed(
    input: string | readonly string[],
    options: { readonly model?: string } = {},
  ): Promise<number[] | number[][]> {
    const inputs = typeof input === "string" ? [input] : input;
    for (const text of inputs) requireText("each text to embed", text);
    const request = toJson(
      "the request",
      withoutUndefined({ input: inputs, model: options.model }),
    );
    const { data = [] } = reply<Partial<EmbedResponse>>(await this.#frame.embed(request));
    if (data.length !== inputs.length) {
      throw new InvalidReply(`asked for ${inputs.length} embeddings, the host sent ${data.length}`);
    }
    const sorted = [...data].sort((one, other) => (one.index ?? 0) - (other.index ?? 0));
    const vectors = sorted.map((one) => [...one.embedding]);
    return typeof input === "string" ? (vectors[0] ?? []) : vectors;
  }

  /** What the host offers. */
  async models(): Promise<readonly ModelInfo[]> {
    return reply<ModelList>(await this.#frame.listModels()).models;
  }
}

/** The request of `complete` and `complete_stream`. The host insists on `model`. */
function chatRequest(prompt: Prompt, options: CompletionOptions): Record<string, unknown> {
  const messages: ChatMessage[] =
    typeof prompt === "string" ? [{ role: "user", content: prompt }] : [...prompt];
  if (options.system !== undefined) messages.unshift({ role: "system", content: options.system });
  if (messages.length === 0) {
    throw new TypeError("the conversation is empty: pass a prompt or at least one message");
  }
  return withoutUndefined({
    ...options.more,
    model: options.model || options.more?.model || "default",
    messages,
    max_tokens: options.maxTokens ?? options.more?.max_tokens,
    temperature: options.temperature ?? options.more?.temperature,
    tools: options.tools ?? options.more?.tools,
    max_iterations: options.maxIterations ?? options.more?.max_iterations,
    session_id: options.sessionId ?? options.more?.session_id,
  });
}
