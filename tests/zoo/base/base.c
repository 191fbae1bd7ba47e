/* A plugin without a fault: two tools, two routes, a setting, events. `note` calls the host, the rest does not. */

#include "zoo.h"

#include <pthread.h>

#define WEAK __attribute__((weak))

static const char manifest[] =
    "{'plugin_id': 'dev.example.zoo', 'name': 'Zoo', 'version': '1.0.0', 'license': 'MIT', 'authors': ['The zoo'],"
    " 'description': 'Repeats what it hears and keeps notes.', 'min_osaurus': '0.20.3', 'capabilities': {"
    "  'tools': ["
    "   {'id': 'echo', 'description': 'Repeats what it gets.', 'permission_policy': 'auto', 'requirements': [],"
    "    'parameters': {'type': 'object', 'required': ['text'], 'additionalProperties': false,"
    "     'properties': {'text': {'type': 'string', 'description': 'What to repeat.'}}}},"
    "   {'id': 'note', 'description': 'Keeps a note and counts the notes.', 'permission_policy': 'auto', 'requirements': [],"
    "    'parameters': {'type': 'object', 'required': ['text'], 'additionalProperties': false,"
    "     'properties': {'text': {'type': 'string', 'description': 'The note.'}}}}],"
    "  'routes': ["
    "   {'id': 'status', 'path': '/status', 'methods': ['GET'], 'auth': 'owner', 'description': 'Says that it runs.'},"
    "   {'id': 'item', 'path': '/items/:id', 'methods': ['GET'], 'auth': 'owner', 'description': 'Names an item.'}],"
    "  'config': {'title': 'Zoo', 'sections': [{'title': 'Wording', 'fields': ["
    "   {'key': 'greeting', 'type': 'text', 'label': 'Greeting', 'default': 'Hello'}]}]}}}";

const osr_host_api* host;

/* The setting `greeting` as it was last delivered. */
static char* greeting;
static pthread_mutex_t greeting_lock = PTHREAD_MUTEX_INITIALIZER;

/* --- JSON and strings ------------------------------------------------------------------------------------------ */

json_t* quoted(const char* text) {
    char* json = strdup(text);
    for (char* at = json; (at = strchr(at, '\'')) != NULL;) {
        *at = '"';
    }
    json_t* value = json_loads(json, 0, NULL);
    free(json);
    return value;
}

static char* dumped(json_t* value) {
    char* text = json_dumps(value, JSON_COMPACT);
    json_decref(value);
    return text;
}

char* success(json_t* result) { return dumped(json_pack("{s:b, s:o}", "ok", 1, "result", result)); }

char* failure(const char* kind, const char* message, const char* field) {
    json_t* envelope = json_pack("{s:b, s:s, s:s, s:b, s:s*}", "ok", 0, "kind", kind, "message", message, "retryable",
                                 strcmp(kind, "tool_not_found") != 0, "field", field);
    return dumped(envelope);
}

const char* text_of(json_t* arguments) { return json_string_value(json_object_get(arguments, "text")); }

WEAK void give_back(const char* text) {
    if (OSR_HOST_HAS(host, free_string)) {
        host->free_string(text);
    } else {
        free((void*)text);
    }
}

char* take(const char* text) {
    char* copy = text == NULL ? NULL : strdup(text);
    if (text != NULL) {
        give_back(text);
    }
    return copy;
}

json_t* take_json(const char* text) {
    char* copy = take(text);
    json_t* value = copy == NULL ? NULL : json_loads(copy, 0, NULL);
    free(copy);
    return value;
}

/* --- tools ----------------------------------------------------------------------------------------------------- */

WEAK char* echo(json_t* arguments) { return success(json_pack("{s:s}", "text", text_of(arguments))); }

/* The first value of the first row. Hosts give rows as arrays; their documents say objects. */
static json_int_t first_number(json_t* answer) {
    json_t* row = json_array_get(json_object_get(answer, "rows"), 0);
    json_t* value = json_is_array(row) ? json_array_get(row, 0) : json_object_get(row, "count");
    return json_integer_value(value);
}

static int store(const char* text) {
    char* parameters = dumped(json_pack("[s]", text));
    json_t* made = take_json(host->db_exec("CREATE TABLE IF NOT EXISTS notes (text TEXT)", NULL));
    json_t* kept = take_json(host->db_exec("INSERT INTO notes VALUES (?)", parameters));
    int stored = json_object_get(kept, "changes") != NULL;
    json_decref(made);
    json_decref(kept);
    free(parameters);
    return stored;
}

WEAK void in_note(void) {}

