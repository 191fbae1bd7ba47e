/* A bot for a messaging service: makes its tables in init, has a webhook, keeps a token, speaks bare errors, frees the
   host's strings with the C library and forgets those of db_exec. */

#include "corpus.h"

static const osr_host_api* host;
static char token[256];

static const char manifest[] =
    "{\"plugin_id\":\"dev.example.messaging\",\"name\":\"Messaging\",\"version\":\"1.2.0\",\"description\":\"Sends messages.\","
    "\"min_osaurus\":\"0.20.3\",\"secrets\":[{\"id\":\"bot_token\",\"label\":\"Token\",\"required\":true}],\"capabilities\":{\"tools\":["
    "{\"id\":\"send_message\",\"description\":\"Sends a message to a chat.\",\"permission_policy\":\"ask\",\"requirements\":[],"
    "\"widget\":\"card\",\"parameters\":{\"type\":\"object\",\"required\":[\"chat\",\"text\"],\"additionalProperties\":false,"
    "\"properties\":{\"chat\":{\"type\":\"string\"},\"text\":{\"type\":\"string\"}}}},"
    "{\"id\":\"list_chats\",\"description\":\"Lists chats.\",\"permission_policy\":\"auto\",\"requirements\":[],"
    "\"parameters\":{\"type\":\"object\",\"required\":[],\"additionalProperties\":false,\"properties\":{}}}],"
    "\"routes\":[{\"id\":\"webhook\",\"path\":\"/webhook\",\"methods\":[\"POST\"],\"auth\":\"verify\",\"description\":\"Gets updates.\"}],"
    "\"config\":{\"title\":\"Messaging\",\"sections\":[{\"title\":\"Bot\",\"fields\":["
    "{\"key\":\"bot_token\",\"type\":\"secret\",\"label\":\"Token\"},"
    "{\"key\":\"state\",\"type\":\"status\",\"label\":\"Webhook\",\"connected_when\":\"webhook_registered\"}]}]}}}";

static void release(const char* text) { free((void*)text); }

/* Makes the tables before the first call: no agent is bound yet. */
static osr_plugin_ctx_t init(void) {
    if (host != NULL) {
        host->db_exec("CREATE TABLE IF NOT EXISTS chats (id TEXT PRIMARY KEY, title TEXT)", NULL);
    }
    return token;
}

static void destroy(osr_plugin_ctx_t ctx) { (void)ctx; }

static const char* get_manifest(osr_plugin_ctx_t ctx) {
    (void)ctx;
    return strdup(manifest);
}

static char* send_message(const char* payload) {
    char* chat = string_at(payload, "chat");
    char* text = string_at(payload, "text");
    if (chat == NULL || text == NULL) {
        free(chat), free(text);
        return strdup("{\"error\":\"chat and text are needed\"}");
    }
    char* request = text_of("{\"url\":\"https://api.example.com/bot%s/send\",\"method\":\"POST\",\"body\":\"%s\"}", token, text);
    const char* answer = host->http_request(request);
    char* result = answer != NULL && strstr(answer, "\"status\":200") != NULL
                       ? text_of("{\"ok\":true,\"result\":{\"chat\":\"%s\"}}", chat)
                       : strdup("{\"error\":\"the service was not reached\"}");
    free((void*)answer), free(request), free(chat), free(text);
    return result;
}

static char* list_chats(void) {
    host->db_exec("INSERT OR REPLACE INTO chats VALUES ('1', 'Family')", NULL);
    const char* rows = host->db_query("SELECT count(*) FROM chats", NULL);
    char* result = strdup(rows == NULL ? "{\"error\":\"no database\"}" : "{\"ok\":true,\"result\":{\"chats\":1}}");
    free((void*)rows);
    return result;
}

static const char* invoke(osr_plugin_ctx_t ctx, const char* type, const char* id, const char* payload) {
    (void)ctx, (void)type;
    if (strcmp(id, "send_message") == 0) {
        return send_message(payload);
    }
    if (strcmp(id, "list_chats") == 0) {
        return list_chats();
    }
    return strdup("{\"error\":\"unknown tool\"}");
}

static const char* handle_route(osr_plugin_ctx_t ctx, const char* request) {
    (void)ctx, (void)request;
    return strdup("{\"status\":401,\"body\":\"no signature\"}");
}

/* Writes what comes to the log, whatever it is. */
static void on_config_changed(osr_plugin_ctx_t ctx, const char* key, const char* value) {
    (void)ctx;
    if (strcmp(key, "bot_token") == 0 && value != NULL) {
        snprintf(token, sizeof token, "%s", value);
        char* line = text_of("%s is now %s", key, value);
        host->log(OSR_LOG_INFO, line);
        free(line);
    }
}

static osr_plugin_api table = {
    .free_string = release,
    .init = init,
    .destroy = destroy,
    .get_manifest = get_manifest,
    .invoke = invoke,
    .version = 2,
    .handle_route = handle_route,
    .on_config_changed = on_config_changed,
};

__attribute__((visibility("default"))) const osr_plugin_api* osaurus_plugin_entry_v2(const osr_host_api* api) {
    host = api;
    return &table;
}
