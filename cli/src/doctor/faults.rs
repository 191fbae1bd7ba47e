//! What is wrong, with the way out: one function per fault. Each looks at one thing and knows
//! nothing of the others.

use super::Report;
use super::question;
use super::runtimes::Choice;
use crate::build::on_path;
use crate::paths::how_to_install;
use crate::project::Script;
use osaurus_shim::platform::cache_root;
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// One fault.
pub struct Finding {
    /// Whether it keeps plugins from being built or run here; else it is a warning.
    pub is_error: bool,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub fix: String,
}

impl Finding {
    fn error(what: impl Into<String>, fix: impl Into<String>) -> Finding {
        Finding {
            is_error: true,
            what: what.into(),
            fix: fix.into(),
        }
    }

    fn warning(what: impl Into<String>, fix: impl Into<String>) -> Finding {
        Finding {
            is_error: false,
            ..Finding::error(what, fix)
        }
    }

    /// For `--json`.
    pub fn to_json(&self) -> Value {
        let severity = if self.is_error { "error" } else { "warning" };
        json!({"severity": severity, "what": self.what, "fix": self.fix})
    }
}

/// All of them, in the order in which they are best dealt with.
pub fn find(report: &Report) -> Vec<Finding> {
    const FAULTS: [fn(&Report) -> Vec<Finding>; 9] = [
        no_language,
        xcode_stub,
        without_pip,
        other_runtime,
        npm,
        parts,
        sdk_of_another_version,
        cache,
        umask,
    ];
    FAULTS
        .iter()
        .flat_map(|fault| fault(report))
        .chain(programs(report))
        .collect()
}

fn language(report: &Report) -> Option<&'static str> {
    report.project.as_ref().map(|project| match project.script {
        Script::Python(_) => "Python",
        Script::Node(_) => "Node",
    })
}

/// The project's language must be there; without a project one of the two must.
fn no_language(report: &Report) -> Vec<Finding> {
    let uses = [
        ("Python", &report.runtimes.python),
        ("Node", &report.runtimes.node),
    ];
    let language = language(report);
    let any = uses
        .iter()
        .any(|(_, uses)| matches!(uses.builds, Choice::Found { .. }));
    let lacking = |name: &str, what: &str, choice: &Choice| match choice {
        Choice::Found { .. } | Choice::Bundled { .. } => None,
        Choice::None { fix, .. } if language == Some(name) || (language.is_none() && !any) => Some(
            Finding::error(format!("no {name} that {what} plugins"), fix),
        ),
        Choice::None { fix, .. } => (language.is_none())
            .then(|| Finding::warning(format!("no {name} that {what} plugins"), fix)),
    };
    let all = uses.iter().flat_map(|(name, uses)| {
        let runs = (uses.builds != uses.runs)
            .then(|| lacking(name, "runs", &uses.runs))
            .flatten();
        [lacking(name, "builds", &uses.builds), runs]
    });
    all.flatten().collect()
}

/// Osaurus' helper has another home: what a version manager installed there is not found.
fn other_runtime(report: &Report) -> Vec<Finding> {
    let uses = [
        ("Python", &report.runtimes.python),
        ("Node", &report.runtimes.node),
    ];
    let differing = uses.into_iter().filter_map(|(name, uses)| {
        let Choice::Found { path, version, .. } = &uses.runs else { return None };
        let isolated = match &uses.isolated {
            Choice::Bundled { .. } => return None,
            Choice::Found { path: other, .. } if other == path => return None,
            Choice::Found { path, version, .. } => format!("{name} {version}, {}", path.display()),
            Choice::None { .. } => format!("no {name}"),
        };
        Some(Finding::warning(
            format!(
                "an isolated plugin gets {isolated}, and one in Osaurus {name} {version}, {}: Osaurus' helper process has \
                 a home folder of its own",
                path.display()
            ),
            format!("install {name} for all users (Homebrew or the official installer), not below \
                     your home folder"),
        ))
    });
    differing.collect()
}

