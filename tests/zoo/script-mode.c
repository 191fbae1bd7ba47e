/* What runs the tools runs elsewhere than where it was meant to, as a library around a script logs it. */

#include "zoo.h"

void in_note(void) {
    host->log(OSR_LOG_WARN, "worker: python3; not embedded, although the plugin's mode is \"embedded\": there is no libpython");
}
