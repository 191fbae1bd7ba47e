import Foundation
import OsaurusPlugin
import OsaurusPluginTesting
import Testing

/// A host that a handler kept beyond its call.
final class Kept: @unchecked Sendable {  // One test writes, then reads, on one thread.
    private var host: BlockingHost?
    func set(_ new: BlockingHost) { host = new }
    func get() -> BlockingHost? { host }
}

let kept = Kept()

func failure(_ envelope: JSON) -> [String?] { [envelope["kind"]?.string, envelope["message"]?.string] }

@Suite struct PluginTests {
    @Test func aToolReadsTheHostAndAnswersAnEnvelope() async throws {
        let host = ScriptedHost(config: ["greeting": "Hi"])
        let plugin = try TestedPlugin(Probe.self, host: host)
        #expect(try await plugin.invoke("greet", ["name": "Ada"]) == ["ok": true, "result": "Hi, Ada!"])
        #expect(host.calls == [RecordedCall(slot: .configGet, arguments: ["greeting"])])
    }

    @Test func badArgumentsAreNamedAndNeverReachTheHandler() async throws {
        let host = ScriptedHost()
        let plugin = try TestedPlugin(Probe.self, host: host)
        let cases: [(JSON, String, String)] = [
            ([:], "name", "text of at least 1 characters"), (["name": 1], "name", "text of at least 1 characters"),
            (["name": "Ada", "age": 3], "age", "no such argument; there are name"),
        ]
        for (arguments, field, expected) in cases {
            let envelope = try await plugin.invoke("greet", arguments)
            #expect(envelope["kind"] == "invalid_args" && envelope["field"]?.string == field, "\(envelope)")
            #expect(envelope["expected"]?.string == expected)
        }
        #expect(host.calls.isEmpty)
    }

    @Test func anAsyncToolsCallsAreMadeOnTheHostsThread() async throws {
        let host = ScriptedHost()
        host.on(.configGet) { key in
            TestedPlugin.isOnHostsThread ? key[0] : "another thread"
        }
        let plugin = try TestedPlugin(Probe.self, host: host)
        let together = try await plugin.invoke("together")
        #expect(together == ["ok": true, "result": ["one", "two"]], "\(together)")
    }

    @Test(arguments: [UInt32(2), 3, 4, 5, 6]) func eachVersionDegradesByItsOwnChecks(version: UInt32) async throws {
        let host = ScriptedHost(version: version)
        let plugin = try TestedPlugin(Probe.self, host: host)
        let agent = try await plugin.invoke("agent")
        if version < 4 {
            let text = "`get_active_agent_id` needs a host of version 4, this one has version \(version); update Osaurus"
            #expect(failure(agent) == ["unavailable", text])
        } else {
            #expect(agent["result"]?.string == WellKnown.defaultAgentId)
        }
        await plugin.configChanged("color", "red")
        #expect(host.calls.last?.slot == (version < 5 ? .log : .logStructured))
    }

    @Test func aStreamThatIsStoppedIsCancelledAndItsRestDropped() async throws {
        let host = ScriptedHost()
        let chunk = StreamChunk(id: "c", choices: [])
        try host.stream([chunk, chunk, chunk])
        try host.on(.completeStream, answer: StreamResponse(id: "c", model: "m", choices: []))
        let plugin = try TestedPlugin(Probe.self, host: host)
        #expect(try await plugin.invoke("stream") == ["ok": true, "result": "c"])
        #expect(host.calls.map(\.slot) == [.completeCancel, .completeStream])
    }

