//! Loads a Python plugin once, from the files that are packed and nothing else, and returns what it
//! says about itself.

use super::super::description::Description;
use super::super::program::{Finished, Running, without_settings};
use super::ROOTS;
use crate::failure::{Failure, OrFail};
use crate::project::Project;
use crate::project::python::PythonProject;
use osaurus_shim::python::Interpreter;
use serde_json::json;
use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// The SDK's program for this, inside its root.
const PROGRAM: &str = "osaurus_plugin/_build.py";
/// The interpreter itself notices first that time is over, and says where.
const GRACE: Duration = Duration::from_secs(10);

/// What is loaded, and with what.
pub struct Loading<'a> {
    pub project: &'a Project,
    pub script: &'a PythonProject,
    pub python: &'a Interpreter,
    /// The folder that holds the packed files.
    pub stage: &'a Path,
    /// What of the author's files is not packed, and why.
    pub left_out: &'a BTreeMap<String, String>,
    pub limit: Duration,
}

impl Loading<'_> {
    /// Runs the program.
    pub fn describe(&self) -> Result<Description, Failure> {
        let nowhere = tempfile::tempdir()
            .or_fail("cannot create a temporary folder", "free some disk space")?;
        let mut command = Command::new(&self.python.executable);
        without_settings(&mut command)
            .args(self.isolation())
            .args(["-X", "utf8", "-B"])
            .arg(self.stage.join("sdk").join(PROGRAM))
            .current_dir(nowhere.path());
        let job = self.job().to_string().into_bytes();
        let finished = Running::start(&mut command, job, self.limit + GRACE)?.finish()?;
        self.judge(&finished)
    }

    /// Packages of an interpreter that only the build uses have no say: the plugin runs without
    /// them.
    fn isolation(&self) -> &'static [&'static str] {
        match self.script.python {
            Some(_) => &["-I"],
            None => &["-I", "-S"],
        }
    }

    fn job(&self) -> serde_json::Value {
        let roots = ROOTS.map(|name| self.stage.join(name));
        json!({
            "entry": self.script.entry,
            "project_file": self.project.folder.join("pyproject.toml"),
            "project_folder": self.project.folder,
            "source": self.script.source,
            "settings": self.script.settings,
            "roots": roots,
            "left_out": self.left_out,
            "seconds": self.limit.as_secs_f64(),
        })
    }

    fn judge(&self, finished: &Finished) -> Result<Description, Failure> {
        let message = self.as_written(finished.stderr.trim_end());
        let Some(status) = finished.status else {
            return Err(self.hangs(&message));
        };
        if let Some(signal) = status.signal() {
            return Err(crashed(signal, &message));
        }
        if message.contains(TIME_IS_OVER) {
            return Err(self.hangs(&message));
        }
        if !status.success() && !message.is_empty() {
            return Err(Failure::new(
                format!("the plugin does not load:\n{message}"),
                "",
            ));
        }
        serde_json::from_slice(&finished.stdout).map_err(|_| {
            Failure::new(
                format!("the plugin's module ended the process while it was imported ({status}) \
                         and said nothing"),
                "look for os._exit, or for a package that ends the process; put what starts a program under \
                 if __name__ == \"__main__\":",
            )
        })
    }

    /// With the paths of the author's own files in place of the copies'.
    fn as_written(&self, text: &str) -> String {
        let stage = self.stage.display();
        text.replace(
            &format!("{stage}/src"),
            &self.script.source.display().to_string(),
        )
        .replace(&format!("{stage}/deps/"), "")
    }

    fn hangs(&self, said: &str) -> Failure {
        let source = self.script.source.display().to_string();
        let place = place_of_hang(said, &source).map(|place| format!(", at {place}"));
        Failure::new(
            format!(
                "the plugin's module was still being imported after {} s and was stopped{}",
                self.limit.as_secs(),
                place.unwrap_or_default()
            ),
            "put what runs for long into a handler or under if __name__ == \"__main__\":, or allow more time with \
             --load-timeout SECONDS",
        )
    }
}

/// What faulthandler writes first.
const TIME_IS_OVER: &str = "Timeout (";

/// The innermost line of the author's own files in faulthandler's report, else the innermost line.
/// The thread that imports is the last one in it.
fn place_of_hang(report: &str, source: &str) -> Option<String> {
    let (_, report) = report.rsplit_once("(most recent call first):")?;
    let frames: Vec<(&str, &str)> = report.lines().filter_map(frame).collect();
    let own = frames.iter().find(|(file, _)| file.starts_with(source));
    let (file, line) = own.or(frames.first())?;
    Some(format!("{file}:{line}"))
}

/// File and line in `  File "x.py", line 3 in f`.
fn frame(text: &str) -> Option<(&str, &str)> {
    let (file, rest) = text
        .trim()
        .strip_prefix("File \"")?
        .split_once("\", line ")?;
    let line = rest.split(' ').next()?;
    Some((file, line))
}

fn crashed(signal: i32, said: &str) -> Failure {
    let is_ours =
        |line: &&str| line.contains("\"<frozen ") || line.contains("/sdk/osaurus_plugin/");
    let lines: Vec<&str> = said.lines().filter(|line| !is_ours(line)).collect();
    let message = lines.join("\n");
    Failure::new(
        format!(
            "the plugin's module crashed the interpreter (signal {signal}) while it was \
             imported:\n{message}"
        ),
        "look for a package with native code among the lines above",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "hello\nTimeout (0:00:01)!\nThread 0x01 (most recent call first):\n  File \"/lib/selectors.py\", \
                          line 4 in select\n\nThread 0x02 (most recent call first):\n  File \"/lib/threading.py\", line 9 in \
                          join\n  File \"/p/main.py\", line 3 in <module>\n  File \"<frozen importlib._bootstrap>\", line 2 in f";

    #[test]
    fn the_place_of_a_hang_is_the_authors_line_of_the_thread_that_imports() {
        assert_eq!(place_of_hang(REPORT, "/p").unwrap(), "/p/main.py:3");
        assert_eq!(place_of_hang(REPORT, "/q").unwrap(), "/lib/threading.py:9");
        assert_eq!(place_of_hang("no report", "/p"), None);
    }
}
