{{ notice }}
//
// osaurus_test_host.h: a scripted host for the tests of a plugin in C or C++.
//
// A test is a program that is linked with the plugin's sources, with this header in one file:
//
//     #include "osaurus_test_host.h"
//
//     int main(void) {
//         osr_test_start(OSR_ABI_HEADER_VERSION);
//         osr_test_set_config("greeting", "Hello");
//         OSR_CHECK_CONTAINS(osr_test_call("greet", "{\"name\":\"Ada\"}"), "Hello Ada");
//         return osr_test_end();
//     }
//
// The plugin is called through its own entry and table. Its host has settings, secrets, an agent,
// tasks, and a log; answers to requests and models are the test's. With OSAURUS_TEST_SQLITE defined
// (and SQLite linked) it has a database in memory. Every other function answers {"error":
// "not_scripted"} with what to write. Strings that the plugin does not free, or frees twice, and
// host calls where a plugin may make none, fail the test.
//
// What a function here returns is valid until the next osr_test_start or osr_test_end.

#ifndef OSAURUS_TEST_HOST_H
#define OSAURUS_TEST_HOST_H

#include "osaurus_plugin.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef OSAURUS_TEST_SQLITE
#include <sqlite3.h>
#endif

/// Parameters of a host function, at most.
#define OSR_TEST_MAX_ARGUMENTS {{ max_arguments }}

/// A name with a value, or a rule with its answer.
typedef struct osr_test_pair {
    char* name;
    char* value;
    int number;
    struct osr_test_pair* next;
} osr_test_pair;

/// A host call that the plugin made.
typedef struct osr_test_recorded {
    const char* slot;
    char* arguments[OSR_TEST_MAX_ARGUMENTS];
    struct osr_test_recorded* next;
} osr_test_recorded;

/// Everything that a test's host knows. Use the functions below.
typedef struct osr_test_state {
    const osr_plugin_api* plugin;
    osr_host_api* table;
    osr_plugin_ctx_t context;
    char* agent;
    osr_test_pair *config, *secrets, *http, *models, *answers, *tasks, *given, *kept;
    osr_test_recorded* calls;
    const char* silent;  // what the plugin runs in which it may make no host call
    int checks, failures;
    pthread_mutex_t lock;
#ifdef OSAURUS_TEST_SQLITE
    sqlite3* database;
#endif
} osr_test_state;

/// The host of this program: a plugin has one at a time.
static osr_test_state osr_test;

// ---- Checks ----

static inline int osr_test_checked(int is_true, const char* file, int line, const char* text, const char* found, const char* expected) {
    osr_test.checks++;
    if (!is_true) {
        osr_test.failures++;
        fprintf(stderr, "%s:%d: check failed: %s\n", file, line, text);
        if (expected != NULL) {
            fprintf(stderr, "  expected: %s\n  found:    %s\n", expected, found == NULL ? "NULL" : found);
        }
    }
    return is_true;
}

static inline int osr_test_is(const char* found, const char* expected) {
    return found != NULL && expected != NULL && strcmp(found, expected) == 0;
}

static inline int osr_test_has(const char* text, const char* part) { return text != NULL && strstr(text, part) != NULL; }

/// Counts a failure with file and line when the condition is false, and goes on.
#define OSR_CHECK(condition) osr_test_checked((condition) ? 1 : 0, __FILE__, __LINE__, #condition, NULL, NULL)
/// The same, for two strings that are to be equal.
#define OSR_CHECK_TEXT(found, expected) osr_test_check_text(__FILE__, __LINE__, #found " == " #expected, found, expected)
/// The same, for a string that is to contain another one.
#define OSR_CHECK_CONTAINS(found, part) osr_test_check_contains(__FILE__, __LINE__, #found " contains " #part, found, part)

static inline int osr_test_check_text(const char* file, int line, const char* text, const char* found, const char* expected) {
    return osr_test_checked(osr_test_is(found, expected), file, line, text, found, expected);
}

static inline int osr_test_check_contains(const char* file, int line, const char* text, const char* found, const char* part) {
    return osr_test_checked(osr_test_has(found, part), file, line, text, found, part);
}