    @Test func failuresSayWhatWentWrong() async throws {
        let host = ScriptedHost()
        let plugin = try TestedPlugin(Probe.self, host: host)
        #expect(failure(try await plugin.invoke("refuse")) == ["not_found", "no such note"])
        let nul = "a string for `config_set` has a NUL at byte 1, where the host would cut it; remove or encode it"
        #expect(failure(try await plugin.invoke("nul")) == ["execution_error", nul])
        #expect(try await plugin.invoke("nothing")["kind"] == "tool_not_found")
        host.on(.dbQuery) { _ in #"{"error":"no such table: notes"}"# }
        #expect(failure(try await plugin.invoke("rows")) == ["execution_error", "`db_query` failed: db_error: no such table: notes"])
    }

    @Test func databaseTextThatIsNotJSONIsRepaired() async throws {
        let host = ScriptedHost()
        host.on(.dbQuery) { _ in "{\"columns\":[\"a\"],\"rows\":[[\"x\u{1}y \\\" inf\"],[inf],[-nan],[-1.5e+20]]}" }
        let plugin = try TestedPlugin(Probe.self, host: host)
        let rows = try await plugin.invoke("rows")["result"]?["rows"]
        #expect(rows == [["x\u{1}y \" inf"], [nil], [nil], [-1.5e+20]])
    }

    @Test func aHostThatWasKeptIsRefusedAfterTheCall() async throws {
        let plugin = try TestedPlugin(Probe.self, host: ScriptedHost())
        _ = try await plugin.invoke("leak")
        let host = try #require(kept.get())
        #expect(throws: HostError.callEnded(.configGet)) { _ = try host.configGet("a") }
    }

    @Test func routesAnswerAndTheirErrorsAreStatus500() async throws {
        let plugin = try TestedPlugin(Probe.self, host: ScriptedHost())
        let response = try await plugin.request(.to("hello", path: "/hello"))
        #expect(response.status == 200 && response.body == "you asked for /hello")
        let failed = try await plugin.request(.to("fails", path: "/fails"))
        #expect(failed.status == 500 && failed.body?.contains("not_scripted") == true, "\(failed)")
    }

    @Test func eventsAndArtifactsReachTheirObservers() async throws {
        let host = ScriptedHost()
        let plugin = try TestedPlugin(Probe.self, host: host)
        await plugin.configChanged(WellKnown.abiProbeKey, "probe")
        await plugin.configChanged("color", "")
        try await plugin.taskChanged("T", type: 6, event: TaskCancelledEvent(title: "x"))
        try await plugin.taskChanged("T", type: 99, event: JSON.object([:]))
        try await plugin.share(Artifact(filename: "a.txt", mimeType: "text/plain", size: 1, hostPath: "/a", isDirectory: false))
        let lines = host.calls.compactMap { $0.arguments[1] }
        #expect(lines.count == 4, "\(lines)")
        #expect(lines[0] == "color is " && lines[1].hasPrefix("T: cancelled") && lines[2].hasPrefix("T: unknown(99"))
        #expect(lines[3] == "a.txt")
    }

    @Test func theManifestHasToolsAndRoutesAndWhatThePluginObserves() throws {
        let manifest = try TestedPlugin(Probe.self, host: ScriptedHost()).manifest()
        #expect(manifest.capabilities.tools?.first?.id == "greet" && manifest.capabilities.artifactHandler == true)
        #expect(manifest.capabilities.routes?.map(\.path) == ["/hello", "/fails"])
        let schema = manifest.capabilities.tools?.first?.parameters
        #expect(schema?["properties"]?["name"] == ["type": "string", "minLength": 1, "description": "Who."])
        let raw = manifest.capabilities.tools?.first { $0.id == "raw" }?.parameters
        #expect(raw?["properties"]?["strings"]?["items"] == ["nullable": true], "hosts refuse null in a schema that does not say so")
    }

    @Test func rawCallsPassStringsAsTheyAre() async throws {
        let host = ScriptedHost(version: 3)
        host.on(.taskStatus) { _ in #"{"error":"not_found","message":"gone"}"# }
        let plugin = try TestedPlugin(Probe.self, host: host)
        func raw(_ name: JSON, _ strings: JSON) async throws -> JSON { try await plugin.invoke("raw", ["slot": name, "strings": strings]) }
        #expect(try await raw("task_status", ["T"])["result"] == #"{"error":"not_found","message":"gone"}"#)
        #expect(try await raw("config_set", ["k", nil])["ok"] == true)
        #expect(host.calls.last == RecordedCall(slot: .configSet, arguments: ["k", nil]))
        let failures: [(JSON, JSON, String)] = [
            ("config_get", [], "`config_get` takes 1 strings, found 0; pass nil for NULL"),
            ("free_string", [], "`free_string` is called by the package itself; leave it out"),
        ]
        for (name, strings, message) in failures {
            #expect(failure(try await raw(name, strings)) == ["execution_error", message])
        }
        #expect(try await raw("get_active_agent_id", [])["kind"] == "unavailable")
    }

    @Test func callsToOnePluginRunSideBySide() async throws {
        let meeting = Meeting()
        let host = ScriptedHost()
        host.on(.configGet) { _ in meeting.waitForTwo() ? "both" : "alone" }
        let plugin = try TestedPlugin(Probe.self, host: host)
        async let one = plugin.invoke("greet", ["name": "Ada"])
        async let two = plugin.invoke("greet", ["name": "Ben"])
        #expect(try await [one["result"], two["result"]] == ["both, Ada!", "both, Ben!"])
    }
}

/// Lets two threads go on when both have come.
final class Meeting: @unchecked Sendable {  // `condition` guards `count`.
    private let condition = NSCondition()
    private var count = 0

    /// False when no one else came for a minute.
    func waitForTwo() -> Bool {
        condition.withLock {
            count += 1
            condition.broadcast()
            let limit = Date(timeIntervalSinceNow: 60)
            while count < 2, condition.wait(until: limit) {}
            return count >= 2
        }
    }
}
