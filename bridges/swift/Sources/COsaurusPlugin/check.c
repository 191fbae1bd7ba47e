// SwiftPM wants a source file in a C target; this one has the compiler check the header's layout assertions.
#include "osaurus_plugin.h"
