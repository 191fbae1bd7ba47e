/* What destroy ended is not begun again by a second init. */

#include "zoo.h"

static int ended;

void in_destroy(void) { ended = 1; }
osr_plugin_ctx_t context(void) { return ended ? NULL : &table; }
