"""{{title}}, a plugin for Osaurus."""

from osaurus_plugin import Context, Plugin

plugin = Plugin(name="{{title}}", min_osaurus="{{min_osaurus}}")


@plugin.tool(permission="auto")
def greet(ctx: Context, name: str, excited: bool = False) -> str:
    """Greet a person and remember how often.

    Args:
        name: Who to greet.
        excited: End with an exclamation mark.
    """
    ctx.db.execute("CREATE TABLE IF NOT EXISTS greeted (name TEXT PRIMARY KEY, times INTEGER)")
    ctx.db.execute(
        "INSERT INTO greeted VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET times = times + 1",
        [name],
    )
    times = ctx.db.query("SELECT times FROM greeted WHERE name = ?", [name])[0]["times"]
    ctx.log.info("greeted", name=name, times=times)
    return f"Hello {name}{'!' if excited else '.'} (greeting number {times})"
