/* A plugin with one tool that calls every function of the host which its header knows and the host has. It answers with
   what each gave: text, null, done, or missing. */
#include "osaurus_plugin.h"

#include <stdlib.h>
#include <string.h>

static const char manifest[] =
    "{\"plugin_id\":\"dev.osaurus-bridge.trial\",\"version\":\"1.0.0\",\"capabilities\":{\"tools\":[{\"id\":\"every\","
    "\"description\":\"Calls every function of the host.\",\"permission_policy\":\"auto\","
    "\"parameters\":{\"type\":\"object\"}}]}}";

/* Longer than all names with their outcomes. */
static char answer[4096];

static void say(const char* name, const char* outcome) {
    strcat(answer, name);
    strcat(answer, "=");
    strcat(answer, outcome);
    strcat(answer, " ");
}

#if OSR_ABI_HEADER_VERSION >= 2
static const osr_host_api* host;

static const char* freed(const char* text) {
    const char* outcome = text == NULL ? "null" : "text";
#if OSR_ABI_HEADER_VERSION >= 6
    if (OSR_HOST_HAS(host, free_string)) {
        host->free_string(text);
        return outcome;
    }
#endif
    free((void*)text);
    return outcome;
}

static void on_chunk(const char* chunk, void* data) {
    (void)chunk, (void)data;
}

#define TEXT(slot, ...) say(#slot, OSR_HOST_HAS(host, slot) ? freed(host->slot(__VA_ARGS__)) : "missing");
#define NOTHING(slot, ...) say(#slot, OSR_HOST_HAS(host, slot) ? (host->slot(__VA_ARGS__), "done") : "missing");

static void call_all(void) {
    const char* id = "00000000-0000-4000-8000-000000000000";
    const char* chat = "{\"model\":\"\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";
    NOTHING(config_set, "key", "value")
    TEXT(config_get, "key")
    NOTHING(config_delete, "key")
    TEXT(db_exec, "CREATE TABLE t (a)", NULL)
    TEXT(db_query, "SELECT a FROM t", "[]")
    NOTHING(log, 2, "a line")
    TEXT(dispatch, "{\"prompt\":\"hello\"}")
    TEXT(task_status, id)
    NOTHING(dispatch_cancel, id)
    NOTHING(dispatch_clarify, id, "yes")
    TEXT(complete, chat)
    TEXT(complete_stream, chat, on_chunk, NULL)
    TEXT(embed, "{\"input\":\"hello\"}")
    TEXT(list_models)
    TEXT(http_request, "{\"method\":\"GET\",\"url\":\"http://127.0.0.1/\"}")
    TEXT(file_read, "{\"path\":\"nothing\"}")
    TEXT(list_active_tasks)
    NOTHING(send_draft, id, "{}")
    NOTHING(dispatch_interrupt, id, NULL)
    TEXT(dispatch_add_issue, id, "{}")
#if OSR_ABI_HEADER_VERSION >= 3
    NOTHING(complete_cancel, "stream")
#endif
#if OSR_ABI_HEADER_VERSION >= 4
    TEXT(get_active_agent_id)
#endif
#if OSR_ABI_HEADER_VERSION >= 5
    NOTHING(log_structured, 2, "a line", "{}")
#endif
}
#else
static void call_all(void) { say("host", "none"); }
#endif

static const char* invoke(osr_plugin_ctx_t ctx, const char* type, const char* id, const char* payload) {
    (void)ctx, (void)type, (void)id, (void)payload;
    strcpy(answer, "{\"ok\":true,\"result\":{\"functions\":\"");
    call_all();
    strcat(answer, "\"}}");
    return strdup(answer);
}

static osr_plugin_ctx_t init(void) { return answer; }
static void destroy(osr_plugin_ctx_t ctx) { (void)ctx; }
static void free_string(const char* text) { free((void*)text); }
static const char* get_manifest(osr_plugin_ctx_t ctx) {
    (void)ctx;
    return strdup(manifest);
}

static const osr_plugin_api table = {
    .free_string = free_string,
    .init = init,
    .destroy = destroy,
    .get_manifest = get_manifest,
    .invoke = invoke,
#if OSR_ABI_HEADER_VERSION >= 2
    .version = OSR_ABI_HEADER_VERSION,
#endif
};

#if OSR_ABI_HEADER_VERSION >= 2
const osr_plugin_api* osaurus_plugin_entry_v2(const osr_host_api* api) {
    host = api;
    return &table;
}
#endif

const osr_plugin_api* osaurus_plugin_entry(void) { return &table; }
