/* A line for the log is in Latin-1. */

#include "zoo.h"

void in_note(void) { host->log(OSR_LOG_INFO, "caf\xe9"); }
