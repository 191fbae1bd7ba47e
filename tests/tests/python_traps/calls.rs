//! Calls: exits, calls that come back, texts of every kind, deadlines.

use osaurus_bridge_tests::project::Project;
use osaurus_bridge_tests::scene;
use serde_json::json;
use std::time::{Duration, Instant};

const EXITS: &str = r#"
import asyncio
import sys
import threading

from osaurus_plugin import Plugin

plugin = Plugin(name="T3")


def leave(how: str) -> None:
    if how == "exit":
        sys.exit(3)
    if how == "interrupt":
        raise KeyboardInterrupt
    if how == "cancelled":
        raise asyncio.CancelledError
    if how == "generator":
        raise GeneratorExit
    if how == "recursion":
        leave(how)


@plugin.tool
def plain(how: str) -> str:
    """Leave a plain handler."""
    leave(how)
    return "stayed"


@plugin.tool(threads=True)
def threaded(how: str) -> str:
    """Leave a handler on a thread."""
    leave(how)
    return "stayed"


@plugin.tool
async def looped(how: str) -> str:
    """Leave a coroutine."""
    await asyncio.sleep(0)
    leave(how)
    return "stayed"


@plugin.tool
async def in_task(how: str) -> str:
    """Leave in a task that nobody awaits."""
    async def work() -> None:
        leave(how)

    task = asyncio.create_task(work())
    await asyncio.sleep(0.01)
    return f"stayed, {task.done()}"


@plugin.tool
def in_thread(how: str) -> str:
    """Leave in a thread of its own."""
    thread = threading.Thread(target=leave, args=[how])
    thread.start()
    thread.join()
    return "stayed"
"#;

/// T3: `sys.exit` and its relatives end the call, never the host and never the event loop.
#[test]
fn t3_leaving_a_handler_ends_the_call_alone() {
    scene::both("calls::t3_leaving_a_handler_ends_the_call_alone", |scene| {
        let plugin = scene.load(&Project::python("t3", EXITS));
        for tool in ["plain", "threaded", "looped"] {
            for how in ["exit", "interrupt", "cancelled", "generator", "recursion"] {
                let envelope = scene.call(&plugin, tool, json!({"how": how}));
                assert_eq!(envelope["ok"], false, "{tool} {how}: {envelope}");
                assert_eq!(
                    envelope["kind"], "execution_error",
                    "{tool} {how}: {envelope}"
                );
                assert_eq!(
                    scene.result(&plugin, tool, json!({"how": "no"}))["text"],
                    "stayed",
                    "after {tool} {how}"
                );
            }
        }
        for tool in ["in_task", "in_thread"] {
            let result = scene.result(&plugin, tool, json!({"how": "exit"}));
            assert!(
                result["text"]
                    .as_str()
                    .is_some_and(|text| text.starts_with("stayed")),
                "{tool}: {result}"
            );
        }
        assert_eq!(
            scene.result(&plugin, "looped", json!({"how": "no"}))["text"],
            "stayed"
        );
    });
}

