/* Each call leaves a file open. */

#include "zoo.h"

#include <fcntl.h>

char* echo(json_t* arguments) {
    if (open("/dev/null", O_RDONLY | O_CLOEXEC) < 0) {
        return failure("unavailable", "no more files", NULL);
    }
    return success(json_pack("{s:s}", "text", text_of(arguments)));
}
