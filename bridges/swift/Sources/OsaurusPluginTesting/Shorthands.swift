// Answers and requests that tests need often.

import OsaurusPlugin

extension CompletionResponse {
    /// A model's answer in one message.
    public static func saying(_ text: String) -> Self {
        let choice = CompletionChoice(index: 0, message: .assistant(text), finishReason: "stop")
        let usage = CompletionUsage(promptTokens: 0, completionTokens: 0, totalTokens: 0)
        return Self(
            id: "scripted", object: "chat.completion", created: 0, model: "scripted", choices: [choice], usage: usage)
    }
}

extension RouteRequest {
    /// A request as the host hands it to a route.
    ///
    /// - Parameters:
    ///   - route: The route's id.
    ///   - path: The path below the plugin's own; `pathParams` has what its `:names` stand for.
    ///   - headers: Headers with lower-case names.
    public static func to(
        _ route: String, method: String = "GET", path: String, pathParams: [String: String] = [:],
        query: [String: String] = [:], headers: [String: String] = [:], body: String = ""
    ) -> Self {
        Self(
            routeId: route, method: method, path: path, pathParams: pathParams, query: query, headers: headers, body: body,
            bodyEncoding: .utf8, remoteAddr: "127.0.0.1", pluginId: "dev.example.scripted",
            osaurus: RouteSurroundings(baseUrl: "", pluginUrl: "", agentAddress: ""))
    }
}
