// Uses the whole C++ layer against a table of this program's own, and exits with 1 at the first surprise.
#include "osaurus_plugin.hpp"

#include <iostream>

namespace json = osaurus::json;
using osaurus::Problem;

namespace {

int host_frees = 0;
[[maybe_unused]] int cancelled = 0;
osr_host_api table{};

const char* fresh(std::string_view text) { return osaurus::detail::give(text); }

void expect(bool good, int line) {
    if (good) { return; }
    std::cerr << "line " << line << " of cpp_layer.cpp\n";
    std::exit(1);
}
#define EXPECT(condition) expect(static_cast<bool>(condition), __LINE__)

const char* stream(const char*, osr_on_chunk_fn on_chunk, void* data) {
    on_chunk("a", data);
    on_chunk("b", data);
    return fresh("{}");
}

void fill_host(std::uint32_t version) {
    table.version = version;
    table.config_get = [](const char* key) { return std::strcmp(key, "set") == 0 ? fresh("value") : nullptr; };
    table.config_set = [](const char*, const char*) {};
    table.db_exec = [](const char*, const char* parameters) { return fresh(parameters == nullptr ? "{}" : parameters); };
    table.db_query = [](const char*, const char*) { return fresh(R"({"error":"no such table: t"})"); };
    table.log = [](int, const char*) {};
    table.dispatch = [](const char*) { return fresh(R"({"error":{"code":"nested","message":"why"}})"); };
    table.complete = [](const char*) -> const char* { return nullptr; };
    table.complete_stream = stream;
#if OSR_ABI_HEADER_VERSION >= 3
    table.complete_cancel = [](const char*) { ++cancelled; };
#endif
#if OSR_ABI_HEADER_VERSION >= 6
    table.free_string = [](const char* text) {
        ++host_frees;
        osaurus::detail::take_back(text);
    };
#endif
}

void json_reads_and_writes() {
    const std::string text = json::object("t", "a\"\\\n\x01é", "n", -3, "b", true, "x", nullptr, "r", json::Raw{"[1, {\"q\":\"]\"}]"});
    EXPECT(text == "{\"t\":\"a\\\"\\\\\\u000a\\u0001é\",\"n\":-3,\"b\":true,\"x\":null,\"r\":[1, {\"q\":\"]\"}]}");
    EXPECT(json::text_member(text, "t") == "a\"\\\n\x01é");
    EXPECT(json::number_member<int>(text, "n") == -3);
    EXPECT(!json::number_member<unsigned>(text, "n"));
    EXPECT(json::member(text, "r") == "[1, {\"q\":\"]\"}]");
    EXPECT(!json::member(text, "q"));
    EXPECT(json::items("[1, [2, 3], \"a,b\"]")->size() == 3);
    EXPECT(json::items("[]")->empty());
    EXPECT(!json::items("[1") && !json::items("{}") && !json::items("[1,]"));
    EXPECT(json::text("\"\\ud83e\\udd96\\u00fc\\/\"") == "🦖ü/");
    EXPECT(json::text("\"\\ud83e\"") == "\xEF\xBF\xBD");
    EXPECT(!json::text("\"\\x\"") && !json::text("no"));
    EXPECT(json::array() == "[]" && json::array(1.5, "a") == "[1.5,\"a\"]");
    EXPECT(json::array(std::numeric_limits<double>::infinity(), 0.1) == "[null,0.10000000000000001]");
    for (const std::string_view broken : {"{", "{\"a\"", "{\"a\":", "{\"a\":[", "{\"a\":1", "{a:1}", "[]", "", "{\"b\":}}"}) {
        EXPECT(!json::member(broken, "missing"));
    }
}

class Probe : public osaurus::Plugin {
 public:
    static osaurus::Manifest<Probe> describe() {
        return {.plugin_id = "dev.layer", .tools = {{.id = "all", .description = "All.", .run = &Probe::all},
                                                    {.id = "throws", .description = "Throws.", .run = &Probe::throws}}};
    }

    osaurus::ToolAnswer all(const osaurus::Host& host, std::string_view) {
        results(host);
        streams(host);
        threads(host);
        return osaurus::ToolAnswer::success("done");
    }

    osaurus::ToolAnswer throws(const osaurus::Host& host, std::string_view) {
#if defined(__cpp_exceptions)
        static_cast<void>(host.throwing().db_query("x"));
        return osaurus::ToolAnswer::success("not reached");
#else
        return osaurus::ToolAnswer::failure(host.db_query("x").error());
#endif
    }

