// Reminders as an iCalendar file (RFC 5545), which calendars subscribe to. Knows no host.

import Foundation

/// One event of a quarter of an hour for each reminder, with an alarm when it begins.
func calendarText(_ reminders: [Reminder]) -> String {
    let head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//dev.example.reminders//EN", "X-WR-CALNAME:Reminders"]
    let lines = head + reminders.flatMap(event) + ["END:VCALENDAR"]
    return lines.map { folded($0) + "\r\n" }.joined()
}

private func event(_ reminder: Reminder) -> [String] {
    let start = stamp(reminder.due)
    return [
        "BEGIN:VEVENT", "UID:\(reminder.id)@dev.example.reminders", "DTSTAMP:\(start)", "DTSTART:\(start)", "DURATION:PT15M",
        "SUMMARY:\(escaped(reminder.text))", "BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:\(escaped(reminder.text))",
        "TRIGGER:PT0M", "END:VALARM", "END:VEVENT",
    ]
}

/// `20261224T183000Z`
private func stamp(_ date: Date) -> String {
    Due.written(date, .gmt).filter { $0.isNumber || $0 == " " }.replacingOccurrences(of: " ", with: "T") + "00Z"
}

private func escaped(_ text: String) -> String {
    var out = ""
    for character in text {
        switch character {
        case "\n", "\r\n": out += "\\n"
        case "\\", ";", ",": out += "\\\(character)"
        case let control where control.unicodeScalars.contains { $0.value < 0x20 }: out += " "
        default: out.append(character)
        }
    }
    return out
}

/// A line has at most 75 bytes; the next begins with a space.
private func folded(_ line: String) -> String {
    var (out, room) = ("", 75)
    for character in line {
        let bytes = character.utf8.count
        if bytes > room { (out, room) = (out + "\r\n ", 74) }
        out.append(character)
        room -= bytes
    }
    return out
}
