/* init fails. */

#include "zoo.h"

osr_plugin_ctx_t context(void) { return NULL; }
