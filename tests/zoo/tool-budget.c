/* A long text takes a tool longer than a model waits for. */

#include "zoo.h"

#include <unistd.h>

char* echo(json_t* arguments) {
    if (strlen(text_of(arguments)) > 900) {
        sleep(6);
    }
    return success(json_pack("{s:s}", "text", text_of(arguments)));
}
