// Tests of the plugin, in a scripted host: ctest --test-dir build

#include "osaurus_test_host.h"

static void counts_greetings_for_each_name() {
    OSR_CHECK_CONTAINS(osr_test_call("greet", R"({"name":"Ada"})"), "Hello Ada. (greeting number 1)");
    OSR_CHECK_CONTAINS(osr_test_call("greet", R"({"name":"Ada"})"), "Hello Ada. (greeting number 2)");
    OSR_CHECK_CONTAINS(osr_test_call("greet", R"({"name":"Eve"})"), "Hello Eve. (greeting number 1)");
    OSR_CHECK_TEXT(osr_test_config("greeted Ada"), "2");
}

static void needs_a_name() {
    OSR_CHECK_CONTAINS(osr_test_call("greet", "{}"), "\"invalid_args\"");
}

int main() {
    osr_test_start(OSR_ABI_HEADER_VERSION);
    counts_greetings_for_each_name();
    needs_a_name();
    return osr_test_end();
}
