/* The manifest has a text where a list belongs. */

#include "zoo.h"

const char* manifest_change(void) { return "{'authors': 'me'}"; }
