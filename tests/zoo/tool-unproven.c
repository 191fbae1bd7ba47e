/* A tool needs what is not there. */

#include "zoo.h"

char* echo(json_t* arguments) {
    (void)arguments;
    return failure("unavailable", "no parrot is in the room", NULL);
}
