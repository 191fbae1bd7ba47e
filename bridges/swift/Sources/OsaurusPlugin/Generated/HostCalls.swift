// Generated from abi-spec by `osaurus-bridge gen swift`. Edit the spec, not this file.

import COsaurusPlugin

/// How each function is called once there is a table.
enum Operations {
    static func configGet(_ key: String) -> Operation<String?> {
        Operation(.configGet) { table in
            let call = try table.function(.configGet, as: osr_config_get_fn.self)
            return try withStrings(.configGet, [key]) { strings in
                try table.take(.configGet, call(strings[0]))
            }
        }
    }

    static func configSet(_ key: String, value: String) -> Operation<Void> {
        Operation(.configSet) { table in
            let call = try table.function(.configSet, as: osr_config_set_fn.self)
            return try withStrings(.configSet, [key, value]) { strings in
                call(strings[0], strings[1])
            }
        }
    }

    static func configDelete(_ key: String) -> Operation<Void> {
        Operation(.configDelete) { table in
            let call = try table.function(.configDelete, as: osr_config_delete_fn.self)
            return try withStrings(.configDelete, [key]) { strings in
                call(strings[0])
            }
        }
    }

    static func dbExec(_ sql: String, params: String? = nil) -> Operation<DbExecResult> {
        Operation(.dbExec) { table in
            let call = try table.function(.dbExec, as: osr_db_exec_fn.self)
            return try withStrings(.dbExec, [sql, params]) { strings in
                try table.answer(.dbExec, call(strings[0], strings[1]), as: DbExecResult.self)
            }
        }
    }

    static func dbQuery(_ sql: String, params: String? = nil) -> Operation<DbQueryResult> {
        Operation(.dbQuery) { table in
            let call = try table.function(.dbQuery, as: osr_db_query_fn.self)
            return try withStrings(.dbQuery, [sql, params]) { strings in
                try table.answer(.dbQuery, call(strings[0], strings[1]), as: DbQueryResult.self)
            }
        }
    }

    static func log(_ level: Int32, message: String) -> Operation<Void> {
        Operation(.log) { table in
            let call = try table.function(.log, as: osr_log_fn.self)
            return try withStrings(.log, [message]) { strings in
                call(level, strings[0])
            }
        }
    }

    static func dispatch(_ request: DispatchRequest) -> Operation<DispatchResponse> {
        Operation(.dispatch) { table in
            let call = try table.function(.dispatch, as: osr_dispatch_fn.self)
            return try withStrings(.dispatch, [try writeJSON(request)]) { strings in
                try table.answer(.dispatch, call(strings[0]), as: DispatchResponse.self)
            }
        }
    }

    static func taskStatus(_ taskId: String) -> Operation<TaskStatus> {
        Operation(.taskStatus) { table in
            let call = try table.function(.taskStatus, as: osr_task_status_fn.self)
            return try withStrings(.taskStatus, [taskId]) { strings in
                try table.answer(.taskStatus, call(strings[0]), as: TaskStatus.self)
            }
        }
    }

    static func dispatchCancel(_ taskId: String) -> Operation<Void> {
        Operation(.dispatchCancel) { table in
            let call = try table.function(.dispatchCancel, as: osr_dispatch_cancel_fn.self)
            return try withStrings(.dispatchCancel, [taskId]) { strings in
                call(strings[0])
            }
        }
    }

    static func dispatchClarify(_ taskId: String, response: String) -> Operation<Void> {
        Operation(.dispatchClarify) { table in
            let call = try table.function(.dispatchClarify, as: osr_dispatch_clarify_fn.self)
            return try withStrings(.dispatchClarify, [taskId, response]) { strings in
                call(strings[0], strings[1])
            }
        }
    }

    static func complete(_ request: CompletionRequest) -> Operation<CompletionResponse> {
        Operation(.complete) { table in
            let call = try table.function(.complete, as: osr_complete_fn.self)
            return try withStrings(.complete, [try writeJSON(request)]) { strings in
                try table.answer(.complete, call(strings[0]), as: CompletionResponse.self)
            }
        }
    }

    static func completeStream(_ request: CompletionRequest, onChunk: @escaping ChunkHandler) -> Operation<StreamResponse> {
        Operation(.completeStream) { table in
            let call = try table.function(.completeStream, as: osr_complete_stream_fn.self)
            return try table.streaming(try writeJSON(request), decoded(onChunk)) { text, onChunk, userData in
                try table.answer(.completeStream, call(text, onChunk, userData), as: StreamResponse.self)
            }
        }
    }

    static func embed(_ request: EmbedRequest) -> Operation<EmbedResponse> {
        Operation(.embed) { table in
            let call = try table.function(.embed, as: osr_embed_fn.self)
            return try withStrings(.embed, [try writeJSON(request)]) { strings in
                try table.answer(.embed, call(strings[0]), as: EmbedResponse.self)
            }
        }
    }

    static func listModels() -> Operation<ModelList> {
        Operation(.listModels) { table in
            let call = try table.function(.listModels, as: osr_list_models_fn.self)
            return try table.answer(.listModels, call(), as: ModelList.self)
        }
    }

    static func httpRequest(_ request: HttpRequest) -> Operation<HttpResponse> {
        Operation(.httpRequest) { table in
            let call = try table.function(.httpRequest, as: osr_http_request_fn.self)
            return try withStrings(.httpRequest, [try writeJSON(request)]) { strings in
                try table.answer(.httpRequest, call(strings[0]), as: HttpResponse.self)
            }
        }
    }

