/* A tool prints. */

#include "zoo.h"

#include <stdio.h>

char* echo(json_t* arguments) {
    printf("echo: %s\n", text_of(arguments));
    fflush(stdout);
    return success(json_pack("{s:s}", "text", text_of(arguments)));
}
