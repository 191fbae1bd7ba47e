// Reminders in the plugin's database. Knows SQL and whose they are; nothing of tools and calendars.

import Foundation
import OsaurusPlugin

/// A reminder.
struct Reminder: Equatable {
    let id: Int
    let text: String
    let due: Date

    init(id: Int, text: String, due: Date) { (self.id, self.text, self.due) = (id, text, due) }

    /// A row of `Store.openSQL`.
    init?(row: [JSON]) {
        guard row.count == 3, let id = row[0].integer, let text = row[1].string, let due = row[2].integer else { return nil }
        self.init(id: id, text: text, due: Date(timeIntervalSince1970: TimeInterval(due)))
    }
}

/// The reminders of the agent that calls.
struct Store {
    static let openSQL = "SELECT id, text, due FROM reminders WHERE agent = ? AND NOT done ORDER BY due, id"

    private let host: BlockingHost
    private let agent: String

    init(_ host: BlockingHost) throws {
        self.host = host
        agent = try owner { try host.getActiveAgentId() }
        try host.execute(
            "CREATE TABLE IF NOT EXISTS reminders "
                + "(id INTEGER PRIMARY KEY, agent TEXT NOT NULL, text TEXT NOT NULL, due INTEGER NOT NULL, done INTEGER NOT NULL DEFAULT 0)")
    }

    func add(_ text: String, _ due: Date) throws -> Reminder {
        let seconds = Int(due.timeIntervalSince1970)
        let made = try host.execute(
            "INSERT INTO reminders (agent, text, due) VALUES (?, ?, ?)", [.string(agent), .string(text), .integer(seconds)])
        return Reminder(id: made.lastInsertRowid, text: text, due: due)
    }

    func open() throws -> [Reminder] {
        try host.query(Self.openSQL, [.string(agent)]).rows.compactMap(Reminder.init(row:))
    }

    /// Returns its text.
    func finish(_ id: Int) throws -> String {
        guard let reminder = try open().first(where: { $0.id == id }) else {
            throw ToolError(.notFound, "no open reminder has the number \(id); `list` shows them")
        }
        try host.execute("UPDATE reminders SET done = 1 WHERE id = ?", [.integer(id)])
        return reminder.text
    }
}

/// The agent's id, or one name for all where the host cannot tell (before version 4).
func owner(_ ask: () throws -> String?) throws -> String {
    do {
        return try ask() ?? "no agent"
    } catch let error as HostError where error.isUnavailable {
        return "all"
    }
}

/// As above, for handlers that await.
func owner(_ ask: () async throws -> String?) async throws -> String {
    do {
        return try await ask() ?? "no agent"
    } catch let error as HostError where error.isUnavailable {
        return "all"
    }
}
