/* Hello: a small Osaurus plugin in C. The tool `greet` greets a person in the wording that the user set, counts the
   visits in the plugin's database, and still greets where the host is too old for either.

   make            builds hello.so, hello.dylib on macOS

   What to copy for a plugin of your own: the manifest, the table at the end, `host_has` and `host_string`. */

#include "osaurus_plugin.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char manifest[] =
    "{\"plugin_id\":\"dev.example.c-hello\",\"name\":\"Hello in C\",\"version\":\"1.0.0\",\"license\":\"MIT\","
    "\"min_osaurus\":\"0.20.3\",\"description\":\"Greets people and counts their visits.\",\"capabilities\":{\"tools\":[{\"id\":\"greet\","
    "\"description\":\"Greets a person by name and says how often it did.\",\"permission_policy\":\"auto\",\"requirements\":[],"
    "\"parameters\":{\"type\":\"object\",\"required\":[\"name\"],\"additionalProperties\":false,"
    "\"properties\":{\"name\":{\"type\":\"string\",\"minLength\":1,\"description\":\"Who to greet.\"}}}}],"
    "\"config\":{\"title\":\"Hello\",\"sections\":[{\"title\":\"Wording\",\"fields\":[{\"key\":\"greeting\","
    "\"type\":\"text\",\"label\":\"Greeting\",\"default\":\"Hello\"}]}]}}}";

/* The host's table. The pointer is kept, the table is never copied: an older host's is shorter. */
static const osr_host_api* host;

/* A copy of a string of the host's, which is freed as the host wants it. The caller frees the copy. */
static char* host_string(const char* text) {
    char* copy = text == NULL ? NULL : strdup(text);
    if (OSR_HOST_HAS(host, free_string)) {
        host->free_string(text);
    } else {
        free((void*)text);
    }
    return copy;
}

/* Runs one SQL statement with one text parameter. The result is the host's JSON, or NULL without a host. */
static json_t* sql(osr_db_query_fn run, const char* statement, const char* parameter) {
    json_t* parameters = json_pack("[s]", parameter);
    char* text = json_dumps(parameters, JSON_COMPACT);
    char* answer = host_string(run(statement, text));
    json_t* result = answer == NULL ? NULL : json_loads(answer, 0, NULL);
    free(answer);
    free(text);
    json_decref(parameters);
    return result;
}

/* Counts a visit, this one included; 0 where it cannot be counted. */
static json_int_t count_visit(const char* name) {
    json_int_t visits = 0;
    json_t* rows;
    if (!OSR_HOST_HAS(host, db_exec) || !OSR_HOST_HAS(host, db_query)) {
        return 0;
    }
    json_decref(sql(host->db_exec, "CREATE TABLE IF NOT EXISTS guests (name TEXT PRIMARY KEY, visits INTEGER)", name));
    json_decref(sql(host->db_exec,
                    "INSERT INTO guests VALUES (?1, 1) ON CONFLICT (name) DO UPDATE SET visits = visits + 1", name));
    rows = sql(host->db_query, "SELECT visits FROM guests WHERE name = ?1", name);
    json_unpack(rows, "{s:[[I]]}", "rows", &visits);
    json_decref(rows);
    return visits;
}

/* The greeting that the user set for the calling agent, or NULL. The caller frees it. */
static char* greeting(void) {
    return OSR_HOST_HAS(host, config_get) ? host_string(host->config_get("greeting")) : NULL;
}

static char* success(const char* name) {
    char* wording = greeting();
    json_int_t visits = count_visit(name);
    json_t* text = json_sprintf("%s, %s!", wording == NULL || *wording == '\0' ? "Hello" : wording, name);
    json_t* envelope = json_pack("{s:b, s:{s:o, s:I}}", "ok", 1, "result", "text", text, "visits", visits);
    char* result = json_dumps(envelope, JSON_COMPACT);
    json_decref(envelope);
    free(wording);
    return result;
}

static char* failure(const char* kind, const char* message) {
    /* A tool that does not exist does not appear when it is called again; better arguments may help. */
    int retryable = strcmp(kind, "tool_not_found") != 0;
    json_t* envelope =
        json_pack("{s:b, s:s, s:s, s:b}", "ok", 0, "kind", kind, "message", message, "retryable", retryable);
    char* result = json_dumps(envelope, JSON_COMPACT);
    json_decref(envelope);
    return result;
}

static const char* invoke(osr_plugin_ctx_t ctx, const char* type, const char* id, const char* payload) {
    json_t* arguments;
    const char* name = NULL;
    char* result;
    (void)ctx;
    if (strcmp(type, OSR_TEXT_INVOKE_TOOL) != 0 || strcmp(id, "greet") != 0) {
        return failure("tool_not_found", "there is only the tool `greet`");
    }
    arguments = json_loads(payload, 0, NULL);
    json_unpack(arguments, "{s:s}", "name", &name);
    result = name == NULL || *name == '\0' ? failure("invalid_args", "`name` is missing or empty") : success(name);
    json_decref(arguments);
    return result;
}

/* There is one plugin per library: its context is never looked at, but must not be NULL. */
static osr_plugin_ctx_t init(void) { return (osr_plugin_ctx_t)&host; }
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
    .version = OSR_ABI_HEADER_VERSION,
};

const osr_plugin_api* osaurus_plugin_entry_v2(const osr_host_api* api) {
    host = api;
    return &table;
}

/* For hosts of version 1, which have no functions. */
const osr_plugin_api* osaurus_plugin_entry(void) { return osaurus_plugin_entry_v2(NULL); }