    static func fileRead(_ request: FileReadRequest) -> Operation<FileReadResponse> {
        Operation(.fileRead) { table in
            let call = try table.function(.fileRead, as: osr_file_read_fn.self)
            return try withStrings(.fileRead, [try writeJSON(request)]) { strings in
                try table.answer(.fileRead, call(strings[0]), as: FileReadResponse.self)
            }
        }
    }

    static func listActiveTasks() -> Operation<TaskList> {
        Operation(.listActiveTasks) { table in
            let call = try table.function(.listActiveTasks, as: osr_list_active_tasks_fn.self)
            return try table.answer(.listActiveTasks, call(), as: TaskList.self)
        }
    }

    static func sendDraft(_ taskId: String, draft: Draft) -> Operation<Void> {
        Operation(.sendDraft) { table in
            let call = try table.function(.sendDraft, as: osr_send_draft_fn.self)
            return try withStrings(.sendDraft, [taskId, try writeJSON(draft)]) { strings in
                call(strings[0], strings[1])
            }
        }
    }

    static func dispatchInterrupt(_ taskId: String, message: String? = nil) -> Operation<Void> {
        Operation(.dispatchInterrupt) { table in
            let call = try table.function(.dispatchInterrupt, as: osr_dispatch_interrupt_fn.self)
            return try withStrings(.dispatchInterrupt, [taskId, message]) { strings in
                call(strings[0], strings[1])
            }
        }
    }

    static func dispatchAddIssue(_ taskId: String, issue: String? = nil) -> Operation<JSON> {
        Operation(.dispatchAddIssue) { table in
            let call = try table.function(.dispatchAddIssue, as: osr_dispatch_add_issue_fn.self)
            return try withStrings(.dispatchAddIssue, [taskId, issue]) { strings in
                try table.answer(.dispatchAddIssue, call(strings[0], strings[1]), as: JSON.self)
            }
        }
    }

    static func completeCancel(_ streamId: String) -> Operation<Void> {
        Operation(.completeCancel) { table in
            let call = try table.function(.completeCancel, as: osr_complete_cancel_fn.self)
            return try withStrings(.completeCancel, [streamId]) { strings in
                call(strings[0])
            }
        }
    }

    static func getActiveAgentId() -> Operation<String?> {
        Operation(.getActiveAgentId) { table in
            let call = try table.function(.getActiveAgentId, as: osr_get_active_agent_id_fn.self)
            return try table.take(.getActiveAgentId, call())
        }
    }

    static func logStructured(_ level: Int32, message: String, payload: String? = nil) -> Operation<Void> {
        Operation(.logStructured) { table in
            let call = try table.function(.logStructured, as: osr_log_structured_fn.self)
            return try withStrings(.logStructured, [message, payload]) { strings in
                call(level, strings[0], strings[1])
            }
        }
    }

    /// Any function, with strings as they are.
    static func raw(
        _ slot: HostSlot, _ strings: [String?], _ level: Int32, _ onChunk: @escaping TextChunkHandler
    ) -> Operation<String?> {
        Operation(slot) { table in
            switch slot {
            case .configGet:
                let call = try table.function(slot, as: osr_config_get_fn.self)
                return try withStrings(slot, strings, count: 1) { try table.take(slot, call($0[0])) }
            case .configSet:
                let call = try table.function(slot, as: osr_config_set_fn.self)
                return try withStrings(slot, strings, count: 2) { call($0[0], $0[1]); return nil }
            case .configDelete:
                let call = try table.function(slot, as: osr_config_delete_fn.self)
                return try withStrings(slot, strings, count: 1) { call($0[0]); return nil }
            case .dbExec:
                let call = try table.function(slot, as: osr_db_exec_fn.self)
                return try withStrings(slot, strings, count: 2) { try table.take(slot, call($0[0], $0[1])) }
            case .dbQuery:
                let call = try table.function(slot, as: osr_db_query_fn.self)
                return try withStrings(slot, strings, count: 2) { try table.take(slot, call($0[0], $0[1])) }
            case .log:
                let call = try table.function(slot, as: osr_log_fn.self)
                return try withStrings(slot, strings, count: 1) { call(level, $0[0]); return nil }
            case .dispatch:
                let call = try table.function(slot, as: osr_dispatch_fn.self)
                return try withStrings(slot, strings, count: 1) { try table.take(slot, call($0[0])) }
            case .taskStatus:
                let call = try table.function(slot, as: osr_task_status_fn.self)
                return try withStrings(slot, strings, count: 1) { try table.take(slot, call($0[0])) }
            case .dispatchCancel:
                let call = try table.function(slot, as: osr_dispatch_cancel_fn.self)
                return try withStrings(slot, strings, count: 1) { call($0[0]); return nil }
            case .dispatchClarify:
                let call = try table.function(slot, as: osr_dispatch_clarify_fn.self)
                return try withStrings(slot, strings, count: 2) { call($0[0], $0[1]); return nil }
            case .complete:
                let call = try table.function(slot, as: osr_complete_fn.self)
                return try withStrings(slot, strings, count: 1) { try table.take(slot, call($0[0])) }
            case .completeStream:
                let call = try table.function(slot, as: osr_complete_stream_fn.self)
                guard strings.count == 1 else {
                    throw HostError.wrongCount(slot, expected: 1, found: strings.count)
                }
                return try table.streaming(strings[0], onChunk) { try table.take(slot, call($0, $1, $2)) }
            case .embed:
                let call = try table.function(slot, as: osr_embed_fn.self)
                return try withStrings(slot, strings, count: 1) { try table.take(slot, call($0[0])) }
            case .listModels:
                let call = try table.function(slot, as: osr_list_models_fn.self)
                return try withStrings(slot, strings, count: 0) { _ in try table.take(slot, call()) }
            case .httpRequest:
                let call = try table.function(slot, as: osr_http_request_fn.self)
                return try withStrings(slot, strings, count: 1) { try table.take(slot, call($0[0])) }
            case .fileRead:
                let call = try table.function(slot, as: osr_file_read_fn.self)
                return try withStrings(slot, strings, count: 1) { try table.take(slot, call($0[0])) }
            case .listActiveTasks:
                let call = try table.function(slot, as: osr_list_active_tasks_fn.self)
                return try withStrings(slot, strings, count: 0) { _ in try table.take(slot, call()) }
            case .sendDraft:
                let call = try table.function(slot, as: osr_send_draft_fn.self)
                return try withStrings(slot, strings, count: 2) { call($0[0], $0[1]); return nil }
            case .dispatchInterrupt:
                let call = try table.function(slot, as: osr_dispatch_interrupt_fn.self)
                return try withStrings(slot, strings, count: 2) { call($0[0], $0[1]); return nil }
            case .dispatchAddIssue:
                let call = try table.function(slot, as: osr_dispatch_add_issue_fn.self)
                return try withStrings(slot, strings, count: 2) { try table.take(slot, call($0[0], $0[1])) }
            case .completeCancel:
                let call = try table.function(slot, as: osr_complete_cancel_fn.self)
                return try withStrings(slot, strings, count: 1) { call($0[0]); return nil }
            case .getActiveAgentId:
                let call = try table.function(slot, as: osr_get_active_agent_id_fn.self)
                return try withStrings(slot, strings, count: 0) { _ in try table.take(slot, call()) }
            case .logStructured:
                let call = try table.function(slot, as: osr_log_structured_fn.self)
                return try withStrings(slot, strings, count: 2) { call(level, $0[0], $0[1]); return nil }
            case .freeString: throw HostError.notForPlugins(slot)
            }
        }
    }
}

