// A first plugin in Swift as templates have it: a mirror of the table up to version 3, results without an envelope, bare errors, both
// entries, and the host's strings freed with the C library's `free`. `swift build` is not needed: one file, no packages.

import Foundation

typealias Text = UnsafePointer<CChar>
typealias Context = UnsafeMutableRawPointer

typealias FreeString = @convention(c) (Text?) -> Void
typealias Init = @convention(c) () -> Context?
typealias Destroy = @convention(c) (Context?) -> Void
typealias GetManifest = @convention(c) (Context?) -> Text?
typealias Invoke = @convention(c) (Context?, Text?, Text?, Text?) -> Text?
typealias HandleRoute = @convention(c) (Context?, Text?) -> Text?
typealias OnConfigChanged = @convention(c) (Context?, Text?, Text?) -> Void
typealias OnTaskEvent = @convention(c) (Context?, Text?, Int32, Text?) -> Void

struct PluginTable {
  var freeString: FreeString?
  var initialize: Init?
  var destroy: Destroy?
  var getManifest: GetManifest?
  var invoke: Invoke?
  var version: UInt32 = 0
  var handleRoute: HandleRoute?
  var onConfigChanged: OnConfigChanged?
  var onTaskEvent: OnTaskEvent?
}

typealias ConfigGet = @convention(c) (Text?) -> Text?
typealias Log = @convention(c) (Int32, Text?) -> Void

/// As far as it is used: the version, and the functions up to `log`.
struct HostTable {
  var version: UInt32
  var configGet: ConfigGet?
  var configSet: UnsafeRawPointer?
  var configDelete: UnsafeRawPointer?
  var dbExec: UnsafeRawPointer?
  var dbQuery: UnsafeRawPointer?
  var log: Log?
}

nonisolated(unsafe) var host: UnsafePointer<HostTable>?

final class Plugin {
  /// The greeting that the user has chosen.
  func greeting() -> String {
    guard let text = host?.pointee.configGet?("greeting") else { return "Hello" }
    defer { free(UnsafeMutableRawPointer(mutating: text)) }
    return String(cString: text)
  }
}

let manifest = """
  {"plugin_id":"dev.example.scaffold-swift","name":"Scaffold","version":"0.1.0","description":"Says hello.",
  "min_osaurus":"0.20.3","capabilities":{"tools":[{"id":"hello_world","description":"Returns a greeting.",
  "permission_policy":"ask","requirements":[],"parameters":{"type":"object","required":["name"],
  "additionalProperties":false,"properties":{"name":{"type":"string","description":"Who to greet."}}}}],
  "config":{"title":"Scaffold","sections":[{"title":"Greeting","fields":[{"key":"greeting","type":"text",
  "label":"Greeting"}]}]},
  "routes":[{"id":"health","path":"/health","methods":["GET"],"auth":"owner","description":"Says that it runs."}]}}
  """

func out(_ text: String) -> Text? { strdup(text).map { Text($0) } }

func invoke(_ context: Context?, _ type: Text?, _ id: Text?, _ payload: Text?) -> Text? {
  guard let context, let type, let id, let payload else { return nil }
  guard String(cString: type) == "tool" else { return out(#"{"error":"Unknown capability type"}"#) }
  guard String(cString: id) == "hello_world" else { return out(#"{"error":"Unknown tool"}"#) }
  let data = Data(String(cString: payload).utf8)
  let object = (try? JSONSerialization.jsonObject(with: data)) as? [String: Any]
  guard let name = object?["name"] as? String else { return out(#"{"error":"Invalid arguments"}"#) }
  let plugin = Unmanaged<Plugin>.fromOpaque(context).takeUnretainedValue()
  let answer = ["message": "\(plugin.greeting()), \(name)!"]
  guard let bytes = try? JSONSerialization.data(withJSONObject: answer) else { return nil }
  return out(String(decoding: bytes, as: UTF8.self))
}

/// It stays as long as the process: the host keeps a pointer to it.
nonisolated(unsafe) let table: UnsafeMutablePointer<PluginTable> = {
  let table = UnsafeMutablePointer<PluginTable>.allocate(capacity: 1)
  table.initialize(
    to: PluginTable(
      freeString: { text in free(UnsafeMutableRawPointer(mutating: text)) },
      initialize: { Unmanaged.passRetained(Plugin()).toOpaque() },
      destroy: { context in context.map { Unmanaged<Plugin>.fromOpaque($0).release() } },
      getManifest: { _ in out(manifest) },
      invoke: { invoke($0, $1, $2, $3) },
      version: 2,
      handleRoute: { _, _ in
        out(#"{"status":200,"headers":{"Content-Type":"application/json"},"body":"{\"status\":\"ok\"}"}"#)
      },
      onConfigChanged: { _, _, _ in },
      onTaskEvent: { _, _, _, _ in }
    ))
  return table
}()

@_cdecl("osaurus_plugin_entry_v2")
public func entryV2(_ given: UnsafeRawPointer?) -> UnsafeRawPointer? {
  host = given?.assumingMemoryBound(to: HostTable.self)
  return UnsafeRawPointer(table)
}

@_cdecl("osaurus_plugin_entry")
public func entry() -> UnsafeRawPointer? { entryV2(nil) }
