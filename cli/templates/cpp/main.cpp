// {{title}}, a plugin for Osaurus.

#include "osaurus_plugin.hpp"

namespace {

namespace json = osaurus::json;
using osaurus::Host;
using osaurus::ToolAnswer;

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
            .min_osaurus = "{{min_osaurus}}",
        };
    }

    ToolAnswer greet(const Host& host, std::string_view arguments) {
        const auto name = json::text_member(arguments, "name");
        if (!name || name->empty()) {
            return ToolAnswer::invalid_argument("name", "a name", "`name` is missing or empty");
        }
        const int times = count(host, *name);
        return ToolAnswer::success("Hello " + *name + ". (greeting number " + std::to_string(times) + ")");
    }

 private:
    // Counts a greeting, this one included. Settings are kept for each agent.
    static int count(const Host& host, const std::string& name) {
        const std::string key = "greeted " + name;
        const auto stored = host.config_get(key);
        const auto before = stored && *stored ? json::number<int>((*stored)->view()) : std::nullopt;
        const int times = before.value_or(0) + 1;
        host.config_set(key, std::to_string(times));
        return times;
    }
};

}  // namespace

OSAURUS_PLUGIN(Greeter);
