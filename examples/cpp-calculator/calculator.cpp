// Calculator: language models guess at arithmetic, this computes it. An Osaurus plugin in C++ on
// osaurus_plugin.hpp.
//
// - The tool `calculate` gives the value of an expression, rounded to the agent's setting `digits`.
// - The tool `history` and the route GET /history list what was computed, from the plugin's
//   database.
//
// With a host that lacks the database (version 1) it still computes.

#include "expression.hpp"
#include "osaurus_plugin.hpp"

#include <algorithm>

namespace {

namespace json = osaurus::json;
using osaurus::Host;
using osaurus::ToolAnswer;

constexpr int default_digits = 12;
constexpr int default_limit = 10;
constexpr int highest_limit = 100;

class Calculator : public osaurus::Plugin {
 public:
    static osaurus::Manifest<Calculator> describe() {
        return {
            .plugin_id = "dev.example.calculator",
            .name = "Calculator",
            .version = "1.0.0",
            .description = "Computes arithmetic exactly as written.",
            .tools = {{.id = "calculate",
                       .description = "Computes an arithmetic expression: + - * / % ^, brackets, sqrt, abs, ln, log, exp, "
                                      "sin, cos, tan, floor, ceil, round, cbrt, pi and e.",
                       .parameters = R"({"type":"object","required":["expression"],"additionalProperties":false,
                           "properties":{"expression":{"type":"string","minLength":1,"maxLength":10000,
                           "description":"For example 2 * (3 + 4) ^ 2."}}})",
                       .permission = osaurus::PermissionPolicy::automatic,
                       .run = &Calculator::calculate},
                      {.id = "history",
                       .description = "Lists the latest computations, newest first.",
                       .parameters = R"({"type":"object","required":[],"additionalProperties":false,"properties":{"limit":
                           {"type":"integer","minimum":1,"maximum":100,"description":"How many; 10 when left out."}}})",
                       .permission = osaurus::PermissionPolicy::automatic,
                       .run = &Calculator::history}},
            .routes = {{.id = "history",
                        .path = "/history",
                        .description = "The latest computations; ?limit=N as in the tool.",
                        .run = &Calculator::history_page}},
            .config = R"({"title":"Calculator","sections":[{"title":"Results","fields":[
                {"key":"digits","type":"number","label":"Significant digits","default":12,
                 "validation":{"min":1,"max":17}}]}]})",
            .min_osaurus = "0.20.3",
        };
    }

    ToolAnswer calculate(const Host& host, std::string_view arguments) {
        const auto expression = json::text_member(arguments, "expression");
        if (!expression) {
            return ToolAnswer::invalid_argument("expression", "an arithmetic expression", "`expression` is missing");
        }
        try {
            const std::string value = rounded(calculator::evaluate(*expression), digits(host));
            remember(host, *expression, value);
            return ToolAnswer::success(json::Raw{json::object("text", *expression + " = " + value, "value", value)});
        } catch (const calculator::SyntaxError& error) {
            return ToolAnswer::invalid_argument("expression", "an arithmetic expression", error.what());
        }
    }

    ToolAnswer history(const Host& host, std::string_view arguments) {
        const auto limit = json::number_member<int>(arguments, "limit").value_or(default_limit);
        return ToolAnswer::success(json::Raw{latest(host, limit)});
    }

    osaurus::RouteResponse history_page(const Host& host, const osaurus::RouteRequest& request) {
        const auto limit = json::number<int>(request.query("limit").value_or(std::to_string(default_limit)));
        if (!limit) { return osaurus::RouteResponse::error(400, "`limit` must be a number"); }
        return osaurus::RouteResponse::json(200, latest(host, *limit));
    }

    void on_config_changed(const Host& host, std::string_view key, std::string_view value) override {
        if (key == "digits" && !json::number<int>(value)) {
            host.log(osaurus::LogLevel::warn, "the setting `digits` is not a number, so results have 12 digits");
        }
    }

 private:
    static int digits(const Host& host) {
        const auto text = host.config_get("digits");
        const auto number = text && *text ? json::number<int>((*text)->view()) : std::nullopt;
        return std::clamp(number.value_or(default_digits), 1, 17);
    }

    static std::string rounded(double value, int digits) {
        std::ostringstream out;
        out.imbue(std::locale::classic());
        out.precision(digits);
        out << value;
        return out.str();
    }

    // Keeping a history is a courtesy: a host without database must not fail the computation.
    static void remember(const Host& host, const std::string& expression, const std::string& value) {
        if (!prepare(host)) { return; }
        const std::string row = json::array(expression, value);
        const auto written = host.db_exec("INSERT INTO history (expression, value) VALUES (?1, ?2)", row);
        if (!written) { host.log(osaurus::LogLevel::warn, "not remembered: " + written.error().message); }
    }

    // Exceptions, where nothing but giving up makes sense: each becomes the tool's or the route's
    // failure.
    static std::string latest(const Host& host, int limit) {
        if (auto table = prepare(host); !table) { throw osaurus::HostError(table.error()); }
        const std::string bound = json::array(std::clamp(limit, 1, highest_limit));
        return host.throwing()
            .db_query("SELECT expression, value FROM history ORDER BY rowid DESC LIMIT ?1", bound)
            .str();
    }

    static osaurus::Expected<osaurus::HostText> prepare(const Host& host) {
        return host.db_exec("CREATE TABLE IF NOT EXISTS history (expression TEXT NOT NULL, value TEXT NOT NULL)");
    }
};

}  // namespace

OSAURUS_PLUGIN(Calculator);
