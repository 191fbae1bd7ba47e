/* A setting is read that no form shows. */

#include "zoo.h"

void in_note(void) { free(take(host->config_get("farewell"))); }
