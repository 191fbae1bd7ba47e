    const char* id;
    osr_test_start(6);
    OSR_CHECK_CONTAINS(osr_test_manifest(), "dev.example.tested");

    OSR_CHECK_TEXT(osr_test_call("config", "{}"), "null");
    osr_test_set_config("a", "b");
    OSR_CHECK_TEXT(osr_test_call("config", "{}"), "b");
    osr_test_config_changed("a", "c");
    OSR_CHECK_TEXT(osr_test_config("a"), "c");
    OSR_CHECK(osr_test_logged("c"));

    osr_test_set_secret("token", "s\"3");
    OSR_CHECK_TEXT(osr_test_call("echo", "{}"), "{\"_secrets\":{\"token\":\"s\\\"3\"}}");
    OSR_CHECK_TEXT(osr_test_call("echo", "{\"a\":1}"), "{\"a\":1,\"_secrets\":{\"token\":\"s\\\"3\"}}");
    OSR_CHECK_TEXT(osr_test_route("{\"path\":\"/\"}"), "{\"path\":\"/\"}");

    osr_test_answer_http("https://a.example/*/x", 404, "no \"x\"");
    OSR_CHECK_CONTAINS(osr_test_call("fetch", "{\"headers\":{\"url\":\"y\"},\"url\" : \"https:\\/\\/a.example\\/1/x\"}"),
                       "{\"status\":404,\"headers\":{},\"body\":\"no \\\"x\\\"\"");
    OSR_CHECK(osr_test_count("http_request") == 1);
    OSR_CHECK_CONTAINS(osr_test_argument("http_request", 0, 0), "a.example");
    OSR_CHECK(osr_test_argument("http_request", 1, 0) == NULL);

    osr_test_answer_model("weather", "rain and wind");
    OSR_CHECK_CONTAINS(osr_test_call("ask", "{\"messages\":[{\"content\":\"the weather\"}]}"), "\"content\":\"rain and wind\"");
    OSR_CHECK_CONTAINS(osr_test_call("stream", "{\"messages\":[{\"content\":\"the weather\"}]}"), "\"content\":\"rain and wind\"");
    OSR_CHECK_TEXT(streamed, "content\":\"rain \"}}]}content\":\"and \"}}]}content\":\"wind\"}}]}");

    id = osr_test_member(osr_test_call("dispatch", "{\"prompt\":\"look\",\"title\":\"Look\"}"), "id");
    OSR_CHECK_TEXT(id, "00000000-0000-4000-8000-000000000001");
    OSR_CHECK_CONTAINS(osr_test_call("tasks", "{}"), "\"title\":\"Look\",\"status\":\"running\"");
    osr_test_task_event(id, OSR_TASK_EVENT_COMPLETED, "{}");
    OSR_CHECK_TEXT(osr_test_call("tasks", "{}"), "{\"tasks\":[]}");
    OSR_CHECK(osr_test_logged(id));

    osr_test_answer("embed", "{\"data\":[]}");
    OSR_CHECK_TEXT(osr_test_call("embed", "{}"), "{\"data\":[]}");
    osr_test_call("log", "a line");
    OSR_CHECK_TEXT(osr_test_argument("log", osr_test_count("log") - 1, 0), "3");

    OSR_CHECK_CONTAINS(osr_test_call("select", "{}"), "{\"error\":\"no such table: t\"}");
    OSR_CHECK_CONTAINS(osr_test_call("sql", "{}"), "\"changes\":0");
    OSR_CHECK_TEXT(osr_test_invoke("tool", "insert", "[\"x\", 2.5]"), "{\"changes\":1,\"last_insert_rowid\":1}");
    OSR_CHECK_TEXT(osr_test_call("select", "{}"), "{\"columns\":[\"a\",\"b\",\"c\"],\"rows\":[[\"x\",2.5,\"AP8Qqw==\"]]}");
    OSR_CHECK_CONTAINS(osr_test_db("SELECT count(*) AS n FROM t"), "[[1]]");

    OSR_CHECK_CONTAINS(osr_test_call("agent", "{}"), "11111111");
    osr_test_set_agent(NULL);
    OSR_CHECK_TEXT(osr_test_call("config", "{}"), "null");
    osr_test_end();

    osr_test_start(3);
    OSR_CHECK_TEXT(osr_test_call("agent", "{}"), "no such function");
    return osr_test_end();
