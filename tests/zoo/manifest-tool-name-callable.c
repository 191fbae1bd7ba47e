/* A tool's id has a space. */

#include "zoo.h"

const char* manifest_change(void) { return "{'capabilities': {'tools': [{'id': 'say it', 'description': 'Says it.'}]}}"; }

void in_note(void) {}
