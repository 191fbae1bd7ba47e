// {{title}}, a plugin for Osaurus.

#include "osaurus_plugin.hpp"

namespace {

namespace json = osaurus::json;
using osaurus::Host;
using osaurus::ToolAnswer;

constexpr const char* create_table = "CREATE TABLE IF NOT EXISTS greeted (name TEXT PRIMARY KEY, times INTEGER)";

class Greeter : public osaurus::Plugin {
 public:
    static osaurus::Manifest<Greeter> describe() {
        return {
            .plugin_id = "{{id}}",
            .name = "{{title}}",
            .version = "0.1.0",
            .description = "{{title}}, a plugin for Osaurus.",
            .tools = {{.id = "greet",
                       .description = "Greet a person and remember how often.",
                       .parameters = R"({"type":"object","required":["name"],"additionalProperties":false,
                           "properties":{"name":{"type":"string","minLength":1,"description":"Who to greet."}}})",
                       .permission = osaurus::PermissionPolicy::automatic,
                       .run = &Greeter::greet}},
            // {{web}}
            .routes = {{.id = "greetings",
                        .path = "/api/greetings",
                        .auth = osaurus::RouteAuth::owner,
                        .description = "Who was greeted how often.",
                        .run = &Greeter::greetings}},
            .web = R"({"static_dir":"web","entry":"index.html","mount":"/ui","auth":"owner"})",
            // {{/web}}
            .min_osaurus = "{{min_osaurus}}",
        };
    }

    ToolAnswer greet(const Host& host, std::string_view arguments) {
        const auto name = json::text_member(arguments, "name");
        if (!name || name->empty()) {
            return ToolAnswer::invalid_argument("name", "a name", "`name` is missing or empty");
        }
        const std::string times = count(host.throwing(), *name);
        return ToolAnswer::success("Hello " + *name + ". (greeting number " + times + ")");
    }
    // {{web}}

    // Who was greeted how often, for the page.
    osaurus::RouteResponse greetings(const Host& host, const osaurus::RouteRequest&) {
        const auto database = host.throwing();
        database.db_exec(create_table);
        const auto answer = database.db_query("SELECT name, times FROM greeted ORDER BY times DESC, name");
        std::string list;
        for (const Row& row : rows(answer.view())) {
            list += list.empty() ? "" : ",";
            list += json::object("name", json::Raw{std::string(row.at(0))}, "times", json::Raw{std::string(row.at(1))});
        }
        return osaurus::RouteResponse::json(200, "[" + list + "]");
    }
    // {{/web}}

 private:
    // Counts a greeting, this one included.
    static std::string count(const osaurus::ThrowingHost& host, const std::string& name) {
        host.db_exec(create_table);
        host.db_exec("INSERT INTO greeted VALUES (?1, 1) ON CONFLICT (name) DO UPDATE SET times = times + 1",
                     json::array(name));
        const auto answer = host.db_query("SELECT times FROM greeted WHERE name = ?1", json::array(name));
        return std::string(rows(answer.view()).at(0).at(0));
    }

    using Row = std::vector<std::string_view>;

    // The rows of a query's answer, their values as JSON. The views point into the answer.
    static std::vector<Row> rows(std::string_view answer) {
        std::vector<Row> rows;
        for (const auto row : json::items(json::member(answer, "rows").value_or("[]")).value_or(Row{})) {
            rows.push_back(json::items(row).value_or(Row{}));
        }
        return rows;
    }
};

}  // namespace

OSAURUS_PLUGIN(Greeter);
