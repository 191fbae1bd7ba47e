{%- for group in groups %}
{{ group.doc }}
public enum {{ group.name }}: Int32, CaseIterable, Sendable {
{%- for case in group.cases %}
{{ case.doc }}
    case {{ case.name }} = {{ case.value }}
{%- endfor %}
}
{% endfor %}
/// The ABI version that this package was generated for: the newest that it can use.
public let newestABIVersion: UInt32 = {{ newest }}
{% for group in events %}
{{ group.doc }}
public enum {{ group.name }}: Sendable {
{%- for event in group.cases %}
{{ event.doc }}
    case {{ event.name }}({{ event.value }})
{%- endfor %}
    /// A number that this package does not know, with the text that came along.
    case unknown(Int32, json: String)

    init(type: Int32, json: String) throws {
        switch type {
{%- for event in group.cases %}
        case {{ event.number }}: self = .{{ event.name }}(try readJSON({{ event.value }}.self, from: json))
{%- endfor %}
        default: self = .unknown(type, json: json)
        }
    }
}
{% endfor %}
/// Texts with a fixed meaning on both sides of the boundary.
public enum WellKnown {
{%- for text in strings %}
{{ text.doc }}
    public static let {{ text.name }} = {{ text.value }}
{%- endfor %}
}

/// What an author can do about each error code of the host.
let errorHints: [String: String] = [
{%- for hint in hints %}
    {{ hint.name }}: {{ hint.value }},
{%- endfor %}
]

/// The layouts that all said "version 2", oldest first.
public enum Version2Revision: String, CaseIterable, Comparable, Sendable {
{%- for revision in revisions %}
{{ revision.doc }}
    case {{ revision.name }} = {{ revision.value }}
{%- endfor %}

    /// Older is less.
    public static func < (one: Self, other: Self) -> Bool { one.rawValue < other.rawValue }
}

/// The host's functions by their C names.
public enum HostSlot: String, CaseIterable, Sendable {
{%- for slot in slots %}
{{ slot.doc }}
    case {{ slot.name }} = {{ slot.value }}
{%- endfor %}

    /// Bytes from the start of the host's table, first version, and first revision within version 2.
    var facts: (offset: Int, since: UInt32, revision: Version2Revision) {
        switch self {
{%- for slot in slots %}
        case .{{ slot.name }}: ({{ slot.offset }}, {{ slot.since }}, .v{{ slot.revision }})
{%- endfor %}
        }
    }
}
