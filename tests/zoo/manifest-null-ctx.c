/* The manifest needs the context. */

#include "zoo.h"

static struct {
    int built;
} state;

osr_plugin_ctx_t context(void) { return &state; }

void in_manifest(osr_plugin_ctx_t ctx) {
    int* built = ctx;
    *(volatile int*)built = 1;
}
