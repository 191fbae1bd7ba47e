/* The status of a response is a text. */

#include "zoo.h"

char* page(json_t* request) {
    (void)request;
    return strdup("{\"status\":\"200\",\"body\":\"ok\"}");
}
