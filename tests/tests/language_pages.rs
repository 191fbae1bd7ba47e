//! The pages of docs that their readers follow: files are written where the page says, commands run
//! in their order.

use osaurus_bridge_tests::compilers::quick_compilers;
use osaurus_bridge_tests::project::{free_port, text_of};
use osaurus_bridge_tests::swift::Toolchain;
use osaurus_bridge_tests::{built, root};
use std::process::Command;

/// A code block: its language, the file that it is (if any), and its text.
struct Block<'a> {
    language: &'a str,
    file: &'a str,
    text: &'a str,
}

fn blocks(page: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut rest = page;
    while let Some((_, after)) = rest.split_once("\n```") {
        let (info, body) = after.split_once('\n').expect("a block");
        let (text, next) = body.split_once("\n```").expect("the block's end");
        let (language, file) = info.split_once(' ').unwrap_or((info, ""));
        blocks.push(Block {
            language,
            file,
            text,
        });
        rest = next;
    }
    blocks
}

/// One step of the shell: a block of `sh` is run, one with a file's name is written, and `text` is
/// what a command prints.
fn step(block: &Block<'_>) -> String {
    match (block.language, block.file) {
        ("sh", "") => on_this_machine(block.text),
        ("text", "") => String::new(),
        (language, "") => panic!("a block of {language} that no test runs: {}", block.text),
        (_, file) => format!(
            "mkdir -p \"$(dirname {file})\"\ncat > {file} <<'END OF FILE'\n{}\nEND OF FILE",
            block.text
        ),
    }
}

/// Commands of a Mac as this machine has them.
fn on_this_machine(commands: &str) -> String {
    let suffix = std::env::consts::DLL_SUFFIX;
    let commands = commands
        .replace(".so ", &format!("{suffix} "))
        .replace(".dylib", suffix);
    if cfg!(target_os = "macos") {
        return commands;
    }
    let processor = std::env::consts::ARCH.replace("aarch64", "arm64");
    let package = format!("package --target linux-{processor}");
    commands.replace(
        "osaurus-bridge package",
        &format!("osaurus-bridge {package}"),
    )
}

fn script(page: &str) -> String {
    let steps: Vec<String> = blocks(page).iter().map(step).collect();
    steps.join("\n")
}

fn page(name: &str) -> String {
    std::fs::read_to_string(root().join("docs").join(name)).expect("the page")
}

/// Runs the page in a folder of its own and gives back all that the commands printed.
fn followed(name: &str) -> String {
    printed(&mut Command::new("sh"), &page(name))
}

/// The sections of docs/start.md that someone with this language follows.
fn start(language: &str) -> String {
    let page = page("start.md");
    let sections = ["Before you start", language].map(|title| {
        let (_, section) = page
            .split_once(&format!("\n## {title}\n"))
            .expect("the section");
        section.split("\n## ").next().unwrap_or_default()
    });
    sections.join("\n")
}

/// What the page's commands print, run by a shell in a folder of its own.
fn printed(shell: &mut Command, page: &str) -> String {
    let program = built("osaurus-bridge");
    let programs = program.parent().expect("a folder").display();
    // Whatever fails, nothing goes on running.
    let at_the_end = "trap 'kill ${server:-} ${service:-} 2>/dev/null || true' EXIT";
    let commands = format!(
        "{at_the_end}\nexport PATH='{programs}':\"$PATH\"\n{}",
        script(page)
    );
    let commands = commands
        .replace("8377", &free_port())
        .replace("8378", &free_port());
    let folder = tempfile::tempdir().expect("a folder");
    let output = quick_compilers(shell)
        .args(["-euc", &commands])
        .current_dir(folder.path())
        .stdin(std::process::Stdio::null())
        .env("npm_config_loglevel", "error")
        .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
        .output()
        .expect("sh");
    let text = text_of(&output);
    assert!(output.status.success(), "{text}");
    text
}

fn assert_printed(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

#[test]
fn every_step_of_the_page_on_typescript_works() {
    let parts = [
        "created books",
        r#""title": "Emma""#,
        r#""pages": 474"#,
        r#""result": 3"#,
    ];
    assert_printed(&followed("typescript.md"), &parts);
}

#[test]
fn every_step_of_the_page_on_python_works() {
    let parts = [
        "created books",
        "2 passed",
        r#""title": "Emma""#,
        r#""pages": 474"#,
        "clipping kept",
        "6 passed",
        "5 passed",
        "Poldark: yes",
    ];
    assert_printed(&followed("python.md"), &parts);
}

#[test]
fn every_step_of_the_page_on_mcp_works() {
    let parts = [
        "created clock",
        "Europe/Berlin",
        r#""weekday": "Sunday""#,
        "created memory",
        "created files",
        "Allowed directories",
    ];
    assert_printed(&followed("mcp.md"), &parts);
}

#[test]
fn a_first_plugin_in_python_takes_the_commands_of_the_page() {
    let parts = [
        "Hello Ada. (greeting number 1)",
        "42",
        "3 passed",
        "packed dev.example.hello",
    ];
    assert_printed(&printed(&mut Command::new("sh"), &start("Python")), &parts);
}

#[test]
fn a_first_plugin_in_typescript_takes_the_commands_of_the_page() {
    let parts = [
        "Hello Ada. (greeting number 1)",
        "42",
        "numbers are added",
        "packed dev.example.hello",
    ];
    assert_printed(
        &printed(&mut Command::new("sh"), &start("TypeScript")),
        &parts,
    );
}

#[test]
fn a_first_plugin_in_rust_takes_the_commands_of_the_page() {
    let parts = ["Hello Ada. (greeting number 1)", "can be installed"];
    assert_printed(&printed(&mut Command::new("sh"), &start("Rust")), &parts);
}

#[test]
fn a_first_plugin_in_c_takes_the_commands_of_the_page() {
    let parts = ["Hello Ada. (greeting number 1)", "can be installed"];
    assert_printed(&printed(&mut Command::new("sh"), &start("C")), &parts);
}

#[test]
fn a_first_plugin_in_swift_takes_the_commands_of_the_page() {
    let Some(toolchain) = Toolchain::find() else {
        return;
    };
    let parts = ["Hello Ada! (greeting number 1)", "can be installed"];
    assert_printed(
        &printed(&mut toolchain.command("sh"), &start("Swift")),
        &parts,
    );
}

#[test]
fn every_step_of_the_page_on_rust_works() {
    let parts = [
        "4 passed",
        r#""id": 1"#,
        r#"[\"Buy milk\"]"#,
        "can be installed",
    ];
    assert_printed(&followed("rust.md"), &parts);
}

#[test]
fn every_step_of_the_page_on_trying_a_plugin_works() {
    let parts = [
        "21 celsius",
        "without its key it fails",
        "294 kelvin",
        r#"shared {"file":"forecast.txt","words":4}"#,
        "A coat.",
        "heard",
    ];
    assert_printed(&followed("trying.md"), &parts);
}

#[test]
fn the_page_on_debugging_says_what_failures_look_like() {
    let parts = [
        "about to fail",
        "ValueError: no 7",
        r#""field": "number""#,
        r#""kind": "timeout""#,
        r#""code": "crashed""#,
        "result.file[0] is of type object, which JSON cannot carry",
    ];
    assert_printed(&followed("debugging.md"), &parts);
}

#[test]
fn every_step_of_the_page_on_a_projects_files_works() {
    assert_printed(&followed("project.md"), &["up to date with osaurus-bridge"]);
}