extension BlockingHost {
    /// Reads one of the plugin's configuration values or secrets for the agent of the calling frame; hosts
    /// since mid 2026 fall back to the value set for all agents.
    ///
    /// NULL is the ordinary answer for a key that is not set; an empty string is a value. Without an agent,
    /// or with the built-in default agent, the answer is always NULL.
    ///
    /// - Parameter key: Name of the value. Any text; it need not be declared in the manifest.
    /// - Returns: The stored text. Nothing: The key is not set, `key` is NULL, the plugin is unknown to the
    ///   host, or no chat agent is bound to the thread.
    /// - Throws: `HostError`. Since version 2 (2a). Blocks: briefly (reads the system's secret store).
    public func configGet(_ key: String) throws -> String? {
        try perform(Operations.configGet(key))
    }

    /// Stores a configuration value or secret for the agent of the calling frame.
    ///
    /// Values over 1 MiB of UTF-8 are dropped with a warning in the host's log. Without a chat agent the call
    /// does nothing. The plugin's own `on_config_changed` is not called.
    ///
    /// - Parameter key: Name of the value.
    /// - Parameter value: Text to store, at most 1,048,576 bytes. An empty string is a value; use
    ///   `config_delete` to remove one.
    /// - Throws: `HostError`. Since version 2 (2a). Blocks: briefly (writes the system's secret store).
    public func configSet(_ key: String, value: String) throws {
        try perform(Operations.configSet(key, value: value))
    }

    /// Removes a configuration value of the agent of the calling frame; a key that is not set is not an
    /// error.
    ///
    /// A value set for all agents stays, so `config_get` may still find one. Without a chat agent the call
    /// does nothing.
    ///
    /// - Parameter key: Name of the value.
    /// - Throws: `HostError`. Since version 2 (2a). Blocks: briefly (writes the system's secret store).
    public func configDelete(_ key: String) throws {
        try perform(Operations.configDelete(key))
    }

    /// Runs one SQL statement in the plugin's own SQLite database, which all agents share.
    ///
    /// Only the first statement of `sql` runs. ATTACH, DETACH and load_extension are refused; the file is
    /// limited to 100 MiB. A SELECT runs but its rows are lost: use `db_query`.
    ///
    /// - Parameter sql: One statement, with `?`, `?NNN` or named placeholders.
    /// - Parameter params: JSON array with the values in placeholder order. Anything but an array is ignored
    ///   and binds NULL.
    /// - Returns: JSON with the number of changed rows, or an object whose `error` is SQLite's message.
    ///   Nothing: `sql` is NULL, or memory ran out.
    /// - Throws: `HostError`. Since version 2 (2a). Blocks: yes (until the plugin's database queue has run
    ///   the statement; a busy database is retried for 5 s).
    public func dbExec(_ sql: String, params: String? = nil) throws -> DbExecResult {
        try perform(Operations.dbExec(sql, params: params))
    }

