// Generated from abi-spec by `osaurus-bridge gen swift`. Edit the spec, not this file.

/// How a body is written as a JSON string.
public struct BodyEncoding: RawRepresentable, Codable, Hashable, Sendable {
    /// The word as it crosses the boundary.
    public var rawValue: String

    /// Any word, known or not.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// As text.
    public static let utf8 = Self(rawValue: "utf8")
    /// In base64, for bytes that are not text.
    public static let base64 = Self(rawValue: "base64")
}

/// Whether the user is asked before a tool runs.
public struct PermissionPolicy: RawRepresentable, Codable, Hashable, Sendable {
    /// The word as it crosses the boundary.
    public var rawValue: String

    /// Any word, known or not.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The user is asked.
    public static let ask = Self(rawValue: "ask")
    /// It runs; permissions that are not the system's are granted.
    public static let auto = Self(rawValue: "auto")
    /// It never runs.
    public static let deny = Self(rawValue: "deny")
}

/// Who may call a route or see a page.
public struct RouteAuth: RawRepresentable, Codable, Hashable, Sendable {
    /// The word as it crosses the boundary.
    public var rawValue: String

    /// Any word, known or not.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Everyone, at a limited rate.
    public static let none = Self(rawValue: "none")
    /// Everyone, at a limited rate; the plugin verifies the caller, for example a webhook's signature.
    public static let verify = Self(rawValue: "verify")
    /// Holders of one of the host's access keys, on the same machine too.
    public static let owner = Self(rawValue: "owner")
}

/// How a setting is shown.
public struct ConfigFieldType: RawRepresentable, Codable, Hashable, Sendable {
    /// The word as it crosses the boundary.
    public var rawValue: String

    /// Any word, known or not.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// A line of text.
    public static let text = Self(rawValue: "text")
    /// A line of hidden text.
    public static let secret = Self(rawValue: "secret")
    /// On or off.
    public static let toggle = Self(rawValue: "toggle")
    /// One of several choices.
    public static let select = Self(rawValue: "select")
    /// Several of several choices.
    public static let multiselect = Self(rawValue: "multiselect")
    /// A number.
    public static let number = Self(rawValue: "number")
    /// Text that the user cannot edit.
    public static let readonly = Self(rawValue: "readonly")
    /// Whether something is connected, with buttons to connect and disconnect.
    public static let status = Self(rawValue: "status")
}

/// How far a task is.
public struct TaskState: RawRepresentable, Codable, Hashable, Sendable {
    /// The word as it crosses the boundary.
    public var rawValue: String

    /// Any word, known or not.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Waits for its turn. Only in hosts newer than mid 2026.
    public static let queued = Self(rawValue: "queued")
    /// Works, or waits for the user's answer.
    public static let running = Self(rawValue: "running")
    /// Ended well.
    public static let completed = Self(rawValue: "completed")
    /// Ended with an error.
    public static let failed = Self(rawValue: "failed")
    /// Was stopped.
    public static let cancelled = Self(rawValue: "cancelled")
}

/// What sort of thing a task did.
public struct ActivityKind: RawRepresentable, Codable, Hashable, Sendable {
    /// The word as it crosses the boundary.
    public var rawValue: String

    /// Any word, known or not.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Used a tool.
    public static let tool = Self(rawValue: "tool")
    /// Called a tool.
    public static let toolCall = Self(rawValue: "tool_call")
    /// Got a tool's result.
    public static let toolResult = Self(rawValue: "tool_result")
    /// Reasoned.
    public static let thinking = Self(rawValue: "thinking")
    /// Wrote text.
    public static let writing = Self(rawValue: "writing")
    /// A remark.
    public static let info = Self(rawValue: "info")
    /// Came a step further.
    public static let progress = Self(rawValue: "progress")
    /// Something looks wrong.
    public static let warning = Self(rawValue: "warning")
    /// Something worked.
    public static let success = Self(rawValue: "success")
    /// Something failed.
    public static let error = Self(rawValue: "error")
}

/// What sort of failure a tool had, and whether trying again usually helps.
public struct ToolErrorKind: RawRepresentable, Codable, Hashable, Sendable {
    /// The word as it crosses the boundary.
    public var rawValue: String

    /// Any word, known or not.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// An argument is missing or wrong. Retryable.
    public static let invalidArgs = Self(rawValue: "invalid_args")
    /// A policy forbids it. Not retryable.
    public static let rejected = Self(rawValue: "rejected")
    /// The user said no. Not retryable.
    public static let userDenied = Self(rawValue: "user_denied")
    /// It took too long. Retryable.
    public static let timeout = Self(rawValue: "timeout")
    /// It ran and failed. Retryable.
    public static let executionError = Self(rawValue: "execution_error")
    /// Something it refers to does not exist. Not retryable.
    public static let notFound = Self(rawValue: "not_found")
    /// It cannot run now. Retryable, unless a system permission is missing.
    public static let unavailable = Self(rawValue: "unavailable")
    /// There is no such tool. Not retryable.
    public static let toolNotFound = Self(rawValue: "tool_not_found")
}

/// What `db_exec` did.
public struct DbExecResult: Codable, Hashable, Sendable {
    /// Rows changed by the last INSERT, UPDATE or DELETE on this connection; stale after any other statement.
    public var changes: Int

    /// Row id of the last INSERT on this connection.
    public var lastInsertRowid: Int

    /// Takes each member; those with a default may be left out.
    public init(
        changes: Int,
        lastInsertRowid: Int
    ) {
        self.changes = changes
        self.lastInsertRowid = lastInsertRowid
    }

    enum CodingKeys: String, CodingKey {
        case changes
        case lastInsertRowid = "last_insert_rowid"
    }
}

/// The rows that `db_query` found.
public struct DbQueryResult: Codable, Hashable, Sendable {
    /// Column names in order; a name may occur twice.
    public var columns: [String]

    /// Rows as lists of values in column order. NULL is null, INTEGER and REAL are numbers, TEXT is a string,
    /// a BLOB is a base64 string without any mark (an empty one null).
    public var rows: [[JSON]]

    /// Takes each member; those with a default may be left out.
    public init(
        columns: [String],
        rows: [[JSON]]
    ) {
        self.columns = columns
        self.rows = rows
    }

    enum CodingKeys: String, CodingKey {
        case columns
        case rows
    }
}

/// A failed host call. Every callback that returns JSON fails this way, but the database ones. Recognise it
/// by a string under `error`; some codes bring further fields. Version 2 hosts were less strict about the
/// form.
public struct ErrorEnvelope: Codable, Hashable, Sendable {
    /// The error code, stable and made for programs.
    public var error: String

    /// What happened, for people. Its wording changes.
    public var message: String

    /// Takes each member; those with a default may be left out.
    public init(
        error: String,
        message: String
    ) {
        self.error = error
        self.message = message
    }

    enum CodingKeys: String, CodingKey {
        case error
        case message
    }
}

/// A failed database call: no code and no `message`.
public struct DbError: Codable, Hashable, Sendable {
    /// SQLite's message, or one of the host's own: `Database not open`, `Forbidden SQL statement`, `Plugin is
    /// shutting down`.
    public var error: String

    /// Takes each member; those with a default may be left out.
    public init(
        error: String
    ) {
        self.error = error
    }

    enum CodingKeys: String, CodingKey {
        case error
    }
}

/// A host call that a helper process cannot make: code and message lie one level deeper than elsewhere.
public struct HelperErrorEnvelope: Codable, Hashable, Sendable {
    /// Code and message.
    public var error: HelperError

    /// Takes each member; those with a default may be left out.
    public init(
        error: HelperError
    ) {
        self.error = error
    }

    enum CodingKeys: String, CodingKey {
        case error
    }
}

/// The inner part of a helper process's error.
public struct HelperError: Codable, Hashable, Sendable {
    /// The error code.
    public var code: String

    /// What happened, for people.
    public var message: String

    /// Takes each member; those with a default may be left out.
    public init(
        code: String,
        message: String
    ) {
        self.code = code
        self.message = message
    }

    enum CodingKeys: String, CodingKey {
        case code
        case message
    }
}

/// An HTTP request to send. Unknown keys are ignored.
public struct HttpRequest: Codable, Hashable, Sendable {
    /// Method; any token, made upper case.
    public var method: String

    /// Absolute URL of a public host.
    public var url: String

