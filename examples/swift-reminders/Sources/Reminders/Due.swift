// Points in time as people and models write them. Knows no host.

import Foundation

enum Due {
    /// What `read` takes, for messages.
    static let forms = "`2026-12-24 18:30`, `2026-12-24` (at nine) or `in 20 minutes` (hours, days, weeks)"

    /// Nil when it is none of the forms, or no such day exists.
    static func read(_ text: String, _ zone: TimeZone, now: Date) -> Date? {
        let words = text.lowercased().split(whereSeparator: \.isWhitespace).map(String.init)
        if words.first == "in" { return later(words, zone, now: now) }
        guard (1...2).contains(words.count) else { return nil }
        guard let day = numbers(words[0], "-", count: 3) else { return nil }
        guard let time = words.count == 2 ? numbers(words[1], ":", count: 2) : [9, 0] else { return nil }
        let parts = DateComponents(
            timeZone: zone, year: day[0], month: day[1], day: day[2], hour: time[0], minute: time[1])
        return parts.isValidDate(in: calendar(zone)) ? calendar(zone).date(from: parts) : nil
    }

    /// As `read` takes it.
    static func written(_ date: Date, _ zone: TimeZone) -> String {
        let parts = calendar(zone).dateComponents([.year, .month, .day, .hour, .minute], from: date)
        let values = [parts.year, parts.month, parts.day, parts.hour, parts.minute].map { $0 ?? 0 }
        return String(format: "%04d-%02d-%02d %02d:%02d", values[0], values[1], values[2], values[3], values[4])
    }

    private static func later(_ words: [String], _ zone: TimeZone, now: Date) -> Date? {
        guard words.count == 3, let count = Int(words[1]), (1...10_000).contains(count) else { return nil }
        let units: [String: Calendar.Component] = ["minute": .minute, "hour": .hour, "day": .day, "week": .weekOfYear]
        let unit = words[2].hasSuffix("s") ? String(words[2].dropLast()) : words[2]
        return units[unit].flatMap { calendar(zone).date(byAdding: $0, value: count, to: now) }
    }

    private static func numbers(_ text: String, _ separator: Character, count: Int) -> [Int]? {
        let numbers = text.split(separator: separator, omittingEmptySubsequences: false).compactMap { Int($0) }
        return numbers.count == count && text.filter { $0 == separator }.count == count - 1 ? numbers : nil
    }

    private static func calendar(_ zone: TimeZone) -> Calendar {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        return calendar
    }
}
