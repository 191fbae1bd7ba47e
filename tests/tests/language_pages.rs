//! docs/python.md, docs/typescript.md and docs/mcp.md as their readers follow them: files are
//! written where the page says, commands run in their order.

use osaurus_bridge_tests::project::text_of;
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

/// One step of the shell for each block.
fn script(page: &str) -> String {
    let step = |block: Block<'_>| match (block.language, block.file) {
        ("sh", "") => block
            .text
            .replace(".so ", &format!("{} ", std::env::consts::DLL_SUFFIX)),
        ("ts" | "js" | "python", file) if !file.is_empty() => {
            format!("cat > {file} <<'END OF FILE'\n{}\nEND OF FILE", block.text)
        }
        (language, _) => panic!("a block of {language} that no test runs: {}", block.text),
    };
    blocks(page)
        .into_iter()
        .map(step)
        .collect::<Vec<_>>()
        .join("\n")
}

/// Runs the page in a folder of its own and gives back all that the commands printed.
fn followed(page: &str) -> String {
    let page = std::fs::read_to_string(root().join("docs").join(page)).expect("the page");
    let program = built("osaurus-bridge");
    let mut path = vec![program.parent().expect("a folder").to_path_buf()];
    path.extend(std::env::split_paths(
        &std::env::var_os("PATH").unwrap_or_default(),
    ));
    let folder = tempfile::tempdir().expect("a folder");
    let output = Command::new("sh")
        .args(["-euc", &script(&page)])
        .current_dir(folder.path())
        .env("PATH", std::env::join_paths(path).expect("a PATH"))
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
        "4 passed",
        "3 passed",
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
