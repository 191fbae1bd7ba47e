// In C, because glibc shows dladdr only with _GNU_SOURCE, which a Swift module cannot set.
#define _GNU_SOURCE
#include "osaurus_image.h"

#include <dlfcn.h>

__attribute__((constructor)) void osr_image_pin(void) {
    Dl_info found;
    if (dladdr((const void *)&osr_image_pin, &found) != 0) {
        dlopen(found.dli_fname, RTLD_NOW | RTLD_NODELETE);
    }
}
