//! One row of a plugin, measured in this process and printed as a number.

use crate::Outcome;
use crate::measure::{median_us, resident_mb};
use osaurus_direct_host::{Plugin, c_string};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Instant;

/// What `echo` is called with, here and by the baselines.
pub const ARGUMENTS: &str =
    r#"{"title":"Shopping list","body":"two words and five more words here","stars":3}"#;

/// What Osaurus gives the threads on which it calls plugins.
const STACK: usize = 512 << 10;

/// Measures on a thread like one of the host's, and prints.
pub fn print(name: &str, library: &Path) -> Outcome<()> {
    let on_thread = || measure(name, library).map_err(|error| error.to_string());
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        let measured = thread.spawn_scoped(scope, on_thread)?.join();
        Ok(measured.unwrap_or_else(|_| Err("the row panicked".into()))?)
    })
}

fn measure(name: &str, library: &Path) -> Outcome<()> {
    let plugin = Plugin::load(library)?;
    let measured = match name {
        "first" => {
            let start = Instant::now();
            check(&plugin, "echo", ARGUMENTS)?;
            start.elapsed().as_secs_f64() * 1e3
        }
        "stream" => stream(&plugin)?,
        "eight_threads" => eight_threads(&plugin)?,
        "echo" => tool(&plugin, "echo", ARGUMENTS, "Shopping list", 5_000)?,
        "echo_async" => tool(&plugin, "echo_async", ARGUMENTS, "Shopping list", 5_000)?,
        "long" => tool(&plugin, "long_length", &long(), "65536", 1_000)?,
        "long_echo" => tool(&plugin, "long_echo", &long(), "0123456789abcdef", 1_000)?,
        "host" => host_call(&plugin, "host_calls")?,
        "host_async" => host_call(&plugin, "host_calls_async")?,
        "memory" => memory(&plugin)?,
        other => return Err(format!("unknown row {other}").into()),
    };
    println!("{measured}");
    // As hosts do: a worker that is told to go keeps what it has compiled.
    plugin.unload();
    Ok(())
}

/// Arguments with a string of 64 KB.
fn long() -> String {
    json!({"text": "0123456789abcdef".repeat(4096)}).to_string()
}

/// Calls once and refuses anything but success, so that no row can measure an error path.
fn check(plugin: &Plugin, tool: &str, payload: &str) -> Outcome<Value> {
    let answer = plugin
        .invoke(&c_string(tool), &c_string(payload))
        .unwrap_or_default();
    let envelope: Value = serde_json::from_str(&answer).unwrap_or_default();
    if envelope["ok"] == true {
        return Ok(envelope["result"].clone());
    }
    Err(format!("{tool} failed: {answer}").into())
}

fn tool(plugin: &Plugin, tool: &str, payload: &str, part: &str, count: usize) -> Outcome<f64> {
    check(plugin, tool, payload)?;
    let (id, payload) = (c_string(tool), c_string(payload));
    let mut failed = 0;
    let us = median_us(count, || {
        let answer = plugin.invoke(&id, &payload);
        failed += usize::from(!answer.is_some_and(|text| text.contains(part)));
    });
    if failed > 0 {
        return Err(format!("{failed} calls of {tool} failed").into());
    }
    Ok(us)
}

/// Chunks in a second, of streams that the host writes as fast as it can.
fn stream(plugin: &Plugin) -> Outcome<f64> {
    let chunks = check(plugin, "stream", "{}")?["chunks"].as_f64();
    let chunks = chunks
        .filter(|chunks| *chunks > 0.0)
        .ok_or("no chunks came")?;
    let (id, payload) = (c_string("stream"), c_string("{}"));
    let us = median_us(20, || drop(plugin.invoke(&id, &payload)));
    Ok(chunks / us * 1e6)
}

/// Time for each call when eight threads of the host call at once.
fn eight_threads(plugin: &Plugin) -> Outcome<f64> {
    const CALLS: u32 = 2_000;
    const THREADS: u32 = 8;
    tool(plugin, "echo", ARGUMENTS, "Shopping list", 100)?;
    let (id, payload) = (c_string("echo"), c_string(ARGUMENTS));
    let start = Instant::now();
    let answered: usize = std::thread::scope(|scope| {
        let call = || {
            let answers = (0..CALLS).filter_map(|_| plugin.invoke(&id, &payload));
            answers
                .filter(|text| text.contains("Shopping list"))
                .count()
        };
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(call)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or(0))
            .sum()
    });
    if answered != (CALLS * THREADS) as usize {
        return Err(format!("{answered} of {} calls succeeded", CALLS * THREADS).into());
    }
    Ok(start.elapsed().as_secs_f64() * 1e6 / f64::from(CALLS * THREADS))
}

/// The cost of one host call: a thousand in one tool call, minus none in another, divided.
fn host_call(plugin: &Plugin, tool: &str) -> Outcome<f64> {
    const CALLS: f64 = 1000.0;
    check(plugin, tool, r#"{"count":1}"#)?;
    let id = c_string(tool);
    let (none, many) = (c_string(r#"{"count":0}"#), c_string(r#"{"count":1000}"#));
    let empty = median_us(50, || drop(plugin.invoke(&id, &none)));
    let full = median_us(50, || drop(plugin.invoke(&id, &many)));
    Ok((full - empty) / CALLS)
}

/// Of the process that the script runs in.
fn memory(plugin: &Plugin) -> Outcome<f64> {
    tool(plugin, "echo", ARGUMENTS, "Shopping list", 1_000)?;
    let result = check(plugin, "memory", "{}")?;
    let pid = result["pid"].as_u64().ok_or("no process number")?;
    Ok(resident_mb(u32::try_from(pid)?)?)
}
