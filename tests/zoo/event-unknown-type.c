/* The kind of an event is looked up in a list that has a place for one more, without a name. */

#include "zoo.h"

static const char* const names[10] = {"started", "activity",  "progress", "clarification", "completed",
                                      "failed",  "cancelled", "output",   "draft"};
static volatile size_t length;

void in_event(const char* task, int type, const char* json) {
    (void)task, (void)json;
    if (type >= 0 && type < 10) {
        length = strlen(names[type]);
    }
}
