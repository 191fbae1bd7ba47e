// Generated from abi-spec by `osaurus-bridge gen go`. Edit the spec, not this file.
//
// The plugin's side of the table, in C: it hands each call to the Go functions of osaurus_plugin.go.

#include "osaurus_plugin.h"

#include <stdlib.h>

#include "_cgo_export.h"

static const osr_host_api* kept_host;

const osr_host_api* osaurus_kept_host(void) { return kept_host; }

static void give_back(const char* text) { free((void*)text); }

/* One plugin per library: the context says nothing, but must not be NULL. */
static osr_plugin_ctx_t start(void) { return &kept_host; }
static void stop(osr_plugin_ctx_t ctx) { (void)ctx; }

static const char* manifest(osr_plugin_ctx_t ctx) {
    (void)ctx;
    return osaurusGoManifest();
}

static const char* invoke(osr_plugin_ctx_t ctx, const char* type, const char* id, const char* payload) {
    (void)ctx;
    return osaurusGoInvoke((char*)type, (char*)id, (char*)payload);
}

static const char* route(osr_plugin_ctx_t ctx, const char* request_json) {
    (void)ctx;
    return osaurusGoRoute((char*)request_json);
}

static void config(osr_plugin_ctx_t ctx, const char* key, const char* value) {
    (void)ctx;
    osaurusGoConfig((char*)key, (char*)value);
}

static void task(osr_plugin_ctx_t ctx, const char* task_id, int event_type, const char* event_json) {
    (void)ctx;
    osaurusGoTask((char*)task_id, event_type, (char*)event_json);
}

static osr_plugin_api table = {
    .free_string = give_back,
    .init = start,
    .destroy = stop,
    .get_manifest = manifest,
    .invoke = invoke,
    .version = OSR_ABI_HEADER_VERSION,
};

void osaurus_callbacks(int routes, int settings, int tasks) {
    table.handle_route = routes ? route : NULL;
    table.on_config_changed = settings ? config : NULL;
    table.on_task_event = tasks ? task : NULL;
}

const osr_plugin_api* osaurus_plugin_entry_v2(const osr_host_api* host) {
    kept_host = host;
    /* Loading starts Go on a thread of its own. A call into it waits for its init functions, and so for Register, which
       completes the table. */
    osaurusGoReady();
    return &table;
}

const osr_plugin_api* osaurus_plugin_entry(void) { return osaurus_plugin_entry_v2(NULL); }