    /// Runs one SQL statement in the plugin's own SQLite database and returns its rows.
    ///
    /// All rows are returned at once; there is no limit on their number. An error while stepping ends the
    /// result early and is not reported. Writes are allowed.
    ///
    /// - Parameter sql: One statement, with `?`, `?NNN` or named placeholders.
    /// - Parameter params: JSON array with the values in placeholder order. Anything but an array is ignored
    ///   and binds NULL.
    /// - Returns: JSON with column names and rows, each row an array, or an object whose `error` is SQLite's
    ///   message. Nothing: `sql` is NULL, or memory ran out.
    /// - Throws: `HostError`. Since version 2 (2a). Blocks: yes (until the plugin's database queue has read
    ///   all rows; a busy database is retried for 5 s).
    public func dbQuery(_ sql: String, params: String? = nil) throws -> DbQueryResult {
        try perform(Operations.dbQuery(sql, params: params))
    }

    /// Writes a line to the host's log and activity list.
    ///
    /// May be called on any thread, but on a thread of the plugin's own the host can only guess which plugin
    /// is speaking.
    ///
    /// - Parameter level: One of the `OSR_LOG_` constants, 0 to 4; other numbers are shown as LOG.
    /// - Parameter message: Text of any length.
    /// - Throws: `HostError`. Since version 2 (2a). Blocks: no, returns at once.
    public func log(_ level: Int32, message: String) throws {
        try perform(Operations.log(level, message: message))
    }

    /// Starts a background task in which the agent of the calling frame works on a prompt.
    ///
    /// Returns the task's id as soon as it is registered; progress and the end come through `on_task_event`,
    /// the state through `task_status`. The built-in default agent cannot be used. At most 10 calls in 60 s
    /// per plugin and agent.
    ///
    /// - Parameter request: What to do, as JSON.
    /// - Returns: The new task, or an error envelope. Nothing: `request_json` is NULL, or memory ran out.
    /// - Throws: `HostError`. Since version 2 (2b). Blocks: yes (until the task is registered, not until it
    ///   is done).
    public func dispatch(_ request: DispatchRequest) throws -> DispatchResponse {
        try perform(Operations.dispatch(request))
    }

    /// Reads the state of a task that this plugin dispatched.
    ///
    /// A cancelled task stays readable for about 15 s, a finished one until the user has seen it; then it is
    /// `not_found`.
    ///
    /// - Parameter taskId: Id from `dispatch`, a UUID.
    /// - Returns: The task's state, or an error envelope. Nothing: `task_id` is NULL, or memory ran out.
    /// - Throws: `HostError`. Since version 2 (2b). Blocks: briefly (asks the host's main loop, 30 s at
    ///   most).
    public func taskStatus(_ taskId: String) throws -> TaskStatus {
        try perform(Operations.taskStatus(taskId))
    }

    /// Stops a task that this plugin dispatched; a CANCELLED event follows.
    ///
    /// An id that is not a UUID or belongs to another plugin does nothing but leave one warning in the host's
    /// log.
    ///
    /// - Parameter taskId: Id from `dispatch`, a UUID.
    /// - Throws: `HostError`. Since version 2 (2b). Blocks: briefly (asks the host's main loop, 30 s at
    ///   most).
    public func dispatchCancel(_ taskId: String) throws {
        try perform(Operations.dispatchCancel(taskId))
    }

    /// Answered a task's clarification question in version 2 hosts. The slot remains so that later ones keep
    /// their place.
    ///
    /// Reserved: Without effect since version 3. The user answers a task's question in the chat window.
    ///
    /// - Parameter taskId: Id from `dispatch`, a UUID.
    /// - Parameter response: The answer, as text.
    /// - Throws: `HostError`. Since version 2 (2b). Blocks: no, returns at once.
    public func dispatchClarify(_ taskId: String, response: String) throws {
        try perform(Operations.dispatchClarify(taskId, response: response))
    }

    /// Asks a model for a chat completion and waits for the whole answer.
    ///
    /// The bound agent adds its system prompt, memory and defaults. With `tools` the host runs the model's
    /// tool calls and asks again, up to `max_iterations` times. At most two completions and embeddings
    /// together run at once per plugin.
    ///
    /// - Parameter request: Chat-completion request in the OpenAI form, with the host's additions.
    /// - Returns: The completion, or an error envelope. Nothing: `request_json` is NULL, or memory ran out.
    /// - Throws: `HostError`. Since version 2 (2b). Blocks: yes (until the model has answered, 1800 s at
    ///   most).
    public func complete(_ request: CompletionRequest) throws -> CompletionResponse {
        try perform(Operations.complete(request))
    }

    /// Asks a model for a chat completion, hands out each piece as it comes, and returns the whole answer at
    /// the end.
    ///
    /// `on_chunk` is called on a thread of the host's, one chunk at a time, while this call waits. No plugin
    /// and no agent is bound to that thread, so make no host calls there, except `complete_cancel`. It must
    /// not throw, unwind or exit.
    ///
    /// - Parameter request: As for `complete`, with a `stream_id` that `complete_cancel` can name.
    /// - Parameter onChunk: Receives each chunk as JSON. The text is valid during the callback only.
    /// - Returns: The whole answer, or an error envelope. Nothing: `request_json` is NULL, or memory ran out.
    /// - Throws: `HostError`. Since version 2 (2b). Blocks: yes (until the model has answered, 1800 s at
    ///   most).
    public func completeStream(_ request: CompletionRequest, onChunk: @escaping ChunkHandler) throws -> StreamResponse {
        try perform(Operations.completeStream(request, onChunk: onChunk))
    }

