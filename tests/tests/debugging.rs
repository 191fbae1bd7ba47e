//! `osaurus-bridge dev` for an author who debugs: `breakpoint()` in its terminal, and a debugger of
//! an editor that attaches. Each tool here has less time than its debugger takes.

use osaurus_bridge_tests::dev::Dev;
use osaurus_bridge_tests::project::Project;
use osaurus_bridge_tests::root;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

const PYTHON: &str = r#"
from osaurus_plugin import Context, Plugin

plugin = Plugin(name="Stops")


@plugin.tool(permission="auto", timeout=1)
def greet(ctx: Context, name: str) -> str:
    """Greet a person."""
    breakpoint()
    ctx.log.info("went on")
    return f"Hello {name}."


@plugin.tool(permission="auto", timeout=1)
async def greet_later(name: str) -> str:
    """Greet a person."""
    breakpoint()
    return f"Hello later {name}."
"#;

const TYPESCRIPT: &str = r#"import { definePlugin, defineTool } from "osaurus-plugin";
import * as z from "zod";

const greet = defineTool({
  description: "Greet a person.",
  permission: "auto",
  timeoutMs: 1000,
  input: z.object({ name: z.string() }),
  async run({ name }) {
    debugger;
    return `Hello ${name}.`;
  },
});

export default definePlugin({ name: "Stops", tools: { greet } });
"#;

/// Longer than the tools' time.
const LONG: Duration = Duration::from_millis(2500);

fn stop_and_go_on(dev: &mut Dev) {
    dev.wait_for("loaded in");
    for tool in ["greet", "greet_later"] {
        dev.say(&format!("call {tool} {{\"name\": \"Ada\"}}"));
        dev.wait_for(&format!("{tool}()"));
        dev.say("name.upper()");
        dev.wait_for("'ADA'");
        std::thread::sleep(LONG);
        dev.say("c");
        dev.wait_for("Ada.");
    }
}

#[test]
fn a_breakpoint_stops_in_the_terminal_and_the_call_waits() {
    let project = Project::python("stops", PYTHON);
    let mut dev = Dev::start(project.path());
    stop_and_go_on(&mut dev);
    dev.say("call greet {\"name\": \"Bob\"}");
    dev.wait_for("greet()");
    for _ in 0..3 {
        dev.say("n");
    }
    dev.wait_for("--Return--");
    // Further than the handler: its end gives the terminal back.
    dev.say("n");
    dev.wait_for("\"text\": \"Hello Bob.\"");
    dev.say("tools");
    dev.wait_for("greet: Greet a person.");
    dev.say("call greet {\"name\": \"Cleo\"}");
    dev.wait_for("greet()");
    dev.say("q");
    dev.wait_for("the debugger was told to quit");
}

#[test]
fn a_breakpoint_stops_on_a_real_terminal() {
    let project = Project::python("stops", PYTHON);
    let mut dev = Dev::start_on_a_terminal(project.path());
    stop_and_go_on(&mut dev);
    dev.say("quit");
    dev.wait_for("stopped");
}

#[test]
fn what_is_saved_during_a_breakpoint_is_loaded_when_the_call_goes_on() {
    let project = Project::python("stops", PYTHON);
    let mut dev = Dev::start(project.path());
    dev.wait_for("loaded in");
    dev.say("call greet {\"name\": \"Ada\"}");
    dev.wait_for("greet()");
    let text = PYTHON
        .replace("    breakpoint()\n", "")
        .replace("Hello", "Ahoy");
    std::fs::write(project.path().join("main.py"), text).expect("a written file");
    std::thread::sleep(Duration::from_millis(500));
    dev.say("c");
    dev.wait_for("Hello Ada.");
    dev.wait_for("reloaded in");
    dev.say("call greet {\"name\": \"Ada\"}");
    dev.wait_for("Ahoy Ada.");
}

#[test]
fn without_a_terminal_a_breakpoint_is_passed_over_with_its_place() {
    let project = Project::python("stops", PYTHON);
    let library = project.build(&osaurus_bridge_tests::pythons::newest().executable);
    let output = Command::new(osaurus_bridge_tests::built("osaurus-bridge"))
        .arg("invoke")
        .arg(library)
        .args(["greet", "{\"name\": \"Ada\"}"])
        .output()
        .expect("the program runs");
    let text = both(&output);
    assert!(text.contains("Hello Ada."), "{text}");
    assert!(
        text.contains("main.py:10: breakpoint() is passed over"),
        "{text}"
    );
}

