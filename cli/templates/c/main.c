/* {{title}}, a plugin for Osaurus. */

#include "osaurus_plugin.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char manifest[] =
    "{\"plugin_id\":\"{{id}}\",\"name\":\"{{title}}\",\"version\":\"0.1.0\",\"license\":\"MIT\",\"authors\":[],"
    "\"min_osaurus\":\"{{min_osaurus}}\",\"description\":\"{{title}}, a plugin for Osaurus.\",\"capabilities\":{\"tools\":[{"
    "\"id\":\"greet\",\"description\":\"Greet a person and remember how often.\",\"permission_policy\":\"auto\","
    "\"requirements\":[],\"parameters\":{\"type\":\"object\",\"required\":[\"name\"],\"additionalProperties\":false,"
    "\"properties\":{\"name\":{\"type\":\"string\",\"minLength\":1,\"description\":\"Who to greet.\"}}}}]"
    /* {{web}} */
    ",\"routes\":[{\"id\":\"greetings\",\"path\":\"/api/greetings\",\"methods\":[\"GET\"],\"auth\":\"owner\","
    "\"description\":\"Who was greeted how often.\"}],"
    "\"web\":{\"static_dir\":\"web\",\"entry\":\"index.html\",\"mount\":\"/ui\",\"auth\":\"owner\"}"
    /* {{/web}} */
    "}}";

static const char create_table[] = "CREATE TABLE IF NOT EXISTS greeted (name TEXT PRIMARY KEY, times INTEGER)";

/* The host's table. Keep the pointer and never copy the table: an older host's is shorter. */
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

/* Runs one SQL statement with one string, or with NULL for none. The caller releases the host's JSON. */
static json_t* sql(osr_db_query_fn run, const char* statement, const char* parameter) {
    json_t* parameters = parameter == NULL ? json_array() : json_pack("[s]", parameter);
    char* text = json_dumps(parameters, JSON_COMPACT);
    char* answer = host_string(run(statement, text));
    json_t* result = answer == NULL ? NULL : json_loads(answer, 0, NULL);
    free(answer);
    free(text);
    json_decref(parameters);
    return result;
}

/* Counts a greeting, this one included; 0 where the host has no database. */
static json_int_t count(const char* name) {
    json_int_t times = 0;
    json_t* rows;
    if (!OSR_HOST_HAS(host, db_exec) || !OSR_HOST_HAS(host, db_query)) {
        return 0;
    }
    json_decref(sql(host->db_exec, create_table, NULL));
    json_decref(sql(host->db_exec,
                    "INSERT INTO greeted VALUES (?1, 1) ON CONFLICT (name) DO UPDATE SET times = times + 1", name));
    rows = sql(host->db_query, "SELECT times FROM greeted WHERE name = ?1", name);
    json_unpack(rows, "{s:[[I]]}", "rows", &times);
    json_decref(rows);
    return times;
}

static char* dumped(json_t* envelope) {
    char* text = json_dumps(envelope, JSON_COMPACT);
    json_decref(envelope);
    return text;
}

static char* failure(const char* kind, const char* message, int retryable) {
    return dumped(json_pack("{s:b, s:s, s:s, s:b}", "ok", 0, "kind", kind, "message", message, "retryable", retryable));
}

static char* greet(const char* payload) {
    const char* name = NULL;
    json_t* arguments = json_loads(payload, 0, NULL);
    char* result;
    json_unpack(arguments, "{s:s}", "name", &name);
    if (name == NULL || *name == '\0') {
        result = failure("invalid_args", "`name` is missing or empty", 1);
    } else {
        json_t* text = json_sprintf("Hello %s. (greeting number %lld)", name, (long long)count(name));
        result = dumped(json_pack("{s:b, s:{s:o}}", "ok", 1, "result", "text", text));
    }
    json_decref(arguments);
    return result;
}

static const char* invoke(osr_plugin_ctx_t ctx, const char* type, const char* id, const char* payload) {
    (void)ctx;
    if (strcmp(type, OSR_TEXT_INVOKE_TOOL) == 0 && strcmp(id, "greet") == 0) {
        return greet(payload);
    }
    return failure("tool_not_found", "there is only the tool `greet`", 0);
}

/* {{web}} */
/* The answer to a request of the page. */
static char* response(int status, json_t* body) {
    char* text = dumped(body);
    char* result = dumped(json_pack("{s:i, s:{s:s}, s:s}", "status", status, "headers", "Content-Type",
                                    "application/json; charset=utf-8", "body", text));
    free(text);
    return result;
}

/* Who was greeted how often. The only route is the one of the page. */
static const char* handle_route(osr_plugin_ctx_t ctx, const char* request) {
    json_t *answer, *rows, *row, *greetings;
    size_t at;
    (void)ctx;
    (void)request;
    if (!OSR_HOST_HAS(host, db_exec) || !OSR_HOST_HAS(host, db_query)) {
        return response(503, json_pack("{s:s}", "error", "this host has no database"));
    }
    json_decref(sql(host->db_exec, create_table, NULL));
    answer = sql(host->db_query, "SELECT name, times FROM greeted ORDER BY times DESC, name", NULL);
    rows = json_object_get(answer, "rows");
    if (rows == NULL) {
        json_decref(answer);
        return response(500, json_pack("{s:s}", "error", "the greetings cannot be read"));
    }
    greetings = json_array();
    json_array_foreach(rows, at, row) {
        json_array_append_new(greetings, json_pack("{s:O, s:O}", "name", json_array_get(row, 0), "times", json_array_get(row, 1)));
    }
    json_decref(answer);
    return response(200, greetings);
}

/* {{/web}} */
/* There is one plugin per library: its context is never read, but must not be NULL. */
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
    /* {{web}} */
    .handle_route = handle_route,
    /* {{/web}} */
    .version = OSR_ABI_HEADER_VERSION,
};

const osr_plugin_api* osaurus_plugin_entry_v2(const osr_host_api* api) {
    host = api;
    return &table;
}

/* For hosts of version 1, which have no functions. */
const osr_plugin_api* osaurus_plugin_entry(void) { return osaurus_plugin_entry_v2(NULL); }
