import COsaurusPlugin
import OsaurusPlugin

/// The scripted host's functions: each asks the host whose call it is.
func fillTable(_ table: inout osr_host_api) {
{%- for slot in slots %}
    table.{{ slot.name }} = {{ slot.function }}
{%- endfor %}
}

/// Bytes of the host's table in a version.
func tableSize(_ version: UInt32) -> Int {
    switch version {
{%- for size in sizes %}
    case {{ size.version }}: {{ size.bytes }}
{%- endfor %}
    default: MemoryLayout<osr_host_api>.size
    }
}
