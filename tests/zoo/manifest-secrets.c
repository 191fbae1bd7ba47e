/* A secret has no id. */

#include "zoo.h"

const char* manifest_change(void) { return "{'secrets': [{'id': '', 'label': 'Key', 'required': true}]}"; }
