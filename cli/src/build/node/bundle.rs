//! Bundles a project with its own esbuild into one file, and makes the source map name the author's files.

use super::super::program::run;
use super::format::{COMMON_JS, ES_MODULE, Format};
use crate::failure::{Failure, OrFail};
use crate::project::Project;
use crate::project::node::NodeProject;
use osaurus_shim::node::Node;
use serde_json::Value;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

/// What `bundle` has written.
pub struct Bundle {
    /// The file's name; its map is beside it.
    pub main: &'static str,
    /// The files that went into it, relative to the project.
    pub inputs: Vec<PathBuf>,
}

/// Bundles into `folder`, as a CommonJS file where that is possible: Node starts it in less time, because an ES module
/// needs a loader of its own. A module remains one that awaits at its top level, and one with packages outside of the
/// bundle, which may be modules that not every Node can `require`.
pub fn bundle(
    project: &Project,
    script: &NodeProject,
    node: &Node,
    folder: &Path,
) -> Result<Bundle, Failure> {
    check_package(project)?;
    let write = |format: &Format| write(project, script, node, folder, format);
    if script.external.is_empty()
        && let Ok(bundle) = write(&COMMON_JS)
    {
        return Ok(bundle);
    }
    write(&ES_MODULE)
}

fn write(
    project: &Project,
    script: &NodeProject,
    node: &Node,
    folder: &Path,
    format: &Format,
) -> Result<Bundle, Failure> {
    let scratch =
        tempfile::tempdir().or_fail("cannot create a temporary folder", "free some disk space")?;
    let (entry, report) = (
        scratch.path().join("entry.mjs"),
        scratch.path().join("report.json"),
    );
    std::fs::write(&entry, entry_text(script))
        .or_fail("cannot write a temporary file", "free some disk space")?;
    let input = std::fs::File::open(&entry).or_fail("cannot read a temporary file", "")?;
    let out = folder.join(format.main);
    let mut command = esbuild(project, node)?;
    command
        .args([
            "--bundle",
            "--platform=node",
            "--target=node20",
            "--sourcefile=osaurus-entry.mjs",
            // Less for Node to read at each start; names stay, and the map knows all places.
            "--minify-whitespace",
            "--sourcemap",
            "--sources-content=false",
            "--log-level=warning",
            "--color=false",
        ])
        .args(format.options)
        .arg(format!("--banner:js={}", format.banner))
        .arg(format!("--outfile={}", out.display()))
        .arg(format!("--metafile={}", report.display()))
        .args(
            script
                .external
                .iter()
                .map(|name| format!("--external:{name}")),
        )
        .current_dir(&project.folder)
        // Read from standard input, so that packages are looked up from the project's folder.
        .stdin(Stdio::from(input));
    let output = run(&mut command)?;
    if !output.status.success() {
        return Err(explain(&String::from_utf8_lossy(&output.stderr)));
    }
    name_sources(project, &out)?;
    Ok(Bundle {
        main: format.main,
        inputs: inputs(&report)?,
    })
}

/// What is bundled: the plugin, served, with a `fetch` that works without a JIT, too. What serves comes first: it is
/// ready for errors at the plugin's top level.
fn entry_text(script: &NodeProject) -> String {
    let main = Value::from(format!("./{}", script.main.trim_start_matches("./")));
    let without_jit = include_str!("without_jit.js");
    format!(
        "import {{ serve }} from \"osaurus-plugin/worker\";\n\
         import {{ fetch }} from \"osaurus-plugin\";\n\
         import plugin from {main};\n\
         {without_jit}\
         serve(plugin);\n"
    )
}

/// A file of an installed package, in the project's `node_modules` or in those of the folders above it.
pub fn installed(project: &Project, path: &str) -> Option<PathBuf> {
    let folders = project.folder.ancestors();
    folders
        .map(|folder| folder.join("node_modules").join(path))
        .find(|path| path.exists())
}

fn check_package(project: &Project) -> Result<(), Failure> {
    if installed(project, "osaurus-plugin/package.json").is_some() {
        return Ok(());
    }
    Err(Failure::new(
        format!(
            "the package osaurus-plugin is not installed in {}",
            project.folder.display()
        ),
        "run: npm install",
    ))
}

fn esbuild(project: &Project, node: &Node) -> Result<Command, Failure> {
    let program = installed(project, "esbuild/bin/esbuild").ok_or_else(|| {
        Failure::new(
            format!("esbuild is not installed in {}", project.folder.display()),
            "run: npm install (and if esbuild is no dependency yet: npm install --save-dev esbuild)",
        )
    })?;
    let mut start = [0; 2];
    let is_script = std::fs::File::open(&program)
        .and_then(|mut file| file.read_exact(&mut start))
        .is_ok_and(|()| start == *b"#!");
    if !is_script {
        return Ok(Command::new(program));
    }
    // Without its install script esbuild is still a script, which finds the real program.
    let mut command = Command::new(&node.executable);
    command.arg(program);
    Ok(command)
}

