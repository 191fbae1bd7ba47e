/* The behaviour table's probe in C; README.md in the folder above says what it does. MANIFEST is a string literal that
   the build passes in manifest.inc. */
#include "osaurus_plugin.h"

#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char manifest[] =
#include "manifest.inc"
    ;

static char* dump(json_t* value) {
    char* text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref(value);
    return text;
}

static char* success(json_t* result) { return dump(json_pack("{s:b, s:o}", "ok", 1, "result", result)); }

static char* failure(const char* kind, const char* message) {
    return dump(json_pack("{s:b, s:s, s:s, s:b}", "ok", 0, "kind", kind, "message", message, "retryable", 0));
}

/* What became of a call. */
enum outcome { MADE, HOST_LACKS, UNKNOWN };

#if OSR_ABI_HEADER_VERSION >= 2
static const osr_host_api* host;

static void keep(json_t* result, const char* text) {
    json_object_set_new(result, "answer", text == NULL ? json_null() : json_string(text));
#if OSR_ABI_HEADER_VERSION >= 6
    if (OSR_HOST_HAS(host, free_string)) {
        host->free_string(text);
        return;
    }
#endif
    free((void*)text);
}

static const char* text(json_t* call, size_t at) {
    return json_string_value(json_array_get(json_object_get(call, "arguments"), at));
}

static int level(json_t* call) {
    return (int)json_integer_value(json_array_get(json_object_get(call, "arguments"), 0));
}

struct stream {
    json_t* chunks;
    const char* cancel;
};

static void on_chunk(const char* chunk, void* data) {
    struct stream* stream = data;
    json_array_append_new(stream->chunks, json_string(chunk));
#if OSR_ABI_HEADER_VERSION >= 3
    if (stream->cancel != NULL && json_array_size(stream->chunks) == 2 && OSR_HOST_HAS(host, complete_cancel)) {
        host->complete_cancel(stream->cancel);
    }
#endif
}

static void streamed(json_t* call, json_t* result) {
    struct stream stream = {json_array(), json_string_value(json_object_get(call, "cancel"))};
    json_object_set_new(result, "chunks", stream.chunks);
    keep(result, host->complete_stream(text(call, 0), on_chunk, &stream));
}