/// A failure of the plugin that no check of the test is about.
static inline void osr_test_fault(const char* what, const char* about) {
    osr_test.failures++;
    fprintf(stderr, "the plugin is wrong: %s%s\n", what, about);
}

// ---- Strings and lists ----

static inline void* osr_test_memory(void* old, size_t size) {
    void* memory = realloc(old, size);
    if (memory == NULL) {
        fputs("out of memory\n", stderr);
        abort();
    }
    return memory;
}

static inline char* osr_test_copy(const char* text) {
    return text == NULL ? NULL : strcpy((char*)osr_test_memory(NULL, strlen(text) + 1), text);
}

/// The end of a growing string; both are freed by the caller.
static inline char* osr_test_append(char* text, const char* more) {
    const size_t length = text == NULL ? 0 : strlen(text);
    text = (char*)osr_test_memory(text, length + strlen(more) + 1);
    strcpy(text + length, more);
    return text;
}

/// The string as JSON, appended.
static inline char* osr_test_quote(char* json, const char* text) {
    char piece[8] = "";
    json = osr_test_append(json, "\"");
    for (; *text != '\0'; text++) {
        const unsigned char byte = (unsigned char)*text;
        if (byte == '"' || byte == '\\') {
            snprintf(piece, sizeof piece, "\\%c", byte);
        } else if (byte < 0x20) {
            snprintf(piece, sizeof piece, "\\u%04x", (unsigned)byte);
        } else {
            snprintf(piece, sizeof piece, "%c", byte);
        }
        json = osr_test_append(json, piece);
    }
    return osr_test_append(json, "\"");
}

/// Adds a pair at the end of a list: the first rule that fits is used.
static inline osr_test_pair* osr_test_add(osr_test_pair** list, const char* name, const char* value, int number) {
    osr_test_pair* pair = (osr_test_pair*)osr_test_memory(NULL, sizeof *pair);
    while (*list != NULL) {
        list = &(*list)->next;
    }
    pair->name = osr_test_copy(name);
    pair->value = osr_test_copy(value);
    pair->number = number;
    pair->next = NULL;
    *list = pair;
    return pair;
}

static inline osr_test_pair* osr_test_find(osr_test_pair* list, const char* name) {
    while (list != NULL && !osr_test_is(list->name, name)) {
        list = list->next;
    }
    return list;
}

static inline void osr_test_set(osr_test_pair** list, const char* name, const char* value) {
    osr_test_pair* pair = osr_test_find(*list, name);
    if (pair == NULL) {
        osr_test_add(list, name, value, 0);
    } else {
        free(pair->value);
        pair->value = osr_test_copy(value);
    }
}

static inline void osr_test_remove(osr_test_pair** list, const char* name) {
    while (*list != NULL) {
        osr_test_pair* pair = *list;
        if (name != NULL && !osr_test_is(pair->name, name)) {
            list = &pair->next;
            continue;
        }
        *list = pair->next;
        free(pair->name);
        free(pair->value);
        free(pair);
    }
}

/// Keeps a string until the test ends, and returns it.
static inline const char* osr_test_keep(char* text) {
    const char* kept = osr_test_add(&osr_test.kept, NULL, text, 0)->value;
    free(text);
    return kept;
}

// ---- JSON, as far as a host reads it ----

/// The end of the JSON value that begins here.
static inline const char* osr_test_skip(const char* at) {
    int depth = 0, quoted = 0;
    for (; *at != '\0'; at++) {
        if (quoted && *at == '\\' && at[1] != '\0') {
            at++;
        } else if (*at == '"') {
            quoted = !quoted;
        } else if (!quoted && (*at == '{' || *at == '[')) {
            depth++;
        } else if (!quoted && (*at == '}' || *at == ']')) {
            if (depth-- == 0) { return at; }
        } else if (!quoted && depth == 0 && *at == ',') {
            return at;
        }
    }
    return at;
}

