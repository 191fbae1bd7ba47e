"""The plugin object: what Osaurus shows about it and the settings that it asks for."""

from osaurus_plugin import ConfigField, Plugin

plugin = Plugin(
    name="Notes",
    description="Keeps notes, finds them by meaning, sums them up.",
    min_osaurus="0.20.3",
    instructions="Use search_notes before you answer questions about what the user wrote.",
)
plugin.config_section(
    "Summaries",
    [
        ConfigField.select(
            "style",
            "Style",
            options={"plain": "Plain", "cheerful": "Cheerful"},
            default="plain",
        )
    ],
)
