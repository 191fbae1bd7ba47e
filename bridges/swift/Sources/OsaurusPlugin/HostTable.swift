// Reads the host's table through its raw pointer: one function at a time, and only what `version` promises.
// Strings are taken and freed here and nowhere else.

import COsaurusPlugin
import Foundation

/// The host's table. Never copied: a host's table is as long as its version says, not as long as the C structure.
struct HostTable: @unchecked Sendable {  // The host fills the table before the entry call and never writes it again.
    let pointer: UnsafeRawPointer
    /// The oldest revision of version 2 that the plugin runs on.
    let oldest: Version2Revision

    var version: UInt32 { pointer.load(as: UInt32.self) }

    /// Fails unless the table is long enough to have the function.
    func promise(_ slot: HostSlot) throws {
        let (_, since, revision) = slot.facts
        if version < since { throw HostError.missingSlot(slot, since: since, hostVersion: version) }
        if version == 2, oldest < revision { throw HostError.notInRevision(slot, since: revision, oldest: oldest) }
    }

    func function<Function>(_ slot: HostSlot, as type: Function.Type) throws -> Function {
        try promise(slot)
        let entry = pointer.load(fromByteOffset: slot.facts.offset, as: Optional<Function>.self)
        guard let entry else { throw HostError.nullSlot(slot, hostVersion: version) }
        return entry
    }

    /// Copies a string of the host's and frees it by the host's own function, or libc's before version 6.
    func take(_ slot: HostSlot, _ text: UnsafePointer<CChar>?) throws -> String? {
        guard let text else { return nil }
        defer { free(text) }
        guard let copy = String(validatingCString: text) else { throw HostError.notUTF8(slot) }
        return copy
    }

    private func free(_ text: UnsafePointer<CChar>) {
        if let hostFree = try? function(.freeString, as: osr_host_free_string_fn.self) {
            hostFree(text)
        } else {
            Foundation.free(UnsafeMutableRawPointer(mutating: text))
        }
    }

    func answer<Answer: Decodable>(
        _ slot: HostSlot, _ text: UnsafePointer<CChar>?, as type: Answer.Type
    ) throws -> Answer {
        guard let text = try take(slot, text) else { throw HostError.noAnswer(slot) }
        let json = (try? readJSON(JSON.self, from: text)) != nil ? text : escapingControls(text)
        if let refusal = refusal(slot, json) { throw refusal }
        do {
            return try readJSON(type, from: json)
        } catch {
            throw HostError.badAnswer(slot, expected: "\(type)", found: "\(text.prefix(80))")
        }
    }
}

/// Hosts answer `{"error": code, "message"}`, the helper process nests both, the database has SQLite's text alone.
private func refusal(_ slot: HostSlot, _ text: String) -> HostError? {
    guard let json = try? readJSON(JSON.self, from: text), let error = json["error"], error != .null else { return nil }
    let code = error["code"]?.string ?? error.string ?? "unknown"
    if let message = error["message"]?.string ?? json["message"]?.string {
        return .refused(slot, code: code, message: message, json: json)
    }
    let database = slot == .dbExec || slot == .dbQuery
    return .refused(slot, code: database ? "db_error" : code, message: database ? code : "", json: json)
}

/// Hosts write database text with raw control characters and reals as `inf` or `nan`, which JSON forbids.
/// Escapes the former, makes the latter null.
func escapingControls(_ text: String) -> String {
    var out = ""
    var word = ""
    var inString = false
    var escaped = false
    func flush() {
        let bare = word.drop { $0 == "-" || $0 == "+" }.lowercased()
        out += bare == "inf" || bare == "nan" ? "null" : word
        word = ""
    }
    for scalar in text.unicodeScalars {
        if !inString, scalar.properties.isAlphabetic || "0123456789+-.".unicodeScalars.contains(scalar) {
            word.unicodeScalars.append(scalar)
            continue
        }
        flush()
        if inString, scalar.value < 0x20 {
            out += String(format: "\\u%04x", scalar.value)
            escaped = false
            continue
        }
        if scalar == "\"", !escaped { inString.toggle() }
        escaped = inString && scalar == "\\" && !escaped
        out.unicodeScalars.append(scalar)
    }
    flush()
    return out
}

/// As ``withStrings(_:_:_:)``, for a function that takes `count` of them.
func withStrings<Result>(
    _ slot: HostSlot, _ strings: [String?], count: Int, _ body: ([UnsafePointer<CChar>?]) throws -> Result
) throws -> Result {
    guard strings.count == count else { throw HostError.wrongCount(slot, expected: count, found: strings.count) }
    return try withStrings(slot, strings, body)
}

/// NUL-terminated copies of strings, valid while `body` runs.
func withStrings<Result>(
    _ slot: HostSlot, _ strings: [String?], _ body: ([UnsafePointer<CChar>?]) throws -> Result
) throws -> Result {
    var copies: [UnsafeMutablePointer<CChar>?] = []
    defer { copies.forEach { Foundation.free($0) } }
    for text in strings {
        if let offset = text?.utf8.enumerated().first(where: { $0.element == 0 })?.offset {
            throw HostError.nulInText(slot, offset: offset)
        }
        copies.append(text.flatMap { strdup($0) })
    }
    return try body(copies.map { UnsafePointer($0) })
}
