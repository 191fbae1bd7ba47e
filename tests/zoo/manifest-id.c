/* The id has a capital letter. */

#include "zoo.h"

const char* manifest_change(void) { return "{'plugin_id': 'dev.example.Zoo'}"; }
