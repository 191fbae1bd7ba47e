/* destroy takes away what a call that still runs uses. */

#include "zoo.h"

static char buffer[] = "shared";
static char* volatile shared = buffer;

void in_init(void) { shared = buffer; }
void in_destroy(void) { shared = NULL; }

char* returned(char* result) {
    shared[0] = 'S';
    return result;
}
