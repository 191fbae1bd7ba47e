import OsaurusPlugin
import OsaurusPluginTesting
import Testing

@testable import {{module}}

struct {{module}}Tests {
    @Test func greetingsAreCounted() async throws {
        let host = ScriptedHost()
        try host.on(.dbExec, answer: DbExecResult(changes: 1, lastInsertRowid: 1))
        try host.on(.dbQuery, answer: DbQueryResult(columns: ["times"], rows: [[2]]))
        let plugin = try TestedPlugin({{module}}Plugin.self, host: host)
        let greeted = try await plugin.invoke("greet", ["name": "Ada"])
        #expect(greeted["result"] == "Hello Ada! (greeting number 2)")
        #expect(host.calls(of: .dbExec).last?.arguments[1] == #"["Ada"]"#)
    }
    // {{web}}

    @Test func thePageGetsTheGreetings() async throws {
        let host = ScriptedHost()
        try host.on(.dbExec, answer: DbExecResult(changes: 0, lastInsertRowid: 0))
        try host.on(.dbQuery, answer: DbQueryResult(columns: ["name", "times"], rows: [["Ada", 1]]))
        let plugin = try TestedPlugin({{module}}Plugin.self, host: host)
        let response = try await plugin.request(.to("greetings", path: "/api/greetings"))
        #expect(response.status == 200)
        #expect(response.body == #"[{"name":"Ada","times":1}]"#)
    }
    // {{/web}}
}
