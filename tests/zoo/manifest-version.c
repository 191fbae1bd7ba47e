/* The version has two parts. */

#include "zoo.h"

const char* manifest_change(void) { return "{'version': '1.0'}"; }
