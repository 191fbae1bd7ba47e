/* A failure has no envelope: the host takes it for a success. */

#include "zoo.h"

char* echo(json_t* arguments) {
    (void)arguments;
    return strdup("{\"error\":\"the parrot sleeps\"}");
}
