/* The status of a response is a string. */

#include "zoo.h"

char* page(json_t* request) {
    (void)request;
    return strdup("{\"status\":\"200\",\"body\":\"ok\"}");
}
