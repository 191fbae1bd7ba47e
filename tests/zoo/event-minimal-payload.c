/* A task's question is expected to have options. */

#include "zoo.h"

static volatile size_t length;

void in_event(const char* task, int type, const char* json) {
    json_t* event = json_loads(json, 0, NULL);
    (void)task;
    if (type == OSR_TASK_EVENT_CLARIFICATION && json_is_object(event)) {
        length = strlen(json_string_value(json_array_get(json_object_get(event, "options"), 0)));
    }
    json_decref(event);
}
