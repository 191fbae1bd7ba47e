/* There are routes, but nothing that answers them. */

#include "zoo.h"

void in_entry(void) { table.handle_route = NULL; }
