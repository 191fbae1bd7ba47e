/** What models answer: views of the host's JSON with the names that people look for. */

import type {
  Artifact,
  ChatMessage,
  CompletionResponse,
  ExecutedToolCall,
  StreamChunk as RawChunk,
  StreamDelta,
  StreamUsage,
  ToolCall,
} from "../generated.js";

/** The keys of a completion; a cancelled stream has other keys than a finished answer. */
type RawCompletion = Partial<CompletionResponse> & {
  readonly error?: unknown;
  readonly partial_content?: unknown;
};

/** A finished answer of a model. */
export class Completion {
  /** The whole answer of the host. */
  readonly raw: RawCompletion;

  constructor(raw: RawCompletion) {
    this.raw = raw;
  }

  /** The assistant's message as the host gives it. */
  get message(): ChatMessage | undefined {
    return this.raw.choices?.[0]?.message;
  }

  /** The assistant's text; empty when there is none. */
  get text(): string {
    const content = this.message?.content;
    return typeof content === "string" && content
      ? content
      : String(this.raw.partial_content ?? "");
  }

  /** `stop`, `length`, `tool_calls`, `clarify`, `cancelled`, or a backend's own word. */
  get finishReason(): string | undefined {
    if (this.raw.error === "cancelled") return "cancelled";
    return this.raw.choices?.[0]?.finish_reason ?? undefined;
  }

  /** The model that answered. */
  get model(): string {
    return this.raw.model ?? "";
  }

  /** Token counts. A stream has no prompt and total counts. */
  get usage(): { readonly [count: string]: unknown } {
    return this.raw.usage ?? {};
  }

  /** Every tool that the host ran. */
  get toolCallsExecuted(): readonly ExecutedToolCall[] {
    return this.raw.tool_calls_executed ?? [];
  }

  /** Files that the model shared on the way. */
  get sharedArtifacts(): readonly Artifact[] {
    return this.raw.shared_artifacts ?? [];
  }

  toString(): string {
    return this.text;
  }
}

/** One piece of a streamed answer. */
export class StreamChunk {
  /** The piece as the host sent it. */
  readonly raw: Partial<RawChunk>;

  constructor(raw: Partial<RawChunk>) {
    this.raw = raw;
  }

  /** What this piece adds. */
  get delta(): StreamDelta {
    return this.raw.choices?.[0]?.delta ?? {};
  }

  /** The assistant's new text; empty for pieces of another kind (tool results among them). */
  get text(): string {
    return this.delta.role === "tool" ? "" : (this.delta.content ?? "");
  }

  /** New reasoning text. */
  get reasoning(): string {
    return this.delta.reasoning_content ?? this.delta.reasoning ?? "";
  }

  /** Tools that the model asks for; the host runs them. */
  get toolCalls(): readonly ToolCall[] {
    return this.delta.tool_calls ?? [];
  }

  /** What a tool answered, after the host has run it. */
  get toolResult(): StreamDelta | undefined {
    return this.delta.role === "tool" ? this.delta : undefined;
  }

  /** Token counts so far. */
  get usage(): StreamUsage {
    return this.delta.usage ?? {};
  }

  /** Set on the last piece of an answer and of each round of tool calls. */
  get finishReason(): string | undefined {
    return this.raw.choices?.[0]?.finish_reason ?? undefined;
  }

  toString(): string {
    return this.text;
  }
}
