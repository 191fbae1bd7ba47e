/* The table claims a version that does not exist. */

#include "zoo.h"

void in_entry(void) { table.version = 99; }
