/* An event is expected to have a title. */

#include "zoo.h"

static volatile size_t length;

void in_event(const char* task, int type, const char* json) {
    json_t* event = json_loads(json, 0, NULL);
    (void)task, (void)type;
    length = strlen(json_string_value(json_object_get(event, "title")));
    json_decref(event);
}
