//! Loads a bundle once, outside of the project's folder, and returns what the plugin says about
//! itself.

use super::super::description::Description;
use super::super::program::{Finished, Running, without_settings};
use super::hang;
use crate::failure::{Failure, OrFail};
use crate::project::Project;
use osaurus_shim::node::Node;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// What Node exits with when the top level of a module waits for something that never comes.
const UNSETTLED: i32 = 13;

/// Loads `main` and returns what it declares.
pub fn describe(
    node: &Node,
    project: &Project,
    main: &Path,
    limit: Duration,
) -> Result<Description, Failure> {
    let scratch =
        tempfile::tempdir().or_fail("cannot create a temporary folder", "free some disk space")?;
    let nowhere = scratch.path().join("empty");
    std::fs::create_dir(&nowhere).or_fail("cannot create a temporary folder", "")?;
    let file = scratch.path().join("description.json");
    let mut command = Command::new(&node.executable);
    without_settings(&mut command)
        // Only for `hang`, which opens it; any free port.
        .arg("--inspect-port=127.0.0.1:0")
        .arg(main)
        .arg("--osaurus-describe")
        .arg(&file)
        .arg("--project")
        .arg(project.folder.join("package.json"))
        .current_dir(&nowhere);
    let running = Running::start(&mut command, Vec::new(), limit)?;
    let place = if running.wait() {
        None
    } else {
        hang::place(&running, node, main)
    };
    let finished = running.finish()?;
    if finished.status.is_none() {
        return Err(never_ends(limit, place));
    }
    judge(&finished, project, &file)
}

fn judge(finished: &Finished, project: &Project, file: &Path) -> Result<Description, Failure> {
    let stderr = finished.stderr.trim_end();
    let status = finished.status.unwrap_or_default();
    if status.code() == Some(UNSETTLED) && !stderr.starts_with("the plugin") {
        return Err(Failure::new(
            format!("a top-level `await` of the plugin never ends\n{stderr}")
                .trim_end()
                .to_owned(),
            "await what takes long, or may never come, inside of a handler",
        ));
    }
    if !status.success() && !stderr.is_empty() {
        return Err(does_not_load(stderr, project));
    }
    let Ok(text) = std::fs::read(file) else {
        return Err(ended(status));
    };
    serde_json::from_slice(&text).or_fail(
        "the plugin's description is not understood",
        "use the osaurus-plugin package that came with this osaurus-bridge",
    )
}

fn does_not_load(said: &str, project: &Project) -> Failure {
    let intro = if said.starts_with("the plugin cannot be loaded") {
        ""
    } else {
        "the plugin does not load:\n"
    };
    let fix = relative_file(said, project).map_or(String::new(), |file| {
        format!(
            "{file} is in the project's folder, and in the host the current folder is another one: import the file as a \
             module, or read it from beside the module (import.meta.dirname)"
        )
    });
    Failure::new(format!("{intro}{said}"), fix)
}

/// From Node's `ENOENT: no such file or directory, open 'data/x.txt'`: a file that the project has.
fn relative_file(said: &str, project: &Project) -> Option<String> {
    let (_, rest) = said.split_once("ENOENT: no such file or directory, ")?;
    let file = rest.split('\'').nth(1)?;
    let is_ours = Path::new(file).is_relative() && project.folder.join(file).exists();
    is_ours.then(|| file.to_owned())
}

fn ended(status: std::process::ExitStatus) -> Failure {
    let (how, fix) = match status.signal() {
        Some(signal) => (
            format!("crashed Node (signal {signal})"),
            "look for a package with native code among the imports",
        ),
        None => (
            format!("ended the process ({status}) and said nothing"),
            "look for process.exit, in the plugin and in what it imports; let the module's top \
             level end by itself",
        ),
    };
    Failure::new(
        format!("the plugin's module {how} while it was loaded"),
        fix,
    )
}

fn never_ends(limit: Duration, place: Option<String>) -> Failure {
    let place = place.map_or_else(
        || "; it was waiting, not computing: is there a top-level `await`?".to_owned(),
        |place| format!(", at {place}"),
    );
    Failure::new(
        format!(
            "the plugin's module was still being loaded after {} s and was stopped{place}",
            limit.as_secs()
        ),
        "put what runs for long into a handler, or allow more time with --load-timeout SECONDS",
    )
}
