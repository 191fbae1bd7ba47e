/* A tool that talks to an editor through its client program. Nothing of it works where the editor does not run, which
   it says properly. Its descriptions are long, its settings read. */

#include "corpus.h"

#include <sys/wait.h>

static const osr_host_api* host;

static const char manifest[] =
    "{\"plugin_id\":\"dev.example.editor\",\"name\":\"Editor\",\"version\":\"2.0.0\",\"description\":\"Talks to an editor.\","
    "\"min_osaurus\":\"0.20.3\",\"capabilities\":{\"tools\":["
    "{\"id\":\"evaluate\",\"description\":\"Evaluates an expression in the editor that runs on this machine, and answers what it"
    " gives as text; use it for whatever no other tool of this plugin does, such as moving windows, and never for reading files.\","
    "\"permission_policy\":\"ask\",\"requirements\":[],"
    "\"parameters\":{\"type\":\"object\",\"required\":[\"expression\"],\"additionalProperties\":false,"
    "\"properties\":{\"expression\":{\"type\":\"string\",\"description\":\"The expression.\"}}}}],"
    "\"config\":{\"title\":\"Editor\",\"sections\":[{\"title\":\"Editor\",\"fields\":["
    "{\"key\":\"client\",\"type\":\"text\",\"label\":\"Client program\",\"default\":\"corpus-editor-client\"},"
    "{\"key\":\"socket\",\"type\":\"text\",\"label\":\"Socket\"}]}]}}}";

static char context;

static void release(const char* text) { free((void*)text); }
static osr_plugin_ctx_t init(void) { return &context; }
static void destroy(osr_plugin_ctx_t ctx) { (void)ctx; }

static const char* get_manifest(osr_plugin_ctx_t ctx) {
    (void)ctx;
    return strdup(manifest);
}

static void give_back(const char* text) {
    if (text != NULL && OSR_HOST_HAS(host, free_string)) {
        host->free_string(text);
    } else {
        free((void*)text);
    }
}

static const char* failed(const char* kind, const char* message) {
    return text_of("{\"ok\":false,\"kind\":\"%s\",\"message\":\"%s\",\"retryable\":true}", kind, message);
}

/* Whether the client ran; the program of the setting is only looked at, and a fixed one is started. */
static int client_runs(void) {
    const char* chosen = host == NULL ? NULL : host->config_get("client");
    give_back(chosen);
    int status = system("corpus-editor-client --version > /dev/null 2>&1");
    return status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static const char* invoke(osr_plugin_ctx_t ctx, const char* type, const char* id, const char* payload) {
    (void)ctx;
    if (strcmp(type, "tool") != 0 || strcmp(id, "evaluate") != 0) {
        return failed("tool_not_found", "there is the tool evaluate");
    }
    char* expression = string_at(payload, "expression");
    if (expression == NULL) {
        return failed("invalid_args", "expression must be a string");
    }
    free(expression);
    return client_runs() ? strdup("{\"ok\":true,\"result\":{\"text\":\"nil\"}}")
                         : failed("execution_error", "the editor does not run, or its client is not installed");
}

static osr_plugin_api table = {
    .free_string = release,
    .init = init,
    .destroy = destroy,
    .get_manifest = get_manifest,
    .invoke = invoke,
    .version = 2,
};

__attribute__((visibility("default"))) const osr_plugin_api* osaurus_plugin_entry_v2(const osr_host_api* api) {
    host = api;
    return &table;
}
