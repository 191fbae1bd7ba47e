//! Plugins in Swift as people have them: the example in hosts of every version that it loads in,
//! and a new project, built and tested with the commands of its own README.

use osaurus_bridge_tests::project::{bridge, text_of};
use osaurus_bridge_tests::swift::{self, Toolchain};
use osaurus_bridge_tests::{built, library};
use osaurus_reference_host::{AgentId, Host, LoadedPlugin, RouteCall};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

const REMINDERS: &str = "examples/swift-reminders";

/// The plugin in one host.
struct Desk {
    host: Host,
    plugin: Arc<LoadedPlugin>,
}

impl Desk {
    fn new(library: &Path, version: u32) -> Desk {
        let host = Host::builder().abi(version).agents(["ada", "ben"]);
        let host = host.build().expect("the host starts");
        let plugin = host.load(library);
        let plugin = plugin.unwrap_or_else(|error| panic!("in version {version}: {error}"));
        Desk { host, plugin }
    }

    fn call(&self, agent: &str, tool: &str, arguments: &Value) -> Value {
        let agent = Some(AgentId::named(agent));
        let text = self.plugin.invoke(tool, &arguments.to_string(), agent);
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{tool} answered {text}"))
    }

    fn set(&self, key: &str, value: &str) {
        let stored = self
            .host
            .store_config(AgentId::named("ada"), self.plugin.id(), key, value);
        stored.expect("a stored setting");
    }

    fn calendar(&self, query: &str) -> (u16, String) {
        let path = format!("/reminders.ics{query}");
        let answer = self
            .plugin
            .route(RouteCall::new("GET", &path, AgentId::named("ada")));
        (answer.status, answer.text())
    }
}

#[test]
fn reminders_are_stored_and_shown_in_hosts_of_versions_2_to_6() {
    let test = "reminders_are_stored_and_shown_in_hosts_of_versions_2_to_6";
    swift::run(test, REMINDERS, |products| {
        for version in 2..=6 {
            let desk = Desk::new(&products.join(library("Reminders")), version);
            keeps(&desk, version);
            shows(&desk);
            warns(&desk);
        }
    });
}

fn keeps(desk: &Desk, version: u32) {
    desk.set("time_zone", "Europe/Berlin");
    let milk = json!({"text": "Milk", "due": "2099-01-01 12:00"});
    let added = json!({"id": 1, "text": "Milk", "due": "2099-01-01 12:00", "isOverdue": false});
    assert_eq!(desk.call("ada", "add", &milk)["result"], added);
    let bens = &desk.call("ben", "list", &json!({}))["result"];
    let shared = if version < 4 { 1 } else { 0 };
    assert_eq!(
        bens.as_array().map(Vec::len),
        Some(shared),
        "version {version}: {bens}"
    );
    let brief = &desk.call("ada", "brief", &json!({}))["result"];
    assert_eq!(brief, "You said: - 2099-01-01 12:00: Milk");
    let wrong = desk.call("ada", "add", &json!({"text": "Eggs", "due": "soon"}));
    assert_eq!(
        (&wrong["kind"], &wrong["field"]),
        (&json!("invalid_args"), &json!("due"))
    );
}

fn shows(desk: &Desk) {
    assert_eq!(desk.calendar("?key=k").0, 403);
    desk.set("calendar_key", "k");
    assert_eq!(desk.calendar("").0, 403);
    let (status, calendar) = desk.calendar("?key=k");
    assert_eq!(status, 200, "{calendar}");
    let event = "DTSTART:20990101T110000Z\r\nDURATION:PT15M\r\nSUMMARY:Milk\r\n";
    assert!(calendar.contains(event), "{calendar}");
    let result = desk.call("ada", "finish", &json!({"id": 1}));
    assert_eq!(result["result"], json!({"done": "Milk"}), "{result}");
    assert_eq!(
        desk.call("ada", "finish", &json!({"id": 1}))["kind"],
        "not_found"
    );
    assert!(!desk.calendar("?key=k").1.contains("SUMMARY"));
}

fn warns(desk: &Desk) {
    desk.plugin
        .config_changed(AgentId::named("ada"), "time_zone", "Mars");
    let lines = desk.host.log_lines();
    let warned = lines
        .iter()
        .any(|line| line.level == 3 && line.message.contains("no time zone `Mars`"));
    assert!(warned, "{lines:#?}");
}

#[test]
fn a_new_project_with_a_page_passes_its_tests_builds_and_greets() {
    let Some(toolchain) = Toolchain::find() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let new = |name: &str| {
        let mut new = bridge();
        new.args(["new", name, "--lang", "swift", "--web"])
            .current_dir(folder.path());
        new.output().expect("osaurus-bridge runs")
    };
    let refused = text_of(&new("testing"));
    assert!(
        refused.contains("its module would be `Testing`"),
        "{refused}"
    );
    let text = text_of(&new("my-hello"));
    assert!(
        text.contains("swift build -c release && osaurus-bridge invoke"),
        "{text}"
    );

    let project = folder.path().join("my-hello");
    let checked = |mut command: Command| {
        let output = command.current_dir(&project).output().expect("it starts");
        assert!(output.status.success(), "{command:?}: {}", text_of(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let swift = |words: &[&str]| {
        let mut command = toolchain.command("swift");
        command.args(words).args(swift::STRICT);
        checked(command)
    };
    swift(&["test", "--disable-xctest"]);
    swift(&["build", "-c", "release"]);
    let mut copy = Command::new("cp");
    copy.args(["-R", "web", ".build/release/"]);
    checked(copy);
    let mut invoke = toolchain.command(built("osaurus-bridge"));
    let name = format!(".build/release/{}", library("MyHello"));
    let mut check = toolchain.command(built("osaurus-bridge"));
    check.args(["check", &name, "--include", "manifest"]);
    checked(check);
    invoke.args(["invoke", &name, "greet", r#"{"name": "Ada"}"#]);
    let greeted = checked(invoke);
    assert!(
        greeted.contains("Hello Ada! (greeting number 1)"),
        "{greeted}"
    );
}