    /// Headers. If one value is not a string, none is sent. The host appends its name and version to
    /// `User-Agent`.
    public var headers: [String: String]?

    /// Body, at most 50,000,000 bytes.
    public var body: String?

    /// How `body` is written; undecodable base64 sends no body. Default: `"utf8"`.
    public var bodyEncoding: BodyEncoding?

    /// Milliseconds of silence after which the request fails; at most 300,000. Default: `30000`.
    public var timeoutMs: Int?

    /// Whether to follow up to 20 redirects. `Authorization` and `Cookie` are dropped when one leaves the
    /// origin. Default: `true`.
    public var followRedirects: Bool?

    /// Takes each member; those with a default may be left out.
    public init(
        method: String,
        url: String,
        headers: [String: String]? = nil,
        body: String? = nil,
        bodyEncoding: BodyEncoding? = nil,
        timeoutMs: Int? = nil,
        followRedirects: Bool? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.bodyEncoding = bodyEncoding
        self.timeoutMs = timeoutMs
        self.followRedirects = followRedirects
    }

    enum CodingKeys: String, CodingKey {
        case method
        case url
        case headers
        case body
        case bodyEncoding = "body_encoding"
        case timeoutMs = "timeout_ms"
        case followRedirects = "follow_redirects"
    }
}

/// The response to an HTTP request.
public struct HttpResponse: Codable, Hashable, Sendable {
    /// HTTP status; any is a success.
    public var status: Int

    /// Headers with lower-case names.
    public var headers: [String: String]

    /// Body, at most 50,000,000 bytes before encoding.
    public var body: String

    /// `utf8` if the body is valid UTF-8, else `base64`.
    public var bodyEncoding: BodyEncoding

    /// Duration in milliseconds.
    public var elapsedMs: Int

    /// Takes each member; those with a default may be left out.
    public init(
        status: Int,
        headers: [String: String],
        body: String,
        bodyEncoding: BodyEncoding,
        elapsedMs: Int
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.bodyEncoding = bodyEncoding
        self.elapsedMs = elapsedMs
    }

    enum CodingKeys: String, CodingKey {
        case status
        case headers
        case body
        case bodyEncoding = "body_encoding"
        case elapsedMs = "elapsed_ms"
    }
}

/// A file to read.
public struct FileReadRequest: Codable, Hashable, Sendable {
    /// Absolute path inside the artifacts folder.
    public var path: String

    /// Takes each member; those with a default may be left out.
    public init(
        path: String
    ) {
        self.path = path
    }

    enum CodingKeys: String, CodingKey {
        case path
    }
}

/// A file's content.
public struct FileReadResponse: Codable, Hashable, Sendable {
    /// The bytes, in base64.
    public var data: String

    /// Media type, by the file name's ending.
    public var mimeType: String

    /// Length in bytes.
    public var size: Int

    /// Takes each member; those with a default may be left out.
    public init(
        data: String,
        mimeType: String,
        size: Int
    ) {
        self.data = data
        self.mimeType = mimeType
        self.size = size
    }

    enum CodingKeys: String, CodingKey {
        case data
        case mimeType = "mime_type"
        case size
    }
}

/// A file or folder that a tool shared.
public struct Artifact: Codable, Hashable, Sendable {
    /// Its name.
    public var filename: String

    /// Media type.
    public var mimeType: String

    /// Length in bytes.
    public var size: Int

    /// Absolute path, which `file_read` accepts.
    public var hostPath: String

    /// Whether it is a folder.
    public var isDirectory: Bool

    /// What it is, for people.
    public var description: String?

    /// Takes each member; those with a default may be left out.
    public init(
        filename: String,
        mimeType: String,
        size: Int,
        hostPath: String,
        isDirectory: Bool,
        description: String? = nil
    ) {
        self.filename = filename
        self.mimeType = mimeType
        self.size = size
        self.hostPath = hostPath
        self.isDirectory = isDirectory
        self.description = description
    }

    enum CodingKeys: String, CodingKey {
        case filename
        case mimeType = "mime_type"
        case size
        case hostPath = "host_path"
        case isDirectory = "is_directory"
        case description
    }
}

/// A chat completion, in the form that OpenAI's interface made common, with additions of the host. Unknown
/// keys are ignored.
public struct CompletionRequest: Codable, Hashable, Sendable {
    /// Name of the model. An empty string or `default` takes the bound agent's, else the system's; the key
    /// itself must be there.
    public var model: String

    /// The conversation so far.
    public var messages: [ChatMessage]

    /// Longest answer, in tokens; else the agent's value.
    public var maxTokens: Int?

    /// Randomness; else the agent's value.
    public var temperature: Double?

    /// Share of the probability mass to choose from.
    public var topP: Double?

    /// Penalty for frequent tokens.
    public var frequencyPenalty: Double?

    /// Penalty for tokens that were used at all.
    public var presencePenalty: Double?

    /// Texts at which the answer ends.
    public var stop: [String]?

    /// Number of answers.
    public var n: Int?

    /// A list gives exactly these tools to the model, true the agent's, false none. Default: `false`.
    public var tools: Either<Bool, [ToolDefinition]>?

    /// Whether and which tool the model must call.
    public var toolChoice: JSON?

    /// Rounds of tool calls, brought into 1 to 120. Version 2 hosts: 1 by default and 30 at most. Default:
    /// `30`.
    public var maxIterations: Int?

    /// Lets a reasoning model reason.
    public var enableThinking: Bool?

    /// How much a reasoning model should reason.
    public var reasoningEffort: String?

    /// Groups calls in the chat history and keeps the tools loaded in a session.
    public var sessionId: String?

    /// `complete_stream` only: the name by which `complete_cancel` ends it. Best a UUID; spaces around it do
    /// not count.
    public var streamId: String?

    /// Asks for a stream. Deprecated: Ignored: the function called decides.
    public var stream: Bool?

    /// Chooses tools before the first round. Deprecated: Version 2 hosts only.
    public var preflight: Bool?

    /// Agent that should answer. Deprecated: Ignored since version 4, with a warning: the calling frame's
    /// agent is used.
    public var agentId: String?

    /// Address of the agent that should answer. Deprecated: Ignored since version 4, with a warning: the
    /// calling frame's agent is used.
    public var agentAddress: String?

    /// Start of the random numbers. Deprecated: Read but not passed to the model.
    public var seed: Int?

    /// Number of tokens to choose from. Deprecated: Read but not passed to the model.
    public var topK: Int?

    /// Form of the answer. Deprecated: Read but not passed to the model.
    public var responseFormat: JSON?

    /// Longest answer, in tokens. Deprecated: Read but not passed to the model; use `max_tokens`.
    public var maxCompletionTokens: Int?

    /// Options for streams. Deprecated: Read but not used.
    public var streamOptions: JSON?

    /// Takes each member; those with a default may be left out.
    public init(
        model: String,
        messages: [ChatMessage],
        maxTokens: Int? = nil,
        temperature: Double? = nil,
        topP: Double? = nil,
        frequencyPenalty: Double? = nil,
        presencePenalty: Double? = nil,
        stop: [String]? = nil,
        n: Int? = nil,
        tools: Either<Bool, [ToolDefinition]>? = nil,
        toolChoice: JSON? = nil,
        maxIterations: Int? = nil,
        enableThinking: Bool? = nil,
        reasoningEffort: String? = nil,
        sessionId: String? = nil,
        streamId: String? = nil,
        stream: Bool? = nil,
        preflight: Bool? = nil,
        agentId: String? = nil,
        agentAddress: String? = nil,
        seed: Int? = nil,
        topK: Int? = nil,
        responseFormat: JSON? = nil,
        maxCompletionTokens: Int? = nil,
        streamOptions: JSON? = nil
    ) {
        self.model = model
        self.messages = messages
        self.maxTokens = maxTokens
        self.temperature = temperature
        self.topP = topP
        self.frequencyPenalty = frequencyPenalty
        self.presencePenalty = presencePenalty
        self.stop = stop
        self.n = n
        self.tools = tools
        self.toolChoice = toolChoice
        self.maxIterations = maxIterations
        self.enableThinking = enableThinking
        self.reasoningEffort = reasoningEffort
        self.sessionId = sessionId
        self.streamId = streamId
        self.stream = stream
        self.preflight = preflight
        self.agentId = agentId
        self.agentAddress = agentAddress
        self.seed = seed
        self.topK = topK
        self.responseFormat = responseFormat
        self.maxCompletionTokens = maxCompletionTokens
        self.streamOptions = streamOptions
    }

