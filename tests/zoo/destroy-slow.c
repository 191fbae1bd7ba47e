/* destroy sleeps. */

#include "zoo.h"

#include <unistd.h>

void in_destroy(void) { sleep(4); }
