"""{{title}}, a plugin for Osaurus."""

from osaurus_plugin import Context, Plugin

plugin = Plugin(name="{{title}}", min_osaurus="{{min_osaurus}}")
# {{web}}
plugin.web()  # the folder web, as /plugins/{{id}}/ui
# {{/web}}

TABLE = "CREATE TABLE IF NOT EXISTS greeted (name TEXT PRIMARY KEY, times INTEGER)"


@plugin.tool(permission="auto")
def greet(ctx: Context, name: str, excited: bool = False) -> str:
    """Greet a person and remember how often.

    Args:
        name: Who to greet.
        excited: End with an exclamation mark.
    """
    ctx.db.execute(TABLE)
    ctx.db.execute(
        "INSERT INTO greeted VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET times = times + 1",
        [name],
    )
    times = ctx.db.query("SELECT times FROM greeted WHERE name = ?", [name])[0]["times"]
    ctx.log.info("greeted", name=name, times=times)
    return f"Hello {name}{'!' if excited else '.'} (greeting number {times})"


# {{web}}
@plugin.route("/api/greetings")
def greetings(ctx: Context) -> list[dict[str, object]]:
    """Who was greeted how often, for the page."""
    ctx.db.execute(TABLE)
    return ctx.db.query("SELECT name, times FROM greeted ORDER BY times DESC, name")


# {{/web}}