    enum CodingKeys: String, CodingKey {
        case model
        case messages
        case maxTokens = "max_tokens"
        case temperature
        case topP = "top_p"
        case frequencyPenalty = "frequency_penalty"
        case presencePenalty = "presence_penalty"
        case stop
        case n
        case tools
        case toolChoice = "tool_choice"
        case maxIterations = "max_iterations"
        case enableThinking = "enable_thinking"
        case reasoningEffort = "reasoning_effort"
        case sessionId = "session_id"
        case streamId = "stream_id"
        case stream
        case preflight
        case agentId = "agent_id"
        case agentAddress = "agent_address"
        case seed
        case topK = "top_k"
        case responseFormat = "response_format"
        case maxCompletionTokens = "max_completion_tokens"
        case streamOptions = "stream_options"
    }
}

/// One turn of a conversation.
public struct ChatMessage: Codable, Hashable, Sendable {
    /// Who speaks: `system`, `user`, `assistant` or `tool`.
    public var role: String

    /// What is said. A value of another type counts as null.
    public var content: Either<String, [ContentPart]>?

    /// Tools that an assistant's turn wants called.
    public var toolCalls: [ToolCall]?

    /// The call that a `tool` turn answers.
    public var toolCallId: String?

    /// Reasoning that went before an assistant's turn.
    public var reasoningContent: String?

    /// Takes each member; those with a default may be left out.
    public init(
        role: String,
        content: Either<String, [ContentPart]>? = nil,
        toolCalls: [ToolCall]? = nil,
        toolCallId: String? = nil,
        reasoningContent: String? = nil
    ) {
        self.role = role
        self.content = content
        self.toolCalls = toolCalls
        self.toolCallId = toolCallId
        self.reasoningContent = reasoningContent
    }

    enum CodingKeys: String, CodingKey {
        case role
        case content
        case toolCalls = "tool_calls"
        case toolCallId = "tool_call_id"
        case reasoningContent = "reasoning_content"
    }
}

/// A part of a turn; further keys as in OpenAI's interface.
public struct ContentPart: Codable, Hashable, Sendable {
    /// `text` and others.
    public var type: String

    /// The text of a `text` part.
    public var text: String?

    /// Takes each member; those with a default may be left out.
    public init(
        type: String,
        text: String? = nil
    ) {
        self.type = type
        self.text = text
    }

    enum CodingKeys: String, CodingKey {
        case type
        case text
    }
}

/// A tool that the model may call.
public struct ToolDefinition: Codable, Hashable, Sendable {
    /// `function`.
    public var type: String

    /// The function.
    public var function: FunctionDefinition

    /// Takes each member; those with a default may be left out.
    public init(
        type: String,
        function: FunctionDefinition
    ) {
        self.type = type
        self.function = function
    }

    enum CodingKeys: String, CodingKey {
        case type
        case function
    }
}

/// Name, purpose and parameters of a tool.
public struct FunctionDefinition: Codable, Hashable, Sendable {
    /// Name by which the model calls it.
    public var name: String

    /// When to use it, for the model.
    public var description: String?

    /// JSON Schema of its arguments.
    public var parameters: JSON?

    /// Takes each member; those with a default may be left out.
    public init(
        name: String,
        description: String? = nil,
        parameters: JSON? = nil
    ) {
        self.name = name
        self.description = description
        self.parameters = parameters
    }

    enum CodingKeys: String, CodingKey {
        case name
        case description
        case parameters
    }
}

/// A tool call that a model asks for.
public struct ToolCall: Codable, Hashable, Sendable {
    /// Id of the call, which the answering turn repeats.
    public var id: String

    /// `function`; absent in stream chunks.
    public var type: String?

    /// Name and arguments.
    public var function: FunctionCall

    /// Takes each member; those with a default may be left out.
    public init(
        id: String,
        function: FunctionCall,
        type: String? = nil
    ) {
        self.id = id
        self.type = type
        self.function = function
    }

    enum CodingKeys: String, CodingKey {
        case id
        case type
        case function
    }
}

/// Name and arguments of a tool call.
public struct FunctionCall: Codable, Hashable, Sendable {
    /// Name of the tool.
    public var name: String

    /// Arguments as JSON text.
    public var arguments: String

    /// Takes each member; those with a default may be left out.
    public init(
        name: String,
        arguments: String
    ) {
        self.name = name
        self.arguments = arguments
    }

    enum CodingKeys: String, CodingKey {
        case name
        case arguments
    }
}

/// The answer of `complete`.
public struct CompletionResponse: Codable, Hashable, Sendable {
    /// Id of the answer.
    public var id: String

    /// `chat.completion`.
    public var object: String

    /// When, in seconds since 1970.
    public var created: Int

    /// The model that answered.
    public var model: String

    /// The answers; usually one.
    public var choices: [CompletionChoice]

    /// What it cost; zeros if a tool ended the run.
    public var usage: CompletionUsage

    /// Configuration of the model's server.
    public var systemFingerprint: String?

    /// Names the cached start of the prompt.
    public var prefixHash: String?

    /// Tools that the host ran; absent if none.
    public var toolCallsExecuted: [ExecutedToolCall]?

    /// Files that tools shared; absent if none.
    public var sharedArtifacts: [Artifact]?

    /// Takes each member; those with a default may be left out.
    public init(
        id: String,
        object: String,
        created: Int,
        model: String,
        choices: [CompletionChoice],
        usage: CompletionUsage,
        systemFingerprint: String? = nil,
        prefixHash: String? = nil,
        toolCallsExecuted: [ExecutedToolCall]? = nil,
        sharedArtifacts: [Artifact]? = nil
    ) {
        self.id = id
        self.object = object
        self.created = created
        self.model = model
        self.choices = choices
        self.usage = usage
        self.systemFingerprint = systemFingerprint
        self.prefixHash = prefixHash
        self.toolCallsExecuted = toolCallsExecuted
        self.sharedArtifacts = sharedArtifacts
    }

    enum CodingKeys: String, CodingKey {
        case id
        case object
        case created
        case model
        case choices
        case usage
        case systemFingerprint = "system_fingerprint"
        case prefixHash = "prefix_hash"
        case toolCallsExecuted = "tool_calls_executed"
        case sharedArtifacts = "shared_artifacts"
    }
}

/// One answer.
public struct CompletionChoice: Codable, Hashable, Sendable {
    /// Its place, from 0.
    public var index: Int

    /// The assistant's turn; null `content` is left out. A stream's holds the text since the last tool round.
    public var message: ChatMessage

    /// Why it ended: `stop`, `length`, `tool_calls`, `clarify` and others of the model's server.
    public var finishReason: String

    /// Takes each member; those with a default may be left out.
    public init(
        index: Int,
        message: ChatMessage,
        finishReason: String
    ) {
        self.index = index
        self.message = message
        self.finishReason = finishReason
    }

    enum CodingKeys: String, CodingKey {
        case index
        case message
        case finishReason = "finish_reason"
    }
}

/// Tokens read and written.
public struct CompletionUsage: Codable, Hashable, Sendable {
    /// Tokens read.
    public var promptTokens: Int

    /// Tokens written.
    public var completionTokens: Int

    /// Their sum.
    public var totalTokens: Int

    /// Speed of writing.
    public var tokensPerSecond: Double?

    /// Takes each member; those with a default may be left out.
    public init(
        promptTokens: Int,
        completionTokens: Int,
        totalTokens: Int,
        tokensPerSecond: Double? = nil
    ) {
        self.promptTokens = promptTokens
        self.completionTokens = completionTokens
        self.totalTokens = totalTokens
        self.tokensPerSecond = tokensPerSecond
    }

    enum CodingKeys: String, CodingKey {
        case promptTokens = "prompt_tokens"
        case completionTokens = "completion_tokens"
        case totalTokens = "total_tokens"
        case tokensPerSecond = "tokens_per_second"
    }
}

/// A tool call that the host ran.
public struct ExecutedToolCall: Codable, Hashable, Sendable {
    /// Name of the tool.
    public var name: String

    /// Id of the call.
    public var toolCallId: String

