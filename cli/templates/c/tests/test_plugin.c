/* Tests of the plugin, in a scripted host: make test. */

#include "osaurus_test_host.h"

static void counts_greetings_for_each_name(void) {
#ifdef OSAURUS_TEST_SQLITE
    OSR_CHECK_CONTAINS(osr_test_call("greet", "{\"name\":\"Ada\"}"), "Hello Ada. (greeting number 1)");
    OSR_CHECK_CONTAINS(osr_test_call("greet", "{\"name\":\"Ada\"}"), "Hello Ada. (greeting number 2)");
    OSR_CHECK_CONTAINS(osr_test_call("greet", "{\"name\":\"Eve\"}"), "Hello Eve. (greeting number 1)");
    OSR_CHECK_CONTAINS(osr_test_db("SELECT sum(times) FROM greeted"), "[[3]]");
#else
    osr_test_answer("db_exec", "{\"changes\":1,\"last_insert_rowid\":1}");
    osr_test_answer("db_query", "{\"columns\":[\"times\"],\"rows\":[[1]]}");
    OSR_CHECK_CONTAINS(osr_test_call("greet", "{\"name\":\"Ada\"}"), "Hello Ada. (greeting number 1)");
#endif
}

static void needs_a_name(void) {
    OSR_CHECK_CONTAINS(osr_test_call("greet", "{}"), "\"invalid_args\"");
}

/* {{web}} */
static void the_page_gets_the_greetings(void) {
    const char* response;
#ifndef OSAURUS_TEST_SQLITE
    osr_test_answer("db_query", "{\"columns\":[\"name\",\"times\"],\"rows\":[[\"Ada\",2],[\"Eve\",1]]}");
#endif
    response = osr_test_route("{\"route_id\":\"greetings\",\"method\":\"GET\",\"path\":\"/api/greetings\"}");
    OSR_CHECK_CONTAINS(response, "\"status\":200");
    OSR_CHECK_TEXT(osr_test_member(response, "body"), "[{\"name\":\"Ada\",\"times\":2},{\"name\":\"Eve\",\"times\":1}]");
}

/* {{/web}} */
int main(void) {
    osr_test_start(OSR_ABI_HEADER_VERSION);
    counts_greetings_for_each_name();
    needs_a_name();
    /* {{web}} */
    the_page_gets_the_greetings();
    /* {{/web}} */
    return osr_test_end();
}