#[test]
fn the_end_of_a_run_lets_a_stopped_call_go_on() {
    let project = Project::python("stops", PYTHON);
    let mut dev = Dev::start(project.path());
    dev.wait_for("loaded in");
    dev.say("call greet {\"name\": \"Ada\"}");
    dev.wait_for("greet()");
    let end = Command::new("kill")
        .arg(dev.process.id().to_string())
        .status();
    assert!(end.expect("a signal").success());
    dev.wait_for("has been shut down");
    assert!(dev.process.wait().expect("an end").success());
}

#[test]
fn debugpy_attaches_stops_and_attaches_again_after_an_edit() {
    let text = PYTHON.replace("    breakpoint()\n", "    pass\n");
    let project = Project::python("stops", &text);
    let python = root().join(".venv/bin/python");
    let mut dev = Dev::start_in(
        project.path(),
        &["--inspect=0"],
        &[("OSAURUS_BRIDGE_PYTHON", &python)],
    );
    let port = port_of(&dev.wait_for("debugger: 127.0.0.1:"));
    dev.wait_for("loaded in");
    attached_call(&mut dev, &python, "attach.py", &port, project.path());
    dev.wait_for("Hello Ada.");
    let edited = text.replace("Hello", "Ahoy");
    std::fs::write(project.path().join("main.py"), edited).expect("a written file");
    dev.wait_for("reloaded in");
    attached_call(&mut dev, &python, "attach.py", &port, project.path());
    dev.wait_for("Ahoy Ada.");
}

#[test]
fn a_python_without_debugpy_is_named_with_what_installs_it() {
    let project = Project::python("stops", PYTHON);
    let environment = project.path().join(".venv");
    let status = Command::new(osaurus_bridge_tests::pythons::newest().executable)
        .args(["-m", "venv", "--without-pip"])
        .arg(&environment)
        .status()
        .expect("an environment");
    assert!(status.success());
    let output = Command::new(osaurus_bridge_tests::built("osaurus-bridge"))
        .args(["dev", "--inspect"])
        .arg(project.path())
        .output()
        .expect("the program runs");
    let text = both(&output);
    assert!(
        text.contains("has no debugpy, which --inspect needs"),
        "{text}"
    );
    assert!(
        text.contains(".venv/bin/python -m pip install debugpy"),
        "{text}"
    );
}

#[test]
fn the_inspector_of_node_stops_at_the_authors_line_and_again_after_an_edit() {
    let project = Project::typescript("stops", TYPESCRIPT);
    let mut dev = Dev::start_with(project.path(), &["--inspect=0"]);
    let port = port_of(&dev.wait_for("debugger: 127.0.0.1:"));
    dev.wait_for("loaded in");
    let node = Path::new("node");
    attached_call(&mut dev, node, "attach.mjs", &port, project.path());
    dev.wait_for("Hello Ada.");
    let edited = TYPESCRIPT.replace("Hello", "Ahoy");
    std::fs::write(project.path().join("src/main.ts"), edited).expect("a written file");
    dev.wait_for("reloaded in");
    attached_call(&mut dev, node, "attach.mjs", &port, project.path());
    dev.wait_for("Ahoy Ada.");
}

/// Attaches, calls the tool, and has it stopped for long.
fn attached_call(dev: &mut Dev, program: &Path, client: &str, port: &str, project: &Path) {
    let mut command = Command::new(program);
    if client.ends_with(".mjs") {
        command.arg("--experimental-websocket");
    }
    let client = command
        .arg(root().join("tests/fixtures/debugging").join(client))
        .arg(port)
        .arg(project)
        .stdout(std::process::Stdio::piped())
        .spawn();
    let mut client = client.expect("a debugger");
    let mut output = std::io::BufReader::new(client.stdout.take().expect("its output"));
    let mut line = || {
        let mut line = String::new();
        std::io::BufRead::read_line(&mut output, &mut line).expect("a line");
        line
    };
    assert_eq!(line(), "attached\n");
    dev.say("call greet {\"name\": \"Ada\"}");
    let stopped = line();
    assert!(stopped.starts_with("stopped at "), "{stopped}");
    assert!(stopped.contains("main."), "{stopped}");
    assert!(client.wait().expect("an end").success());
}

fn port_of(line: &str) -> String {
    let (_, port) = line.split_once("127.0.0.1:").expect("an address");
    port.chars().take_while(char::is_ascii_digit).collect()
}

fn both(output: &Output) -> String {
    let [out, error] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    format!("{out}{error}")
}
