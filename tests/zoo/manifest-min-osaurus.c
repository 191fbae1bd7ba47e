/* The oldest Osaurus is not written in full. */

#include "zoo.h"

const char* manifest_change(void) { return "{'min_osaurus': '0.20'}"; }
