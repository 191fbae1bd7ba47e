/* A refusal because of a limit is followed by the same call, over and over. */

#include "zoo.h"

static const char* ask = "{\"model\":\"default\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";

static int is_busy(void) {
    json_t* answer = take_json(host->complete(ask));
    const char* error = json_string_value(json_object_get(answer, "error"));
    int busy = error != NULL && strcmp(error, "plugin_busy") == 0;
    json_decref(answer);
    return busy;
}

void in_note(void) {
    for (int i = 0; OSR_HOST_HAS(host, complete) && i < 500 && is_busy(); i++) {
    }
}