/// Without Xcode's tools it opens a dialog, and with them it is too old.
fn xcode_stub(report: &Report) -> Vec<Finding> {
    let stub = Path::new("/usr/bin/python3");
    let is_stub = |choice: &Choice| matches!(choice, Choice::Found { path, .. } if path == stub);
    if !cfg!(target_os = "macos") || !is_stub(&report.runtimes.python.builds) {
        return Vec::new();
    }
    vec![Finding::error(
        "python3 is /usr/bin/python3, the one of Xcode's command line tools, which is too old",
        "brew install python, or install it from python.org, and open a new terminal",
    )]
}

fn without_pip(report: &Report) -> Vec<Finding> {
    let Choice::Found { path, .. } = &report.runtimes.python.builds else {
        return Vec::new();
    };
    let lacks = |module: &str| {
        let script =
            format!("import importlib.util as u, sys; sys.exit(u.find_spec('{module}') is None)");
        question::answer(path, &["-I", "-c", &script]).is_none()
    };
    let display = path.display();
    let mut findings = Vec::new();
    if lacks("pip") && on_path("uv").is_none() {
        findings.push(Finding::warning(
            format!(
                "{display} has no pip, and there is no uv: dependencies of plugins cannot be \
                     installed"
            ),
            format!(
                "{display} -m ensurepip, or {}",
                how_to_install("uv", "python3-pip")
            ),
        ));
    }
    if lacks("ensurepip") && lacks("virtualenv") {
        findings.push(Finding::warning(
            format!(
                "{display} makes no environments (python3 -m venv), which tests and editors want"
            ),
            how_to_install("python", "python3-venv"),
        ));
    }
    findings
}

fn npm(report: &Report) -> Vec<Finding> {
    let Choice::Found { path, .. } = &report.runtimes.node.builds else {
        return Vec::new();
    };
    let node = report
        .project
        .as_ref()
        .filter(|project| matches!(project.script, Script::Node(_)));
    let mut findings = Vec::new();
    if on_path("npm").is_none() {
        findings.push(Finding::warning(
            format!(
                "there is a Node ({}), but no npm on the PATH",
                path.display()
            ),
            format!("install npm ({})", how_to_install("node", "npm")),
        ));
    }
    if let Some(project) =
        node.filter(|project| !project.folder.join("node_modules/esbuild").is_dir())
    {
        findings.push(Finding::error(
            format!(
                "esbuild, which bundles the plugin, is not installed in {}",
                project.folder.display()
            ),
            "npm install there (and if it is not a dependency yet: npm install --save-dev esbuild)",
        ));
    }
    findings
}

fn parts(report: &Report) -> Vec<Finding> {
    let here = crate::parts::Target::here()
        .map(|target| target.name())
        .unwrap_or_default();
    let mut findings = Vec::new();
    match report
        .program
        .targets
        .iter()
        .find(|built| built.target == here)
    {
        None => findings.push(Finding::error(
            format!("the prebuilt parts for {here} are missing"),
            "install osaurus-bridge with pip or npm, or in its source folder run: make build",
        )),
        Some(built) if built.engine.is_none() => findings.push(Finding::warning(
            format!(
                "the Python engine for {here} is missing: no Python plugin can be built with \
                     mode = \"embedded\""
            ),
            "install osaurus-bridge with pip or npm, or in its source folder run: make build",
        )),
        Some(_) => {}
    }
    if !report
        .program
        .targets
        .iter()
        .any(|built| built.target == "macos-arm64")
    {
        findings.push(Finding::warning(
            "there are no parts for macos-arm64, where Osaurus runs: no plugin can be packaged for \
             it here",
            "install osaurus-bridge with pip or npm, or in its source folder run: \
             script/build-macos-parts",
        ));
    }
    for missing in &report.program.missing {
        findings.push(Finding::warning(
            format!("{missing} that new plugins carry is missing"),
            "install osaurus-bridge with pip or npm, or in its source folder run: make build",
        ));
    }
    findings
}

