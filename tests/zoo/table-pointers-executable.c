/* A callback's pointer does not lead to code: the table was filled in the wrong order. */

#include "zoo.h"

static char text[] = "on_task_event";

void in_entry(void) { memcpy(&table.on_task_event, &(char*){text}, sizeof(char*)); }
