//! Every host call is charged to the plugin and the agent that it was made for: two plugins, two agents, eight host
//! threads at once, `def`, `async def` and threads of the script's own, embedded and in workers.

use osaurus_bridge_tests::{child, project::Project, pythons};
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

fn load_two(host: &Host, python: &std::path::Path) -> Vec<Arc<LoadedPlugin>> {
    ["one", "two"]
        .iter()
        .map(|name| {
            host.load(&Project::python(name, MAIN).build(python))
                .expect("the plugin loads")
        })
        .collect()
}

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
                let mut made = 0;
                for round in 0..30 {
                    let tool = ["plain", "threaded", "looped"][(number + round) % 3];
                    let envelope = call(&plugin, tool, agent);
                    made += envelope["result"]
                        .as_u64()
                        .unwrap_or_else(|| panic!("{tool}: {envelope}"))
                        as usize;
                }
                made
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
        .filter(|call| call.request.contains("dev.test."))
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

fn scenario() {
    let python = pythons::newest();
    let host = Host::builder()
        .agents(["ada", "ben"])
        .build()
        .expect("a host");
    let plugins = load_two(&host, &python.executable);
    let agents = [AgentId::named("ada"), AgentId::named("ben")];
    let expected = hammer(&plugins, &agents);
    check_every_call(&host, expected);
    host.shutdown();
}

#[test]
fn no_call_is_charged_to_another_plugin_or_agent_embedded() {
    let python = pythons::newest().executable.display().to_string();
    child::run(
        "no_call_is_charged_to_another_plugin_or_agent_embedded",
        &[
            ("OSAURUS_BRIDGE_MODE", "embedded"),
            ("OSAURUS_BRIDGE_PYTHON", &python),
        ],
        scenario,
    );
}

#[test]
fn no_call_is_charged_to_another_plugin_or_agent_in_workers() {
    let python = pythons::newest().executable.display().to_string();
    child::run(
        "no_call_is_charged_to_another_plugin_or_agent_in_workers",
        &[
            ("OSAURUS_BRIDGE_MODE", "worker"),
            ("OSAURUS_BRIDGE_PYTHON", &python),
        ],
        scenario,
    );
}

#[test]
fn a_thread_beside_a_plain_handler_is_told_how_to_declare_the_tool() {
    let python = pythons::newest().executable.display().to_string();
    child::run(
        "a_thread_beside_a_plain_handler_is_told_how_to_declare_the_tool",
        &[
            ("OSAURUS_BRIDGE_MODE", "embedded"),
            ("OSAURUS_BRIDGE_PYTHON", &python),
        ],
        || {
            let host = Host::builder().agents(["ada"]).build().expect("a host");
            let plugin = host
                .load(&Project::python("one", MAIN).build(&pythons::newest().executable))
                .expect("loads");
            let envelope = call(&plugin, "stray", AgentId::named("ada"));
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