    /// Computes embedding vectors for one or several strings.
    ///
    /// Counts towards the limit of two concurrent inference calls per plugin.
    ///
    /// - Parameter request: The strings, as JSON.
    /// - Returns: The vectors, or an error envelope. Nothing: `request_json` is NULL, or memory ran out.
    /// - Throws: `HostError`. Since version 2 (2b). Blocks: yes (until the vectors are computed, 1800 s at
    ///   most).
    public func embed(_ request: EmbedRequest) throws -> EmbedResponse {
        try perform(Operations.embed(request))
    }

    /// Lists the models that the host can use now: local ones, one for embeddings, and those of remote
    /// providers.
    ///
    /// - Returns: The models, or an error envelope. Nothing: Memory ran out.
    /// - Throws: `HostError`. Since version 2 (2b). Blocks: yes (until remote providers have answered, 1800 s
    ///   at most).
    public func listModels() throws -> ModelList {
        try perform(Operations.listModels())
    }

    /// Sends an HTTP request and waits for the response.
    ///
    /// Any HTTP status is a success, 4xx and 5xx included. Loopback, private and link-local addresses are
    /// refused. At most 60 requests in 60 s per plugin and agent; calls without a chat agent share one
    /// allowance.
    ///
    /// - Parameter request: The request, as JSON.
    /// - Returns: The response, or an error envelope. Nothing: `request_json` is NULL, or memory ran out.
    /// - Throws: `HostError`. Since version 2 (2b). Blocks: yes (until the response is there or `timeout_ms`
    ///   has passed, 1800 s at most).
    public func httpRequest(_ request: HttpRequest) throws -> HttpResponse {
        try perform(Operations.httpRequest(request))
    }

    /// Reads a file from the host's artifacts folder, for example one that a share-artifact call has just
    /// announced.
    ///
    /// Paths outside that folder are refused; files over 50,000,000 bytes too.
    ///
    /// - Parameter request: The path, as JSON.
    /// - Returns: The file's content, or an error envelope. Nothing: `request_json` is NULL, or memory ran
    ///   out.
    /// - Throws: `HostError`. Since version 2 (2d). Blocks: yes (until the file is read).
    public func fileRead(_ request: FileReadRequest) throws -> FileReadResponse {
        try perform(Operations.fileRead(request))
    }

    /// Lists this plugin's tasks that are not finished, of all agents, in no particular order.
    ///
    /// - Returns: The tasks, or an error envelope. Nothing: Memory ran out.
    /// - Throws: `HostError`. Since version 2 (2e). Blocks: briefly (asks the host's main loop, 30 s at
    ///   most).
    public func listActiveTasks() throws -> TaskList {
        try perform(Operations.listActiveTasks())
    }

    /// Attaches a preliminary result to an active task of this plugin; a DRAFT event with it comes back.
    ///
    /// An unknown, foreign or finished task does nothing but leave one warning in the host's log.
    ///
    /// - Parameter taskId: Id from `dispatch`, a UUID.
    /// - Parameter draft: The draft. Stored as given; text that is not a JSON object is left out of events
    ///   and status.
    /// - Throws: `HostError`. Since version 2 (2e). Blocks: briefly (asks the host's main loop, 30 s at
    ///   most).
    public func sendDraft(_ taskId: String, draft: Draft) throws {
        try perform(Operations.sendDraft(taskId, draft: draft))
    }

    /// Stops the model in an active task of this plugin; the task then completes with what it has.
    ///
    /// A message is added to the conversation first, but does not start another turn.
    ///
    /// - Parameter taskId: Id from `dispatch`, a UUID.
    /// - Parameter message: Text added as a user's turn; blank text adds nothing.
    /// - Throws: `HostError`. Since version 2 (2e). Blocks: briefly (asks the host's main loop, 30 s at
    ///   most).
    public func dispatchInterrupt(_ taskId: String, message: String? = nil) throws {
        try perform(Operations.dispatchInterrupt(taskId, message: message))
    }

    /// Added an issue to a running task in version 2 hosts. The slot remains so that later ones keep their
    /// place.
    ///
    /// Reserved: Answers `not_supported` since version 3. Start a fresh task with `dispatch`.
    ///
    /// - Parameter taskId: Id from `dispatch`; no longer looked at.
    /// - Parameter issue: The issue, as JSON; no longer looked at.
    /// - Returns: An error envelope with `not_supported`. Nothing: `task_id` is NULL, or memory ran out.
    /// - Throws: `HostError`. Since version 2 (2e). Blocks: no, returns at once.
    public func dispatchAddIssue(_ taskId: String, issue: String? = nil) throws -> JSON {
        try perform(Operations.dispatchAddIssue(taskId, issue: issue))
    }

    /// Ends a running `complete_stream` of this plugin early; that call then returns the error `cancelled`.
    ///
    /// Takes effect at the next piece of text. A cancellation that comes before the stream has started is
    /// lost. Streams that share an id end together; those of other plugins are safe.
    ///
    /// - Parameter streamId: The `stream_id` of the request.
    /// - Throws: `HostError`. Since version 3. Blocks: no, returns at once.
    public func completeCancel(_ streamId: String) throws {
        try perform(Operations.completeCancel(streamId))
    }

