/* free_string looks at the string before it asks whether there is one. */

#include "zoo.h"

void release(const char* text) {
    *(volatile char*)text = 0;
    free((void*)text);
}
