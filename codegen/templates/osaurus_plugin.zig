//! {{ notice }}
//!
//! The Osaurus plugin ABI, versions 1 to {{ newest }}, as Zig: tables, constants, entry symbols.
//!
//! Keep the pointer to the host's table and never copy it: an older host's table is shorter than
//! `HostApi`, and a function past its end is out of bounds. `function(host, "complete_cancel")`
//! looks at the version first. Strings that the host returned go to `freeHostString`.

const std = @import("std");

/// What the plugin's `init` returns; the host hands it back in every call.
pub const PluginCtx = ?*anyopaque;
/// Text that ends in NUL, or null.
pub const Text = ?[*:0]const u8;
/// Receives the pieces of a stream, on a thread of the host's.
pub const OnChunk = ?*const fn (chunk_json: Text, user_data: ?*anyopaque) callconv(.c) void;
{% for group in groups %}
{{ group.doc }}
pub const {{ group.name }} = struct {
{%- for item in group.items %}
    /// {{ item.doc }}
    pub const {{ item.name }}: {{ group.ty }} = {{ item.value }};
{%- endfor %}
};
{% endfor %}
{%- for text in strings %}
{{ text.doc }}
pub const {{ text.name }} = {{ text.literal }};
{%- endfor %}
{% for table in tables %}
{{ table.doc }}
pub const {{ table.name }} = extern struct {
{%- for member in table.members %}
    /// {{ member.doc }}
    {{ member.name }}: {{ member.ty }}{{ member.default }},
{%- endfor %}
};
{% endfor %}
/// First version with each function of the host.
pub const since = struct {
{%- for member in tables[0].members %}{% if member.since > 0 %}
    pub const {{ member.name }}: u32 = {{ member.since }};
{%- endif %}{% endfor %}
};

/// The function of that name, or null when the host does not have it. Nothing past the end of the
/// host's table is read. Early version 2 hosts lack functions of later revisions without saying so.
pub fn function(host: ?*const HostApi, comptime name: []const u8) @FieldType(HostApi, name) {
    const table = host orelse return null;
    if (table.version < @field(since, name)) return null;
    return @field(table, name);
}

/// Frees a string that the host returned: with the host's own function from version 6 on, with
/// libc's `free` before. Never use the plugin's `free_string` for it.
pub fn freeHostString(host: ?*const HostApi, text: Text) void {
    if (function(host, "free_string")) |free| return free(text);
    std.c.free(@ptrCast(@constCast(text)));
}

comptime {
    std.debug.assert(@sizeOf(*anyopaque) == 8);
{%- for table in tables %}
    std.debug.assert(@sizeOf({{ table.name }}) == {{ table.size }});
{%- endfor %}
}
{% for table in tables %}
test "{{ table.c_name }} has the layout of the spec" {
{%- for member in table.members %}
    try std.testing.expectEqual({{ member.offset }}, @offsetOf({{ table.name }}, "{{ member.name }}"));
{%- endfor %}
    try std.testing.expectEqual({{ table.size }}, @sizeOf({{ table.name }}));
    try std.testing.expectEqual(8, @alignOf({{ table.name }}));
}
{% endfor %}
test "a function is read only when the version promises it" {
    var host = std.mem.zeroes(HostApi);
    host.version = 2;
    host.complete_cancel = struct {
        fn cancel(_: Text) callconv(.c) void {}
    }.cancel;
    try std.testing.expect(function(&host, "complete_cancel") == null);
    try std.testing.expect(function(null, "complete_cancel") == null);
    host.version = 3;
    try std.testing.expect(function(&host, "complete_cancel") != null);
}
