"""A messaging bot: a plugin for Osaurus.

The user enters the bot's token on the settings page. The plugin then tells the chat service where
its webhook is, below the address of the agent's tunnel. Each message that comes in is kept, and
answered by the model.
"""

import hmac
import secrets

from bot_api import BotApi, BotError
from osaurus_plugin import ConfigField, Context, HTTPError, Plugin, Request, ToolError

plugin = Plugin(name="Messenger", min_osaurus="0.20.3")
plugin.config_section("Bot", [ConfigField.secret("bot_token", "Token of the bot")])

TABLE = """CREATE TABLE IF NOT EXISTS messages
    (id INTEGER PRIMARY KEY, chat INTEGER, sender TEXT, text TEXT)"""
INSERT = "INSERT INTO messages (chat, sender, text) VALUES (?, ?, ?)"


@plugin.on_config_changed
def setting_changed(ctx: Context, key: str, value: str) -> None:
    """Registers the webhook once there are a token and an address."""
    if key not in ("bot_token", "tunnel_url"):
        return
    token, address = ctx.config.get("bot_token", ""), ctx.config.get("tunnel_url", "")
    if not token or not address:
        ctx.log.info("the webhook waits", token=bool(token), tunnel=bool(address))
        return
    # The service sends this with each message: no one else knows it.
    proof = secrets.token_urlsafe(24)
    ctx.config.set("webhook_proof", proof)
    try:
        bot = BotApi(ctx, token)
        name = bot.call("getMe")["username"]
        url = f"{address}/plugins/dev.example.messenger/webhook"
        bot.call("setWebhook", url=url, secret_token=proof)
    except BotError as error:
        ctx.log.error("the webhook is not registered", reason=str(error))
        return
    ctx.log.info("the webhook is registered", bot=name)


@plugin.route("/webhook", methods=["POST"], auth="verify", tunnel_exposed=True)
def webhook(ctx: Context, request: Request) -> str:
    """A message of the chat service."""
    proof = ctx.config.get("webhook_proof", "")
    secret_token = request.headers.get("x-telegram-bot-api-secret-token", "")
    if not proof or not hmac.compare_digest(secret_token, proof):
        raise HTTPError(403, "this is not the chat service")
    message = request.json().get("message", {})
    if not message.get("text"):
        return "nothing to answer"
    chat, sender, text = message["chat"]["id"], message["from"]["first_name"], message["text"]
    ctx.db.execute(TABLE)
    ctx.db.execute(INSERT, [chat, sender, text])
    answer = ctx.inference.complete(f"{sender} writes: {text}", max_tokens=300)
    token = ctx.config.get("bot_token", "")
    BotApi(ctx, token).call("sendMessage", chat_id=chat, text=answer.text)
    return "answered"


@plugin.tool(permission="auto")
def list_messages(ctx: Context) -> list[dict[str, object]]:
    """List the messages that have come in, the latest last."""
    ctx.db.execute(TABLE)
    rows = ctx.db.query("SELECT chat, sender, text FROM messages ORDER BY id DESC LIMIT 50")
    return [dict(row) for row in reversed(list(rows))]


@plugin.tool(permission="ask")
def send_message(ctx: Context, chat: int, text: str) -> str:
    """Send a message to a chat.

    Args:
        chat: The chat's number, from list_messages.
        text: What to say.
    """
    token = ctx.config.get("bot_token", "")
    if not token:
        raise ToolError("unavailable", "the user has not entered the bot's token yet")
    try:
        BotApi(ctx, token).call("sendMessage", chat_id=chat, text=text)
    except BotError as error:
        raise ToolError("execution_error", str(error)) from None
    return "sent"
