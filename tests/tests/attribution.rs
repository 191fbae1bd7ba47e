//! Every host call is charged to the plugin and the agent that it was made for: two plugins, two agents, eight host
//! threads at once, `def`, `async def` and threads of the script's own, embedded and in workers.

use osaurus_bridge_tests::project::Project;
use osaurus_bridge_tests::scene::{self, Scene};
use osaurus_reference_host::{AgentId, Host, LoadedPlugin, ResolvedBy};
use serde_json::{Value, json};
use std::sync::Arc;

/// Each host call carries a marker `plugin/agent` that the host's record is compared with.
const MAIN: &str = r#"
import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

from osaurus_plugin import AsyncContext, Context, Plugin

plugin = Plugin(name="Attribution")


@plugin.tool
def plain(ctx: Context, marker: str) -> int:
    """Host calls on the host's own thread."""
    for _ in range(5):
        ctx.config.get(marker)
        ctx.db.query("SELECT ?", [marker])
        ctx.log.info(marker)
    return 15


@plugin.tool(threads=True)
def threaded(ctx: Context, marker: str) -> int:
    """Host calls on four threads of the script's own."""
    def work(_: int) -> None:
        ctx.config.get(marker)
        ctx.db.query("SELECT ?", [marker])
        ctx.log.info(marker)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(5)))
    return 15


@plugin.tool
async def looped(ctx: AsyncContext, marker: str) -> int:
    """Awaited host calls, several at once, and a blocking library on a thread."""
    async def work() -> None:
        await ctx.config.get(marker)
        await ctx.db.query("SELECT ?", [marker])

    await asyncio.gather(*[work() for _ in range(5)])
    await asyncio.to_thread(lambda: None)
    ctx.log.info(marker)
    await asyncio.sleep(0)
    return 11


@plugin.tool
def stray(ctx: Context, marker: str) -> list[str]:
    """A thread that the host's thread waits for cannot have its calls made there."""
    caught: list[str] = []

    def work() -> None:
        try:
            ctx.config.get(marker)
        except Exception as error:
            caught.append(str(error))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return caught
"#;

fn call(plugin: &Arc<LoadedPlugin>, tool: &str, agent: AgentId) -> Value {
    let marker = format!("{}/{agent}", plugin.id());
    let answer = plugin.invoke(tool, &json!({"marker": marker}).to_string(), Some(agent));
    serde_json::from_str(&answer).unwrap_or_else(|_| panic!("no envelope: {answer}"))
}

fn hammer(plugins: &[Arc<LoadedPlugin>], agents: &[AgentId]) -> usize {
    let threads: Vec<_> = (0..8)
        .map(|number| {
            let plugin = Arc::clone(&plugins[number % 2]);
            let agent = agents[number / 2 % 2];
            std::thread::spawn(move || {
                let mut count = 0;
                for round in 0..30 {
                    let tool = ["plain", "threaded", "looped"][(number + round) % 3];
                    let envelope = call(&plugin, tool, agent);
                    count += envelope["result"]
                        .as_u64()
                        .unwrap_or_else(|| panic!("{tool}: {envelope}"))
                        as usize;
                }
                count
            })
        })
        .collect();
    threads
        .into_iter()
        .map(|thread| thread.join().expect("a host thread"))
        .sum()
}

fn check_every_call(host: &Host, expected: usize) {
    let calls = host.activity();
    let marked: Vec<_> = calls
        .iter()
        .filter(|call| {
            ["one", "two"]
                .iter()
                .any(|name| call.request.contains(&format!("dev.test.{name}/")))
        })
        .collect();
    assert_eq!(marked.len(), expected, "every call was recorded");
    for call in marked {
        let agent = call
            .agent
            .map(|agent| agent.to_string())
            .unwrap_or_default();
        let charged = format!("{}/{agent}", call.plugin);
        assert!(
            call.request.contains(&charged),
            "{} was charged to {charged}: {}",
            call.slot,
            call.request
        );
        assert_eq!(
            call.resolved,
            ResolvedBy::Scope,
            "{} came from a thread without a frame",
            call.slot
        );
    }
}

fn scenario(scene: &Scene) {
    let plugins = ["one", "two"].map(|name| scene.load(&Project::python(name, MAIN)));
    let agents = [scene.ada, AgentId::named("ben")];
    let expected = hammer(&plugins, &agents);
    check_every_call(&scene.host, expected);
}

#[test]
fn no_call_is_charged_to_another_plugin_or_agent() {
    scene::both("no_call_is_charged_to_another_plugin_or_agent", scenario);
}

#[test]
fn a_thread_beside_a_plain_handler_is_told_how_to_declare_the_tool() {
    scene::embedded(
        "a_thread_beside_a_plain_handler_is_told_how_to_declare_the_tool",
        |scene| {
            let plugin = scene.load(&Project::python("one", MAIN));
            let envelope = call(&plugin, "stray", scene.ada);
            let text = envelope["result"][0]
                .as_str()
                .unwrap_or_else(|| panic!("{envelope}"));
            assert!(
                text.contains("threads=True") && text.contains("async def"),
                "{text}"
            );
        },
    );
}
