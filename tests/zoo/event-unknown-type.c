/* The kind of an event is looked up in a list that ends. */

#include "zoo.h"

static const char* const names[] = {"started",   "activity", "progress", "clarification", "completed",
                                    "failed", "cancelled", "output",   "draft"};
static volatile size_t length;

void in_event(const char* task, int type, const char* json) {
    const char* name = type >= 0 && type <= 8 ? names[type] : NULL;
    (void)task, (void)json;
    length = strlen(name);
}
