/* Two routes at once share a buffer. */

#include "zoo.h"

#include <sched.h>

static char item[4096];

char* page(json_t* request) {
    const char* id = json_string_value(json_object_get(json_object_get(request, "path_params"), "id"));
    strncpy(item, id == NULL ? "none" : id, sizeof item - 1);
    for (int i = 0; i < 50; i++) {
        sched_yield();
    }
    char* response = NULL;
    json_t* whole = json_pack("{s:i, s:s}", "status", 200, "body", item);
    response = json_dumps(whole, JSON_COMPACT);
    json_decref(whole);
    return response;
}
