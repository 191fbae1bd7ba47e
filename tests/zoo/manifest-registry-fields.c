/* The registry's page would be empty. */

#include "zoo.h"

const char* manifest_change(void) { return "{'description': null}"; }