/// A member of a JSON object: a string without its quotes (and simple escapes), else the JSON.
/// NULL when there is none.
static inline const char* osr_test_member(const char* object, const char* name) {
    const size_t length = strlen(name);
    const char* at = object == NULL ? NULL : strchr(object, '{');
    while (at != NULL && *at != '\0' && *at != '}') {
        const char *key = strchr(at, '"'), *end = osr_test_skip(at + 1), *value;
        char *copy, *to;
        if (key == NULL || key > end) { return NULL; }
        value = strchr(key + 1, ':');
        if (value == NULL || value > end) { return NULL; }
        if (strncmp(key + 1, name, length) == 0 && key[length + 1] == '"') {
            value += 1 + strspn(value + 1, " \t\r\n");
            copy = to = (char*)osr_test_memory(NULL, (size_t)(end - value) + 1);
            if (*value != '"') {
                memcpy(copy, value, (size_t)(end - value));
                to += end - value;
            } else {
                for (value++; value < end && *value != '"'; value++) {
                    const int is_escaped = *value == '\\' && value + 1 < end;
                    value += is_escaped;
                    *to++ = is_escaped && *value == 'n' ? '\n' : *value;
                }
            }
            *to = '\0';
            return osr_test_keep(copy);
        }
        at = end;
    }
    return NULL;
}

/// Whether a URL fits a pattern in which `*` stands for any part.
static inline int osr_test_fits(const char* pattern, const char* url) {
    if (*pattern == '*') {
        return osr_test_fits(pattern + 1, url) || (*url != '\0' && osr_test_fits(pattern, url + 1));
    }
    return *pattern == *url && (*pattern == '\0' || osr_test_fits(pattern + 1, url + 1));
}

// ---- What the test says ----

/// Stores a setting, without telling the plugin.
static inline void osr_test_set_config(const char* key, const char* value) { osr_test_set(&osr_test.config, key, value); }

/// A setting, as the plugin or the test stored it; NULL when it is not set.
static inline const char* osr_test_config(const char* key) {
    const osr_test_pair* pair = osr_test_find(osr_test.config, key);
    return pair == NULL ? NULL : osr_test_keep(osr_test_copy(pair->value));
}

/// A secret, which tools get with their arguments.
static inline void osr_test_set_secret(const char* name, const char* value) { osr_test_set(&osr_test.secrets, name, value); }

/// The agent that calls; NULL: none, and no settings.
static inline void osr_test_set_agent(const char* id) {
    free(osr_test.agent);
    osr_test.agent = osr_test_copy(id);
}

/// Answers requests to a URL, in which `*` stands for any part, with a status and a body.
static inline void osr_test_answer_http(const char* url, int status, const char* body) { osr_test_add(&osr_test.http, url, body, status); }

/// Lets the host's model answer requests that contain `when` ("": any) with a string.
static inline void osr_test_answer_model(const char* when, const char* text) { osr_test_add(&osr_test.models, when, text, 0); }

/// Answers a host function, such as "embed", with a string (NULL: with NULL) in place of the host.
static inline void osr_test_answer(const char* slot, const char* answer) { osr_test_set(&osr_test.answers, slot, answer); }

// ---- What the plugin did ----

/// How often a host function, such as "dispatch", was called.
static inline int osr_test_count(const char* slot) {
    int count = 0;
    for (const osr_test_recorded* call = osr_test.calls; call != NULL; call = call->next) {
        count += osr_test_is(call->slot, slot);
    }
    return count;
}

/// An argument of the call number `which` of a host function, both counted from 0; NULL where there
/// is none. Numbers come as strings: the level of `log` is "2".
static inline const char* osr_test_argument(const char* slot, int which, int argument) {
    for (const osr_test_recorded* call = osr_test.calls; call != NULL; call = call->next) {
        if (osr_test_is(call->slot, slot) && which-- == 0) {
            return argument < OSR_TEST_MAX_ARGUMENTS ? call->arguments[argument] : NULL;
        }
    }
    return NULL;
}

/// Whether the plugin logged a line that contains `part`.
static inline int osr_test_logged(const char* part) {
    for (const osr_test_recorded* call = osr_test.calls; call != NULL; call = call->next) {
        const int is_log = osr_test_is(call->slot, "log") || osr_test_is(call->slot, "log_structured");
        if (is_log && osr_test_has(call->arguments[1], part)) { return 1; }
    }
    return 0;
}

