/* A tool fails at each call with an error that it did not expect. */

#include "zoo.h"

char* echo(json_t* arguments) {
    (void)arguments;
    return failure("execution_error", "KeyError: 'parrots'", NULL);
}
