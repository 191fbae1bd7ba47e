/* Standard error goes to a file. */

#include "zoo.h"

#include <fcntl.h>
#include <unistd.h>

void in_init(void) {
    int file = open("/dev/null", O_WRONLY);
    dup2(file, 2);
    close(file);
}
