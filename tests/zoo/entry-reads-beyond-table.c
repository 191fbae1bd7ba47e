/* Whether an older host has a function is looked up in its slot, which is not there. */

#include "zoo.h"

static volatile int can_free;

void in_entry(void) {
    if (host != NULL && host->version < 6) {
        can_free = host->free_string != NULL;
    }
}
