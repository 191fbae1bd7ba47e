// The probe that says it may meet the first version 2 hosts.

import OsaurusPlugin
import ProbeBehaviour

struct Probe: ProbePlugin {
    static let oldestRevision = Version2Revision.v2a
    let events = Events()
}

@_cdecl("osaurus_plugin_entry_v2")
public func entry(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? { Probe.export(to: host) }