    /// Takes each member; those with a default may be left out.
    public init(
        name: String,
        toolCallId: String
    ) {
        self.name = name
        self.toolCallId = toolCallId
    }

    enum CodingKeys: String, CodingKey {
        case name
        case toolCallId = "tool_call_id"
    }
}

/// A piece of a streamed answer, as `on_chunk` receives it.
public struct StreamChunk: Codable, Hashable, Sendable {
    /// `cmpl-` and 12 hexadecimal digits, the same for the whole call.
    public var id: String

    /// Exactly one.
    public var choices: [StreamChunkChoice]

    /// Takes each member; those with a default may be left out.
    public init(
        id: String,
        choices: [StreamChunkChoice]
    ) {
        self.id = id
        self.choices = choices
    }

    enum CodingKeys: String, CodingKey {
        case id
        case choices
    }
}

/// The inner part of a chunk.
public struct StreamChunkChoice: Codable, Hashable, Sendable {
    /// 0.
    public var index: Int

    /// What is new; empty in the last chunk.
    public var delta: StreamDelta

    /// Why it ends, in the last chunk: `stop`, `length`, `cancelled`, `max_iterations`, `clarify`,
    /// `context_overflow`, `empty_response` or another of the model's server; `tool_calls` when a round of
    /// tools begins.
    public var finishReason: String?

    /// Takes each member; those with a default may be left out.
    public init(
        index: Int,
        delta: StreamDelta,
        finishReason: String? = nil
    ) {
        self.index = index
        self.delta = delta
        self.finishReason = finishReason
    }

    enum CodingKeys: String, CodingKey {
        case index
        case delta
        case finishReason = "finish_reason"
    }
}

/// What a chunk adds: text, reasoning, tool calls, a tool's result, or figures.
public struct StreamDelta: Codable, Hashable, Sendable {
    /// Text to append; with `role` a tool's envelope.
    public var content: String?

    /// Reasoning to append.
    public var reasoningContent: String?

    /// Reasoning to append. Deprecated: Named in the header, but hosts send `reasoning_content`.
    public var reasoning: String?

    /// Tools that the host is about to run.
    public var toolCalls: [ToolCall]?

    /// `tool`, when a tool has been run.
    public var role: String?

    /// The call whose result `content` is.
    public var toolCallId: String?

    /// Figures so far.
    public var usage: StreamUsage?

    /// Takes each member; those with a default may be left out.
    public init(
        content: String? = nil,
        reasoningContent: String? = nil,
        reasoning: String? = nil,
        toolCalls: [ToolCall]? = nil,
        role: String? = nil,
        toolCallId: String? = nil,
        usage: StreamUsage? = nil
    ) {
        self.content = content
        self.reasoningContent = reasoningContent
        self.reasoning = reasoning
        self.toolCalls = toolCalls
        self.role = role
        self.toolCallId = toolCallId
        self.usage = usage
    }

    enum CodingKeys: String, CodingKey {
        case content
        case reasoningContent = "reasoning_content"
        case reasoning
        case toolCalls = "tool_calls"
        case role
        case toolCallId = "tool_call_id"
        case usage
    }
}

/// Figures of a stream; other than those of `complete`. All are missing in the answer of a cancelled stream.
public struct StreamUsage: Codable, Hashable, Sendable {
    /// Tokens written.
    public var completionTokens: Int?

    /// Speed of writing.
    public var tokensPerSecond: Double?

    /// Whether the text ended inside the model's reasoning.
    public var unclosedReasoning: Bool?

    /// Takes each member; those with a default may be left out.
    public init(
        completionTokens: Int? = nil,
        tokensPerSecond: Double? = nil,
        unclosedReasoning: Bool? = nil
    ) {
        self.completionTokens = completionTokens
        self.tokensPerSecond = tokensPerSecond
        self.unclosedReasoning = unclosedReasoning
    }

    enum CodingKeys: String, CodingKey {
        case completionTokens = "completion_tokens"
        case tokensPerSecond = "tokens_per_second"
        case unclosedReasoning = "unclosed_reasoning"
    }
}

/// The whole answer of `complete_stream`; a question to the user ends it with `finish_reason` `clarify`.
public struct StreamResponse: Codable, Hashable, Sendable {
    /// The chunks' id.
    public var id: String

    /// The model that answered.
    public var model: String

    /// Exactly one.
    public var choices: [CompletionChoice]

    /// Tools that the host ran; absent if none.
    public var toolCallsExecuted: [ExecutedToolCall]?

    /// Files that tools shared; absent if none.
    public var sharedArtifacts: [Artifact]?

    /// Figures, if the model's server gave some.
    public var usage: StreamUsage?

    /// Takes each member; those with a default may be left out.
    public init(
        id: String,
        model: String,
        choices: [CompletionChoice],
        toolCallsExecuted: [ExecutedToolCall]? = nil,
        sharedArtifacts: [Artifact]? = nil,
        usage: StreamUsage? = nil
    ) {
        self.id = id
        self.model = model
        self.choices = choices
        self.toolCallsExecuted = toolCallsExecuted
        self.sharedArtifacts = sharedArtifacts
        self.usage = usage
    }

    enum CodingKeys: String, CodingKey {
        case id
        case model
        case choices
        case toolCallsExecuted = "tool_calls_executed"
        case sharedArtifacts = "shared_artifacts"
        case usage
    }
}

/// Texts to turn into vectors.
public struct EmbedRequest: Codable, Hashable, Sendable {
    /// One text or several; an empty list gives an empty result.
    public var input: Either<String, [String]>

    /// Only repeated in the response: there is one embedding model.
    public var model: String?

    /// Takes each member; those with a default may be left out.
    public init(
        input: Either<String, [String]>,
        model: String? = nil
    ) {
        self.input = input
        self.model = model
    }

    enum CodingKeys: String, CodingKey {
        case input
        case model
    }
}

/// Vectors of strings.
public struct EmbedResponse: Codable, Hashable, Sendable {
    /// A vector for each text, in their order.
    public var data: [Embedding]

    /// The requested name, or the model's.
    public var model: String

    /// What it cost.
    public var usage: EmbedUsage

    /// Takes each member; those with a default may be left out.
    public init(
        data: [Embedding],
        model: String,
        usage: EmbedUsage
    ) {
        self.data = data
        self.model = model
        self.usage = usage
    }

    enum CodingKeys: String, CodingKey {
        case data
        case model
        case usage
    }
}

/// The vector of a string.
public struct Embedding: Codable, Hashable, Sendable {
    /// Index of the string, from 0.
    public var index: Int

    /// The vector.
    public var embedding: [Double]

    /// Its length.
    public var dimensions: Int

    /// Takes each member; those with a default may be left out.
    public init(
        index: Int,
        embedding: [Double],
        dimensions: Int
    ) {
        self.index = index
        self.embedding = embedding
        self.dimensions = dimensions
    }

    enum CodingKeys: String, CodingKey {
        case index
        case embedding
        case dimensions
    }
}

/// Tokens read, estimated.
public struct EmbedUsage: Codable, Hashable, Sendable {
    /// Tokens read.
    public var promptTokens: Int

    /// The same.
    public var totalTokens: Int

    /// Takes each member; those with a default may be left out.
    public init(
        promptTokens: Int,
        totalTokens: Int
    ) {
        self.promptTokens = promptTokens
        self.totalTokens = totalTokens
    }

    enum CodingKeys: String, CodingKey {
        case promptTokens = "prompt_tokens"
        case totalTokens = "total_tokens"
    }
}

/// Models that can be used now.
public struct ModelList: Codable, Hashable, Sendable {
    /// The system's model, then local ones, the embedding model, and remote ones.
    public var models: [ModelInfo]

    /// Takes each member; those with a default may be left out.
    public init(
        models: [ModelInfo]
    ) {
        self.models = models
    }

    enum CodingKeys: String, CodingKey {
        case models
    }
}

/// A model.
public struct ModelInfo: Codable, Hashable, Sendable {
    /// The name to put into a request's `model`.
    public var id: String

    /// Its name, for people.
    public var name: String

    /// `apple`, `local`, or who offers a remote model.
    public var provider: String

    /// What it is for; `embedding` for the embedding model.
    public var type: String

    /// Such as `chat`, `tool_calling`, `embedding`.
    public var capabilities: [String]

    /// Length of its vectors, for the embedding model.
    public var dimensions: Int?

