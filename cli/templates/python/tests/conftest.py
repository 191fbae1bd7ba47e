"""The fixtures `host`, `built_host` and `any_host`."""

pytest_plugins = ["osaurus_plugin.pytest_plugin"]
