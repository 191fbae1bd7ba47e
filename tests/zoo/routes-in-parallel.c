/* A request that comes while another one is answered gets nothing. */

#include "zoo.h"

#include <stdatomic.h>
#include <unistd.h>

static atomic_int busy;

char* page(json_t* request) {
    char* response = NULL;
    (void)request;
    if (atomic_fetch_add(&busy, 1) == 0) {
        usleep(20000);
        response = strdup("{\"status\":204}");
    }
    atomic_fetch_sub(&busy, 1);
    return response;
}