// ---- What the host answers ----

/// {"error": code, "message": message}
static inline char* osr_test_error(const char* code, const char* message) {
    char* json = osr_test_quote(osr_test_append(NULL, "{\"error\":"), code);
    return osr_test_append(osr_test_quote(osr_test_append(json, ",\"message\":"), message), "}");
}

/// What a plugin gets where the test says nothing about `what`, with what to write; also printed, for
/// plugins that keep it to themselves.
static inline char* osr_test_refusal(const char* what, const char* function, const char* of) {
    const char* const parts[] = {"the test answers no ", what, " say ", function, "(\"", of, "\", ...)"};
    char *message = NULL, *json;
    for (size_t at = 0; at < sizeof parts / sizeof parts[0]; at++) {
        message = osr_test_append(message, parts[at]);
    }
    json = osr_test_error("not_scripted", message);
    fprintf(stderr, "%s\n", message);
    free(message);
    return json;
}

static inline char* osr_test_http_response(const char* request) {
    const char* url = osr_test_member(request, "url");
    char status[48];
    char* json;
    for (const osr_test_pair* rule = osr_test.http; rule != NULL; rule = rule->next) {
        if (url == NULL || !osr_test_fits(rule->name, url)) { continue; }
        snprintf(status, sizeof status, "{\"status\":%d,\"headers\":{},\"body\":", rule->number);
        json = osr_test_quote(osr_test_append(NULL, status), rule->value);
        return osr_test_append(json, ",\"body_encoding\":\"utf8\",\"elapsed_ms\":0}");
    }
    return osr_test_refusal("such request:", "osr_test_answer_http", url == NULL ? "" : url);
}

/// What the model says to a request; NULL where no rule fits.
static inline const char* osr_test_model_text(const char* request) {
    const osr_test_pair* rule = osr_test.models;
    while (rule != NULL && !osr_test_has(request, rule->name)) {
        rule = rule->next;
    }
    return rule == NULL ? NULL : rule->value;
}

static inline char* osr_test_completion(const char* request) {
    const char* text = osr_test_model_text(request);
    char* json;
    if (text == NULL) {
        return osr_test_refusal("such request to a model:", "osr_test_answer_model", "");
    }
    json = osr_test_append(NULL, "{\"id\":\"cmpl-TEST\",\"model\":\"test\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":");
    return osr_test_append(osr_test_quote(json, text), "},\"finish_reason\":\"stop\"}]}");
}

/// The status of a task, with its title where the plugin gave one.
static inline char* osr_test_task(char* json, const osr_test_pair* task) {
    static const char* const words[] = {"running", "completed", "cancelled"};
    const char* title = osr_test_member(task->value, "title");
    json = osr_test_quote(osr_test_append(json, "{\"id\":"), task->name);
    json = osr_test_quote(osr_test_append(json, ",\"title\":"), title == NULL ? "" : title);
    return osr_test_append(osr_test_quote(osr_test_append(json, ",\"status\":"), words[task->number]), "}");
}

static inline char* osr_test_dispatch(const char* request) {
    const char* id = osr_test_member(request, "id");
    char numbered[40];
    int count = 1;
    for (const osr_test_pair* task = osr_test.tasks; task != NULL; task = task->next) {
        count++;
    }
    snprintf(numbered, sizeof numbered, "00000000-0000-4000-8000-%012d", count);
    return osr_test_task(NULL, osr_test_add(&osr_test.tasks, id == NULL ? numbered : id, request, 0));
}

static inline char* osr_test_task_status(const char* id) {
    const osr_test_pair* task = osr_test_find(osr_test.tasks, id);
    return task == NULL ? osr_test_error("not_found", "Task not found") : osr_test_task(NULL, task);
}

static inline char* osr_test_active_tasks(void) {
    char* json = osr_test_append(NULL, "{\"tasks\":[");
    const char* comma = "";
    for (const osr_test_pair* task = osr_test.tasks; task != NULL; task = task->next) {
        if (task->number == 0) {
            json = osr_test_task(osr_test_append(json, comma), task);
            comma = ",";
        }
    }
    return osr_test_append(json, "]}");
}

#ifdef OSAURUS_TEST_SQLITE
static inline char* osr_test_cell(char* json, sqlite3_value* value) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char* bytes = (const unsigned char*)sqlite3_value_blob(value);
    const int length = sqlite3_value_bytes(value);
    char piece[5] = "";
    switch (sqlite3_value_type(value)) {
        case SQLITE_NULL: return osr_test_append(json, "null");
        case SQLITE_TEXT: return osr_test_quote(json, (const char*)sqlite3_value_text(value));
        case SQLITE_BLOB: break;
        default: return osr_test_append(json, (const char*)sqlite3_value_text(value));
    }
    if (length == 0) { return osr_test_append(json, "null"); }
    json = osr_test_append(json, "\"");
    for (int at = 0; at < length; at += 3) {
        const unsigned second = at + 1 < length ? bytes[at + 1] : 0, third = at + 2 < length ? bytes[at + 2] : 0;
        const unsigned bits = (unsigned)bytes[at] << 16 | second << 8 | third;
        piece[0] = digits[bits >> 18];
        piece[1] = digits[bits >> 12 & 63];
        piece[2] = at + 1 < length ? digits[bits >> 6 & 63] : '=';
        piece[3] = at + 2 < length ? digits[bits & 63] : '=';
        json = osr_test_append(json, piece);
    }
    return osr_test_append(json, "\"");
}

