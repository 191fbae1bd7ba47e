// Tests of the plugin, in a scripted host: ctest --test-dir build

#include "osaurus_test_host.h"

static void counts_greetings_for_each_name() {
#ifdef OSAURUS_TEST_SQLITE
    OSR_CHECK_CONTAINS(osr_test_call("greet", R"({"name":"Ada"})"), "Hello Ada. (greeting number 1)");
    OSR_CHECK_CONTAINS(osr_test_call("greet", R"({"name":"Ada"})"), "Hello Ada. (greeting number 2)");
    OSR_CHECK_CONTAINS(osr_test_call("greet", R"({"name":"Eve"})"), "Hello Eve. (greeting number 1)");
    OSR_CHECK_CONTAINS(osr_test_db("SELECT sum(times) FROM greeted"), "[[3]]");
#else
    osr_test_answer("db_exec", R"({"changes":1,"last_insert_rowid":1})");
    osr_test_answer("db_query", R"({"columns":["times"],"rows":[[1]]})");
    OSR_CHECK_CONTAINS(osr_test_call("greet", R"({"name":"Ada"})"), "Hello Ada. (greeting number 1)");
#endif
}

static void needs_a_name() {
    OSR_CHECK_CONTAINS(osr_test_call("greet", "{}"), "\"invalid_args\"");
}

// {{web}}
static void the_page_gets_the_greetings() {
#ifndef OSAURUS_TEST_SQLITE
    osr_test_answer("db_query", R"({"columns":["name","times"],"rows":[["Ada",2],["Eve",1]]})");
#endif
    const char* response = osr_test_route(R"({"route_id":"greetings","method":"GET","path":"/api/greetings"})");
    OSR_CHECK_CONTAINS(response, "\"status\":200");
    OSR_CHECK_TEXT(osr_test_member(response, "body"), R"([{"name":"Ada","times":2},{"name":"Eve","times":1}])");
}

// {{/web}}
int main() {
    osr_test_start(OSR_ABI_HEADER_VERSION);
    counts_greetings_for_each_name();
    needs_a_name();
    // {{web}}
    the_page_gets_the_greetings();
    // {{/web}}
    return osr_test_end();
}
