//! Prints what `doctor` found.

use super::Report;
use super::faults::Finding;
use super::runtimes::{Choice, Uses};
use crate::cache::megabytes;
use crate::terminal::say;

/// Prints it all, what is wrong last.
pub fn print(report: &Report, findings: &[Finding]) {
    row(
        "program",
        &format!(
            "osaurus-bridge {}, {}",
            env!("CARGO_PKG_VERSION"),
            report.program.path.display()
        ),
    );
    if let Some(project) = &report.project {
        row(
            "project",
            &format!("{}, {}", project.id, project.folder.display()),
        );
    }
    print_uses("Python", &report.runtimes.python);
    print_uses("Node", &report.runtimes.node);
    print_targets(report);
    print_osaurus(report);
    row("cache", &report.cache.summary());
    say!("");
    for finding in findings {
        let severity = if finding.is_error { "error" } else { "warning" };
        say!("{severity}: {}\n  try: {}", finding.what, finding.fix);
    }
    if findings.is_empty() {
        say!("nothing is wrong");
    }
}

fn row(name: &str, value: &str) {
    say!("{name:<18} {value}");
}

fn print_uses(language: &str, uses: &Uses) {
    let all = [
        ("builds with", &uses.builds),
        ("runs in", &uses.runs),
        ("isolated in", &uses.isolated),
    ];
    say!("{language}");
    for (when, choice) in all {
        match choice {
            Choice::Found { path, version, why } => {
                say!("  {when:<16} {language} {version}, {}", path.display());
                say!("  {:<16}   {why}", "");
            }
            Choice::Bundled { from } => {
                say!("  {when:<16} the {language} that the plugin brings, from {from}");
            }
            Choice::None { looked_for, .. } => {
                say!("  {when:<16} none:");
                for line in looked_for {
                    say!("  {:<16}   {line}", "");
                }
            }
        }
    }
}

fn print_targets(report: &Report) {
    say!("builds for");
    for built in &report.program.targets {
        let engine = built.engine.map_or("missing".into(), megabytes);
        say!(
            "  {:<16} shim {}, Python engine {engine}",
            built.target,
            megabytes(built.shim)
        );
    }
    if report.program.targets.is_empty() {
        say!("  nothing: the prebuilt parts are missing");
    }
}

fn print_osaurus(report: &Report) {
    let osaurus = &report.osaurus;
    let display =
        |path: &Option<std::path::PathBuf>| path.as_ref().map(|path| path.display().to_string());
    let parts = [display(&osaurus.application), display(&osaurus.command)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    match parts.as_slice() {
        [] => row(
            "Osaurus",
            "not found; `invoke` and `serve` run plugins in the reference host",
        ),
        parts => row("Osaurus", &parts.join(", ")),
    }
    if let Some(tools) = display(&osaurus.tools) {
        row(
            "installed plugins",
            &format!("{}, {tools}", osaurus.plugins),
        );
    }
}
