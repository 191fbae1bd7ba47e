import Foundation
import Testing

@testable import Reminders

private let now = Date(timeIntervalSince1970: 1_767_225_600)  // 2026-01-01 00:00 UTC
private let berlin = TimeZone(identifier: "Europe/Berlin") ?? .gmt

struct DueTests {
    @Test(arguments: [
        ("2026-12-24 18:30", "2026-12-24 18:30"), ("2026-12-24", "2026-12-24 09:00"),
        ("in 20 minutes", "2026-01-01 01:20"), ("IN 1 hour", "2026-01-01 02:00"), ("in 3 days", "2026-01-04 01:00"),
        // Summer time begins in between; the hour on the clock stays.
        ("in 13 weeks", "2026-04-02 01:00"),
    ])
    func formsAreRead(text: String, expected: String) throws {
        let due = try #require(Due.read(text, berlin, now: now))
        #expect(Due.written(due, berlin) == expected)
    }

    @Test(arguments: ["", "tomorrow", "2026-02-30", "2026-12-24 25:00", "2026-12", "12-24-2026-1", "in many days", "in 0 days", "in 2 years"])
    func othersAreNot(text: String) { #expect(Due.read(text, berlin, now: now) == nil) }

    @Test func aCalendarEscapesAndFoldsItsLines() throws {
        let text = calendarText([Reminder(id: 7, text: "Milk, eggs;\nand \(String(repeating: "ü", count: 40))", due: now)])
        let lines = text.components(separatedBy: "\r\n")
        #expect(lines.allSatisfy { $0.utf8.count <= 75 } && lines.last == "")
        #expect(text.replacingOccurrences(of: "\r\n ", with: "").contains("SUMMARY:Milk\\, eggs\\;\\nand üüü"))
        #expect(lines.contains("DTSTART:20260101T000000Z") && lines.contains("UID:7@dev.example.reminders"))
    }
}
