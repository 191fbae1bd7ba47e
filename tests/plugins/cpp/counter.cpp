// Counts by STEP. Built twice with the same class name, for two plugins in one process.

#include "osaurus_plugin.hpp"

#include <atomic>

class Counter : public osaurus::Plugin {
 public:
    static osaurus::Manifest<Counter> describe() {
        return {
            .plugin_id = "dev.example.counter" STEP,
            .name = "Counter",
            .version = "1.0.0",
            .description = "Counts.",
            .tools = {{.id = "count",
                       .description = "Counts on.",
                       .permission = osaurus::PermissionPolicy::automatic,
                       .run = &Counter::count}},
        };
    }

    osaurus::ToolAnswer count(const osaurus::Host&, std::string_view) {
        static std::atomic<int> calls = 0;
        value_ += std::stoi(STEP);
        return osaurus::ToolAnswer::success(
            osaurus::json::Raw{osaurus::json::object("value", value_.load(), "static", ++calls)});
    }

 private:
    std::atomic<int> value_ = 0;
};

OSAURUS_PLUGIN(Counter);
