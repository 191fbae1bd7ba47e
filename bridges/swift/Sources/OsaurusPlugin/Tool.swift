// Tools: what a plugin declares and the host invokes. Answers are tool envelopes, whatever the handler throws.

import Foundation

/// Arguments of a tool that takes none.
public struct NoArguments: Codable, Sendable {
    /// The only one.
    public init() {}
}

/// A tool.
public struct Tool: Sendable {
    let declaration: ManifestTool
    let schema: Schema
    let handler: Handler<String, String>

    /// A tool whose handler runs on the host's thread.
    ///
    /// - Parameters:
    ///   - id: Its name for the model, for example `add_note`.
    ///   - description: What it does, for the model.
    ///   - parameters: What it takes. Other arguments are refused before the handler runs.
    ///   - policy: Whether the user is asked; the host asks unless told otherwise.
    ///   - run: Gets the arguments and the call; what it returns becomes the result, what it throws the failure.
    public init<Arguments: Decodable, Output: Encodable>(
        _ id: String, _ description: String, parameters: [Schema.Property] = [], policy: PermissionPolicy? = nil,
        run: @escaping @Sendable (Arguments, Call<BlockingHost>) throws -> Output
    ) {
        let handler = Handler<String, String>.blocking { text, call in
            try success(try run(readJSON(Arguments.self, from: text), call))
        }
        self.init(id, description, .object(parameters), policy, handler)
    }

    /// A tool whose handler awaits: it may do several things at once, and is cancelled at its deadline.
    ///
    /// - Parameters:
    ///   - id: Its name for the model, for example `add_note`.
    ///   - description: What it does, for the model.
    ///   - parameters: What it takes. Other arguments are refused before the handler runs.
    ///   - policy: Whether the user is asked; the host asks unless told otherwise.
    ///   - run: Gets the arguments and the call; what it returns becomes the result, what it throws the failure.
    public static func awaiting<Arguments: Decodable, Output: Encodable>(
        _ id: String, _ description: String, parameters: [Schema.Property] = [], policy: PermissionPolicy? = nil,
        run: @escaping @Sendable (Arguments, Call<AsyncHost>) async throws -> Output
    ) -> Tool {
        let handler = Handler<String, String>.awaiting { text, call in
            try success(try await run(readJSON(Arguments.self, from: text), call))
        }
        return Tool(id, description, .object(parameters), policy, handler)
    }

    private init(
        _ id: String, _ description: String, _ schema: Schema, _ policy: PermissionPolicy?,
        _ handler: Handler<String, String>
    ) {
        declaration = ManifestTool(id: id, description: description, parameters: schema.json, requirements: [], permissionPolicy: policy ?? .ask)
        (self.schema, self.handler) = (schema, handler)
    }
}

/// A failure that the model should read.
public struct ToolError: Error, Hashable, Sendable {
    /// What sort of failure it is.
    public var kind: ToolErrorKind
    /// What went wrong and what to do, for the model.
    public var message: String
    /// Whether the same call may succeed later.
    public var retryable: Bool
    /// The argument that is wrong.
    public var field: String?
    /// What it should be.
    public var expected: String?

    /// A failure of a kind.
    public init(_ kind: ToolErrorKind, _ message: String, retryable: Bool = false) {
        (self.kind, self.message, self.retryable) = (kind, message, retryable)
    }

    /// An argument that the tool cannot use.
    public static func invalidArguments(field: String, expected: String) -> ToolError {
        var error = ToolError(.invalidArgs, "`\(field)`: expected \(expected)", retryable: true)
        (error.field, error.expected) = (field, expected)
        return error
    }
}

func success(_ result: some Encodable) throws -> String {
    let text = try writeJSON(result)
    return "{\"ok\":true,\"result\":\(text)}"
}

func failure(_ error: any Error) -> String {
    let told = toolError(error)
    let envelope = ToolFailure(
        ok: false, kind: told.kind, message: told.message, retryable: told.retryable, field: told.field,
        expected: told.expected)
    let fallback = #"{"ok":false,"kind":"execution_error","message":"the error cannot be written","retryable":false}"#
    return (try? writeJSON(envelope)) ?? fallback
}

private func toolError(_ error: any Error) -> ToolError {
    switch error {
    case let error as ToolError: error
    case let error as HostError: ToolError(error.isUnavailable ? .unavailable : .executionError, "\(error)")
    case let error as DeadlineExceeded: ToolError(.timeout, "\(error)", retryable: true)
    case let error as DecodingError: decodingFailure(error)
    default: ToolError(.executionError, "\(error)")
    }
}

private func decodingFailure(_ error: DecodingError) -> ToolError {
    let (path, about): ([any CodingKey], String) =
        switch error {
        case .keyNotFound(let key, let context): (context.codingPath + [key], "a value")
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context): (context.codingPath, "\(type)")
        case .dataCorrupted(let context): (context.codingPath, context.debugDescription)
        @unknown default: ([], "\(error)")
        }
    return .invalidArguments(field: path.map(\.stringValue).joined(separator: "."), expected: about)
}

extension Tool {
    /// Checks the arguments and runs the handler.
    func invoke(_ payload: String, _ instance: Instance) -> String {
        do {
            guard case .object(var arguments) = try readJSON(JSON.self, from: payload) else {
                throw ToolError.invalidArguments(field: "", expected: "an object")
            }
            let extras = try readJSON(ToolPayload.self, from: payload)
            arguments["_secrets"] = nil
            arguments["_context"] = nil
            if let problem = schema.problem(with: .object(arguments), at: "") { throw problem }
            let text = try writeJSON(JSON.object(arguments))
            return try handler.run(text, instance, extras, limit: Deadline.tool)
        } catch {
            return failure(error)
        }
    }
}

/// Seconds, a little less than the host waits.
enum Deadline {
    static let tool: TimeInterval = 115
    static let route: TimeInterval = 28
}
