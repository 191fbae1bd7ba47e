//! `osaurus-bench`: what calls cost, every figure beside its baseline from the same run.
//! Started by `script/bench`, pinned to one core; takes the paths of what was built:
//! `osaurus-bench NATIVE.so PYTHON.so PYTHON-FOR-BASELINES`. Start-up rows run in fresh child processes.

mod measure;

use measure::{LineServer, median_us};
use osaurus_direct_host::{Plugin, c_string};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

const ARGUMENTS: &str =
    r#"{"title":"Shopping list","body":"two words and five more words here","stars":3}"#;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// A line of the table: name, microseconds, and what it is compared with.
struct Row {
    name: String,
    us: f64,
}

struct Paths {
    native: PathBuf,
    python: PathBuf,
    interpreter: PathBuf,
}

fn main() -> Outcome<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["--row", name, native, python] => print_row(name, Path::new(native), Path::new(python)),
        [native, python, interpreter] => run(&Paths {
            native: native.into(),
            python: python.into(),
            interpreter: interpreter.into(),
        }),
        _ => Err("usage: osaurus-bench NATIVE.so PYTHON.so PYTHON".into()),
    }
}

fn run(paths: &Paths) -> Outcome<()> {
    let rows = [
        ("tool call, C plugin", row(paths, "native", "auto")?),
        ("tool call, embedded def", row(paths, "sync", "embedded")?),
        (
            "tool call, embedded async def",
            row(paths, "async", "embedded")?,
        ),
        ("tool call, worker def", row(paths, "sync", "worker")?),
        (
            "tool call, worker async def",
            row(paths, "async", "worker")?,
        ),
        ("tool call, bare pipe loop", bare_pipe(paths)?),
        ("tool call, MCP SDK over stdio", mcp(paths)?),
        ("host call, C plugin", row(paths, "native-host", "auto")?),
        ("host call, embedded def", row(paths, "host", "embedded")?),
        (
            "host call, embedded async def",
            row(paths, "host-async", "embedded")?,
        ),
        ("host call, worker def", row(paths, "host", "worker")?),
        (
            "load to manifest, C plugin",
            median_of_children(paths, "load-native", "auto")?,
        ),
        (
            "load to manifest, Python plugin",
            median_of_children(paths, "load", "auto")?,
        ),
        (
            "first call, embedded def",
            median_of_children(paths, "first", "embedded")?,
        ),
        (
            "first call, worker def",
            median_of_children(paths, "first", "worker")?,
        ),
    ];
    let rows: Vec<Row> = rows
        .into_iter()
        .map(|(name, us)| Row {
            name: name.into(),
            us,
        })
        .collect();
    print_table(&rows);
    Ok(())
}

fn find<'a>(rows: &'a [Row], name: &str) -> Option<&'a Row> {
    rows.iter().find(|row| row.name == name)
}

fn print_table(rows: &[Row]) {
    println!("{:<34} {:>12}  ratio", "medians, one core", "us");
    let baseline_of = |row: &Row| match row.name.split(',').next() {
        Some("tool call") => find(rows, "tool call, MCP SDK over stdio"),
        Some("host call") => find(rows, "host call, C plugin"),
        Some("load to manifest") => find(rows, "load to manifest, C plugin"),
        _ => None,
    };
    for row in rows {
        println!(
            "{:<34} {:>12.2}  {}",
            row.name,
            row.us,
            baseline_of(row).map_or(String::new(), |base| ratio(row, base))
        );
    }
}

fn ratio(row: &Row, base: &Row) -> String {
    let what = base.name.split(", ").nth(1).unwrap_or("");
    if row.name == base.name {
        "(the baseline)".into()
    } else if row.us < base.us {
        format!("{:.1} times faster than {what}", base.us / row.us)
    } else {
        format!(
            "{:.1} times {what}, {:+.2} us",
            row.us / base.us,
            row.us - base.us
        )
    }
}

