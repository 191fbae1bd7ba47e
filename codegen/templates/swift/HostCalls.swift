import COsaurusPlugin

/// How each function is called once there is a table.
enum Operations {
{%- for call in calls %}
    static func {{ call.case }}({{ call.parameters }}) -> Operation<{{ call.answer }}> {
        Operation(.{{ call.case }}) { table in
            let call = try table.function(.{{ call.case }}, as: osr_{{ call.name }}_fn.self)
{%- if call.strings.is_empty() %}
            return {{ call.result }}
{%- else if call.streams %}
            return try table.streaming(try writeJSON(request), decoded(onChunk)) { text, onChunk, userData in
                {{ call.result }}
            }
{%- else %}
            return try withStrings(.{{ call.case }}, [{{ call.strings }}]) { strings in
                {{ call.result }}
            }
{%- endif %}
        }
    }
{% endfor %}
    /// Any function, with strings as they are.
    static func raw(
        _ slot: HostSlot, _ strings: [String?], _ level: Int32, _ onChunk: @escaping TextChunkHandler
    ) -> Operation<String?> {
        Operation(slot) { table in
            switch slot {
{%- for call in calls %}
            case .{{ call.case }}:
                let call = try table.function(slot, as: osr_{{ call.name }}_fn.self)
{%- if call.streams %}
                guard strings.count == {{ call.count }} else {
                    throw HostError.wrongCount(slot, expected: {{ call.count }}, found: strings.count)
                }
                return try table.streaming(strings[0], onChunk) { try table.take(slot, call($0, $1, $2)) }
{%- else %}
                return try withStrings(slot, strings, count: {{ call.count }}) { {{ call.raw }} }
{%- endif %}
{%- endfor %}
{%- for name in others %}
            case .{{ name }}: throw HostError.notForPlugins(slot)
{%- endfor %}
            }
        }
    }
}
{% for host in hosts %}
extension {{ host.name }} {
{%- for call in calls %}
{{ call.doc }}
    public func {{ call.case }}({{ call.parameters }}) {{ host.effects }}{{ call.arrow }} {
        {{ host.mark }} perform(Operations.{{ call.case }}({{ call.passed }}))
    }
{%- if !loop.last %}
{% endif %}
{%- endfor %}
}
{% endfor %}