/// Binds the items of a JSON array, as SQLite itself reads them.
static inline void osr_test_bind(sqlite3_stmt* statement, const char* parameters) {
    sqlite3_stmt* items = NULL;
    if (parameters == NULL || sqlite3_prepare_v2(osr_test.database, "SELECT value FROM json_each(?)", -1, &items, NULL) != SQLITE_OK) {
        return;
    }
    sqlite3_bind_text(items, 1, parameters, -1, SQLITE_STATIC);
    for (int at = 1; sqlite3_step(items) == SQLITE_ROW; at++) {
        sqlite3_bind_value(statement, at, sqlite3_column_value(items, 0));
    }
    sqlite3_finalize(items);
}

static inline char* osr_test_rows(sqlite3_stmt* statement, int* step) {
    char* json = osr_test_append(NULL, "{\"columns\":[");
    const int columns = sqlite3_column_count(statement);
    int row = 0;
    for (int at = 0; at < columns; at++) {
        json = osr_test_quote(osr_test_append(json, at == 0 ? "" : ","), sqlite3_column_name(statement, at));
    }
    json = osr_test_append(json, "],\"rows\":[");
    for (; (*step = sqlite3_step(statement)) == SQLITE_ROW; row++) {
        json = osr_test_append(json, row == 0 ? "[" : ",[");
        for (int at = 0; at < columns; at++) {
            json = osr_test_cell(osr_test_append(json, at == 0 ? "" : ","), sqlite3_column_value(statement, at));
        }
        json = osr_test_append(json, "]");
    }
    return osr_test_append(json, "]}");
}

static inline char* osr_test_sql(const char* sql, const char* parameters, int is_query) {
    sqlite3_stmt* statement = NULL;
    char changes[80];
    char* json = NULL;
    int step = sqlite3_prepare_v2(osr_test.database, sql, -1, &statement, NULL);
    if (step == SQLITE_OK) {
        osr_test_bind(statement, parameters);
        json = osr_test_rows(statement, &step);
    }
    if (step != SQLITE_DONE) {
        free(json);
        json = osr_test_append(osr_test_quote(osr_test_append(NULL, "{\"error\":"), sqlite3_errmsg(osr_test.database)), "}");
    } else if (!is_query) {
        free(json);
        snprintf(changes, sizeof changes, "{\"changes\":%d,\"last_insert_rowid\":%lld}", sqlite3_changes(osr_test.database),
                 (long long)sqlite3_last_insert_rowid(osr_test.database));
        json = osr_test_append(NULL, changes);
    }
    sqlite3_finalize(statement);
    return json;
}

