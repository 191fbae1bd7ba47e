/* The manifest has a string where a list belongs. */

#include "zoo.h"

const char* manifest_change(void) { return "{'authors': 'me'}"; }
