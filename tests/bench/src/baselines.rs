//! What the plugins are compared with: bare loops over pipes, MCP servers on the official SDKs,
//! Node doing nothing.

use crate::measure::{LineServer, least, median_us, resident_mb};
use crate::plugin_row::ARGUMENTS;
use crate::{Outcome, Paths};
use serde_json::{Value, json};
use std::process::Command;
use std::time::Instant;

/// JSON lines over pipes in Python.
pub fn python_pipe(paths: &Paths) -> Outcome<f64> {
    ask_repeatedly(&mut bare_python(paths, &[])?, ARGUMENTS)
}

/// Lines over pipes that Python sends back as they came.
pub fn python_echo(paths: &Paths) -> Outcome<f64> {
    ask_repeatedly(&mut bare_python(paths, &["echo"])?, ARGUMENTS)
}

fn bare_python(paths: &Paths, args: &[&str]) -> Outcome<LineServer> {
    let mut command = Command::new(&paths.python_program);
    let command = command
        .args(["-I", "-S", "tests/bench/pipe_worker.py"])
        .args(args);
    Ok(LineServer::start(command)?)
}

/// A Python that starts and answers one line.
pub fn python_start(paths: &Paths) -> Outcome<f64> {
    start(|| bare_python(paths, &[]))
}

/// JSON lines over pipes in Node.
pub fn node_pipe(paths: &Paths) -> Outcome<f64> {
    ask_repeatedly(&mut bare_node(paths)?, ARGUMENTS)
}

fn bare_node(paths: &Paths) -> Outcome<LineServer> {
    let mut command = Command::new(&paths.node_program);
    Ok(LineServer::start(
        command.arg("tests/bench/node/pipe_worker.mjs"),
    )?)
}

/// The Python SDK of MCP.
pub fn python_mcp(paths: &Paths) -> Outcome<f64> {
    mcp(Command::new(&paths.python_program).arg("tests/bench/mcp_server.py"))
}

/// The TypeScript SDK of MCP.
pub fn node_mcp(paths: &Paths) -> Outcome<f64> {
    mcp(Command::new(&paths.node_program).arg("tests/bench/node/mcp_server.mjs"))
}

fn mcp(command: &mut Command) -> Outcome<f64> {
    let mut server = LineServer::start(command)?;
    let hello = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}});
    server.ask(&hello.to_string())?;
    server.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)?;
    let arguments: Value = serde_json::from_str(ARGUMENTS)?;
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "echo", "arguments": arguments}});
    ask_repeatedly(&mut server, &call.to_string())
}

fn ask_repeatedly(server: &mut LineServer, line: &str) -> Outcome<f64> {
    let first = server.ask(line)?;
    if !first.contains("Shopping list") {
        return Err(format!("the baseline does not answer: {first}").into());
    }
    let mut failed = 0;
    let us = median_us(2000, || {
        failed += usize::from(!server.ask(line).is_ok_and(|a| a.contains("Shopping list")))
    });
    if failed > 0 {
        return Err(format!("{failed} baseline calls failed").into());
    }
    Ok(us)
}

/// A Node that starts, answers one line, and so has loaded what any worker needs of its own.
pub fn node_start(paths: &Paths) -> Outcome<f64> {
    start(|| bare_node(paths))
}

/// Milliseconds until a server has answered its first line and is gone.
fn start(server: impl Fn() -> Outcome<LineServer>) -> Outcome<f64> {
    least(|| {
        let start = Instant::now();
        let answer = server()?.ask(ARGUMENTS)?;
        let milliseconds = start.elapsed().as_secs_f64() * 1e3;
        match answer.contains("Shopping list") {
            true => Ok(milliseconds),
            false => Err(format!("a bare interpreter does not answer: {answer}").into()),
        }
    })
}

/// After a thousand lines.
pub fn node_memory(paths: &Paths) -> Outcome<f64> {
    let mut node = bare_node(paths)?;
    for _ in 0..1000 {
        node.ask(ARGUMENTS)?;
    }
    Ok(resident_mb(node.pid())?)
}
