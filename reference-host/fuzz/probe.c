/* The fuzz targets' plugin: hands the fuzzer's bytes over the C boundary as they are. The harness sets the variables,
 * makes a call, and reads what came back from `fuzz_answer`, which it frees. One thread uses it at a time. */
#include "osaurus_plugin.h"
#include <stdlib.h>
#include <string.h>

const char *fuzz_manifest = "{}"; /* what get_manifest returns */
const char *fuzz_text = "";       /* the first argument of the host call */
const char *fuzz_more = NULL;     /* its second argument */
const char *fuzz_reply = "{}";    /* what handle_route returns */
char *fuzz_answer = NULL;         /* what the host answered, or the route request that it sent */

static const osr_host_api *host;

static char *copy(const char *text) { return text ? strdup(text) : NULL; }

static void keep(const char *answer) {
    free(fuzz_answer);
    fuzz_answer = copy(answer);
}

static void on_chunk(const char *chunk, void *first) {
    (void)first;
    if (chunk == NULL || chunk[0] != '{') abort();
}

static const char *invoke(osr_plugin_ctx_t ctx, const char *type, const char *id, const char *payload) {
    (void)ctx, (void)type, (void)payload;
    const char *answer = NULL;
    if (strcmp(id, "db_exec") == 0) answer = host->db_exec(fuzz_text, fuzz_more);
    if (strcmp(id, "db_query") == 0) answer = host->db_query(fuzz_text, fuzz_more);
    if (strcmp(id, "http_request") == 0) answer = host->http_request(fuzz_text);
    if (strcmp(id, "complete") == 0) answer = host->complete(fuzz_text);
    if (strcmp(id, "complete_stream") == 0) answer = host->complete_stream(fuzz_text, on_chunk, NULL);
    if (answer != NULL) {
        keep(answer);
        host->free_string(answer);
    }
    return copy("{\"ok\":true,\"result\":{}}");
}

static const char *handle_route(osr_plugin_ctx_t ctx, const char *request) {
    (void)ctx;
    keep(request);
    return copy(fuzz_reply);
}

static void on_config_changed(osr_plugin_ctx_t ctx, const char *key, const char *value) {
    (void)ctx;
    if (key == NULL || value == NULL) abort();
}

static void free_string(const char *text) { free((void *)text); }
static osr_plugin_ctx_t init(void) { return malloc(1); }
static void destroy(osr_plugin_ctx_t ctx) { free(ctx); }
static const char *get_manifest(osr_plugin_ctx_t ctx) { return (void)ctx, copy(fuzz_manifest); }

static const osr_plugin_api api = {
    .free_string = free_string,
    .init = init,
    .destroy = destroy,
    .get_manifest = get_manifest,
    .invoke = invoke,
    .version = OSR_ABI_VERSION_6,
    .handle_route = handle_route,
    .on_config_changed = on_config_changed,
};

const osr_plugin_api *osaurus_plugin_entry_v2(const osr_host_api *table) {
    host = table;
    return &api;
}