    /// Tells for which agent the host is calling.
    ///
    /// Also names the built-in default agent, for which `config_get` and `dispatch` behave as if there were
    /// none.
    ///
    /// - Returns: The agent's id, a UUID in upper case. Nothing: No agent is bound to this thread: in the
    ///   entry function, `init`, `get_manifest`, `destroy`, artifact calls, and on threads of the plugin's
    ///   own.
    /// - Throws: `HostError`. Since version 4. Blocks: no, returns at once.
    public func getActiveAgentId() throws -> String? {
        try perform(Operations.getActiveAgentId())
    }

    /// Writes a line to the host's log with a payload that the activity list shows beside it.
    ///
    /// Hand-written copies of the table often forget this slot, which moves `free_string` to a wrong place.
    ///
    /// - Parameter level: One of the `OSR_LOG_` constants, 0 to 4; other numbers are shown as LOG.
    /// - Parameter message: Text of any length.
    /// - Parameter payload: Details, by custom a JSON object; the host does not parse it.
    /// - Throws: `HostError`. Since version 5. Blocks: no, returns at once.
    public func logStructured(_ level: Int32, message: String, payload: String? = nil) throws {
        try perform(Operations.logStructured(level, message: message, payload: payload))
    }
}

extension AsyncHost {
    /// Reads one of the plugin's configuration values or secrets for the agent of the calling frame; hosts
    /// since mid 2026 fall back to the value set for all agents.
    ///
    /// NULL is the ordinary answer for a key that is not set; an empty string is a value. Without an agent,
    /// or with the built-in default agent, the answer is always NULL.
    ///
    /// - Parameter key: Name of the value. Any text; it need not be declared in the manifest.
    /// - Returns: The stored text. Nothing: The key is not set, `key` is NULL, the plugin is unknown to the
    ///   host, or no chat agent is bound to the thread.
    /// - Throws: `HostError`. Since version 2 (2a). Blocks: briefly (reads the system's secret store).
    public func configGet(_ key: String) async throws -> String? {
        try await perform(Operations.configGet(key))
    }

    /// Stores a configuration value or secret for the agent of the calling frame.
    ///
    /// Values over 1 MiB of UTF-8 are dropped with a warning in the host's log. Without a chat agent the call
    /// does nothing. The plugin's own `on_config_changed` is not called.
    ///
    /// - Parameter key: Name of the value.
    /// - Parameter value: Text to store, at most 1,048,576 bytes. An empty string is a value; use
    ///   `config_delete` to remove one.
    /// - Throws: `HostError`. Since version 2 (2a). Blocks: briefly (writes the system's secret store).
    public func configSet(_ key: String, value: String) async throws {
        try await perform(Operations.configSet(key, value: value))
    }

    /// Removes a configuration value of the agent of the calling frame; a key that is not set is not an
    /// error.
    ///
    /// A value set for all agents stays, so `config_get` may still find one. Without a chat agent the call
    /// does nothing.
    ///
    /// - Parameter key: Name of the value.
    /// - Throws: `HostError`. Since version 2 (2a). Blocks: briefly (writes the system's secret store).
    public func configDelete(_ key: String) async throws {
        try await perform(Operations.configDelete(key))
    }

    /// Runs one SQL statement in the plugin's own SQLite database, which all agents share.
    ///
    /// Only the first statement of `sql` runs. ATTACH, DETACH and load_extension are refused; the file is
    /// limited to 100 MiB. A SELECT runs but its rows are lost: use `db_query`.
    ///
    /// - Parameter sql: One statement, with `?`, `?NNN` or named placeholders.
    /// - Parameter params: JSON array with the values in placeholder order. Anything but an array is ignored
    ///   and binds NULL.
    /// - Returns: JSON with the number of changed rows, or an object whose `error` is SQLite's message.
    ///   Nothing: `sql` is NULL, or memory ran out.
    /// - Throws: `HostError`. Since version 2 (2a). Blocks: yes (until the plugin's database queue has run
    ///   the statement; a busy database is retried for 5 s).
    public func dbExec(_ sql: String, params: String? = nil) async throws -> DbExecResult {
        try await perform(Operations.dbExec(sql, params: params))
    }

    /// Runs one SQL statement in the plugin's own SQLite database and returns its rows.
    ///
    /// All rows are returned at once; there is no limit on their number. An error while stepping ends the
    /// result early and is not reported. Writes are allowed.
    ///
    /// - Parameter sql: One statement, with `?`, `?NNN` or named placeholders.
    /// - Parameter params: JSON array with the values in placeholder order. Anything but an array is ignored
    ///   and binds NULL.
    /// - Returns: JSON with column names and rows, each row an array, or an object whose `error` is SQLite's
    ///   message. Nothing: `sql` is NULL, or memory ran out.
    /// - Throws: `HostError`. Since version 2 (2a). Blocks: yes (until the plugin's database queue has read
    ///   all rows; a busy database is retried for 5 s).
    public func dbQuery(_ sql: String, params: String? = nil) async throws -> DbQueryResult {
        try await perform(Operations.dbQuery(sql, params: params))
    }

    /// Writes a line to the host's log and activity list.
    ///
    /// May be called on any thread, but on a thread of the plugin's own the host can only guess which plugin
    /// is speaking.
    ///
    /// - Parameter level: One of the `OSR_LOG_` constants, 0 to 4; other numbers are shown as LOG.
    /// - Parameter message: Text of any length.
    /// - Throws: `HostError`. Since version 2 (2a). Blocks: no, returns at once.
    public func log(_ level: Int32, message: String) async throws {
        try await perform(Operations.log(level, message: message))
    }

