/* Unloading does not work: a finaliser crashes. */

#include "zoo.h"

__attribute__((destructor)) static void finish(void) { abort(); }