/// Runs a statement on the plugin's database and returns its rows, JSON.
static inline const char* osr_test_db(const char* sql) { return osr_test_keep(osr_test_sql(sql, NULL, 1)); }
#endif

/// The answer of a host function; NULL for NULL and where a function gives nothing.
static inline char* osr_test_built_in(const char* slot, const char* const* arguments, int gives_text) {
    const char *first = arguments[0], *second = arguments[1];
    osr_test_pair* pair;
    if (osr_test_is(slot, "config_get")) {
        pair = osr_test.agent == NULL ? NULL : osr_test_find(osr_test.config, first);
        return pair == NULL ? NULL : osr_test_copy(pair->value);
    }
    if (osr_test_is(slot, "config_set") || osr_test_is(slot, "config_delete")) {
        if (osr_test.agent != NULL && osr_test_is(slot, "config_set")) {
            osr_test_set(&osr_test.config, first, second);
        } else if (osr_test.agent != NULL && first != NULL) {
            osr_test_remove(&osr_test.config, first);
        }
        return NULL;
    }
    if (osr_test_is(slot, "db_exec") || osr_test_is(slot, "db_query")) {
#ifdef OSAURUS_TEST_SQLITE
        return osr_test_sql(first, second, osr_test_is(slot, "db_query"));
#else
        return osr_test_refusal("SQL without SQLite: define OSAURUS_TEST_SQLITE and link it, or", "osr_test_answer", slot);
#endif
    }
    if (osr_test_is(slot, "http_request")) { return osr_test_http_response(first); }
    if (osr_test_is(slot, "complete") || osr_test_is(slot, "complete_stream")) { return osr_test_completion(first); }
    if (osr_test_is(slot, "dispatch")) { return osr_test_dispatch(first); }
    if (osr_test_is(slot, "task_status")) { return osr_test_task_status(first); }
    if (osr_test_is(slot, "list_active_tasks")) { return osr_test_active_tasks(); }
    if (osr_test_is(slot, "get_active_agent_id")) { return osr_test_copy(osr_test.agent); }
    if (osr_test_is(slot, "dispatch_cancel") && (pair = osr_test_find(osr_test.tasks, first)) != NULL) { pair->number = 2; }
    return gives_text ? osr_test_refusal("call of this function:", "osr_test_answer", slot) : NULL;
}

/// Records a host call and returns what it gets.
static inline const char* osr_test_serve(const char* slot, const char* const* arguments, int gives_text) {
    osr_test_recorded *call = (osr_test_recorded*)osr_test_memory(NULL, sizeof *call), **last = &osr_test.calls;
    osr_test_pair* scripted;
    char* answer;
    pthread_mutex_lock(&osr_test.lock);
    if (osr_test.silent != NULL) {
        osr_test_fault("it made a host call in ", osr_test.silent);
    }
    call->slot = slot;
    for (int at = 0; at < OSR_TEST_MAX_ARGUMENTS; at++) {
        call->arguments[at] = osr_test_copy(arguments[at]);
    }
    call->next = NULL;
    while (*last != NULL) {
        last = &(*last)->next;
    }
    *last = call;
    scripted = osr_test_find(osr_test.answers, slot);
    answer = scripted != NULL ? osr_test_copy(scripted->value) : osr_test_built_in(slot, arguments, gives_text);
    if (!gives_text) {
        free(answer);
        answer = NULL;
    }
#ifdef OSR_SINCE_free_string
    if (answer != NULL && osr_test.table->version >= OSR_SINCE_free_string) {
        // Older hosts do not see what is freed.
        osr_test_add(&osr_test.given, slot, NULL, 0)->value = answer;
    }
#endif
    pthread_mutex_unlock(&osr_test.lock);
    return answer;
}

/// The host's free_string: a string that is not the host's, or not any more, is told.
static inline void osr_test_take_back(const char* text) {
    osr_test_pair** at = &osr_test.given;
    pthread_mutex_lock(&osr_test.lock);
    while (*at != NULL && (*at)->value != text) {
        at = &(*at)->next;
    }
    if (*at != NULL) {
        osr_test_pair* given = *at;
        *at = given->next;
        free(given->name);
        free(given->value);
        free(given);
    } else if (text != NULL) {
        osr_test_fault("it gave a string to free_string that is not the host's, or that it freed before", "");
    }
    pthread_mutex_unlock(&osr_test.lock);
}