/// One measurement in a fresh process: a process can hold only one interpreter.
fn row(paths: &Paths, name: &str, mode: &str) -> Outcome<f64> {
    let output = Command::new(std::env::current_exe()?)
        .args(["--row", name])
        .args([&paths.native, &paths.python])
        .env("OSAURUS_BRIDGE_MODE", mode)
        .env("OSAURUS_BRIDGE_PYTHON", &paths.interpreter)
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().map_err(|_| {
        format!(
            "{name} ({mode}): {text} {}",
            String::from_utf8_lossy(&output.stderr)
        )
        .into()
    })
}

fn median_of_children(paths: &Paths, name: &str, mode: &str) -> Outcome<f64> {
    let mut samples = (0..9)
        .map(|_| row(paths, name, mode))
        .collect::<Outcome<Vec<f64>>>()?;
    samples.sort_by(f64::total_cmp);
    Ok(samples[samples.len() / 2])
}

fn print_row(name: &str, native: &Path, python: &Path) -> Outcome<()> {
    let started = Instant::now();
    let plugin = Plugin::load(if name.contains("native") {
        native
    } else {
        python
    })?;
    let loaded = started.elapsed().as_secs_f64() * 1e6;
    let us = match name {
        "load" | "load-native" => loaded,
        "first" => {
            let start = Instant::now();
            check(&plugin, "echo", ARGUMENTS)?;
            start.elapsed().as_secs_f64() * 1e6
        }
        "native" | "sync" => tool(&plugin, "echo", 20_000)?,
        "async" => tool(&plugin, "echo_async", 5_000)?,
        "native-host" | "host" => host_call(&plugin, "host_calls")?,
        "host-async" => host_call(&plugin, "host_calls_async")?,
        other => return Err(format!("unknown row {other}").into()),
    };
    println!("{us}");
    Ok(())
}

/// Calls once and refuses anything but success, so that no row can measure an error path.
fn check(plugin: &Plugin, tool: &str, payload: &str) -> Outcome<()> {
    let answer = plugin
        .invoke(&c_string(tool), &c_string(payload))
        .unwrap_or_default();
    let envelope: Value = serde_json::from_str(&answer).unwrap_or_default();
    if envelope["ok"] == true {
        return Ok(());
    }
    Err(format!("{tool} failed: {answer}").into())
}

fn tool(plugin: &Plugin, tool: &str, count: usize) -> Outcome<f64> {
    check(plugin, tool, ARGUMENTS)?;
    let (id, payload) = (c_string(tool), c_string(ARGUMENTS));
    let mut failed = 0;
    let us = median_us(count, || {
        let answer = plugin.invoke(&id, &payload);
        failed += usize::from(!answer.is_some_and(|text| text.contains("Shopping list")));
    });
    if failed > 0 {
        return Err(format!("{failed} calls of {tool} failed").into());
    }
    Ok(us)
}

/// The cost of one host call: a thousand in one tool call, minus none in another, divided.
fn host_call(plugin: &Plugin, tool: &str) -> Outcome<f64> {
    const CALLS: f64 = 1000.0;
    check(plugin, tool, r#"{"count":1}"#)?;
    let id = c_string(tool);
    let (none, many) = (c_string(r#"{"count":0}"#), c_string(r#"{"count":1000}"#));
    let empty = median_us(300, || drop(plugin.invoke(&id, &none)));
    let full = median_us(300, || drop(plugin.invoke(&id, &many)));
    Ok((full - empty) / CALLS)
}

fn bare_pipe(paths: &Paths) -> Outcome<f64> {
    let mut server = LineServer::start(
        Command::new(&paths.interpreter).args(["-S", "tests/bench/pipe_worker.py"]),
    )?;
    ask_repeatedly(&mut server, ARGUMENTS)
}

fn mcp(paths: &Paths) -> Outcome<f64> {
    let mut server =
        LineServer::start(Command::new(&paths.interpreter).arg("tests/bench/mcp_server.py"))?;
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
    let us = median_us(3000, || {
        failed += usize::from(!server.ask(line).is_ok_and(|a| a.contains("Shopping list")))
    });
    if failed > 0 {
        return Err(format!("{failed} baseline calls failed").into());
    }
    Ok(us)
}
