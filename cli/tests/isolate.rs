//! `--isolate` as people use it: a tool that takes its process down is an answer, and the host goes
//! on.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a failing test")]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use support::assert_fails;

fn library(folder: &Path) -> PathBuf {
    support::plugin(folder, "isolate", "cli/tests/isolate.c", "")
}

/// The program with what it says in pipes.
fn piped(words: &[&str]) -> Command {
    let mut program = support::bridge(words);
    program.stdout(Stdio::piped()).stderr(Stdio::piped());
    program
}

/// What `invoke` answered, and whether the tool ran in its own process. Without the process that
/// watches it, whose number is not the tool's.
fn invoke(arguments: &[&str]) -> (Output, bool) {
    let mut program = piped(&[&["invoke"], arguments].concat());
    let process = program
        .env("OSAURUS_BRIDGE_SUPERVISED", "1")
        .spawn()
        .unwrap();
    let own = format!("process {}", process.id());
    let output = process.wait_with_output().unwrap();
    let here = String::from_utf8_lossy(&output.stdout).contains(&own);
    (output, here)
}

#[test]
fn a_crash_is_an_answer_of_the_tool() {
    let folder = tempfile::tempdir().unwrap();
    let library = library(folder.path());
    let library = library.to_str().unwrap();
    let (crashed, _) = invoke(&["--isolate", library, "crash"]);
    let ended = "Plugin 'dev.isolate': its helper process ended (signal: 6";
    assert_fails(
        &crashed,
        1,
        &[
            "\"execution_error\"",
            ended,
            "will restart on the next call",
        ],
    );
    let (ended, _) = invoke(&[library, "crash"]);
    assert_eq!(ended.status.code(), None, "without it the program ends too");
    let output = piped(&["invoke", library, "crash"]).output().unwrap();
    let crash = "error: the tool \"crash\" of dev.isolate crashed with SIGABRT (it gave up); it \
                 had made no host call";
    assert_fails(&output, 1, &[crash, "--isolate", "mode = \"worker\""]);
}

#[test]
fn all_tools_or_those_that_osaurus_isolates_leave_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let library = library(folder.path());
    let library = library.to_str().unwrap();
    for (flag, tool, stays) in [
        (None, "pid", true),
        (Some("--isolate"), "pid", false),
        (Some("--isolate=all"), "drive", false),
        (Some("--isolate=system"), "pid", true),
        (Some("--isolate=system"), "drive", false),
    ] {
        let arguments: Vec<&str> = flag.into_iter().chain([library, tool]).collect();
        let (output, here) = invoke(&arguments);
        assert!(output.status.success(), "{output:?}");
        assert_eq!(here, stays, "{flag:?} {tool}: {output:?}");
    }
}

#[test]
fn the_table_in_a_helper_is_of_the_hosts_version() {
    let folder = tempfile::tempdir().unwrap();
    let library = library(folder.path());
    let library = library.to_str().unwrap();
    for abi in ["2a", "3", "6"] {
        let (output, here) = invoke(&["--isolate", "--abi", abi, library, "version"]);
        let version = format!("version {}", &abi[..1]);
        assert_fails(&output, 0, &[&version]);
        assert!(!here);
    }
}

/// One way to crash or end per tool and function, each with what `invoke` says of it.
#[test]
fn the_end_of_a_process_is_a_sentence_with_what_ran_and_its_last_host_call() {
    let folder = tempfile::tempdir().unwrap();
    let library = library(folder.path());
    let library = library.to_str().unwrap();
    let temporary = folder.path().join("tmp");
    std::fs::create_dir(&temporary).unwrap();
    let of_tool = |tool: &str| format!("error: the tool \"{tool}\" of dev.isolate ");
    for (tool, how) in [
        (
            "segv",
            "crashed with SIGSEGV (an invalid memory access); its last host call was log(\"about \
             to crash\")",
        ),
        (
            "handled",
            "crashed with SIGSEGV (an invalid memory access); its last host call was \
             config_get(\"key\")",
        ),
        ("overflow", "crashed with SIG"),
        (
            "exit",
            "ended the process with exit code 0; it had made no host call",
        ),
        ("kill", "crashed with SIGKILL"),
        ("fork", "crashed with SIGABRT"),
    ] {
        let mut program = piped(&["invoke", library, tool]);
        let output = program.env("TMPDIR", &temporary).output().unwrap();
        let sentence = format!("{}{how}", of_tool(tool));
        assert_fails(
            &output,
            1,
            &[
                &sentence,
                "in Osaurus this would have ended the application",
                "  try: --isolate",
            ],
        );
    }
    let count = std::fs::read_dir(&temporary).unwrap().count();
    assert_eq!(count, 0, "the data folders of what crashed");
    for (place, what) in [
        ("init", "init of isolate"),
        ("open", "the plugin crashed with SIGABRT (it gave up) while"),
        (
            "config",
            "on_config_changed (key \"__osaurus_abi_probe__\") of dev.isolate",
        ),
    ] {
        let mut program = piped(&["invoke", library, "pid"]);
        let output = program.env("CRASH_IN", place).output().unwrap();
        assert_fails(&output, 1, &["error: ", what, "SIGABRT"]);
    }
}