/// A model's answer, word by word, then as a whole.
static inline const char* osr_test_stream(const char* slot, const char* const* arguments, osr_on_chunk_fn on_chunk, void* user_data) {
    const char* answer = osr_test_serve(slot, arguments, 1);
    const char* text = osr_test_find(osr_test.answers, slot) == NULL ? osr_test_model_text(arguments[0]) : NULL;
    while (text != NULL && *text != '\0' && on_chunk != NULL) {
        const size_t length = strcspn(text, " ") + (text[strcspn(text, " ")] == ' ');
        char* word = osr_test_copy(text);
        char* chunk = osr_test_append(NULL, "{\"choices\":[{\"index\":0,\"delta\":{\"content\":");
        word[length] = '\0';
        chunk = osr_test_append(osr_test_quote(chunk, word), "}}]}");
        on_chunk(chunk, user_data);
        free(chunk);
        free(word);
        text += length;
    }
    return answer;
}

// ---- The host's table ----
{% for slot in slots %}
#ifdef OSR_SINCE_{{ slot.name }}
static inline {{ slot.declaration }} {
{%- for line in slot.body %}
    {{ line }}
{%- endfor %}
}
#endif
{% endfor %}
/// Bytes of the host's table of a version.
static inline size_t osr_test_table_size(uint32_t version) {
{%- for (version, size) in sizes %}
    if (version == {{ version }}) { return {{ size }}; }
{%- endfor %}
    return OSR_HOST_API_SIZE;
}

// ---- What the host does ----

/// The plugin's answer, kept for the test and handed back to the plugin.
static inline const char* osr_test_answered(const char* text, const char* by) {
    const char* kept = text == NULL ? NULL : osr_test_keep(osr_test_copy(text));
    if (text == NULL) {
        osr_test_fault("it returned NULL from ", by);
    } else {
        osr_test.plugin->free_string(text);
    }
    return kept;
}

/// The plugin's manifest.
static inline const char* osr_test_manifest(void) {
    const char* manifest;
    osr_test.silent = "get_manifest";
    manifest = osr_test_answered(osr_test.plugin->get_manifest(osr_test.context), "get_manifest");
    osr_test.silent = NULL;
    return manifest;
}

/// Starts the plugin in a host of a version: its functions and none of later ones.
static inline void osr_test_start(uint32_t version) {
    const osr_host_api whole = {
        version,
#define OSR_TEST_MEMBER(slot, returns, takes) osr_test_slot_##slot,
        OSR_EACH_HOST_SLOT(OSR_TEST_MEMBER)
#undef OSR_TEST_MEMBER
    };
    size_t size;
    if (version < 2 || version > OSR_ABI_HEADER_VERSION) {
        fprintf(stderr, "there is no host table of version %u: expected 2 to %d\n", (unsigned)version, OSR_ABI_HEADER_VERSION);
        exit(2);
    }
    // Exactly as large as its version says: what reads on, a sanitizer sees.
    size = osr_test_table_size(version);
    osr_test.table = (osr_host_api*)osr_test_memory(NULL, size);
    memcpy((void*)osr_test.table, &whole, size);
    pthread_mutex_init(&osr_test.lock, NULL);
    osr_test_set_agent("11111111-2222-3333-4444-555555555555");
#ifdef OSAURUS_TEST_SQLITE
    if (sqlite3_open(":memory:", &osr_test.database) != SQLITE_OK) {
        fputs("SQLite cannot open a database in memory\n", stderr);
        exit(2);
    }
#endif
    osr_test.silent = "the entry";
    osr_test.plugin = osaurus_plugin_entry_v2(osr_test.table);
    if (osr_test.plugin == NULL) {
        fputs("the plugin's entry returned NULL\n", stderr);
        exit(2);
    }
    osr_test.silent = "init";
    osr_test.context = osr_test.plugin->init();
    osr_test.silent = NULL;
}

