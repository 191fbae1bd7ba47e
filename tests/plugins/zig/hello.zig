//! A small Osaurus plugin in Zig, on the generated tables: one tool that greets and reads a
//! setting.
const std = @import("std");
const abi = @import("osaurus_plugin.zig");

const allocator = std.heap.c_allocator;
const manifest =
    \\{"plugin_id":"dev.example.zig-hello","name":"Hello in Zig","version":"1.0.0","description":"Greets.",
    \\"min_osaurus":"0.20.3","capabilities":{"tools":[{"id":"greet","description":"Greets a person.","permission_policy":"auto",
    \\"requirements":[],
    \\"parameters":{"type":"object","required":["name"],"additionalProperties":false,"properties":{"name":{"type":"string"}}}}],
    \\"config":{"title":"Hello","sections":[{"title":"Wording","fields":[{"key":"greeting","type":"text","label":"Greeting"}]}]}}}
;

var host: ?*const abi.HostApi = null;

const Arguments = struct { name: []const u8 };

fn give(text: []const u8) abi.Text {
    const copy = allocator.dupeZ(u8, text) catch return null;
    return copy.ptr;
}

/// The greeting that the user set, copied; the host's own string goes back at once.
fn greeting() ?[]u8 {
    const config_get = abi.function(host, "config_get") orelse return null;
    const text = config_get("greeting") orelse return null;
    defer abi.freeHostString(host, text);
    return allocator.dupe(u8, std.mem.span(text)) catch null;
}

fn isGreet(kind: abi.Text, id: abi.Text) bool {
    return std.mem.eql(u8, std.mem.span(kind.?), "tool") and std.mem.eql(u8, std.mem.span(id.?), "greet");
}

fn invoke(_: abi.PluginCtx, kind: abi.Text, id: abi.Text, payload: abi.Text) callconv(.c) abi.Text {
    if (!isGreet(kind, id)) {
        return give("{\"ok\":false,\"kind\":\"tool_not_found\",\"message\":\"there is only `greet`\",\"retryable\":false}");
    }
    const options = std.json.ParseOptions{ .ignore_unknown_fields = true };
    const arguments = std.json.parseFromSlice(Arguments, allocator, std.mem.span(payload.?), options) catch {
        return give("{\"ok\":false,\"kind\":\"invalid_args\",\"message\":\"`name` is missing\",\"retryable\":true,\"field\":\"name\"}");
    };
    defer arguments.deinit();
    const set = greeting();
    defer if (set) |own| allocator.free(own);
    const text = std.fmt.allocPrint(allocator, "{s}, {s}!", .{ set orelse "Hello", arguments.value.name }) catch return null;
    defer allocator.free(text);
    const envelope = .{ .ok = true, .result = .{ .text = text } };
    const json = std.fmt.allocPrint(allocator, "{f}", .{std.json.fmt(envelope, .{})}) catch return null;
    defer allocator.free(json);
    return give(json);
}

fn init() callconv(.c) abi.PluginCtx {
    return @ptrCast(&host);
}

fn destroy(_: abi.PluginCtx) callconv(.c) void {}

fn getManifest(_: abi.PluginCtx) callconv(.c) abi.Text {
    return give(manifest);
}

fn freeString(text: abi.Text) callconv(.c) void {
    std.c.free(@ptrCast(@constCast(text)));
}

const table = abi.PluginApi{
    .free_string = freeString,
    .init = init,
    .destroy = destroy,
    .get_manifest = getManifest,
    .invoke = invoke,
    .version = abi.abi_version.v6,
};

export fn osaurus_plugin_entry_v2(api: ?*const abi.HostApi) ?*const abi.PluginApi {
    host = api;
    return &table;
}

export fn osaurus_plugin_entry() ?*const abi.PluginApi {
    return osaurus_plugin_entry_v2(null);
}
