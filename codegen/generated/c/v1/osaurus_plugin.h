// Generated from abi-spec by `osaurus-bridge gen c --abi 1`. Edit the spec, not this file.
//
// osaurus_plugin.h: the Osaurus plugin ABI, version 1.
// Tools only: a plugin table of five functions and no host table.
//
// How to read it
//   A plugin is a dynamic library that exports osaurus_plugin_entry.
//   The host calls it and gets the plugin's function table (osr_plugin_api). Version 1 has no
//   host functions. All text is UTF-8 and ends in NUL.
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
#define OSR_ABI_HEADER_VERSION 1

// ABI versions, as they are in the `version` fields of the tables.
/// Tools only, no host table.
#define OSR_ABI_VERSION_1 1

// ---- Types ----

/// What the plugin's init returns; the host hands it back in every call and never looks inside.
typedef void* osr_plugin_ctx_t;

// ---- Functions of the plugin ----

/// Frees a string that the plugin returned to the host. Called right after the host has copied
/// it, on the thread of that call; no plugin and no agent are bound then.
///
/// @param s A string from `get_manifest`, `invoke` or `handle_route`. NULL: Must do nothing.
///   Ownership passes to the callee: do not use it afterwards.
/// - Since: version 1.
/// - Thread: any, at any time.
/// - Blocks: no, returns at once.
typedef void (*osr_free_string_fn)(const char* s);

/// Creates the plugin's context. One context serves all agents and all threads.
///
/// No agent is bound yet: `config_get` gives NULL and `dispatch` is refused. Keep it quick.
///
/// @return An opaque pointer that the host hands back in every call until `destroy`. NULL:
///   Loading fails: "Plugin initialization failed". Lives as long as the plugin is loaded; it is
///   never freed.
/// - Since: version 1.
/// - Thread: the host's loader, one plugin at a time.
/// - Blocks: briefly (the host loads one plugin after the other and waits).
typedef osr_plugin_ctx_t (*osr_init_fn)(void);

/// Ends the context. Called at most once per context, after every running call has returned; may
/// be skipped when one never does. The host API can still be used, without an agent.
///
/// @param ctx The context from `init`. Ownership passes to the callee: do not use it afterwards.
/// - Since: version 1.
/// - Thread: several of the host's at once.
/// - Blocks: briefly (runs when all other calls have returned; the host waits 60 s).
typedef void (*osr_destroy_fn)(osr_plugin_ctx_t ctx);

/// Returns the manifest: what the plugin is, its tools, routes, settings and web pages. Called
/// once per load.
///
/// A wrong type or a missing required key anywhere in it makes the whole plugin fail to load.
///
/// @param ctx The context from `init`. Borrowed.
/// @return The manifest as JSON. NULL: Loading fails: "Plugin failed to return manifest". The
///   host copies it, then frees it with the plugin's free_string.
/// - Since: version 1.
/// - Thread: the host's loader, one plugin at a time.
/// - Blocks: briefly (the host loads one plugin after the other and waits).
typedef const char* (*osr_get_manifest_fn)(osr_plugin_ctx_t ctx);

/// Runs one of the plugin's tools, or announces a shared artifact.
///
/// Calls come in parallel and in any order. Tools that require accessibility or automation come
/// one at a time, and may come in a helper process. With the type `artifact` no agent is bound
/// and the result is ignored.
///
/// @param ctx The context from `init`. Borrowed.
/// @param type `tool`, or `artifact` for plugins whose manifest sets `artifact_handler`. Never
///   NULL. Borrowed.
/// @param id The tool's id from the manifest, or `share` for artifacts. Never NULL. Borrowed.
/// @param payload JSON: the tool's arguments with the host's additions, or the artifact. Never
///   NULL. Borrowed.
/// @return A tool envelope as JSON. Any other text counts as a success and is wrapped. NULL: The
///   tool fails with "Plugin returned NULL response". The host copies it, then frees it with the
///   plugin's free_string.
/// - Since: version 1.
/// - Thread: several of the host's at once.
/// - Blocks: yes (the host stops waiting for a tool after 120 s, but the call keeps running).
/// - Agent: works for the agent of the calling frame.
typedef const char* (*osr_invoke_fn)(
    osr_plugin_ctx_t ctx,
    const char* type,
    const char* id,
    const char* payload);

/// Functions that a plugin gives to the host. The entry function returns a pointer to it; the
/// host copies the table, so it may be static but must be complete by then. The first five
/// members are version 1's whole table and must all be set; the later ones may be NULL.
///
/// Strings that the host passes are valid during the call only. Strings that the plugin returns
/// are copied by the host and handed to the plugin's own `free_string` at once.
typedef struct osr_plugin_api {
    osr_free_string_fn free_string;  ///< Since version 1.
    osr_init_fn init;  ///< Since version 1.
    osr_destroy_fn destroy;  ///< Since version 1.
    osr_get_manifest_fn get_manifest;  ///< Since version 1.
    osr_invoke_fn invoke;  ///< Since version 1.
} osr_plugin_api;

/// Bytes of the plugin's table in this version.
#define OSR_PLUGIN_API_SIZE 40

// ---- Symbols that a plugin exports ----

/// Returns the plugin's table without giving it a host: a plugin with tools only. Used if the
/// other symbol is absent; then only the first 40 bytes of the table count.
///
/// @return The plugin's table, valid as long as the library is loaded. NULL: Loading fails:
///   "Plugin entry returned null API". Lives as long as the plugin is loaded; it is never freed.
OSR_EXPORT const osr_plugin_api* osaurus_plugin_entry(void);

// ---- The layout, checked by the compiler ----

OSR_STATIC_ASSERT(sizeof(void*) == 8, "the Osaurus ABI has 8-byte pointers");
OSR_STATIC_ASSERT(sizeof(int) == 4, "the Osaurus ABI has 4-byte int");
OSR_STATIC_ASSERT(offsetof(osr_plugin_api, free_string) == 0, "osr_plugin_api.free_string is at 0");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_plugin_api, free_string) == 8, "osr_plugin_api.free_string has 8 bytes");
OSR_STATIC_ASSERT(offsetof(osr_plugin_api, init) == 8, "osr_plugin_api.init is at 8");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_plugin_api, init) == 8, "osr_plugin_api.init has 8 bytes");
OSR_STATIC_ASSERT(offsetof(osr_plugin_api, destroy) == 16, "osr_plugin_api.destroy is at 16");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_plugin_api, destroy) == 8, "osr_plugin_api.destroy has 8 bytes");
OSR_STATIC_ASSERT(offsetof(osr_plugin_api, get_manifest) == 24, "osr_plugin_api.get_manifest is at 24");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_plugin_api, get_manifest) == 8, "osr_plugin_api.get_manifest has 8 bytes");
OSR_STATIC_ASSERT(offsetof(osr_plugin_api, invoke) == 32, "osr_plugin_api.invoke is at 32");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_plugin_api, invoke) == 8, "osr_plugin_api.invoke has 8 bytes");
OSR_STATIC_ASSERT(sizeof(osr_plugin_api) == 40, "osr_plugin_api has 40 bytes");

#ifdef __cplusplus
}
#endif

#endif  // OSAURUS_PLUGIN_H
