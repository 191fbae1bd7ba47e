//! What the command line gives to plugins: settings, secrets, files, agents and tunnels, with
//! `invoke` and with `serve`.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a failing test")]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Output, Stdio};
use support::assert_fails;

const BOB: &str = "0123ABCD-0000-4000-8000-00000000BEEF";

/// The plugin as `<folder>/given.so`, and a second one with another id.
fn plugins(folder: &Path) {
    let source = "cli/tests/given.c";
    support::plugin(folder, "given", source, "");
    support::plugin(folder, "other", source, "#define PLUGIN_ID \"dev.other\"");
}

fn invoke(folder: &Path, words: &[&str]) -> Output {
    let mut program = support::bridge(&[&["invoke", "given.so"], words].concat());
    program.current_dir(folder);
    program.env("API_KEY", "from the environment");
    program.stdin(Stdio::null()).output().unwrap()
}

#[track_caller]
fn assert_answers(output: &Output, parts: &[&str]) {
    assert_fails(output, 0, parts);
}

#[test]
fn settings_secrets_files_agents_and_a_tunnel_reach_a_tool() {
    let folder = tempfile::tempdir().unwrap();
    plugins(folder.path());
    std::fs::write(folder.path().join("token.txt"), "s3cret\n").unwrap();
    let agents = format!("bob={BOB}");
    let with = |tool: &str, arguments: &str| {
        let words = [
            tool,
            arguments,
            "--agents",
            &agents,
            "--config",
            "limit=7",
            "--secret",
            "bot_token=@token.txt",
            "--secret",
            "api_key",
            "--artifact",
            "token.txt",
            "--tunnel",
            "https://bot.example.com/",
        ];
        invoke(folder.path(), &words)
    };
    let options = [
        format!("tunnel_url=https://bot.example.com for {BOB};"),
        format!("limit=7 for {BOB};"),
        format!("bot_token=s3cret for {BOB};"),
        "file token.txt;".to_string(),
    ];
    let answer = with("heard", "{}");
    assert_answers(&answer, &options.each_ref().map(String::as_str));
    assert_answers(
        &with("get", r#"{"key":"api_key"}"#),
        &["from the environment"],
    );
    assert_answers(
        &with("get", r#"{"key":"tunnel_url"}"#),
        &["https://bot.example.com"],
    );
}

#[test]
fn a_value_may_be_for_one_agent_and_a_secret_may_come_from_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    plugins(folder.path());
    let words = [
        "invoke",
        "given.so",
        "heard",
        "--agent",
        "alice,bob",
        "--secret",
        "bob/bot_token=@-",
        "--secret",
        "alice/bot_token=@@direct",
    ];
    let mut program = support::bridge(&words);
    let program = program.current_dir(folder.path()).stdin(Stdio::piped());
    let mut child = program.stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"piped\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let output_text = String::from_utf8_lossy(&output.stdout).into_owned();
    let agents: Vec<&str> = ["bot_token=@direct for ", "bot_token=piped for "]
        .iter()
        .filter_map(|text| output_text.split(text).nth(1)?.split(';').next())
        .collect();
    assert!(agents.len() == 2 && agents[0] != agents[1], "{output_text}");
    assert_eq!(
        output_text.matches("bot_token=").count(),
        2,
        "{output_text}"
    );
}

#[test]
fn what_no_plugin_declares_is_named_with_what_was_probably_meant() {
    let folder = tempfile::tempdir().unwrap();
    plugins(folder.path());
    for (words, parts) in [
        (
            &["--config", "limt=7"][..],
            &[
                "has no setting \"limt\"; it declares limit, bot_token",
                "try: did you mean \"limit\"?",
            ][..],
        ),
        (
            &["--config", "api_key=x"],
            &["try: it is a secret: give it with --secret api_key=@FILE"],
        ),
        (
            &["--config", "tunnel_url=x"],
            &["try: give the tunnel's address with --tunnel URL"],
        ),
        (
            &["--secret", "botToken=x"],
            &[
                "has no secret \"botToken\"; it declares api_key, bot_token",
                "did you mean \"bot_token\"?",
            ],
        ),
        (
            &["--secret", "limit=1"],
            &["try: it is a setting: give it with --config limit=VALUE"],
        ),
        (
            &["--secret", "bot_token"],
            &[
                "the environment has no bot_token nor BOT_TOKEN",
                "--secret bot_token=@FILE",
            ],
        ),
        (
            &["--secret", "bot_token=@gone.txt"],
            &["cannot read the secret \"bot_token\" from gone.txt"],
        ),
        (
            &["--secret", "bot_token=@-"],
            &["the secret \"bot_token\" is empty in standard input"],
        ),
        (
            &["--config", "limit=0"],
            &[
                "the settings page of dev.given does not take these settings",
                "limit",
            ],
        ),
        (
            &["--config", "yuo/limit=3"],
            &[
                "there is no agent \"yuo\"; the agents are you",
                "did you mean \"you\"?",
            ],
        ),
        (
            &["--tunnel", "bob=https://b.example"],
            &["there is no agent \"bob\"", "--agents you,bob"],
        ),
        (&["--agents", "a,a"], &["the agent \"a\" is named twice"]),
        (&["--artifact", "gone.txt"], &["cannot share gone.txt"]),
    ] {
        let output = invoke(folder.path(), &[&["heard"], words].concat());
        assert_fails(&output, 1, parts);
    }
    for (option, value, text) in [
        (
            "--tunnel",
            "b.example",
            "expected an address such as https://bot.example.com",
        ),
        (
            "--config",
            "limit",
            "expected KEY=VALUE, such as language=en",
        ),
        ("--agents", "a=1", "\"1\" is not a UUID"),
    ] {
        assert_fails(
            &invoke(folder.path(), &["heard", option, value]),
            2,
            &[text],
        );
    }
}

#[test]
fn serve_gives_each_plugin_what_it_declares() {
    let folder = tempfile::tempdir().unwrap();
    plugins(folder.path());
    let words = [
        "serve",
        "given.so",
        "other.so",
        "--port",
        "0",
        "--config",
        "limit=7",
        "--tunnel",
        "https://bot.example.com",
    ];
    let mut program = support::bridge(&words);
    let mut serving = program
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(serving.stdout.take().unwrap());
    let mut text = String::new();
    while !text.contains("serving on") && out.read_line(&mut text).unwrap() > 0 {}
    let address = text.split("serving on http://").nth(1).unwrap();
    let address = address.split(';').next().unwrap();
    let agent = text
        .split("agent you: ")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap();
    assert!(
        text.contains("  tunnel: https://bot.example.com\n"),
        "{text}"
    );
    for plugin in ["dev.given", "dev.other"] {
        let mut stream = TcpStream::connect(address).unwrap();
        let head =
            format!("POST /plugins/{plugin}/hook HTTP/1.1\r\nHost: localhost\r\n{agent}\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(
            answer.contains("tunnel_url=https://bot.example.com for ")
                && answer.contains("limit=7 for "),
            "{answer}"
        );
    }
    serving.kill().unwrap();
    serving.wait().unwrap();
    let unknown = support::bridge(&[
        "serve", "given.so", "other.so", "--port", "0", "--config", "limt=7",
    ])
    .current_dir(folder.path())
    .output();
    assert_fails(
        &unknown.unwrap(),
        1,
        &[
            "no plugin has a setting \"limt\"; they declare",
            "did you mean \"limit\"?",
        ],
    );
}
