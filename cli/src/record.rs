//! `osaurus-bridge record FILE -o SESSION`: runs one plugin as `serve` does, or calls tools of it,
//! and writes what crosses the boundary to a session that `replay` plays again.

use crate::failure::{Failure, OrFail};
use crate::supervised::{self, OnSignal};
use crate::terminal::say;
use crate::{library, serve};
use osaurus_conformance::replay::Recorder;
use osaurus_reference_host::{Host, Isolation, Profile};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Arguments of `record`.
#[derive(clap::Args)]
#[group(skip)]
pub struct Args {
    #[command(flatten)]
    serve: serve::Args,
    /// The session file to write
    #[arg(long, short, value_name = "SESSION")]
    output: PathBuf,
    /// Call a tool and end, instead of serving until Ctrl-C: TOOL, or TOOL=JSON; may be repeated
    #[arg(long = "invoke", value_name = "TOOL=JSON", value_parser = tool_call)]
    calls: Vec<(String, String)>,
    /// Keep secrets as they are instead of replacing them by placeholders
    #[arg(long)]
    with_secrets: bool,
}

fn tool_call(text: &str) -> Result<(String, String), String> {
    let (tool, arguments) = text.split_once('=').unwrap_or((text, "{}"));
    match serde_json::from_str::<Value>(arguments) {
        Ok(Value::Object(_)) => Ok((tool.to_owned(), arguments.to_owned())),
        Ok(_) => Err("expected a JSON object after `=`, such as greet={\"name\":\"Ada\"}".into()),
        Err(error) => Err(format!("what follows `=` is not JSON: {error}")),
    }
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    if !supervised::is_worker() {
        let serves = args.calls.is_empty();
        return supervised::run(if serves {
            OnSignal::Tell
        } else {
            OnSignal::End
        });
    }
    let library = one_plugin(&args.serve)?;
    if args.serve.host.profile == Profile::Documented {
        return Err(Failure::new(
            "the documented profile cannot be recorded: its hosts do not exist, so there is \
             nothing to replay",
            "use --profile actual or osaurus-exact",
        ));
    }
    if args.serve.host.dock_environment {
        return Err(Failure::new(
            "a session is recorded in the environment of the terminal",
            "leave out --dock-environment, which invoke and serve have",
        ));
    }
    let abi = args.serve.host.abi.clone();
    let recorder = Recorder::start(&library, &abi, &args.output, args.with_secrets);
    let recorder = Arc::new(recorder.or_fail("cannot record", "")?);
    let tap = Arc::clone(&recorder);
    // What a helper process does crosses another boundary.
    let code = if args.calls.is_empty() {
        serve::run_with(&args.serve, |host| host.tap(tap).isolate(Isolation::Off))?
    } else {
        let host = serve::start(&args.serve, |host| host.tap(tap).isolate(Isolation::Off))?;
        call(&host, &library, args)?
    };
    recorder.finish().or_fail("the recording failed", "")?;
    say!("recorded {}", args.output.display());
    Ok(code)
}

fn one_plugin(args: &serve::Args) -> Result<PathBuf, Failure> {
    match &args.plugins[..] {
        [] => library::find(None),
        [named] => library::find(Some(named)),
        _ => Err(Failure::new(
            "a session is of one plugin",
            "name one library: osaurus-bridge record FILE -o session.jsonl",
        )),
    }
}

/// Calls the tools in order, as the first agent.
fn call(host: &Host, library: &Path, args: &Args) -> Result<ExitCode, Failure> {
    library::check_code(library)?;
    let plugin = host.load(library).or_fail(
        format!("{} does not load", library.display()),
        "osaurus-bridge inspect says what the file holds",
    )?;
    args.serve.given.give(host)?;
    let agent = args.serve.given.agents().first();
    let mut code = ExitCode::SUCCESS;
    for (tool, arguments) in &args.calls {
        let answer = plugin.invoke(tool, arguments, agent);
        say!("{tool}: {answer}");
        let envelope: Value = serde_json::from_str(&answer).unwrap_or_default();
        if envelope["ok"] == false {
            code = ExitCode::FAILURE;
        }
    }
    host.wait_for_tasks(std::time::Duration::from_secs(60));
    host.shutdown();
    Ok(code)
}
