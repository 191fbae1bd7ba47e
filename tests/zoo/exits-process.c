/* The process ends with a call. */

#include "zoo.h"

char* echo(json_t* arguments) {
    (void)arguments;
    exit(0);
}
