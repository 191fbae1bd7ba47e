/* A plugin for tests of the scripted host: its tools make the host call of their name. */

#include "osaurus_plugin.h"

#include <stdlib.h>
#include <string.h>

static const osr_host_api* host;
/* What it does wrong, if anything. */
static const char* mistake = "";

static char* copy(const char* text) { return strcpy((char*)malloc(strlen(text) + 1), text); }

static int is(const char* one, const char* other) { return strcmp(one, other) == 0; }

static void give_back(const char* text) {
#ifdef OSR_SINCE_free_string
    if (OSR_HOST_HAS(host, free_string)) {
        host->free_string(text);
        return;
    }
#endif
    free((void*)text);
}

/* The plugin's copy of a string of the host's. */
static char* taken(const char* text) {
    char* result = copy(text == NULL ? "null" : text);
    give_back(text);
    return result;
}

static char streamed[100];

static void add_chunk(const char* chunk, void* user_data) {
    (void)user_data;
    strcat(streamed, strstr(chunk, "content"));
}

static char* make_mistake(void) {
    const char* text = host->config_get("a");
    if (!is(mistake, "leak")) { give_back(text); }
#ifdef OSR_SINCE_free_string
    if (is(mistake, "twice")) { host->free_string(text); }
    if (is(mistake, "beyond") && host->free_string != NULL) { return NULL; }
#endif
    return is(mistake, "null") ? NULL : copy("{}");
}

static const char* invoke(osr_plugin_ctx_t ctx, const char* type, const char* id, const char* payload) {
    (void)ctx, (void)type;
    if (is(id, "config")) { return taken(host->config_get("a")); }
    if (is(id, "fetch")) { return taken(host->http_request(payload)); }
    if (is(id, "ask")) { return taken(host->complete(payload)); }
    if (is(id, "stream")) { return taken(host->complete_stream(payload, add_chunk, NULL)); }
    if (is(id, "dispatch")) { return taken(host->dispatch(payload)); }
    if (is(id, "tasks")) { return taken(host->list_active_tasks()); }
    if (is(id, "embed")) { return taken(host->embed(payload)); }
    if (is(id, "sql")) { return taken(host->db_exec("CREATE TABLE t (a, b, c)", NULL)); }
    if (is(id, "insert")) { return taken(host->db_exec("INSERT INTO t VALUES (?, ?, x'00ff10ab')", payload)); }
    if (is(id, "select")) { return taken(host->db_query("SELECT * FROM t", NULL)); }
    if (is(id, "log")) { host->log(OSR_LOG_WARN, payload); }
    if (is(id, "mistake")) { return make_mistake(); }
#ifdef OSR_SINCE_get_active_agent_id
    if (is(id, "agent")) { return OSR_HOST_HAS(host, get_active_agent_id) ? taken(host->get_active_agent_id()) : copy("no such function"); }
#endif
    return copy(payload);
}

static osr_plugin_ctx_t init(void) {
    if (is(mistake, "early")) { give_back(host->config_get("a")); }
    return (osr_plugin_ctx_t)&host;
}

static void destroy(osr_plugin_ctx_t ctx) { (void)ctx; }
static void free_string(const char* text) { free((void*)text); }

static const char* get_manifest(osr_plugin_ctx_t ctx) {
    (void)ctx;
    return copy("{\"plugin_id\":\"dev.example.tested\"}");
}

static const char* handle_route(osr_plugin_ctx_t ctx, const char* request) {
    (void)ctx;
    return copy(request);
}

static void on_config_changed(osr_plugin_ctx_t ctx, const char* key, const char* value) {
    (void)ctx, (void)key;
    host->log(OSR_LOG_INFO, value);
}

static void on_task_event(osr_plugin_ctx_t ctx, const char* id, int type, const char* event) {
    (void)ctx, (void)type, (void)event;
    host->log(OSR_LOG_INFO, id);
}

static const osr_plugin_api table = {
    free_string, init, destroy, get_manifest, invoke, OSR_ABI_HEADER_VERSION, handle_route, on_config_changed, on_task_event,
};

const osr_plugin_api* osaurus_plugin_entry_v2(const osr_host_api* api) {
    host = api;
    return &table;
}
