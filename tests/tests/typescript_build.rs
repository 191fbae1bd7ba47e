//! Projects in TypeScript and JavaScript, from `new` to a library: what npm users expect, and
//! errors that teach.

use osaurus_bridge_tests::nodes;
use osaurus_bridge_tests::project::{Project, bridge, text_of};
use osaurus_reference_host::{AgentId, Host};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const PLUGIN: &str = "import { definePlugin, defineTool } from 'osaurus-plugin';\n\
    export default definePlugin({ name: 'Small', tools: {\n\
    hello: defineTool({ description: 'Say hello.', permission: 'auto', run: () => 'hello' }) } });\n";

fn call(library: &Path, tool: &str) -> Value {
    let host = Host::builder().agents(["ada"]).build().expect("a host");
    let plugin = host.load(library).expect("the plugin loads");
    let answer = plugin.invoke(tool, "{}", Some(AgentId::named("ada")));
    host.shutdown();
    serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{tool} answered {answer}"))
}

/// Builds a project, which must fail, and checks what is said.
fn refused(project: &Project, says: &[&str]) {
    let output = project.try_build(Path::new("python3"));
    let text = text_of(&output);
    assert!(!output.status.success(), "it was built: {text}");
    for part in says {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

#[test]
fn a_new_project_installs_checks_tests_builds_and_answers() {
    for (language, checks) in [("typescript", true), ("javascript", false)] {
        let folder = tempfile::tempdir().expect("a folder");
        new_project(language, folder.path());
        let folder = folder.path().join("hello");
        let here = |command: &mut Command| succeeds(command.current_dir(&folder).output());
        here(Command::new("npm").args(["install", "--silent", "--no-audit", "--no-fund"]));
        if checks {
            here(Command::new("npm").args(["run", "--silent", "check"]));
        }
        let tested = here(Command::new("npm").args(["test", "--silent"]));
        assert!(
            tested.contains("pass 2") && tested.contains("fail 0"),
            "{tested}"
        );
        here(bridge().arg("build"));
        let library = format!("dist/dev.example.hello{}", std::env::consts::DLL_SUFFIX);
        let answer = here(bridge().args(["invoke", &library, "greet", r#"{"name": "Ada"}"#]));
        assert!(
            answer.contains("Hello Ada. (greeting number 1)"),
            "{answer}"
        );
        here(bridge().args(["check", &library, "--include", "manifest"]));
        let inspected = here(bridge().args(["inspect", &library]));
        for part in ["a worker process", "Node >=20", "greet"] {
            assert!(inspected.contains(part), "{part}: {inspected}");
        }
    }
}

fn new_project(language: &str, folder: &Path) {
    let mut new = bridge();
    new.args(["new", "hello", "--lang", language]);
    let text = succeeds(new.current_dir(folder).output());
    assert!(
        text.contains("npm install && osaurus-bridge build"),
        "{text}"
    );
}

fn succeeds(output: std::io::Result<Output>) -> String {
    let output = output.expect("the program runs");
    let text = text_of(&output);
    assert!(output.status.success(), "{text}");
    text
}

#[test]
fn a_project_in_javascript_needs_no_typescript() {
    let project = Project::typescript("script", "")
        .file("main.js", PLUGIN)
        .settings("src/main.ts", "main.js");
    let library = project.build(Path::new("python3"));
    assert_eq!(call(&library, "hello")["result"]["text"], "hello");
}

#[test]
fn the_same_source_gives_the_same_library_in_another_folder() {
    let build = || {
        let project = Project::typescript("same", PLUGIN);
        std::fs::read(project.build(Path::new("python3"))).expect("the library")
    };
    assert!(build() == build());
}

#[test]
fn a_build_with_nothing_changed_does_not_run_the_plugin_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let marks = folder.path().join("marks");
    let source = format!(
        "import {{ appendFileSync }} from 'node:fs';\nappendFileSync({:?}, 'x');\n{PLUGIN}",
        marks.display().to_string()
    );
    let loads = || std::fs::read(&marks).expect("marks").len();
    let project = Project::typescript("again", &source);
    let build = || std::fs::read(project.build(Path::new("python3"))).expect("the library");
    let first = build();
    let loaded = loads();
    assert!(first == build(), "the same library");
    assert_eq!(loads(), loaded, "it was run again");
    std::fs::write(
        project.path().join("src/main.ts"),
        source.replace("Say hello", "Say it"),
    )
    .expect("an edit");
    assert!(first != build(), "an edit is built");
    assert!(loads() > loaded, "an edit is read");
}

#[test]
fn errors_in_the_code_name_file_and_line() {
    let cases = [
        (
            "syntax",
            format!("{PLUGIN}\nconst = 1;\n"),
            vec!["src/main.ts:5:6", "Expected identifier but found"],
        ),
        (
            "missing",
            format!("import 'no-such-package';\n{PLUGIN}"),
            vec!["src/main.ts:1:7", "no-such-package", "npm install"],
        ),
        (
            "runtime",
            format!("{PLUGIN}\nnull.x;\n"),
            vec![
                "the plugin cannot be loaded at src/main.ts:5:6: TypeError: Cannot read properties \
                 of null",
            ],
        ),
        (
            "rejected",
            format!("{PLUGIN}\nawait Promise.reject(new Error('no luck'));\n"),
            vec!["the plugin cannot be loaded at src/main.ts:5:22: Error: no luck"],
        ),
        (
            "typed",
            PLUGIN.replace("name: 'Small'", "name: 5"),
            vec!["src/main.ts:2:16: definePlugin: name must be a string, not 5"],
        ),
        (
            "untool",
            PLUGIN.replace("hello: defineTool(", "hello: ("),
            vec![
                "src/main.ts:2:16: definePlugin: tools.hello must be made with defineTool, not an \
                 object",
            ],
        ),
        (
            "exits",
            format!("{PLUGIN}\nprocess.exit(0);\n"),
            vec!["src/main.ts:5:9: Error: process.exit(0) was called at the module's top level"],
        ),
        (
            "nothing",
            "export const x = 1;\n".to_owned(),
            vec!["default", "export default definePlugin"],
        ),
        (
            "other",
            "export default 5;\n".to_owned(),
            vec!["definePlugin"],
        ),
    ];
    for (name, main, says) in cases {
        refused(&Project::typescript(name, &main), &says);
    }
}

#[test]
fn an_error_in_another_module_shows_only_the_path_to_it() {
    let project = Project::typescript("helped", &format!("import './other';\n{PLUGIN}")).file(
        "src/other.ts",
        "const limits = (): string => {\n  throw new Error('no limits');\n};\n\nlimits();\n",
    );
    let output = project.try_build(Path::new("python3"));
    let report: Value = serde_json::from_slice(&output.stdout).expect("build --json prints JSON");
    assert_eq!(
        report["error"],
        "the plugin cannot be loaded at src/other.ts:2:9: Error: no limits\n    \
         at limits (src/other.ts:2:9)\n    at src/other.ts:5:1"
    );
}

/// What goes wrong only in the host is in the answer to the call, as the script's own error.
#[test]
fn a_plugin_that_fails_to_start_in_the_host_says_where() {
    let main =
        format!("{PLUGIN}\nif (process.env.OSAURUS_BRIDGE_FDS) throw new Error('only here');\n");
    let library = Project::typescript("later", &main);
    let answer = call(&library.build(Path::new("python3")), "hello");
    assert_eq!(answer["ok"], false, "{answer}");
    let text = answer["message"].as_str().unwrap_or_default();
    let expected = "the plugin cannot be loaded at src/main.ts:5:43: Error: only here";
    assert!(text.starts_with(expected), "{text}");
}

/// A bundle is a CommonJS file, or a module where the code needs one. Its author has written a
/// module in any case.
#[test]
fn code_of_es_modules_runs_as_such_in_both_kinds_of_bundle() {
    let source = "run: () => [import.meta.filename.slice(import.meta.dirname.length), \
               import.meta.resolve('./beside') === new URL('beside', import.meta.url).href, \
               (function () { return this === undefined; })()]";
    let main = PLUGIN.replace("run: () => 'hello'", source);
    for (name, main, file) in [
        ("common", main.clone(), "/main.ts"),
        ("awaits", format!("await null;\n{main}"), "/main.ts"),
    ] {
        let project = Project::typescript(name, &main);
        let answer = call(&project.build(Path::new("python3")), "hello");
        assert_eq!(answer["result"], json!([file, true, true]), "{answer}");
    }
}

#[test]
fn a_project_without_its_packages_is_told_to_install_them() {
    let project = Project::typescript("bare", PLUGIN);
    let elsewhere = tempfile::tempdir().expect("a folder");
    let copy = elsewhere.path().join("src");
    std::fs::create_dir(&copy).expect("a folder");
    for file in ["package.json", "src/main.ts"] {
        std::fs::copy(project.path().join(file), elsewhere.path().join(file)).expect("a copy");
    }
    let output = bridge()
        .arg("build")
        .arg(elsewhere.path())
        .output()
        .expect("it runs");
    let text = text_of(&output);
    assert!(
        !output.status.success() && text.contains("npm install"),
        "{text}"
    );
    assert!(text.contains("osaurus-plugin is not installed"), "{text}");
}

/// A package with the signs of native code, which works all the same: its code is JavaScript.
fn with_native_package(name: &str) -> Project {
    let main = PLUGIN.replace("run: () => 'hello'", "run: () => native.hello()");
    Project::typescript(name, &format!("import native from '@some/native';\n{main}"))
        .file("node_modules/@some/native/package.json", r#"{"name": "@some/native", "version": "1.0.0", "main": "index.js", "dependencies": {"bindings": "1", "helper": "1"}}"#)
        .file("node_modules/@some/native/index.js", "module.exports = \
                                                     { hello: () => require('helper') + require('fs').readFileSync(__dirname + '/data.txt', 'utf8') };\n")
        .file("node_modules/@some/native/data.txt", "data")
        .file("node_modules/bindings/package.json", r#"{"name": "bindings", "version": "1.0.0"}"#)
        .file("node_modules/@some/native/node_modules/helper/package.json", r#"{"name": "helper", "version": "1.0.0"}"#)
        .file("node_modules/@some/native/node_modules/helper/index.js", "module.exports = 'helped ';\n")
}

#[test]
fn a_native_package_is_refused_by_name_or_packed_as_it_is() {
    let says = [
        "@some/native",
        "native code",
        "it depends on bindings",
        "external",
    ];
    refused(&with_native_package("native"), &says);
    let packed = with_native_package("packed")
        .settings(r#""main":"#, r#""external": ["@some/native"], "main":"#);
    let library = packed.build(Path::new("python3"));
    assert_eq!(call(&library, "hello")["result"]["text"], "helped data");
}

#[test]
fn a_file_of_native_code_is_refused_with_its_package() {
    let project = Project::typescript(
        "addon",
        &format!("import 'addon/build/addon.node';\n{PLUGIN}"),
    )
    .file(
        "node_modules/addon/package.json",
        r#"{"name": "addon", "version": "1.0.0"}"#,
    )
    .file("node_modules/addon/build/addon.node", "\u{7f}ELF");
    refused(
        &project,
        &["addon holds native code", r#"\"external\": [\"addon\"]"#],
    );
}

#[test]
fn two_plugins_keep_their_own_versions_of_a_dependency() {
    let main = PLUGIN.replace("'hello' }", "version() }");
    let project = |version: &str| {
        let name = format!("with-{version}");
        Project::typescript(&name, &format!("import version from 'dep';\n{main}"))
            .file(
                "node_modules/dep/package.json",
                r#"{"name": "dep", "version": "1.0.0", "main": "index.js"}"#,
            )
            .file(
                "node_modules/dep/index.js",
                &format!("module.exports = () => '{version}';\n"),
            )
    };
    let versions = ["old", "new"];
    let projects = versions.map(project);
    let host = Host::builder().agents(["ada"]).build().expect("a host");
    let plugins = projects.each_ref().map(|project| {
        let library = project.build(Path::new("python3"));
        host.load(&library).expect("the plugin loads")
    });
    for (plugin, version) in plugins.iter().zip(versions) {
        let answer = plugin.invoke("hello", "{}", Some(AgentId::named("ada")));
        assert!(
            answer.contains(&format!("\"text\":\"{version}\"")),
            "{answer}"
        );
    }
    host.shutdown();
}

/// Node 20, 22 and 24: what the machine has, and executables from the registry for the rest.
#[test]
fn one_library_runs_on_every_node() {
    let library = Project::typescript(
        "every",
        &PLUGIN.replace("'hello' }", "process.versions.node }"),
    );
    let library = library.build(Path::new("python3"));
    for (major, node) in nodes::all() {
        let answer = invoke_on(&node, &library);
        let version = answer["result"]["text"].as_str().unwrap_or_default();
        assert!(
            version.starts_with(&format!("{major}.")),
            "{}: {answer}",
            node.display()
        );
    }
}

fn invoke_on(node: &PathBuf, library: &Path) -> Value {
    let output = bridge()
        .args(["invoke", "--json"])
        .arg(library)
        .arg("hello")
        .env("OSAURUS_BRIDGE_NODE", node)
        .output()
        .expect("it runs");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| json!(text_of(&output)))
}