 private:
    static void results(const osaurus::Host& host) {
        EXPECT(host.version() == table.version);
        const auto set = host.config_get("set");
        EXPECT(set && *set && (*set)->view() == "value");
        const auto missing = host.config_get(std::string_view("unset"));
        EXPECT(missing && !*missing);
        EXPECT(host.config_get(nullptr).error().problem == Problem::bad_text);
        const auto nul = host.config_set("k", std::string("a\0b", 3));
        EXPECT(nul.error().message ==
               "config_set: the argument `value` has a NUL character at byte 1; the host would see only what comes before it");
        EXPECT(host.db_exec("x").value().view() == "{}");
        EXPECT(host.db_exec("x", json::array(7)).value().view() == "[7]");
        const auto refused = host.db_query("x");
        EXPECT(!refused && refused.error().problem == Problem::refused);
        EXPECT(refused.error().code == "no such table: t" && refused.error().answer == R"({"error":"no such table: t"})");
        const auto nested = host.dispatch("{}");
        EXPECT(nested.error().code == "nested" && nested.error().message == "why");
        EXPECT(host.complete("{}").error().problem == Problem::no_answer);
        EXPECT(host.log(osaurus::LogLevel::info, "line"));
    }

    static void streams(const osaurus::Host& host) {
        std::string all;
        EXPECT(host.complete_stream("{}", [&](std::string_view chunk) { all += chunk; }));
        EXPECT(all == "ab");
#if defined(__cpp_exceptions)
        int calls = 0;
        try {
            static_cast<void>(host.complete_stream("{}", [&](std::string_view) {
                ++calls;
                throw std::runtime_error("enough");
            }));
            EXPECT(false);
        } catch (const std::runtime_error& error) {
            EXPECT(std::string_view(error.what()) == "enough" && calls == 1);
        }
#endif
    }

    static void threads(const osaurus::Host& host) {
        Problem problem = Problem::refused;
        bool logged = false;
        bool unscoped = false;
        const osaurus::UnscopedHost kept = host.unscoped();
        std::thread([&] {
            problem = host.config_get("set").error().problem;
            logged = static_cast<bool>(host.log(osaurus::LogLevel::info, "from anywhere"));
            unscoped = static_cast<bool>(kept.config_get("set"));
        }).join();
        EXPECT(problem == Problem::wrong_thread && logged && unscoped);
    }
};

}  // namespace

OSAURUS_PLUGIN(Probe);

namespace {

std::string answer(const osr_plugin_api* api, osr_plugin_ctx_t ctx, const char* tool) {
    const char* given = api->invoke(ctx, OSR_TEXT_INVOKE_TOOL, tool, "{}");
    const std::string copy = given;
    api->free_string(given);
    return copy;
}

void missing_functions_are_not_read(const osr_plugin_api* api, osr_plugin_ctx_t ctx) {
#if OSR_ABI_HEADER_VERSION >= 3
    table.version = 2;
    const osaurus::detail::CallHost host(&table, osaurus::Version2::v2a);
    EXPECT(!host.has(osaurus::Function::complete_cancel) && !host.has(osaurus::Function::dispatch));
    EXPECT(host.has(osaurus::Function::log));
    EXPECT(host.complete_cancel("s").error().message == "complete_cancel needs a host of version 3, this one has version 2");
    EXPECT(host.dispatch("{}").error().problem == Problem::missing_function);
    EXPECT(cancelled == 0);
    table.version = 3;
    EXPECT(host.complete_cancel("s") && cancelled == 1);
#endif
    static_cast<void>(osaurus_plugin_entry());
    const std::string text = answer(api, ctx, "throws");
    EXPECT(json::text_member(text, "kind") == "unavailable");
    EXPECT(json::text_member(text, "message") == "a version 1 host has no functions, so no db_query");
}

}  // namespace

int main() {
    json_reads_and_writes();
    for (std::uint32_t version = 2; version <= OSR_ABI_HEADER_VERSION; ++version) {
        host_frees = cancelled = 0;
        fill_host(version);
        const osr_plugin_api* api = osaurus_plugin_entry_v2(&table);
        EXPECT(api->handle_route == nullptr && api->on_config_changed == nullptr && api->on_task_event == nullptr);
        osr_plugin_ctx_t ctx = api->init();
        EXPECT(answer(api, ctx, "all") == R"({"ok":true,"result":{"text":"done"}})");
        EXPECT((host_frees > 0) == (version >= 6));
        EXPECT(json::text_member(answer(api, ctx, "throws"), "message") == "no such table: t");
        EXPECT(json::text_member(answer(api, ctx, "nowhere"), "kind") == "tool_not_found");
        missing_functions_are_not_read(api, ctx);
        api->destroy(ctx);
    }
    return 0;
}
