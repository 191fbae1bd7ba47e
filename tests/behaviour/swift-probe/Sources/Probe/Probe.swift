// The probe for hosts of every version, as most plugins are.

import OsaurusPlugin
import ProbeBehaviour

struct Probe: ProbePlugin {
    let events = Events()
}

@_cdecl("osaurus_plugin_entry_v2")
public func entry(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? { Probe.export(to: host) }

@_cdecl("osaurus_plugin_entry")
public func firstEntry() -> UnsafeRawPointer? { Probe.export(to: nil) }