    /// Tokens that it can read. Deprecated: Documented, but never sent.
    public var contextWindow: Int?

    /// Takes each member; those with a default may be left out.
    public init(
        id: String,
        name: String,
        provider: String,
        type: String,
        capabilities: [String],
        dimensions: Int? = nil,
        contextWindow: Int? = nil
    ) {
        self.id = id
        self.name = name
        self.provider = provider
        self.type = type
        self.capabilities = capabilities
        self.dimensions = dimensions
        self.contextWindow = contextWindow
    }

    enum CodingKeys: String, CodingKey {
        case id
        case name
        case provider
        case type
        case capabilities
        case dimensions
        case contextWindow = "context_window"
    }
}

/// What a plugin is and what it offers.
public struct Manifest: Codable, Hashable, Sendable {
    /// Id of the plugin, by custom in reversed domain order; must equal the name of its install folder.
    public var pluginId: String

    /// What it offers; may be empty.
    public var capabilities: Capabilities

    /// Its name, for people.
    public var name: String?

    /// Its version; the host compares it with nothing.
    public var version: String?

    /// What it does, in a sentence.
    public var description: String?

    /// Its licence, by custom an SPDX expression.
    public var license: String?

    /// Who made it.
    public var authors: [String]?

    /// Oldest macOS, as `14`, `14.5` or `14.5.1`; what cannot be read is not checked.
    public var minMacos: String?

    /// Oldest host application, as `0.20.3` in full; what cannot be read is not checked.
    public var minOsaurus: String?

    /// Added to the system prompt when the plugin itself starts inference or tasks.
    public var instructions: String?

    /// Keys and passwords that the user is asked for.
    public var secrets: [ManifestSecret]?

    /// Documents that come with it.
    public var docs: ManifestDocs?

    /// Takes each member; those with a default may be left out.
    public init(
        pluginId: String,
        capabilities: Capabilities,
        name: String? = nil,
        version: String? = nil,
        description: String? = nil,
        license: String? = nil,
        authors: [String]? = nil,
        minMacos: String? = nil,
        minOsaurus: String? = nil,
        instructions: String? = nil,
        secrets: [ManifestSecret]? = nil,
        docs: ManifestDocs? = nil
    ) {
        self.pluginId = pluginId
        self.capabilities = capabilities
        self.name = name
        self.version = version
        self.description = description
        self.license = license
        self.authors = authors
        self.minMacos = minMacos
        self.minOsaurus = minOsaurus
        self.instructions = instructions
        self.secrets = secrets
        self.docs = docs
    }

    enum CodingKeys: String, CodingKey {
        case pluginId = "plugin_id"
        case capabilities
        case name
        case version
        case description
        case license
        case authors
        case minMacos = "min_macos"
        case minOsaurus = "min_osaurus"
        case instructions
        case secrets
        case docs
    }
}

/// What a plugin offers.
public struct Capabilities: Codable, Hashable, Sendable {
    /// Tools for models.
    public var tools: [ManifestTool]?

    /// HTTP routes that `handle_route` answers.
    public var routes: [ManifestRoute]?

    /// Settings that the user can edit.
    public var config: ManifestConfig?

    /// Static web pages.
    public var web: ManifestWeb?

    /// Whether `invoke` wants to hear of shared artifacts.
    public var artifactHandler: Bool?

    /// Takes each member; those with a default may be left out.
    public init(
        tools: [ManifestTool]? = nil,
        routes: [ManifestRoute]? = nil,
        config: ManifestConfig? = nil,
        web: ManifestWeb? = nil,
        artifactHandler: Bool? = nil
    ) {
        self.tools = tools
        self.routes = routes
        self.config = config
        self.web = web
        self.artifactHandler = artifactHandler
    }

    enum CodingKeys: String, CodingKey {
        case tools
        case routes
        case config
        case web
        case artifactHandler = "artifact_handler"
    }
}

/// A tool for models.
public struct ManifestTool: Codable, Hashable, Sendable {
    /// Its name, as models see it; unique in the plugin and not blank. A tool of the same name elsewhere is
    /// replaced.
    public var id: String

    /// When to use it and what it gives, for the model.
    public var description: String

    /// JSON Schema of its arguments; without one nothing is checked.
    public var parameters: JSON?

    /// Permissions it needs: system ones (`automation`, `automation_calendar`, `automation_mail`, `calendar`,
    /// `reminders`, `location`, `notes`, `maps`, `accessibility`, `contacts`, `disk`, `microphone`,
    /// `screen_recording`), which are asked for, and others such as `network`, which are only noted.
    public var requirements: [String]?

    /// Whether the user is asked before it runs; other text counts as `ask`, upper case too is understood.
    /// Default: `"ask"`.
    public var permissionPolicy: PermissionPolicy?

    /// Takes each member; those with a default may be left out.
    public init(
        id: String,
        description: String,
        parameters: JSON? = nil,
        requirements: [String]? = nil,
        permissionPolicy: PermissionPolicy? = nil
    ) {
        self.id = id
        self.description = description
        self.parameters = parameters
        self.requirements = requirements
        self.permissionPolicy = permissionPolicy
    }

    enum CodingKeys: String, CodingKey {
        case id
        case description
        case parameters
        case requirements
        case permissionPolicy = "permission_policy"
    }
}

/// An HTTP route below `/plugins/<plugin_id>`.
public struct ManifestRoute: Codable, Hashable, Sendable {
    /// Names the route in requests; unique in the plugin and not blank.
    public var id: String

    /// Path, with `:name` for one part or `/*` at the end for all below. Exact paths win over `:name`,
    /// `:name` over `/*`.
    public var path: String

    /// HTTP methods it answers; name HEAD if it should.
    public var methods: [String]

    /// Who may call it.
    public var auth: RouteAuth

    /// What it does.
    public var description: String?

    /// Whether it can be reached from other machines. Default: `false`.
    public var tunnelExposed: Bool?

    /// Takes each member; those with a default may be left out.
    public init(
        id: String,
        path: String,
        methods: [String],
        auth: RouteAuth,
        description: String? = nil,
        tunnelExposed: Bool? = nil
    ) {
        self.id = id
        self.path = path
        self.methods = methods
        self.auth = auth
        self.description = description
        self.tunnelExposed = tunnelExposed
    }

    enum CodingKeys: String, CodingKey {
        case id
        case path
        case methods
        case auth
        case description
        case tunnelExposed = "tunnel_exposed"
    }
}

/// Static web pages. No route may lie beneath their mount.
public struct ManifestWeb: Codable, Hashable, Sendable {
    /// Folder with the files, below the version's folder.
    public var staticDir: String

    /// File for the mount itself and for paths without a file.
    public var entry: String

    /// Path below the plugin's, such as `/ui`.
    public var mount: String

    /// Who may see them.
    public var auth: RouteAuth

    /// Path of the plugin's own API, which pages find as `window.__osaurus.apiUrl`. Default: `"/api"`.
    public var apiMount: String?

    /// Whether they can be reached from other machines. Default: `false`.
    public var tunnelExposed: Bool?

    /// Takes each member; those with a default may be left out.
    public init(
        staticDir: String,
        entry: String,
        mount: String,
        auth: RouteAuth,
        apiMount: String? = nil,
        tunnelExposed: Bool? = nil
    ) {
        self.staticDir = staticDir
        self.entry = entry
        self.mount = mount
        self.auth = auth
        self.apiMount = apiMount
        self.tunnelExposed = tunnelExposed
    }

    enum CodingKeys: String, CodingKey {
        case staticDir = "static_dir"
        case entry
        case mount
        case auth
        case apiMount = "api_mount"
        case tunnelExposed = "tunnel_exposed"
    }
}

/// The form in which the user edits the plugin's settings, per agent.
public struct ManifestConfig: Codable, Hashable, Sendable {
    /// Title of the form.
    public var title: String?

    /// Its sections.
    public var sections: [ConfigSection]

    /// Takes each member; those with a default may be left out.
    public init(
        sections: [ConfigSection],
        title: String? = nil
    ) {
        self.title = title
        self.sections = sections
    }

    enum CodingKeys: String, CodingKey {
        case title
        case sections
    }
}

/// A section of the settings form.
public struct ConfigSection: Codable, Hashable, Sendable {
    /// Its title.
    public var title: String