/// Calls the plugin's invoke: a tool, or an artifact with `type` "artifact".
static inline const char* osr_test_invoke(const char* type, const char* id, const char* payload) {
    return osr_test_answered(osr_test.plugin->invoke(osr_test.context, type, id, payload), "invoke");
}

/// Calls a tool with its arguments, JSON, and the secrets; returns the envelope.
static inline const char* osr_test_call(const char* tool, const char* arguments) {
    const char* end = strrchr(arguments, '}');
    char* payload = osr_test_copy(arguments);
    const char* envelope;
    if (osr_test.secrets != NULL && end != NULL) {
        const int is_empty = arguments[strcspn(arguments, "\"}")] == '}';
        payload[end - arguments] = '\0';
        payload = osr_test_append(payload, is_empty ? "\"_secrets\":{" : ",\"_secrets\":{");
        for (const osr_test_pair* secret = osr_test.secrets; secret != NULL; secret = secret->next) {
            payload = osr_test_append(osr_test_quote(payload, secret->name), ":");
            payload = osr_test_append(osr_test_quote(payload, secret->value), secret->next == NULL ? "" : ",");
        }
        payload = osr_test_append(payload, "}}");
    }
    envelope = osr_test_invoke("tool", tool, payload);
    free(payload);
    return envelope;
}

/// Sends a request, JSON, to the plugin's routes and returns the response.
static inline const char* osr_test_route(const char* request) {
    if (osr_test.plugin->handle_route == NULL) {
        osr_test_fault("its table has no handle_route", "");
        return NULL;
    }
    return osr_test_answered(osr_test.plugin->handle_route(osr_test.context, request), "handle_route");
}

/// Stores a setting and tells the plugin.
static inline void osr_test_config_changed(const char* key, const char* value) {
    osr_test_set_config(key, value);
    if (osr_test.plugin->on_config_changed != NULL) {
        osr_test.plugin->on_config_changed(osr_test.context, key, value);
    }
}

/// Tells the plugin about one of its tasks; `type` is one of OSR_TASK_EVENT_*.
static inline void osr_test_task_event(const char* id, int type, const char* event) {
    osr_test_pair* task = osr_test_find(osr_test.tasks, id);
    if (task != NULL && type == OSR_TASK_EVENT_COMPLETED) { task->number = 1; }
    if (osr_test.plugin->on_task_event != NULL) {
        osr_test.plugin->on_task_event(osr_test.context, id, type, event);
    }
}

/// Ends the plugin, says how many checks passed, and returns what main returns: 0, or 1 after a
/// failure. Another osr_test_start may follow: failures are counted on.
static inline int osr_test_end(void) {
    osr_test.silent = "destroy";
    osr_test.plugin->destroy(osr_test.context);
    osr_test.silent = NULL;
    for (const osr_test_pair* given = osr_test.given; given != NULL; given = given->next) {
        osr_test_fault("it did not free a string of ", given->name);
    }
    while (osr_test.calls != NULL) {
        osr_test_recorded* call = osr_test.calls;
        osr_test.calls = call->next;
        for (int at = 0; at < OSR_TEST_MAX_ARGUMENTS; at++) {
            free(call->arguments[at]);
        }
        free(call);
    }
    osr_test_pair** const lists[] = {&osr_test.config, &osr_test.secrets, &osr_test.http,  &osr_test.models,
                                     &osr_test.answers, &osr_test.tasks,  &osr_test.given, &osr_test.kept};
    for (size_t at = 0; at < sizeof lists / sizeof lists[0]; at++) {
        osr_test_remove(lists[at], NULL);
    }
#ifdef OSAURUS_TEST_SQLITE
    sqlite3_close(osr_test.database);
#endif
    free(osr_test.table);
    osr_test_set_agent(NULL);
    pthread_mutex_destroy(&osr_test.lock);
    printf("%d checks, %d failures\n", osr_test.checks, osr_test.failures);
    return osr_test.failures == 0 ? 0 : 1;
}

#endif  // OSAURUS_TEST_HOST_H