/// T6: the host runs the plugin's own tools while one of its handlers waits for `complete`.
#[test]
fn t6_a_host_call_may_come_back_into_the_plugin() {
    scene::both(
        "calls::t6_a_host_call_may_come_back_into_the_plugin",
        |scene| {
            let main = "from osaurus_plugin import AsyncContext, Context, Plugin\nplugin = Plugin(name='T6')\n\
            TOOL = [{'type': 'function', 'function': {'name': 'inner', 'description': 'x', 'parameters': {'type': 'object'}}}]\n\n\
            @plugin.tool(permission='auto')\ndef inner(ctx: Context) -> str:\n    \"\"\"Called by the model.\"\"\"\n    \
            return f'inner of {ctx.agent_id}'\n\n\
            @plugin.tool\ndef plain(ctx: Context) -> str:\n    \"\"\"Ask the model to call inner.\"\"\"\n    \
            return ctx.inference.complete('call inner', tools=TOOL).text + str(ctx.agent_id)\n\n\
            @plugin.tool\nasync def looped(ctx: AsyncContext) -> str:\n    \"\"\"The same, awaited.\"\"\"\n    \
            answer = await ctx.inference.complete('call inner', tools=TOOL)\n    return answer.text + str(await ctx.agent_id())\n";
            let plugin = scene.load(&Project::python("t6", main));
            for tool in ["plain", "looped"] {
                let text = scene.result(&plugin, tool, json!({}))["text"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned();
                let agent = scene.ada.to_string();
                assert!(
                    text.contains(&format!("inner of {agent}")) && text.ends_with(&agent),
                    "{tool}: {text}"
                );
            }
        },
    );
}

const STRINGS: &str = r#"
from osaurus_plugin import Context, Plugin

plugin = Plugin(name="T7")


@plugin.tool
def length(text: str) -> int:
    """How long a text is."""
    return len(text)


@plugin.tool
def repeat(count: int) -> str:
    """A long text."""
    return "ü" * count


@plugin.tool
def surrogate() -> str:
    """A text that is not Unicode."""
    return "bad \ud800 text"


@plugin.tool
def nested_surrogate() -> dict[str, list[str]]:
    """One deep inside."""
    return {"items": ["fine", "bad \udfff"]}


@plugin.tool
def to_host(ctx: Context, what: str) -> str:
    """Hand such texts to the host."""
    text = {"nul": "a\0b", "surrogate": "a\ud800b", "fine": "a ü 🦕 b"}[what]
    try:
        ctx.config.set("key", text)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return str(ctx.config.get("key"))


@plugin.tool
def nan() -> float:
    """A number that JSON does not have."""
    return float("nan")
"#;

/// T7: NUL, lone surrogates and 50 MB texts, both ways: whole, or an error with a name.
#[test]
fn t7_texts_cross_whole_or_are_refused_by_name() {
    scene::both(
        "calls::t7_texts_cross_whole_or_are_refused_by_name",
        |scene| {
            let plugin = scene.load(&Project::python("t7", STRINGS));
            assert_eq!(
                scene.result(&plugin, "length", json!({"text": "a\0b 🦕"})),
                5
            );
            let long = "ü".repeat(25_000_000);
            assert_eq!(
                scene.result(&plugin, "length", json!({"text": long})),
                25_000_000
            );
            let raw = plugin
                .invoke_raw("tool", "repeat", r#"{"count": 25000000}"#, Some(scene.ada))
                .expect("an answer");
            assert!(
                raw.len() > 50_000_000 && raw.contains("üü"),
                "{} bytes came back",
                raw.len()
            );
            for (tool, place) in [
                ("surrogate", "result"),
                ("nested_surrogate", "items"),
                ("nan", "result"),
            ] {
                let envelope = scene.call(&plugin, tool, json!({}));
                assert_eq!(envelope["ok"], false, "{envelope}");
                let message = envelope["message"].as_str().unwrap_or_default();
                assert!(message.contains(place), "{tool}: {message}");
            }
            assert_eq!(
                scene.result(&plugin, "to_host", json!({"what": "fine"}))["text"],
                "a ü 🦕 b"
            );
            let nul = scene
                .result(&plugin, "to_host", json!({"what": "nul"}))
                .to_string();
            assert!(nul.contains("NUL"), "{nul}");
            let surrogate = scene
                .result(&plugin, "to_host", json!({"what": "surrogate"}))
                .to_string();
            assert!(surrogate.contains("surrogate"), "{surrogate}");
        },
    );
}

const LOOPS: &str = r#"
import asyncio
import time

from osaurus_plugin import AsyncContext, Context, Plugin

plugin = Plugin(name="T11")


@plugin.tool(timeout=1)
def spins() -> str:
    """Never end."""
    while True:
        pass


@plugin.tool(timeout=1)
def stubborn() -> str:
    """Never end, and catch what can be caught."""
    while True:
        try:
            time.sleep(0.01)
        except Exception:
            pass


@plugin.tool(timeout=1, threads=True)
def threaded() -> str:
    """Never end, on a thread."""
    while True:
        time.sleep(0.01)


@plugin.tool(timeout=1)
async def waits() -> str:
    """Wait for ever."""
    await asyncio.sleep(3600)
    return ""


@plugin.tool(timeout=1)
async def hogs() -> str:
    """Never give the loop back."""
    while True:
        pass


@plugin.tool
async def answers(ctx: AsyncContext) -> str:
    """A good neighbour on the same loop."""
    await asyncio.sleep(0.01)
    return str(await ctx.config.get("nothing"))


@plugin.tool
def plain(ctx: Context) -> str:
    """A good neighbour without a loop."""
    return str(ctx.config.get("nothing"))
"#;

/// T11: a deadline stops the handler, the call says so, and the next call works.
#[test]
fn t11_a_deadline_stops_the_handler_and_nothing_else() {
    scene::both(
        "calls::t11_a_deadline_stops_the_handler_and_nothing_else",
        |scene| {
            let plugin = scene.load(&Project::python("t11", LOOPS));
            for tool in ["spins", "stubborn", "threaded", "waits", "hogs"] {
                let started = Instant::now();
                let envelope = scene.call(&plugin, tool, json!({}));
                assert_eq!(envelope["kind"], "timeout", "{tool}: {envelope}");
                let message = envelope["message"].as_str().unwrap_or_default();
                assert!(
                    message.contains("1 s")
                        || message.contains("1000 ms")
                        || message.contains("1.0 s"),
                    "{tool}: {message}"
                );
                assert!(
                    started.elapsed() < Duration::from_secs(8),
                    "{tool} took {:?}",
                    started.elapsed()
                );
                for neighbour in ["answers", "plain"] {
                    assert_eq!(
                        scene.result(&plugin, neighbour, json!({}))["text"],
                        "None",
                        "after {tool}"
                    );
                }
            }
        },
    );
}