fn explain(text: &str) -> Failure {
    let what = format!("the plugin cannot be bundled:\n{}", text.trim_end());
    if let Some(package) = package_with_addon(text) {
        return Failure::new(
            what,
            format!(
                "{package} holds native code, which cannot be bundled; pack it as it is with \
                 \"external\": [\"{package}\"] in package.json's \"osaurus\" section (the plugin then works on this \
                 platform only), or use a package in JavaScript"
            ),
        );
    }
    let fix = if text.contains("Could not resolve") {
        "check the name, or run: npm install"
    } else if text.contains("No matching export") && text.contains("\"default\"") {
        "export the plugin as the module's default: export default definePlugin({ ... })"
    } else {
        "mend the error above and build again"
    };
    Failure::new(what, fix)
}

/// From esbuild's `No loader is configured for ".node" files: node_modules/NAME/...`.
fn package_with_addon(text: &str) -> Option<String> {
    let line = text.lines().find(|line| line.contains("\".node\" files"))?;
    let (_, below) = line.rsplit_once("node_modules/")?;
    Some(super::packages::name_in(below))
}

fn inputs(report: &Path) -> Result<Vec<PathBuf>, Failure> {
    let text = std::fs::read(report).or_fail("esbuild wrote no report", "reinstall esbuild")?;
    let report: Value = serde_json::from_slice(&text)
        .or_fail("esbuild's report is not JSON", "reinstall esbuild")?;
    let inputs = report["inputs"].as_object().into_iter().flatten();
    Ok(inputs.map(|(path, _)| PathBuf::from(path)).collect())
}

/// Paths in the map are made relative to the project: the same build in another folder gives the same bytes, and stack
/// traces show `src/main.ts`, or `../shared/x.ts` for what the projects of a workspace share.
fn name_sources(project: &Project, out: &Path) -> Result<(), Failure> {
    let file = out.with_added_extension("map");
    let bad = "esbuild's source map cannot be read";
    let text = std::fs::read(&file).or_fail(bad, "reinstall esbuild")?;
    let mut map: Value = serde_json::from_slice(&text).or_fail(bad, "reinstall esbuild")?;
    // The folder as esbuild saw it, without symbolic links.
    let folder = out.parent().and_then(|folder| folder.canonicalize().ok());
    let folder = folder.unwrap_or_default();
    for source in map["sources"].as_array_mut().into_iter().flatten() {
        let path = normal(&folder.join(source.as_str().unwrap_or_default()));
        let name = relative(&path, &project.folder);
        *source = name.to_string_lossy().into_owned().into();
    }
    std::fs::write(&file, map.to_string()).or_fail("cannot write the source map", "check the disk")
}

fn relative(path: &Path, folder: &Path) -> PathBuf {
    let common = folder.ancestors().find(|above| path.starts_with(above));
    let common = common.unwrap_or(Path::new(""));
    let up = folder.components().count() - common.components().count();
    let below = path.strip_prefix(common).unwrap_or(path);
    (0..up).map(|_| Path::new("..")).chain([below]).collect()
}

fn normal(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut out, part| {
        match part {
            Component::ParentDir => drop(out.pop()),
            Component::CurDir => {}
            other => out.push(other),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_native_package_is_named_with_its_scope() {
        let text = "✘ [ERROR] No loader is configured for \".node\" files: \
                    node_modules/@scope/native/build/Release/native.node\n\n    src/main.ts:1:7";
        let failure = format!("{:?}", explain(text));
        assert!(
            failure.contains("@scope/native holds native code"),
            "{failure}"
        );
        assert!(failure.contains("external"), "{failure}");
    }

    #[test]
    fn dots_in_a_path_are_resolved_without_the_disk() {
        assert_eq!(normal(Path::new("/a/b/../c/./d")), Path::new("/a/c/d"));
    }

    #[test]
    fn sources_are_named_from_the_project_on() {
        let name = |path: &str| relative(Path::new(path), Path::new("/w/plugin"));
        assert_eq!(name("/w/plugin/src/main.ts"), Path::new("src/main.ts"));
        assert_eq!(name("/w/shared/x.ts"), Path::new("../shared/x.ts"));
        assert_eq!(name("/w/plugins/x.ts"), Path::new("../plugins/x.ts"));
    }
}
