// What a tool takes: declared once, written to the manifest as JSON Schema, and checked before the handler runs.

/// The shape of a value in a tool's arguments.
public indirect enum Schema: Sendable {
    /// Text, at least so long; one of `oneOf` when that is given.
    case string(minLength: Int = 0, oneOf: [String]? = nil)
    /// A whole number, in the range when there is one.
    case integer(ClosedRange<Int>? = nil)
    /// A number, in the range when there is one.
    case number(ClosedRange<Double>? = nil)
    /// True or false.
    case boolean
    /// A list whose elements have this shape.
    case array(of: Schema)
    /// An object with these members and no others.
    case object([Property])
    /// Anything.
    case any

    /// A named member of an object.
    public struct Property: Sendable {
        let name: String
        let schema: Schema
        let about: String
        let isRequired: Bool

        /// A member that must be there.
        public static func required(_ name: String, _ schema: Schema, _ about: String) -> Property {
            Property(name: name, schema: schema, about: about, isRequired: true)
        }

        /// A member that may be left out. Null counts as left out, and the schema says so: hosts refuse null otherwise.
        public static func optional(_ name: String, _ schema: Schema, _ about: String) -> Property {
            Property(name: name, schema: schema, about: about, isRequired: false)
        }
    }
}

extension Schema {
    /// As JSON Schema.
    var json: JSON {
        switch self {
        case .string(let minLength, let oneOf):
            var schema: [String: JSON] = ["type": "string"]
            if minLength > 0 { schema["minLength"] = .integer(minLength) }
            if let oneOf { schema["enum"] = .array(oneOf.map(JSON.string)) }
            return .object(schema)
        case .integer(let range): return numeric("integer", range.map { (.integer($0.lowerBound), .integer($0.upperBound)) })
        case .number(let range): return numeric("number", range.map { (.number($0.lowerBound), .number($0.upperBound)) })
        case .boolean: return ["type": "boolean"]
        case .array(let item): return ["type": "array", "items": item.json]
        case .object(let properties): return objectJSON(properties)
        case .any: return ["nullable": true]
        }
    }

    /// The same schema for a member that may be null; an `enum` has to list null for that.
    private static func nullable(_ schema: [String: JSON]) -> [String: JSON] {
        var schema = schema
        schema["nullable"] = true
        if case .array(let words)? = schema["enum"] { schema["enum"] = .array(words + [.null]) }
        return schema
    }

    private func numeric(_ type: JSON, _ range: (JSON, JSON)?) -> JSON {
        guard let (minimum, maximum) = range else { return ["type": type] }
        return ["type": type, "minimum": minimum, "maximum": maximum]
    }

    private func objectJSON(_ properties: [Property]) -> JSON {
        var members: [String: JSON] = [:]
        for property in properties {
            guard case .object(var schema) = property.schema.json else { continue }
            schema["description"] = .string(property.about)
            members[property.name] = .object(property.isRequired ? schema : Schema.nullable(schema))
        }
        let required = properties.filter(\.isRequired).map { JSON.string($0.name) }
        return ["type": "object", "properties": .object(members), "required": .array(required), "additionalProperties": false]
    }

    /// What to write in an error for what is expected.
    private var expectation: String {
        switch self {
        case .string(let minLength, nil): minLength > 0 ? "text of at least \(minLength) characters" : "text"
        case .string(_, .some(let words)): "one of \(words.joined(separator: ", "))"
        case .integer(let range): range.map { "a whole number from \($0.lowerBound) to \($0.upperBound)" } ?? "a whole number"
        case .number(let range): range.map { "a number from \($0.lowerBound) to \($0.upperBound)" } ?? "a number"
        case .boolean: "true or false"
        case .array: "a list"
        case .object: "an object"
        case .any: "anything"
        }
    }

    /// The first thing wrong with a value; nil when it fits.
    func problem(with value: JSON, at path: String) -> ToolError? {
        switch (self, value) {
        case (.any, _), (.boolean, .bool): return nil
        case (.string(let minLength, let oneOf), .string(let text))
        where text.count >= minLength && oneOf?.contains(text) != false: return nil
        case (.integer(let range), .integer(let number)) where range?.contains(number) != false: return nil
        case (.number(let range), .integer(let number)) where range?.contains(Double(number)) != false: return nil
        case (.number(let range), .number(let number)) where range?.contains(number) != false: return nil
        case (.array(let item), .array(let values)):
            for (index, value) in values.enumerated() {
                if let problem = item.problem(with: value, at: "\(path)[\(index)]") { return problem }
            }
            return nil
        case (.object(let properties), .object(let members)): return problem(in: members, properties, at: path)
        default: return .invalidArguments(field: path, expected: expectation)
        }
    }

    private func problem(in members: [String: JSON], _ properties: [Property], at path: String) -> ToolError? {
        let prefix = path.isEmpty ? "" : path + "."
        for property in properties {
            let value = members[property.name] ?? .null
            if value == .null, !property.isRequired { continue }
            if let problem = property.schema.problem(with: value, at: prefix + property.name) { return problem }
        }
        let known = Set(properties.map(\.name))
        guard let stranger = members.keys.sorted().first(where: { !known.contains($0) }) else { return nil }
        return .invalidArguments(field: prefix + stranger, expected: "no such argument; there are \(known.sorted().joined(separator: ", "))")
    }
}