#[test]
fn a_crash_in_serve_is_a_sentence_too() {
    let folder = tempfile::tempdir().unwrap();
    let library = library(folder.path());
    let words = ["serve", library.to_str().unwrap(), "--port", "0"];
    let mut serving = piped(&words).spawn().unwrap();
    let mut out = BufReader::new(serving.stdout.take().unwrap());
    let mut text = String::new();
    while !text.contains("serving on") {
        assert!(out.read_line(&mut text).unwrap() > 0, "{text}");
    }
    let address = text.split("serving on http://").nth(1).unwrap();
    ask(address.split(';').next().unwrap());
    let output = serving.wait_with_output().unwrap();
    let sentence = "one of the calls that ran crashed with SIGABRT (it gave up): ";
    let calls = [
        "the route \"ask\" (GET /ask) of dev.isolate (it was in the host call complete)",
        "the tool \"crash\" of dev.isolate (it had made no host call)",
    ];
    assert_fails(&output, 1, &[sentence, calls[0], calls[1]]);
}

#[test]
fn what_does_not_go_together_is_said() {
    let (mode, _) = invoke(&["--isolate", "--mode", "worker", "any.so", "pid"]);
    assert_fails(
        &mode,
        2,
        &["'--isolate[=<ISOLATE>]' cannot be used with '--mode <MODE>'"],
    );
    let (unknown, _) = invoke(&["--isolate=some", "any.so", "pid"]);
    assert_fails(&unknown, 2, &["[possible values: all, system]"]);
}

#[test]
fn a_served_plugin_survives_a_crash_of_its_tool_and_the_log_tells_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let library = library(folder.path());
    let arguments = [
        "serve",
        library.to_str().unwrap(),
        "--isolate",
        "--port",
        "0",
    ];
    let mut serving = piped(&arguments).spawn().unwrap();
    let mut out = BufReader::new(serving.stdout.take().unwrap());
    let mut text = String::new();
    while !text.contains("serving on") {
        assert!(out.read_line(&mut text).unwrap() > 0, "{text}");
    }
    let note = "tools run in a helper process of each plugin, without models, tasks and files; \
                routes, settings and events stay in this one";
    assert!(text.contains(note), "{text}");
    let address = text.split("serving on http://").nth(1).unwrap();
    for _ in 0..2 {
        let answer = ask(address.split(';').next().unwrap());
        assert!(answer.ends_with("asked"), "{answer}");
    }
    let killed = Command::new("kill")
        .args(["-s", "INT", &serving.id().to_string()])
        .status();
    assert!(killed.unwrap().success());
    out.read_to_string(&mut text).unwrap();
    assert!(serving.wait().unwrap().success(), "{text}");
    let crash = "[dev.isolate] /plugin-api/invoke/tool/crash 500 ";
    assert_eq!(text.matches(crash).count(), 2, "{text}");
    let line = "[Plugin:dev.isolate] [ERROR] its helper process ended (signal: 6";
    let output =
        "while it ran the tool \"crash\"; its last host call: none; it restarts on the next call";
    assert!(text.contains(line) && text.contains(output), "{text}");
}

fn ask(address: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let agent = "X-Osaurus-Agent-Id: 0123ABCD-0000-4000-8000-00000000BEEF";
    let head =
        format!("GET /plugins/dev.isolate/ask HTTP/1.1\r\nHost: localhost\r\n{agent}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