WEAK char* note(json_t* arguments) {
    if (!OSR_HOST_HAS(host, db_query)) {
        return failure("unavailable", "this host has no database", NULL);
    }
    if (!store(text_of(arguments))) {
        return failure("unavailable", "the note could not be stored", NULL);
    }
    in_note();
    char* set = take(host->config_get("greeting"));
    json_t* rows = take_json(host->db_query("SELECT count(*) AS count FROM notes", NULL));
    char* result = success(json_pack("{s:I, s:s}", "notes", first_number(rows), "greeting", set ? set : "Hello"));
    host->log(OSR_LOG_INFO, "a note was kept");
    json_decref(rows);
    free(set);
    return result;
}

WEAK void in_invoke(const char* type, const char* id, const char* payload) {
    (void)type, (void)id, (void)payload;
}

static char* run(const char* id, json_t* arguments) {
    if (strcmp(id, "echo") != 0 && strcmp(id, "note") != 0) {
        return failure("tool_not_found", "there are the tools `echo` and `note`", NULL);
    }
    if (text_of(arguments) == NULL) {
        return failure("invalid_args", "`text` must be a string", "text");
    }
    return strcmp(id, "echo") == 0 ? echo(arguments) : note(arguments);
}

WEAK char* answer(const char* type, const char* id, const char* payload) {
    if (strcmp(type, OSR_TEXT_INVOKE_TOOL) != 0) {
        return failure("tool_not_found", "only tools can be invoked", NULL);
    }
    json_t* arguments = json_loads(payload, 0, NULL);
    char* result = run(id, arguments);
    json_decref(arguments);
    return result;
}

/* --- routes and events ----------------------------------------------------------------------------------------- */

WEAK void in_route(const char* request) { (void)request; }

WEAK char* page(json_t* request) {
    const char* item = json_string_value(json_object_get(json_object_get(request, "path_params"), "id"));
    char* body = dumped(json_pack("{s:s}", "item", item ? item : "none"));
    json_t* response = json_pack("{s:i, s:{s:s}, s:s}", "status", 200, "headers", "Content-Type", "application/json",
                                 "body", body);
    free(body);
    return dumped(response);
}

WEAK char* returned(char* result) { return result; }

WEAK void in_config(const char* key, const char* value) { (void)key, (void)value; }
WEAK void in_event(const char* task, int type, const char* json) { (void)task, (void)type, (void)json; }

static void keep_greeting(const char* value) {
    pthread_mutex_lock(&greeting_lock);
    free(greeting);
    greeting = value == NULL ? NULL : strdup(value);
    pthread_mutex_unlock(&greeting_lock);
}

/* --- the table ------------------------------------------------------------------------------------------------- */

WEAK const char* manifest_change(void) { return "{}"; }
WEAK void in_entry(void) {}
WEAK void in_init(void) {}
WEAK void in_destroy(void) {}
WEAK osr_plugin_ctx_t context(void) { return &greeting; }
WEAK void in_manifest(osr_plugin_ctx_t ctx) { (void)ctx; }
WEAK void release(const char* text) { free((void*)text); }

static osr_plugin_ctx_t init(void) {
    in_init();
    return context();
}

static void destroy(osr_plugin_ctx_t ctx) {
    (void)ctx;
    keep_greeting(NULL);
    in_destroy();
}

static const char* get_manifest(osr_plugin_ctx_t ctx) {
    json_t* whole = quoted(manifest);
    json_t* change = quoted(manifest_change());
    in_manifest(ctx);
    json_object_update_recursive(whole, change);
    json_decref(change);
    return dumped(whole);
}

static const char* invoke(osr_plugin_ctx_t ctx, const char* type, const char* id, const char* payload) {
    (void)ctx;
    in_invoke(type, id, payload);
    return returned(answer(type, id, payload));
}

static const char* handle_route(osr_plugin_ctx_t ctx, const char* request) {
    json_t* read = json_loads(request, 0, NULL);
    (void)ctx;
    in_route(request);
    char* response = page(read);
    json_decref(read);
    return response;
}

static void on_config_changed(osr_plugin_ctx_t ctx, const char* key, const char* value) {
    (void)ctx;
    in_config(key, value);
    if (strcmp(key, "greeting") == 0) {
        keep_greeting(value);
    }
}

static void on_task_event(osr_plugin_ctx_t ctx, const char* task, int type, const char* json) {
    (void)ctx;
    in_event(task, type, json);
}

static void release_one(const char* text) { release(text); }

osr_plugin_api table = {
    .free_string = release_one,
    .init = init,
    .destroy = destroy,
    .get_manifest = get_manifest,
    .invoke = invoke,
    .version = OSR_ABI_HEADER_VERSION,
    .handle_route = handle_route,
    .on_config_changed = on_config_changed,
    .on_task_event = on_task_event,
};

WEAK const osr_plugin_api* osaurus_plugin_entry_v2(const osr_host_api* api) {
    host = api;
    in_entry();
    return &table;
}

/* For hosts of version 1, which have no functions. */
WEAK const osr_plugin_api* osaurus_plugin_entry(void) { return &table; }
