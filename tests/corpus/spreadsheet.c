/* A tool that reads spreadsheets with a program that it starts. Results say `data` instead of `result`; a file that is
   not there is an honest failure; the program is waited for, and its pipe is closed. */

#include "corpus.h"

#include <sys/wait.h>

static const char manifest[] =
    "{\"plugin_id\":\"dev.example.spreadsheet\",\"name\":\"Spreadsheet\",\"version\":\"0.3.1\",\"description\":\"Reads spreadsheets.\","
    "\"min_osaurus\":\"0.20.3\",\"capabilities\":{\"tools\":["
    "{\"id\":\"count_rows\",\"description\":\"Counts the rows of a sheet.\",\"permission_policy\":\"ask\",\"requirements\":[],"
    "\"parameters\":{\"type\":\"object\",\"required\":[\"rows\"],\"additionalProperties\":false,"
    "\"properties\":{\"rows\":{\"type\":\"string\",\"description\":\"Rows, joined by commas.\"}}}},"
    "{\"id\":\"read_sheet\",\"description\":\"Reads a file.\",\"permission_policy\":\"ask\",\"requirements\":[],"
    "\"parameters\":{\"type\":\"object\",\"required\":[\"path\"],\"additionalProperties\":false,"
    "\"properties\":{\"path\":{\"type\":\"string\",\"description\":\"The file.\"}}}}]}}";

static char context;

static void release(const char* text) { free((void*)text); }
static osr_plugin_ctx_t init(void) { return &context; }
static void destroy(osr_plugin_ctx_t ctx) { (void)ctx; }

static const char* get_manifest(osr_plugin_ctx_t ctx) {
    (void)ctx;
    return strdup(manifest);
}

static char* failed(const char* kind, const char* message) {
    return text_of("{\"ok\":false,\"kind\":\"%s\",\"message\":\"%s\",\"retryable\":false}", kind, message);
}

/* What the program prints for the text; -1 when it fails. */
static int counted(const char* rows) {
    char file[] = "/tmp/spreadsheet-XXXXXX";
    int descriptor = mkstemp(file);
    FILE* out = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    if (out == NULL) {
        return -1;
    }
    fprintf(out, "%s\n", rows);
    fclose(out);
    char* command = text_of("tr ',' '\\n' < %s | wc -l", file);
    FILE* program = popen(command, "r");
    int count = -1;
    if (program == NULL || fscanf(program, "%d", &count) != 1) {
        count = -1;
    }
    if (program != NULL) {
        pclose(program);
    }
    free(command);
    remove(file);
    return count;
}

static char* count_rows(const char* payload) {
    char* rows = string_at(payload, "rows");
    if (rows == NULL) {
        return failed("invalid_args", "rows must be a string");
    }
    char* result = text_of("{\"ok\":true,\"data\":{\"rows\":%d}}", counted(rows));
    free(rows);
    return result;
}

static char* read_sheet(const char* payload) {
    char* path = string_at(payload, "path");
    if (path == NULL) {
        return failed("invalid_args", "path must be a string");
    }
    FILE* file = fopen(path, "r");
    char* message = text_of("there is no file %s", path);
    char* result = file == NULL ? failed("execution_error", message) : strdup("{\"ok\":true,\"data\":{}}");
    if (file != NULL) {
        fclose(file);
    }
    free(message), free(path);
    return result;
}

static const char* invoke(osr_plugin_ctx_t ctx, const char* type, const char* id, const char* payload) {
    (void)ctx;
    if (strcmp(type, "tool") != 0) {
        return failed("tool_not_found", "only tools can be called");
    }
    if (strcmp(id, "count_rows") == 0) {
        return count_rows(payload);
    }
    return strcmp(id, "read_sheet") == 0 ? read_sheet(payload) : failed("tool_not_found", "no such tool");
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
    (void)api;
    return &table;
}
