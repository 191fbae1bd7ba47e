// Why a host call gave no answer, in words for the plugin's author.

/// Why a host call gave no answer.
public enum HostError: Error, Hashable, Sendable {
    /// There is no host: version 1, or a tool that only wants the manifest.
    case noHost(HostSlot)
    /// The host is older than the function.
    case missingSlot(HostSlot, since: UInt32, hostVersion: UInt32)
    /// The host says version 2, and the plugin said that it runs on revisions which lack the function.
    case notInRevision(HostSlot, since: Version2Revision, oldest: Version2Revision)
    /// The host has NULL where its version promises a function.
    case nullSlot(HostSlot, hostVersion: UInt32)
    /// The host's call has returned, so no one is there to make calls for the plugin.
    case callEnded(HostSlot)
    /// An argument holds a NUL, at which the host would cut it.
    case nulInText(HostSlot, offset: Int)
    /// A raw call has another number of strings than the function takes.
    case wrongCount(HostSlot, expected: Int, found: Int)
    /// `free_string` is the package's own: it frees what the host returned.
    case notForPlugins(HostSlot)
    /// The host returned NULL where its contract promises text.
    case noAnswer(HostSlot)
    /// The host's text has bytes that are not UTF-8.
    case notUTF8(HostSlot)
    /// The host's answer is not what its contract says.
    case badAnswer(HostSlot, expected: String, found: String)
    /// The host refused; `json` is the whole answer, with what else it says.
    case refused(HostSlot, code: String, message: String, json: JSON)

    /// The host's code (`rate_limit_exceeded`, `db_error` for SQLite's own strings), if it refused.
    public var code: String? { if case .refused(_, let code, _, _) = self { code } else { nil } }

    /// True when this host, by its version, cannot do it at all.
    public var isUnavailable: Bool {
        switch self {
        case .noHost, .missingSlot, .notInRevision, .nullSlot: true
        default: false
        }
    }
}

extension HostError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noHost(let slot):
            "`\(slot.rawValue)` needs a host, and there is none: a version 1 host, or a tool that reads the manifest"
        case .missingSlot(let slot, let since, let version):
            "`\(slot.rawValue)` needs a host of version \(since), this one has version \(version); update Osaurus"
        case .notInRevision(let slot, let since, let oldest):
            "`\(slot.rawValue)` came with revision \(since.rawValue) of version 2, and the plugin's `oldestRevision` is \(oldest.rawValue)"
        case .nullSlot(let slot, let version):
            "the host says version \(version) but has NULL for `\(slot.rawValue)`; report it to the host's makers"
        case .callEnded(let slot):
            "`\(slot.rawValue)` came after the host's call had returned; wait for your work inside the handler"
        case .nulInText(let slot, let offset):
            "a string for `\(slot.rawValue)` has a NUL at byte \(offset), where the host would cut it; remove or encode it"
        case .wrongCount(let slot, let expected, let found):
            "`\(slot.rawValue)` takes \(expected) strings, found \(found); pass nil for NULL"
        case .notForPlugins(let slot): "`\(slot.rawValue)` is called by the package itself; leave it out"
        case .noAnswer(let slot): "the host returned NULL from `\(slot.rawValue)`, which should not happen"
        case .notUTF8(let slot): "the host's answer to `\(slot.rawValue)` is not UTF-8"
        case .badAnswer(let slot, let expected, let found):
            "the host's answer to `\(slot.rawValue)`: expected \(expected), found \(found)"
        case .refused(let slot, let code, let message, _):
            "`\(slot.rawValue)` failed: \(code)\(message.isEmpty ? "" : ": \(message)")\(hint(code))"
        }
    }

    private func hint(_ code: String) -> String { errorHints[code].map { ". \($0)" } ?? "" }
}