    /// Its fields.
    public var fields: [ConfigField]

    /// Takes each member; those with a default may be left out.
    public init(
        title: String,
        fields: [ConfigField]
    ) {
        self.title = title
        self.fields = fields
    }

    enum CodingKeys: String, CodingKey {
        case title
        case fields
    }
}

/// A setting.
public struct ConfigField: Codable, Hashable, Sendable {
    /// Its key for `config_get` and `on_config_changed`.
    public var key: String

    /// How it is shown.
    public var type: ConfigFieldType

    /// Its name, for people.
    public var label: String

    /// Shown while it is empty.
    public var placeholder: String?

    /// Its value until the user sets one, delivered as text: numbers with a decimal point (`42.0`), lists as
    /// JSON.
    public var `default`: JSON?

    /// Choices of `select` and `multiselect`.
    public var options: [ConfigOption]?

    /// What the form accepts; nothing else checks it.
    public var validation: ConfigValidation?

    /// Key whose presence means connected, for `status`.
    public var connectedWhen: String?

    /// What the button to connect does.
    public var connectAction: ConfigConnectAction?

    /// What the button to disconnect does.
    public var disconnectAction: ConfigDisconnectAction?

    /// Text of `readonly`, with `{{plugin_url}}`, `{{plugin_id}}`, `{{tunnel_url}}` and `{{config.KEY}}`
    /// filled in.
    public var valueTemplate: String?

    /// Whether there is a button to copy it.
    public var copyable: Bool?

    /// Takes each member; those with a default may be left out.
    public init(
        key: String,
        type: ConfigFieldType,
        label: String,
        placeholder: String? = nil,
        default: JSON? = nil,
        options: [ConfigOption]? = nil,
        validation: ConfigValidation? = nil,
        connectedWhen: String? = nil,
        connectAction: ConfigConnectAction? = nil,
        disconnectAction: ConfigDisconnectAction? = nil,
        valueTemplate: String? = nil,
        copyable: Bool? = nil
    ) {
        self.key = key
        self.type = type
        self.label = label
        self.placeholder = placeholder
        self.default = `default`
        self.options = options
        self.validation = validation
        self.connectedWhen = connectedWhen
        self.connectAction = connectAction
        self.disconnectAction = disconnectAction
        self.valueTemplate = valueTemplate
        self.copyable = copyable
    }

    enum CodingKeys: String, CodingKey {
        case key
        case type
        case label
        case placeholder
        case `default`
        case options
        case validation
        case connectedWhen = "connected_when"
        case connectAction = "connect_action"
        case disconnectAction = "disconnect_action"
        case valueTemplate = "value_template"
        case copyable
    }
}

/// A choice.
public struct ConfigOption: Codable, Hashable, Sendable {
    /// What is stored.
    public var value: String

    /// What is shown.
    public var label: String

    /// Takes each member; those with a default may be left out.
    public init(
        value: String,
        label: String
    ) {
        self.value = value
        self.label = label
    }

    enum CodingKeys: String, CodingKey {
        case value
        case label
    }
}

/// What the settings form accepts, checked in this order: required, lengths, pattern, range.
public struct ConfigValidation: Codable, Hashable, Sendable {
    /// Whether it must be filled.
    public var required: Bool?

    /// Shortest text, in characters.
    public var minLength: Int?

    /// Longest text, in characters.
    public var maxLength: Int?

    /// Regular expression that must match somewhere; a broken one is ignored.
    public var pattern: String?

    /// What to say when the pattern does not match.
    public var patternHint: String?

    /// Smallest number.
    public var min: Double?

    /// Largest number.
    public var max: Double?

    /// Takes each member; those with a default may be left out.
    public init(
        required: Bool? = nil,
        minLength: Int? = nil,
        maxLength: Int? = nil,
        pattern: String? = nil,
        patternHint: String? = nil,
        min: Double? = nil,
        max: Double? = nil
    ) {
        self.required = required
        self.minLength = minLength
        self.maxLength = maxLength
        self.pattern = pattern
        self.patternHint = patternHint
        self.min = min
        self.max = max
    }

    enum CodingKeys: String, CodingKey {
        case required
        case minLength = "min_length"
        case maxLength = "max_length"
        case pattern
        case patternHint = "pattern_hint"
        case min
        case max
    }
}

/// What the button to connect does.
public struct ConfigConnectAction: Codable, Hashable, Sendable {
    /// Kind of action.
    public var type: String?

    /// Route of the plugin that is opened.
    public var urlRoute: String?

    /// Takes each member; those with a default may be left out.
    public init(
        type: String? = nil,
        urlRoute: String? = nil
    ) {
        self.type = type
        self.urlRoute = urlRoute
    }

    enum CodingKeys: String, CodingKey {
        case type
        case urlRoute = "url_route"
    }
}

/// What the button to disconnect does.
public struct ConfigDisconnectAction: Codable, Hashable, Sendable {
    /// Keys that are deleted and delivered as empty strings.
    public var clearKeys: [String]?

    /// Takes each member; those with a default may be left out.
    public init(
        clearKeys: [String]? = nil
    ) {
        self.clearKeys = clearKeys
    }

    enum CodingKeys: String, CodingKey {
        case clearKeys = "clear_keys"
    }
}

/// A key or password that the plugin needs.
public struct ManifestSecret: Codable, Hashable, Sendable {
    /// Its key for `config_get` and in `_secrets`.
    public var id: String

    /// Its name, for people.
    public var label: String

    /// Whether the plugin is useless without it.
    public var required: Bool

    /// What it is and where to get it.
    public var description: String?

    /// Page where to get it.
    public var url: String?

    /// Takes each member; those with a default may be left out.
    public init(
        id: String,
        label: String,
        required: Bool,
        description: String? = nil,
        url: String? = nil
    ) {
        self.id = id
        self.label = label
        self.required = required
        self.description = description
        self.url = url
    }

    enum CodingKeys: String, CodingKey {
        case id
        case label
        case required
        case description
        case url
    }
}

/// Documents that come with a plugin.
public struct ManifestDocs: Codable, Hashable, Sendable {
    /// File that introduces it.
    public var readme: String?

    /// File that lists its changes.
    public var changelog: String?

    /// Pages about it.
    public var links: [DocsLink]?

    /// Takes each member; those with a default may be left out.
    public init(
        readme: String? = nil,
        changelog: String? = nil,
        links: [DocsLink]? = nil
    ) {
        self.readme = readme
        self.changelog = changelog
        self.links = links
    }

    enum CodingKeys: String, CodingKey {
        case readme
        case changelog
        case links
    }
}

/// A page about a plugin.
public struct DocsLink: Codable, Hashable, Sendable {
    /// What is shown.
    public var label: String

    /// Where it leads.
    public var url: String

    /// Takes each member; those with a default may be left out.
    public init(
        label: String,
        url: String
    ) {
        self.label = label
        self.url = url
    }

    enum CodingKeys: String, CodingKey {
        case label
        case url
    }
}

/// An HTTP request to one of the plugin's routes. Every key is always there.
public struct RouteRequest: Codable, Hashable, Sendable {
    /// Id of the route from the manifest.
    public var routeId: String

    /// HTTP method; HEAD comes as HEAD.
    public var method: String

    /// Path below the plugin's, undecoded and without the query.
    public var path: String

    /// Values of the route's `:name` parts, percent-decoded.
    public var pathParams: [String: String]

    /// Query parameters, percent-decoded; `+` stays `+`; of several the last counts. `osr_agent` is among
    /// them.
    public var query: [String: String]

    /// Headers with lower-case names, `authorization` included; of several the last counts.
    public var headers: [String: String]

    /// Body as text, empty if there is none; today's hosts repair bytes that are not UTF-8.
    public var body: String

    /// How `body` is written.
    public var bodyEncoding: BodyEncoding

    /// Meant for the client's address; always empty.
    public var remoteAddr: String

    /// Id of the plugin.
    public var pluginId: String

    /// Where the plugin can be reached.
    public var osaurus: RouteSurroundings

