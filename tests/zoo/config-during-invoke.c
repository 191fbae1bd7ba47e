/* A setting that arrives takes away what a running tool uses. */

#include "zoo.h"

static char buffer[] = "hello";
static char* volatile wording;

void in_note(void) {
    wording = buffer;
    free(take(host->config_get("greeting")));
    wording[0] = 'H';
}

void in_config(const char* key, const char* value) {
    (void)value;
    // What the host delivers while a plugin starts may come during the first call of any other rule.
    if (strcmp(key, "checker") == 0) {
        wording = NULL;
    }
}
