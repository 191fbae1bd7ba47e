//! Calls: exits, calls that come back, deadlines. Texts of every kind are among the shared
//! scenarios.

use osaurus_bridge_tests::project::Project;
use osaurus_bridge_tests::scene;
use serde_json::json;
use std::time::{Duration, Instant};

const EXITS: &str = include_str!("../../fixtures/exits/main.py");

/// T3: `sys.exit` and its relatives end the call, never the host and never the event loop.
#[test]
fn t3_exiting_in_a_handler_ends_only_the_call() {
    scene::both(
        "calls::t3_exiting_in_a_handler_ends_only_the_call",
        |scene| {
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
        },
    );
}

/// T6: the host runs the plugin's own tools while one of its handlers waits for `complete`.
#[test]
fn t6_a_host_call_may_call_the_plugin_again() {
    scene::both("calls::t6_a_host_call_may_call_the_plugin_again", |scene| {
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
    });
}

const LOOPS: &str = include_str!("../../fixtures/loops/main.py");

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
                // How late it is noticed depends on the machine.
                assert!(message.contains("was stopped"), "{tool}: {message}");
                assert!(
                    started.elapsed() < Duration::from_secs(60),
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

const COROUTINES: &str = include_str!("../../fixtures/coroutines/main.py");

/// T13: a coroutine has its task, its loop, its context and what it leaves to the loop, whether it
/// waits or not.
#[test]
fn t13_a_coroutine_runs_as_in_plain_asyncio() {
    scene::both("calls::t13_a_coroutine_runs_as_in_plain_asyncio", |scene| {
        let plugin = scene.load(&Project::python("t13", COROUTINES));
        for word in ["first", "second"] {
            let facts = scene.result(&plugin, "same", json!({"word": word}));
            assert_eq!(facts["clean"], "nothing", "{facts}");
            assert_eq!(facts["before"][2], word, "{facts}");
            assert_eq!(facts["before"], facts["turn"]);
            assert_eq!(facts["before"], facts["call"]);
        }
        assert_eq!(
            scene.result(&plugin, "at_once", json!({}))["text"],
            "at once"
        );
        assert_eq!(
            scene.result(&plugin, "together", json!({})),
            json!([0, 1, 2, 3, 4])
        );
        scene.result(&plugin, "left_behind", json!({}));
        scene.result(&plugin, "generator", json!({}));
        assert_eq!(
            scene.result(&plugin, "what_ran", json!({})),
            json!(["generator", "timer"])
        );
        std::thread::scope(|threads| {
            let first = threads.spawn(|| scene.result(&plugin, "waits_for_the_other", json!({})));
            let second = scene.result(&plugin, "the_other", json!({}));
            let first = first.join().expect("no panic");
            assert_eq!(
                (&first["text"], &second["text"]),
                (&json!("was first"), &json!("was second"))
            );
        });
    });
}