/* Makes the call, unless the host does not have the function. */
#define FUNCTION(slot, call_it)                             \
    if (strcmp(name, #slot) == 0) {                         \
        if (!OSR_HOST_HAS(host, slot)) { return HOST_LACKS; } \
        call_it;                                            \
        return MADE;                                        \
    }
#define KEEP_string(answer) keep(result, answer)
#define KEEP_void(nothing) nothing
#define CALL(slot, returns, takes) CALL_##takes(slot, KEEP_##returns)
#define CALL_none(slot, KEEP) FUNCTION(slot, KEEP(host->slot()))
#define CALL_string(slot, KEEP) FUNCTION(slot, KEEP(host->slot(text(call, 0))))
#define CALL_string_string(slot, KEEP) FUNCTION(slot, KEEP(host->slot(text(call, 0), text(call, 1))))
#define CALL_int_string(slot, KEEP) FUNCTION(slot, KEEP(host->slot(level(call), text(call, 1))))
#define CALL_int_string_string(slot, KEEP) FUNCTION(slot, KEEP(host->slot(level(call), text(call, 1), text(call, 2))))
#define CALL_string_chunks(slot, KEEP) FUNCTION(slot, streamed(call, result))
#define CALL_consumed(slot, KEEP)

static enum outcome make(const char* name, json_t* call, json_t* result) {
    OSR_EACH_HOST_SLOT(CALL)
    return UNKNOWN;
}
#else
static enum outcome make(const char* name, json_t* call, json_t* result) {
    (void)name, (void)call, (void)result;
    return UNKNOWN;
}
#endif

static pthread_mutex_t events_lock = PTHREAD_MUTEX_INITIALIZER;
static json_t* events;

static json_t* events_so_far(void) {
    json_t* copy;
    pthread_mutex_lock(&events_lock);
    copy = events == NULL ? json_array() : json_deep_copy(events);
    pthread_mutex_unlock(&events_lock);
    return json_pack("{s:o}", "events", copy);
}

static char* call_tool(json_t* arguments) {
    const char* name = json_string_value(json_object_get(arguments, "function"));
    json_t* result = json_pack("{s:n, s:[]}", "answer", "chunks");
    enum outcome outcome = name == NULL ? UNKNOWN : make(name, arguments, result);
    if (outcome == MADE) {
        return success(result);
    }
    json_decref(result);
    return outcome == HOST_LACKS ? failure("unavailable", "the host does not have this function")
                                 : failure("not_found", "this build does not know the function");
}

static char* echo_tool(json_t* arguments) {
    const char* said = json_string_value(json_object_get(arguments, "text"));
    if (said != NULL) {
        return success(json_pack("{s:s}", "text", said));
    }
    return dump(json_pack("{s:b, s:s, s:s, s:b, s:s}", "ok", 0, "kind", "invalid_args", "message", "`text` is missing",
                          "retryable", 1, "field", "text"));
}

static const char* invoke(osr_plugin_ctx_t ctx, const char* type, const char* id, const char* payload) {
    json_t* arguments = json_loads(payload, 0, NULL);
    char* answer;
    (void)ctx, (void)type;
    if (strcmp(id, "call") == 0) {
        answer = call_tool(arguments);
    } else if (strcmp(id, "echo") == 0) {
        answer = echo_tool(arguments);
    } else if (strcmp(id, "seen") == 0) {
        answer = success(events_so_far());
    } else {
        answer = failure("not_found", "nothing has that name");
    }
    json_decref(arguments);
    return answer;
}

/* The library may stay in the process and be started again: a new life begins without events. */
static osr_plugin_ctx_t init(void) {
    pthread_mutex_lock(&events_lock);
    json_decref(events);
    events = NULL;
    pthread_mutex_unlock(&events_lock);
    return &events_lock;
}
static void destroy(osr_plugin_ctx_t ctx) { (void)ctx; }
static void free_string(const char* given) { free((void*)given); }
static const char* get_manifest(osr_plugin_ctx_t ctx) {
    (void)ctx;
    return strdup(manifest);
}

#if OSR_ABI_HEADER_VERSION >= 2
static void saw(const char* kind, const char* one, const char* between, const char* other) {
    pthread_mutex_lock(&events_lock);
    if (events == NULL) {
        events = json_array();
    }
    json_array_append_new(events, json_sprintf("%s %s%s%s", kind, one, between, other));
    pthread_mutex_unlock(&events_lock);
}

static const char* handle_route(osr_plugin_ctx_t ctx, const char* request_json) {
    const char *id = "", *method = "", *name = "", *q = "", *header = "";
    json_t* request = json_loads(request_json, 0, NULL);
    char *body, *answer = NULL;
    (void)ctx;
    json_unpack(request, "{s:s, s:s, s?{s?s}, s?{s?s}, s?{s?s}}", "route_id", &id, "method", &method, "path_params",
                "name", &name, "query", "q", &q, "headers", "x-test", &header);
    if (strcmp(id, "thing") == 0) {
        body = dump(json_pack("{s:s, s:s, s:s, s:s}", "method", method, "name", name, "q", q, "header", header));
        answer = dump(json_pack("{s:i, s:{s:s}, s:s}", "status", 201, "headers", "X-Probe", "yes", "body", body));
        free(body);
    }
    json_decref(request);
    return answer;
}

static void on_config_changed(osr_plugin_ctx_t ctx, const char* key, const char* value) {
    (void)ctx;
    if (strcmp(key, OSR_TEXT_ABI_PROBE_KEY) != 0) {
        saw("config", key, "=", value);
    }
}

static void on_task_event(osr_plugin_ctx_t ctx, const char* task_id, int event_type, const char* event_json) {
    char kind[32];
    (void)ctx;
    snprintf(kind, sizeof kind, "task %d", event_type);
    saw(kind, task_id, " ", event_json);
}
#endif

static const osr_plugin_api table = {
    .free_string = free_string,
    .init = init,
    .destroy = destroy,
    .get_manifest = get_manifest,
    .invoke = invoke,
#if OSR_ABI_HEADER_VERSION >= 2
    .version = OSR_ABI_HEADER_VERSION,
    .handle_route = handle_route,
    .on_config_changed = on_config_changed,
    .on_task_event = on_task_event,
#endif
};

#if OSR_ABI_HEADER_VERSION >= 2
const osr_plugin_api* osaurus_plugin_entry_v2(const osr_host_api* api) {
    host = api;
    return &table;
}
#endif

#ifndef WITHOUT_V1_ENTRY
const osr_plugin_api* osaurus_plugin_entry(void) { return &table; }
#endif