    /// Starts a background task in which the agent of the calling frame works on a prompt.
    ///
    /// Returns the task's id as soon as it is registered; progress and the end come through `on_task_event`,
    /// the state through `task_status`. The built-in default agent cannot be used. At most 10 calls in 60 s
    /// per plugin and agent.
    ///
    /// - Parameter request: What to do, as JSON.
    /// - Returns: The new task, or an error envelope. Nothing: `request_json` is NULL, or memory ran out.
    /// - Throws: `HostError`. Since version 2 (2b). Blocks: yes (until the task is registered, not until it
    ///   is done).
    public func dispatch(_ request: DispatchRequest) async throws -> DispatchResponse {
        try await perform(Operations.dispatch(request))
    }

    /// Reads the state of a task that this plugin dispatched.
    ///
    /// A cancelled task stays readable for about 15 s, a finished one until the user has seen it; then it is
    /// `not_found`.
    ///
    /// - Parameter taskId: Id from `dispatch`, a UUID.
    /// - Returns: The task's state, or an error envelope. Nothing: `task_id` is NULL, or memory ran out.
    /// - Throws: `HostError`. Since version 2 (2b). Blocks: briefly (asks the host's main loop, 30 s at
    ///   most).
    public func taskStatus(_ taskId: String) async throws -> TaskStatus {
        try await perform(Operations.taskStatus(taskId))
    }

    /// Stops a task that this plugin dispatched; a CANCELLED event follows.
    ///
    /// An id that is not a UUID or belongs to another plugin does nothing but leave one warning in the host's
    /// log.
    ///
    /// - Parameter taskId: Id from `dispatch`, a UUID.
    /// - Throws: `HostError`. Since version 2 (2b). Blocks: briefly (asks the host's main loop, 30 s at
    ///   most).
    public func dispatchCancel(_ taskId: String) async throws {
        try await perform(Operations.dispatchCancel(taskId))
    }

    /// Answered a task's clarification question in version 2 hosts. The slot remains so that later ones keep
    /// their place.
    ///
    /// Reserved: Without effect since version 3. The user answers a task's question in the chat window.
    ///
    /// - Parameter taskId: Id from `dispatch`, a UUID.
    /// - Parameter response: The answer, as text.
    /// - Throws: `HostError`. Since version 2 (2b). Blocks: no, returns at once.
    public func dispatchClarify(_ taskId: String, response: String) async throws {
        try await perform(Operations.dispatchClarify(taskId, response: response))
    }

    /// Asks a model for a chat completion and waits for the whole answer.
    ///
    /// The bound agent adds its system prompt, memory and defaults. With `tools` the host runs the model's
    /// tool calls and asks again, up to `max_iterations` times. At most two completions and embeddings
    /// together run at once per plugin.
    ///
    /// - Parameter request: Chat-completion request in the OpenAI form, with the host's additions.
    /// - Returns: The completion, or an error envelope. Nothing: `request_json` is NULL, or memory ran out.
    /// - Throws: `HostError`. Since version 2 (2b). Blocks: yes (until the model has answered, 1800 s at
    ///   most).
    public func complete(_ request: CompletionRequest) async throws -> CompletionResponse {
        try await perform(Operations.complete(request))
    }

    /// Asks a model for a chat completion, hands out each piece as it comes, and returns the whole answer at
    /// the end.
    ///
    /// `on_chunk` is called on a thread of the host's, one chunk at a time, while this call waits. No plugin
    /// and no agent is bound to that thread, so make no host calls there, except `complete_cancel`. It must
    /// not throw, unwind or exit.
    ///
    /// - Parameter request: As for `complete`, with a `stream_id` that `complete_cancel` can name.
    /// - Parameter onChunk: Receives each chunk as JSON. The text is valid during the callback only.
    /// - Returns: The whole answer, or an error envelope. Nothing: `request_json` is NULL, or memory ran out.
    /// - Throws: `HostError`. Since version 2 (2b). Blocks: yes (until the model has answered, 1800 s at
    ///   most).
    public func completeStream(_ request: CompletionRequest, onChunk: @escaping ChunkHandler) async throws -> StreamResponse {
        try await perform(Operations.completeStream(request, onChunk: onChunk))
    }

    /// Computes embedding vectors for one or several strings.
    ///
    /// Counts towards the limit of two concurrent inference calls per plugin.
    ///
    /// - Parameter request: The strings, as JSON.
    /// - Returns: The vectors, or an error envelope. Nothing: `request_json` is NULL, or memory ran out.
    /// - Throws: `HostError`. Since version 2 (2b). Blocks: yes (until the vectors are computed, 1800 s at
    ///   most).
    public func embed(_ request: EmbedRequest) async throws -> EmbedResponse {
        try await perform(Operations.embed(request))
    }

    /// Lists the models that the host can use now: local ones, one for embeddings, and those of remote
    /// providers.
    ///
    /// - Returns: The models, or an error envelope. Nothing: Memory ran out.
    /// - Throws: `HostError`. Since version 2 (2b). Blocks: yes (until remote providers have answered, 1800 s
    ///   at most).
    public func listModels() async throws -> ModelList {
        try await perform(Operations.listModels())
    }

