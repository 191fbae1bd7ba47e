/* What runs the tools and routes does not load, as a library around a script says it. */

#include "zoo.h"

char* answer(const char* type, const char* id, const char* payload) {
    (void)type, (void)id, (void)payload;
    json_t* why = json_pack("{s:b, s:s, s:s, s:b, s:{s:s}}", "ok", 0, "kind", "execution_error", "message",
                            "main.py:3: no module named 'requests'", "retryable", 0, "data", "code", "not_loaded");
    char* text = json_dumps(why, JSON_COMPACT);
    json_decref(why);
    return text;
}

char* page(json_t* request) {
    (void)request;
    return strdup("{\"status\":500,\"body\":\"{\\\"error\\\":{\\\"code\\\":\\\"not_loaded\\\"}}\"}");
}
