/* Two tools have one id. */

#include "zoo.h"

const char* manifest_change(void) {
    return "{'capabilities': {'tools': ["
           "{'id': 'echo', 'description': 'Repeats what it gets.'}, {'id': 'echo', 'description': 'Repeats it again.'}]}}";
}
