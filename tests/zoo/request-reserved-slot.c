/* A function is called that has had no effect since version 3. */

#include "zoo.h"

void in_note(void) {
    host->dispatch_clarify("11111111-1111-4111-8111-111111111111", "yes");
}