    /// Takes each member; those with a default may be left out.
    public init(
        routeId: String,
        method: String,
        path: String,
        pathParams: [String: String],
        query: [String: String],
        headers: [String: String],
        body: String,
        bodyEncoding: BodyEncoding,
        remoteAddr: String,
        pluginId: String,
        osaurus: RouteSurroundings
    ) {
        self.routeId = routeId
        self.method = method
        self.path = path
        self.pathParams = pathParams
        self.query = query
        self.headers = headers
        self.body = body
        self.bodyEncoding = bodyEncoding
        self.remoteAddr = remoteAddr
        self.pluginId = pluginId
        self.osaurus = osaurus
    }

    enum CodingKeys: String, CodingKey {
        case routeId = "route_id"
        case method
        case path
        case pathParams = "path_params"
        case query
        case headers
        case body
        case bodyEncoding = "body_encoding"
        case remoteAddr = "remote_addr"
        case pluginId = "plugin_id"
        case osaurus
    }
}

/// Where the plugin and its agent can be reached.
public struct RouteSurroundings: Codable, Hashable, Sendable {
    /// URL of the host: the agent's tunnel if it is connected, else the loopback address.
    public var baseUrl: String

    /// URL below which the plugin's routes lie.
    public var pluginUrl: String

    /// Address of the agent; empty if unknown.
    public var agentAddress: String

    /// Takes each member; those with a default may be left out.
    public init(
        baseUrl: String,
        pluginUrl: String,
        agentAddress: String
    ) {
        self.baseUrl = baseUrl
        self.pluginUrl = pluginUrl
        self.agentAddress = agentAddress
    }

    enum CodingKeys: String, CodingKey {
        case baseUrl = "base_url"
        case pluginUrl = "plugin_url"
        case agentAddress = "agent_address"
    }
}

/// The answer to an HTTP request. Unknown keys are ignored.
public struct RouteResponse: Codable, Hashable, Sendable {
    /// HTTP status.
    public var status: Int

    /// Headers; set `Content-Type`, there is no default.
    public var headers: [String: String]?

    /// Body. Default: `""`.
    public var body: String?

    /// How `body` is written. Undecodable base64 is answered with status 502. Default: `"utf8"`.
    public var bodyEncoding: BodyEncoding?

    /// Takes each member; those with a default may be left out.
    public init(
        status: Int,
        headers: [String: String]? = nil,
        body: String? = nil,
        bodyEncoding: BodyEncoding? = nil
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.bodyEncoding = bodyEncoding
    }

    enum CodingKeys: String, CodingKey {
        case status
        case headers
        case body
        case bodyEncoding = "body_encoding"
    }
}

/// A task to start. Unknown keys are ignored.
public struct DispatchRequest: Codable, Hashable, Sendable {
    /// What the agent should do; must not be blank.
    public var prompt: String

    /// UUID that the task should have. Text that is none is replaced by a fresh UUID.
    public var id: String?

    /// Name of the task in the host's windows. Default: `"Chat"`.
    public var title: String?

    /// Groups tasks: a stored conversation of the same plugin, agent and key is continued, and the returned
    /// id is then that conversation's. Any text that is not blank.
    public var sessionId: String?

    /// macOS security-scoped bookmark of a working folder, in base64; ignored if undecodable.
    public var folderBookmark: String?

    /// Names of tools to give to the task beside its agent's: the plugin's own and the host's built-in ones;
    /// others are dropped.
    public var tools: [String]?

    /// `work` or `chat` in version 2 hosts. Deprecated: Ignored since version 3.
    public var mode: String?

    /// Agent that should do the task. Deprecated: Ignored since version 4, with a warning: the calling
    /// frame's agent is used.
    public var agentId: String?

    /// Address of the agent that should do the task. Deprecated: Ignored since version 4, with a warning: the
    /// calling frame's agent is used.
    public var agentAddress: String?

    /// Takes each member; those with a default may be left out.
    public init(
        prompt: String,
        id: String? = nil,
        title: String? = nil,
        sessionId: String? = nil,
        folderBookmark: String? = nil,
        tools: [String]? = nil,
        mode: String? = nil,
        agentId: String? = nil,
        agentAddress: String? = nil
    ) {
        self.prompt = prompt
        self.id = id
        self.title = title
        self.sessionId = sessionId
        self.folderBookmark = folderBookmark
        self.tools = tools
        self.mode = mode
        self.agentId = agentId
        self.agentAddress = agentAddress
    }

    enum CodingKeys: String, CodingKey {
        case prompt
        case id
        case title
        case sessionId = "session_id"
        case folderBookmark = "folder_bookmark"
        case tools
        case mode
        case agentId = "agent_id"
        case agentAddress = "agent_address"
    }
}

/// A task that was started.
public struct DispatchResponse: Codable, Hashable, Sendable {
    /// Id of the task, a UUID. Not the one asked for if a conversation was continued.
    public var id: String

    /// `running`.
    public var status: TaskState

    /// Takes each member; those with a default may be left out.
    public init(
        id: String,
        status: TaskState
    ) {
        self.id = id
        self.status = status
    }

    enum CodingKeys: String, CodingKey {
        case id
        case status
    }
}

/// The state of a task. Which fields are there depends on `status`.
public struct TaskStatus: Codable, Hashable, Sendable {
    /// Id of the task, a UUID.
    public var id: String

    /// Name of the task.
    public var title: String

    /// How far it is. A task that waits for the user's answer is still `running`.
    public var status: TaskState

    /// The last draft, if it was a JSON object.
    public var draft: Draft?

    /// Text of the agent's last turn, unless empty.
    public var output: String?

    /// What it is doing, while queued or running and if known.
    public var currentStep: String?

    /// The last 20 things it did, while running; absent if there are none.
    public var activity: [TaskActivity]?

    /// Whether it ended well; when completed or failed.
    public var success: Bool?

    /// How it ended, or the error's text; when completed or failed.
    public var summary: String?

    /// Id of its conversation; when completed or failed.
    public var sessionId: String?

    /// Takes each member; those with a default may be left out.
    public init(
        id: String,
        title: String,
        status: TaskState,
        draft: Draft? = nil,
        output: String? = nil,
        currentStep: String? = nil,
        activity: [TaskActivity]? = nil,
        success: Bool? = nil,
        summary: String? = nil,
        sessionId: String? = nil
    ) {
        self.id = id
        self.title = title
        self.status = status
        self.draft = draft
        self.output = output
        self.currentStep = currentStep
        self.activity = activity
        self.success = success
        self.summary = summary
        self.sessionId = sessionId
    }

    enum CodingKeys: String, CodingKey {
        case id
        case title
        case status
        case draft
        case output
        case currentStep = "current_step"
        case activity
        case success
        case summary
        case sessionId = "session_id"
    }
}

/// One thing that a task did.
public struct TaskActivity: Codable, Hashable, Sendable {
    /// What sort of thing.
    public var kind: ActivityKind

    /// A few words, for people.
    public var title: String

    /// When, ISO 8601 in UTC with whole seconds.
    public var timestamp: String

    /// More about it, for example the tool's name.
    public var detail: String?

    /// Takes each member; those with a default may be left out.
    public init(
        kind: ActivityKind,
        title: String,
        timestamp: String,
        detail: String? = nil
    ) {
        self.kind = kind
        self.title = title
        self.timestamp = timestamp
        self.detail = detail
    }

    enum CodingKeys: String, CodingKey {
        case kind
        case title
        case timestamp
        case detail
    }
}

/// The active tasks of the calling plugin.
public struct TaskList: Codable, Hashable, Sendable {
    /// The tasks, in no particular order.
    public var tasks: [TaskStatus]

    /// Takes each member; those with a default may be left out.
    public init(
        tasks: [TaskStatus]
    ) {
        self.tasks = tasks
    }

    enum CodingKeys: String, CodingKey {
        case tasks
    }
}

/// A preliminary result of a task. The plugin may put anything in it.
public struct Draft: Codable, Hashable, Sendable {
    /// The draft's text; the host does not insist on it.
    public var text: String?

    /// Takes each member; those with a default may be left out.
    public init(
        text: String? = nil
    ) {
        self.text = text
    }

    enum CodingKeys: String, CodingKey {
        case text
    }
}

/// The task runs.
public struct TaskStartedEvent: Codable, Hashable, Sendable {
    /// `running`.
    public var status: TaskState

    /// Name of the task.
    public var title: String

    /// Takes each member; those with a default may be left out.
    public init(
        status: TaskState,
        title: String
    ) {
        self.status = status
        self.title = title
    }

    enum CodingKeys: String, CodingKey {
        case status
        case title
    }
}

