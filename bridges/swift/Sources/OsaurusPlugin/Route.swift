// Routes: HTTP requests that the host hands to the plugin.

import Foundation

/// A route.
public struct Route: Sendable {
    let declaration: ManifestRoute
    let handler: Handler<RouteRequest, RouteResponse>

    /// A route whose handler runs on the host's thread.
    ///
    /// - Parameters:
    ///   - id: Its name, which comes back in the request.
    ///   - methods: HTTP methods that it answers.
    ///   - path: Its path below the plugin's own, for example `/guests/:name`.
    ///   - auth: Who may call it.
    ///   - description: What it does, for people.
    ///   - run: Answers a request. What it throws is answered with status 500 and its text.
    public init(
        _ id: String, _ methods: [String], _ path: String, auth: RouteAuth, description: String? = nil,
        run: @escaping @Sendable (RouteRequest, Call<BlockingHost>) throws -> RouteResponse
    ) {
        declaration = ManifestRoute(id: id, path: path, methods: methods, auth: auth, description: description)
        handler = .blocking(run)
    }

    private init(_ declaration: ManifestRoute, _ handler: Handler<RouteRequest, RouteResponse>) {
        (self.declaration, self.handler) = (declaration, handler)
    }

    /// A route whose handler awaits, and is cancelled at its deadline.
    ///
    /// - Parameters:
    ///   - id: Its name, which comes back in the request.
    ///   - methods: HTTP methods that it answers.
    ///   - path: Its path below the plugin's own, for example `/guests/:name`.
    ///   - auth: Who may call it.
    ///   - description: What it does, for people.
    ///   - run: Answers a request. What it throws is answered with status 500 and its text.
    public static func awaiting(
        _ id: String, _ methods: [String], _ path: String, auth: RouteAuth, description: String? = nil,
        run: @escaping @Sendable (RouteRequest, Call<AsyncHost>) async throws -> RouteResponse
    ) -> Route {
        let made = ManifestRoute(id: id, path: path, methods: methods, auth: auth, description: description)
        return Route(made, .awaiting(run))
    }

    func answer(_ request: RouteRequest, _ instance: Instance) -> RouteResponse {
        do {
            return try handler.run(request, instance, limit: Deadline.route)
        } catch {
            return .problem(500, "\(error)")
        }
    }
}

extension RouteResponse {
    /// Plain text.
    public static func text(_ body: String, status: Int = 200, type: String = "text/plain; charset=utf-8") -> Self {
        RouteResponse(status: status, headers: ["content-type": type], body: body)
    }

    /// Any value as JSON.
    public static func json(_ value: some Encodable, status: Int = 200) throws -> Self {
        .text(try writeJSON(value), status: status, type: "application/json; charset=utf-8")
    }

    /// A JSON error with a message.
    public static func problem(_ status: Int, _ message: String) -> Self {
        let body = JSON.object(["error": ["message": .string(message)]])
        return (try? .json(body, status: status)) ?? .text(message, status: status)
    }
}
