// {{ notice }}
//
// osaurus_plugin.h: the Osaurus plugin ABI, version {{ title }}.
// {{ about }}
//
// How to read it
//   A plugin is a dynamic library that exports {{ entry_symbol }}.
{%- if let Some(host) = host %}
//   The host calls it with its function table (osr_host_api) and gets the plugin's
//   function table (osr_plugin_api) back. All text is UTF-8 and ends in NUL.
//
// The host's table
//   Keep the pointer, never copy the table: an older host's table is shorter than the struct
//   below, and a function past its end is out of bounds, not NULL. Look at `version` before
//   each use; OSR_HOST_HAS(host, slot) does that. Version 2 came in five lengths
//   (OSR_HOST_API_SIZE_V2A to _V2E) that a plugin cannot tell apart.
//   Read nothing but `version` in the entry, init, get_manifest and destroy.
//
// Who frees what
//   Strings that the host returns: host->free_string from version 6 on, free() of libc before;
//   never the plugin's own free_string, which is for strings that the plugin returned.
//   Borrowed strings belong to the caller and are valid during the call only: copy what you keep.
//
// Threads
//   The host finds the calling plugin and its agent in thread-local storage. A call from another
//   thread than the one on which the host called the plugin may be charged to another plugin.
//
// Errors
//   Functions that return JSON answer {"error": "<code>", "message": "<text>"} when they fail.
//   config_get returns NULL for a key that is not set; db_exec and db_query give SQLite's text
//   in "error" and have no "message".
{%- else %}
//   The host calls it and gets the plugin's function table (osr_plugin_api). Version 1 has no
//   host functions. All text is UTF-8 and ends in NUL.
{%- endif %}
//
// Nothing may unwind (C++ exceptions, longjmp) across any of these functions.

#ifndef OSAURUS_PLUGIN_H
#define OSAURUS_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#if defined(__cplusplus) && __cplusplus >= 201103L
#define OSR_STATIC_ASSERT(condition, text) static_assert(condition, text)
#elif !defined(__cplusplus) && defined(__STDC_VERSION__) && __STDC_VERSION__ >= 202311L
#define OSR_STATIC_ASSERT(condition, text) static_assert(condition, text)
#elif !defined(__cplusplus) && defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define OSR_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#else
#define OSR_STATIC_ASSERT(condition, text)
#endif

#ifdef __cplusplus
#define OSR_MEMBER_SIZE(table, member) sizeof(table::member)
#else
#define OSR_MEMBER_SIZE(table, member) sizeof(((table*)0)->member)
#endif

/// Keeps the entry symbol visible when the plugin is built with -fvisibility=hidden.
#if defined(__GNUC__)
#define OSR_EXPORT __attribute__((visibility("default")))
#else
#define OSR_EXPORT
#endif

#ifdef __cplusplus
extern "C" {
#endif

// ---- Constants ----

/// The ABI version that this header describes.
#define OSR_ABI_HEADER_VERSION {{ version }}
{% for group in constants %}
{{ group.doc }}
{%- for item in group.items %}
{{ item.doc }}
#define {{ item.name }} {{ item.value }}
{%- endfor %}
{% endfor %}
{%- for text in strings %}
{{ text.doc }}
#define {{ text.name }} {{ text.literal }}
{% endfor %}
// ---- Types ----

/// What the plugin's init returns; the host hands it back in every call and never looks inside.
typedef void* osr_plugin_ctx_t;
{% if let Some(host) = host %}
/// Receives the pieces of a stream: JSON text that is valid during the call, and the caller's
/// own `user_data`. Called one at a time, on a thread of the host's that is not the caller's.
typedef void (*osr_on_chunk_fn)(const char* chunk_json, void* user_data);

// ---- Functions of the host ----
{% for function in host.functions %}
{{ function.doc }}
typedef {{ function.declaration }};
{% endfor %}
{{ host.doc }}
typedef struct {{ host.name }} {
{%- for member in host.members %}
    {{ member.declaration }};{{ member.note }}
{%- endfor %}
} {{ host.name }};

/// Bytes of the host's table in this version{% if !revisions.is_empty() %} and in each revision of version 2{% endif %}.
#define OSR_HOST_API_SIZE {{ host.size }}
{%- for revision in revisions %}
#define OSR_HOST_API_SIZE_V{{ revision.name }} {{ revision.host_size }}
{%- endfor %}

// First version with each function, for OSR_HOST_HAS.
{%- for member in host.members %}{% if let Some(since) = member.since %}
#define OSR_SINCE_{{ member.name }} {{ since }}
{%- endif %}{% endfor %}

/// True when the host has the function: OSR_HOST_HAS(host, complete_cancel).
/// Never reads a function before `version` says that it is there. Early version 2 hosts lack
/// functions of later revisions without saying so: see docs/abi-versions.md.
#define OSR_HOST_HAS(host, slot) \
    ((host) != NULL && (host)->version >= OSR_SINCE_##slot && (host)->slot != NULL)

/// Hands every function of the host to a macro, in table order, as X(slot, returns, takes): for
/// tables and switches that are to have them all. `returns` is `string` or `void`; `takes` is
/// `none`, or the parameters joined by `_`: `string`, `int`, `chunks` (a callback and its data),
/// and `consumed`, which is a string that the function frees.
#define OSR_EACH_HOST_SLOT(X) \
{%- for member in host.members %}{% if let Some(shape) = member.shape.as_ref() %}
    X({{ member.name }}, {{ shape }}){% if !loop.last %} \{% endif %}
{%- endif %}{% endfor %}
{% endif %}
// ---- Functions of the plugin ----
{% for function in plugin.functions %}
{{ function.doc }}
typedef {{ function.declaration }};
{% endfor %}
{{ plugin.doc }}
typedef struct {{ plugin.name }} {
{%- for member in plugin.members %}
    {{ member.declaration }};{{ member.note }}
{%- endfor %}
} {{ plugin.name }};

/// Bytes of the plugin's table in this version.
#define OSR_PLUGIN_API_SIZE {{ plugin.size }}

// ---- Symbols that a plugin exports ----
{% for entry in entries %}
{{ entry.doc }}
OSR_EXPORT {{ entry.declaration }};
{% endfor %}
// ---- The layout, checked by the compiler ----

OSR_STATIC_ASSERT(sizeof(void*) == 8, "the Osaurus ABI has 8-byte pointers");
OSR_STATIC_ASSERT(sizeof(int) == 4, "the Osaurus ABI has 4-byte int");
{%- for table in tables %}
{%- for member in table.members %}
OSR_STATIC_ASSERT(offsetof({{ table.name }}, {{ member.name }}) == {{ member.offset }}, "{{ table.name }}.{{ member.name }} is at {{ member.offset }}");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE({{ table.name }}, {{ member.name }}) == {{ member.size }}, "{{ table.name }}.{{ member.name }} has {{ member.size }} bytes");
{%- endfor %}
OSR_STATIC_ASSERT(sizeof({{ table.name }}) == {{ table.size }}, "{{ table.name }} has {{ table.size }} bytes");
{%- endfor %}

#ifdef __cplusplus
}
#endif

#endif  // OSAURUS_PLUGIN_H