/// The agent called a tool.
public struct TaskActivityEvent: Codable, Hashable, Sendable {
    /// `tool` in today's hosts.
    public var kind: ActivityKind

    /// A few words, for people.
    public var title: String

    /// The tool's name.
    public var detail: String?

    /// When, ISO 8601 in UTC with whole seconds.
    public var timestamp: String

    /// More about it; rarely there.
    public var metadata: [String: JSON]?

    /// Takes each member; those with a default may be left out.
    public init(
        kind: ActivityKind,
        title: String,
        timestamp: String,
        detail: String? = nil,
        metadata: [String: JSON]? = nil
    ) {
        self.kind = kind
        self.title = title
        self.detail = detail
        self.timestamp = timestamp
        self.metadata = metadata
    }

    enum CodingKeys: String, CodingKey {
        case kind
        case title
        case detail
        case timestamp
        case metadata
    }
}

/// How far the task is. Defined, but no known host sends it.
public struct TaskProgressEvent: Codable, Hashable, Sendable {
    /// How much is done; as no host sends it, its range is not known.
    public var progress: Double

    /// Name of the task.
    public var title: String

    /// What it is doing.
    public var currentStep: String?

    /// Takes each member; those with a default may be left out.
    public init(
        progress: Double,
        title: String,
        currentStep: String? = nil
    ) {
        self.progress = progress
        self.title = title
        self.currentStep = currentStep
    }

    enum CodingKeys: String, CodingKey {
        case progress
        case title
        case currentStep = "current_step"
    }
}

/// The agent needs an answer from the user; the task goes on when it is given.
public struct TaskClarificationEvent: Codable, Hashable, Sendable {
    /// The question.
    public var question: String

    /// Whether several options may be chosen.
    public var allowMultiple: Bool

    /// Answers to choose from; absent when there are none.
    public var options: [String]?

    /// Takes each member; those with a default may be left out.
    public init(
        question: String,
        allowMultiple: Bool,
        options: [String]? = nil
    ) {
        self.question = question
        self.allowMultiple = allowMultiple
        self.options = options
    }

    enum CodingKeys: String, CodingKey {
        case question
        case allowMultiple = "allow_multiple"
        case options
    }
}

/// The task ended well.
public struct TaskCompletedEvent: Codable, Hashable, Sendable {
    /// True.
    public var success: Bool

    /// How it ended.
    public var summary: String

    /// Name of the task.
    public var title: String

    /// Id of its conversation.
    public var sessionId: String?

    /// Text of the agent's last turn.
    public var output: String?

    /// Files it made. Documented, but no known host fills it.
    public var artifacts: [Artifact]?

    /// Takes each member; those with a default may be left out.
    public init(
        success: Bool,
        summary: String,
        title: String,
        sessionId: String? = nil,
        output: String? = nil,
        artifacts: [Artifact]? = nil
    ) {
        self.success = success
        self.summary = summary
        self.title = title
        self.sessionId = sessionId
        self.output = output
        self.artifacts = artifacts
    }

    enum CodingKeys: String, CodingKey {
        case success
        case summary
        case title
        case sessionId = "session_id"
        case output
        case artifacts
    }
}

/// The task failed.
public struct TaskFailedEvent: Codable, Hashable, Sendable {
    /// False.
    public var success: Bool

    /// The error's text.
    public var summary: String

    /// Name of the task.
    public var title: String

    /// Id of its conversation.
    public var sessionId: String?

    /// Text of the agent's last turn.
    public var output: String?

    /// Files it made. Documented, but no known host fills it.
    public var artifacts: [Artifact]?

    /// Takes each member; those with a default may be left out.
    public init(
        success: Bool,
        summary: String,
        title: String,
        sessionId: String? = nil,
        output: String? = nil,
        artifacts: [Artifact]? = nil
    ) {
        self.success = success
        self.summary = summary
        self.title = title
        self.sessionId = sessionId
        self.output = output
        self.artifacts = artifacts
    }

    enum CodingKeys: String, CodingKey {
        case success
        case summary
        case title
        case sessionId = "session_id"
        case output
        case artifacts
    }
}

/// The task was cancelled.
public struct TaskCancelledEvent: Codable, Hashable, Sendable {
    /// Name of the task.
    public var title: String

    /// Takes each member; those with a default may be left out.
    public init(
        title: String
    ) {
        self.title = title
    }

    enum CodingKeys: String, CodingKey {
        case title
    }
}

/// A piece of the task's text. Defined, but no known host sends it.
public struct TaskOutputEvent: Codable, Hashable, Sendable {
    /// The text.
    public var text: String

    /// Name of the task.
    public var title: String

    /// Takes each member; those with a default may be left out.
    public init(
        text: String,
        title: String
    ) {
        self.text = text
        self.title = title
    }

    enum CodingKeys: String, CodingKey {
        case text
        case title
    }
}

/// A draft was sent with `send_draft`.
public struct TaskDraftEvent: Codable, Hashable, Sendable {
    /// Name of the task.
    public var title: String

    /// The draft; absent if it was not a JSON object.
    public var draft: Draft?

    /// Takes each member; those with a default may be left out.
    public init(
        title: String,
        draft: Draft? = nil
    ) {
        self.title = title
        self.draft = draft
    }

    enum CodingKeys: String, CodingKey {
        case title
        case draft
    }
}

/// The arguments of a tool call, by the tool's schema, and what the host adds to them. The host has validated
/// the arguments leniently before it adds.
public struct ToolPayload: Codable, Hashable, Sendable {
    /// Every stored value of the plugin for the agent: secrets, settings and `tunnel_url`. Absent without a
    /// chat agent or values.
    public var secrets: [String: String]?

    /// Where the chat works; absent without a working folder.
    public var context: ToolContext?

    /// Takes each member; those with a default may be left out.
    public init(
        secrets: [String: String]? = nil,
        context: ToolContext? = nil
    ) {
        self.secrets = secrets
        self.context = context
    }

    enum CodingKeys: String, CodingKey {
        case secrets = "_secrets"
        case context = "_context"
    }
}

/// Surroundings of a tool call.
public struct ToolContext: Codable, Hashable, Sendable {
    /// Absolute path of the chat's working folder.
    public var workingDirectory: String?

    /// Takes each member; those with a default may be left out.
    public init(
        workingDirectory: String? = nil
    ) {
        self.workingDirectory = workingDirectory
    }

    enum CodingKeys: String, CodingKey {
        case workingDirectory = "working_directory"
    }
}

/// A tool did its work. Of a result over 100,000 characters the host keeps the beginning and the end.
public struct ToolSuccess: Codable, Hashable, Sendable {
    /// True.
    public var ok: Bool

    /// The result for the model; by custom `{"text": ...}` for plain text.
    public var result: JSON

    /// Name of the tool.
    public var tool: String?

    /// What the model should know beside the result.
    public var warnings: [String]?

    /// Takes each member; those with a default may be left out.
    public init(
        ok: Bool,
        result: JSON,
        tool: String? = nil,
        warnings: [String]? = nil
    ) {
        self.ok = ok
        self.result = result
        self.tool = tool
        self.warnings = warnings
    }

    enum CodingKeys: String, CodingKey {
        case ok
        case result
        case tool
        case warnings
    }
}

/// A tool failed. Further keys reach the model too.
public struct ToolFailure: Codable, Hashable, Sendable {
    /// False.
    public var ok: Bool

    /// What sort of failure.
    public var kind: ToolErrorKind

    /// What happened and what to do, for the model.
    public var message: String

    /// Whether the same call may work another time.
    public var retryable: Bool

    /// The argument that is wrong, with `invalid_args`.
    public var field: String?

    /// What the argument should be, with `invalid_args`.
    public var expected: String?

    /// Name of the tool.
    public var tool: String?

    /// Takes each member; those with a default may be left out.
    public init(
        ok: Bool,
        kind: ToolErrorKind,
        message: String,
        retryable: Bool,
        field: String? = nil,
        expected: String? = nil,
        tool: String? = nil
    ) {
        self.ok = ok
        self.kind = kind
        self.message = message
        self.retryable = retryable
        self.field = field
        self.expected = expected
        self.tool = tool
    }

    enum CodingKeys: String, CodingKey {
        case ok
        case kind
        case message
        case retryable
        case field
        case expected
        case tool
    }
}