/// The library gets the program's SDK; tests and types come from the project's own.
fn sdk_of_another_version(report: &Report) -> Vec<Finding> {
    let Some(project) = &report.project else {
        return Vec::new();
    };
    let (installed, fix) = match &project.script {
        Script::Node(_) => (
            node_sdk(&project.folder),
            "npm install osaurus-plugin of that version",
        ),
        Script::Python(_) => (
            python_sdk(&report.runtimes.python.builds),
            "pip install osaurus-plugin of that version",
        ),
    };
    let own = env!("CARGO_PKG_VERSION");
    let other = installed.filter(|version| version != own);
    let other = other.map(|version| {
        Finding::warning(
            format!("the project has osaurus-plugin {version}, this program is {own}"),
            format!(
                "use the same version of both: {fix}, or the vendor folder of a project that \
                     `osaurus-bridge new` makes"
            ),
        )
    });
    other.into_iter().collect()
}

fn node_sdk(folder: &Path) -> Option<String> {
    let text = std::fs::read(folder.join("node_modules/osaurus-plugin/package.json")).ok()?;
    let package: Value = serde_json::from_slice(&text).ok()?;
    Some(package["version"].as_str()?.to_owned())
}

fn python_sdk(python: &Choice) -> Option<String> {
    let Choice::Found { path, .. } = python else {
        return None;
    };
    let script = "import importlib.metadata as m; print(m.version('osaurus-plugin'))";
    question::answer(path, &["-I", "-c", script]).filter(|version| !version.is_empty())
}

/// Plugins unpack to it, open libraries in it and refuse it when others may write there.
fn cache(_: &Report) -> Vec<Finding> {
    let root = cache_root();
    if let Err(error) = osaurus_payload::check_cache(&root) {
        let fix = "free the folder's permissions and disk, or set OSAURUS_BRIDGE_CACHE to a folder \
                   of your own";
        return vec![Finding::error(error.to_string(), fix)];
    }
    if starts_programs(&root) {
        return Vec::new();
    }
    vec![Finding::error(
        format!(
            "no program can be started from the cache {} (mounted with noexec?)",
            root.display()
        ),
        "set OSAURUS_BRIDGE_CACHE to a folder elsewhere",
    )]
}

fn starts_programs(folder: &Path) -> bool {
    let Ok(probe) = tempfile::Builder::new().prefix(".new-").tempdir_in(folder) else {
        return true;
    };
    let script = probe.path().join("probe");
    let result = std::fs::write(&script, "#!/bin/sh\nexit 0\n");
    let result =
        result.and_then(|()| std::fs::set_permissions(&script, PermissionsExt::from_mode(0o700)));
    let denied = std::io::ErrorKind::PermissionDenied;
    result.is_err()
        || !Command::new(&script)
            .status()
            .is_err_and(|error| error.kind() == denied)
}

/// What new folders lack of the usual rights.
fn umask(_: &Report) -> Vec<Finding> {
    let Ok(scratch) = tempfile::tempdir() else {
        return Vec::new();
    };
    let folder = scratch.path().join("new");
    let mode = std::fs::create_dir(&folder).and_then(|()| std::fs::metadata(&folder));
    let Ok(mode) = mode.map(|data| data.permissions().mode() & 0o777) else {
        return Vec::new();
    };
    let fix = "set it to 022 or 077 in your shell's profile: umask 022";
    if mode & 0o700 != 0o700 {
        return vec![Finding::error(
            format!(
                "the umask {:03o} takes your own rights to new folders",
                0o777 & !mode
            ),
            fix,
        )];
    }
    if mode & 0o002 != 0 {
        return vec![Finding::warning(
            format!(
                "with the umask {:03o} everyone may change what is built here",
                0o777 & !mode
            ),
            fix,
        )];
    }
    Vec::new()
}

fn programs(report: &Report) -> Option<Finding> {
    let first = report.program.others.first()?;
    Some(Finding::warning(
        format!(
            "there is another osaurus-bridge on the PATH: {}",
            first.display()
        ),
        "remove one of them, so that builds do not depend on the order of the PATH",
    ))
}