    /// Sends an HTTP request and waits for the response.
    ///
    /// Any HTTP status is a success, 4xx and 5xx included. Loopback, private and link-local addresses are
    /// refused. At most 60 requests in 60 s per plugin and agent; calls without a chat agent share one
    /// allowance.
    ///
    /// - Parameter request: The request, as JSON.
    /// - Returns: The response, or an error envelope. Nothing: `request_json` is NULL, or memory ran out.
    /// - Throws: `HostError`. Since version 2 (2b). Blocks: yes (until the response is there or `timeout_ms`
    ///   has passed, 1800 s at most).
    public func httpRequest(_ request: HttpRequest) async throws -> HttpResponse {
        try await perform(Operations.httpRequest(request))
    }

    /// Reads a file from the host's artifacts folder, for example one that a share-artifact call has just
    /// announced.
    ///
    /// Paths outside that folder are refused; files over 50,000,000 bytes too.
    ///
    /// - Parameter request: The path, as JSON.
    /// - Returns: The file's content, or an error envelope. Nothing: `request_json` is NULL, or memory ran
    ///   out.
    /// - Throws: `HostError`. Since version 2 (2d). Blocks: yes (until the file is read).
    public func fileRead(_ request: FileReadRequest) async throws -> FileReadResponse {
        try await perform(Operations.fileRead(request))
    }

    /// Lists this plugin's tasks that are not finished, of all agents, in no particular order.
    ///
    /// - Returns: The tasks, or an error envelope. Nothing: Memory ran out.
    /// - Throws: `HostError`. Since version 2 (2e). Blocks: briefly (asks the host's main loop, 30 s at
    ///   most).
    public func listActiveTasks() async throws -> TaskList {
        try await perform(Operations.listActiveTasks())
    }

    /// Attaches a preliminary result to an active task of this plugin; a DRAFT event with it comes back.
    ///
    /// An unknown, foreign or finished task does nothing but leave one warning in the host's log.
    ///
    /// - Parameter taskId: Id from `dispatch`, a UUID.
    /// - Parameter draft: The draft. Stored as given; text that is not a JSON object is left out of events
    ///   and status.
    /// - Throws: `HostError`. Since version 2 (2e). Blocks: briefly (asks the host's main loop, 30 s at
    ///   most).
    public func sendDraft(_ taskId: String, draft: Draft) async throws {
        try await perform(Operations.sendDraft(taskId, draft: draft))
    }

    /// Stops the model in an active task of this plugin; the task then completes with what it has.
    ///
    /// A message is added to the conversation first, but does not start another turn.
    ///
    /// - Parameter taskId: Id from `dispatch`, a UUID.
    /// - Parameter message: Text added as a user's turn; blank text adds nothing.
    /// - Throws: `HostError`. Since version 2 (2e). Blocks: briefly (asks the host's main loop, 30 s at
    ///   most).
    public func dispatchInterrupt(_ taskId: String, message: String? = nil) async throws {
        try await perform(Operations.dispatchInterrupt(taskId, message: message))
    }

    /// Added an issue to a running task in version 2 hosts. The slot remains so that later ones keep their
    /// place.
    ///
    /// Reserved: Answers `not_supported` since version 3. Start a fresh task with `dispatch`.
    ///
    /// - Parameter taskId: Id from `dispatch`; no longer looked at.
    /// - Parameter issue: The issue, as JSON; no longer looked at.
    /// - Returns: An error envelope with `not_supported`. Nothing: `task_id` is NULL, or memory ran out.
    /// - Throws: `HostError`. Since version 2 (2e). Blocks: no, returns at once.
    public func dispatchAddIssue(_ taskId: String, issue: String? = nil) async throws -> JSON {
        try await perform(Operations.dispatchAddIssue(taskId, issue: issue))
    }

    /// Ends a running `complete_stream` of this plugin early; that call then returns the error `cancelled`.
    ///
    /// Takes effect at the next piece of text. A cancellation that comes before the stream has started is
    /// lost. Streams that share an id end together; those of other plugins are safe.
    ///
    /// - Parameter streamId: The `stream_id` of the request.
    /// - Throws: `HostError`. Since version 3. Blocks: no, returns at once.
    public func completeCancel(_ streamId: String) async throws {
        try await perform(Operations.completeCancel(streamId))
    }

    /// Tells for which agent the host is calling.
    ///
    /// Also names the built-in default agent, for which `config_get` and `dispatch` behave as if there were
    /// none.
    ///
    /// - Returns: The agent's id, a UUID in upper case. Nothing: No agent is bound to this thread: in the
    ///   entry function, `init`, `get_manifest`, `destroy`, artifact calls, and on threads of the plugin's
    ///   own.
    /// - Throws: `HostError`. Since version 4. Blocks: no, returns at once.
    public func getActiveAgentId() async throws -> String? {
        try await perform(Operations.getActiveAgentId())
    }

    /// Writes a line to the host's log with a payload that the activity list shows beside it.
    ///
    /// Hand-written copies of the table often forget this slot, which moves `free_string` to a wrong place.
    ///
    /// - Parameter level: One of the `OSR_LOG_` constants, 0 to 4; other numbers are shown as LOG.
    /// - Parameter message: Text of any length.
    /// - Parameter payload: Details, by custom a JSON object; the host does not parse it.
    /// - Throws: `HostError`. Since version 5. Blocks: no, returns at once.
    public func logStructured(_ level: Int32, message: String, payload: String? = nil) async throws {
        try await perform(Operations.logStructured(level, message: message, payload: payload))
    }
}
