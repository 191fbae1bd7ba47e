//! Bundles a project with its own esbuild into one file, and makes the source map name the author's
//! files.

use super::super::program::run;
use super::format::{Format, formats};
use crate::failure::{Failure, OrFail};
use crate::project::Project;
use crate::project::node::NodeProject;
use osaurus_shim::environment;
use osaurus_shim::node::Node;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

/// The program that bundles, by its modules: it drives esbuild, which is written for programs in
/// JavaScript.
const BUNDLER: [(&str, &str); 3] = [
    ("main.mjs", include_str!("bundler/main.mjs")),
    ("files.mjs", include_str!("bundler/files.mjs")),
    ("scan.mjs", include_str!("bundler/scan.mjs")),
];

/// What `bundle` has written.
#[derive(Deserialize)]
pub struct Bundle {
    /// The file's name; its map is beside it.
    pub main: String,
    /// The files that went into it, relative to the project.
    pub inputs: Vec<PathBuf>,
    /// All bundles and maps, relative to the project.
    outputs: Vec<PathBuf>,
    /// What may not work, with file and line.
    pub warnings: Vec<String>,
}

/// What the bundling program is told.
#[derive(Serialize)]
struct Request<'a> {
    project: &'a Path,
    out: &'a Path,
    external: &'a [String],
    files: &'a [String],
    esbuild: PathBuf,
    sdk: PathBuf,
    entry: String,
    formats: [Format; 2],
}

/// What it answers.
#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Failed { error: String },
    Done(Bundle),
}

/// Bundles into `folder`, as a CommonJS file where that is possible: Node starts it in less time,
/// because an ES module needs a loader of its own. A module remains one that awaits at its top
/// level, and one with packages outside of the bundle, which may be modules that not every Node can
/// `require`.
pub fn bundle(
    project: &Project,
    script: &NodeProject,
    node: &Node,
    folder: &Path,
    debugged: bool,
) -> Result<Bundle, Failure> {
    let request = Request {
        project: &project.folder,
        out: folder,
        external: &script.external,
        files: &script.files,
        sdk: package(project, "osaurus-plugin")?,
        esbuild: package(project, "esbuild")?.join("lib/main.js"),
        entry: entry_text(script),
        formats: formats(),
    };
    match ask(&request, node)? {
        Answer::Failed { error } => Err(explain(&error, project)),
        Answer::Done(bundle) => {
            let maps = bundle
                .outputs
                .iter()
                .filter(|path| path.extension().is_some_and(|end| end == "map"));
            for map in maps {
                let map = normal(&project.folder.join(map));
                let from = (!debugged).then_some(&*project.folder);
                name_sources(from, &map)?;
            }
            Ok(bundle)
        }
    }
}

fn ask(request: &Request<'_>, node: &Node) -> Result<Answer, Failure> {
    let scratch =
        tempfile::tempdir().or_fail("cannot create a temporary folder", "free some disk space")?;
    for (name, text) in BUNDLER {
        std::fs::write(scratch.path().join(name), text)
            .or_fail("cannot write a temporary file", "free some disk space")?;
    }
    let mut command = Command::new(&node.executable);
    command
        .arg(scratch.path().join("main.mjs"))
        .arg(serde_json::to_string(request).or_fail("a path is not UTF-8", "move the project")?)
        .current_dir(request.project);
    for name in environment::unwanted() {
        command.env_remove(name);
    }
    let output = run(&mut command)?;
    serde_json::from_slice(&output.stdout).map_err(|_| {
        let stderr = String::from_utf8_lossy(&output.stderr);
        Failure::new(
            format!("esbuild cannot be used:\n{}", stderr.trim_end()),
            "install the project's packages anew",
        )
    })
}

/// What is bundled: the plugin, served, with a `fetch` that works without a JIT, too. What serves
/// comes first: it is ready for errors at the plugin's top level.
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

/// The package's name at the start of a path below `node_modules`.
pub fn name_in(below: &str) -> String {
    let parts = if below.starts_with('@') { 2 } else { 1 };
    below.split('/').take(parts).collect::<Vec<_>>().join("/")
}

/// A file of an installed package, in the project's `node_modules` or in those of the folders above
/// it.
pub fn installed(project: &Project, path: &str) -> Option<PathBuf> {
    let folders = project.folder.ancestors();
    folders
        .map(|folder| folder.join("node_modules").join(path))
        .find(|path| path.exists())
}

/// A package that every project needs.
fn package(project: &Project, name: &str) -> Result<PathBuf, Failure> {
    installed(project, name)
        .filter(|folder| folder.join("package.json").is_file())
        .ok_or_else(|| not_installed(project, name))
}

/// What to say of a package that is not there, in the words of the project's package manager.
pub fn not_installed(project: &Project, name: &str) -> Failure {
    let what = format!(
        "the package {name} is not installed in {}",
        project.folder.display()
    );
    if has(project, ".pnp.cjs") {
        return Failure::new(
            format!(
                "{what}: Yarn keeps packages in archives (Plug'n'Play), where no bundler finds them"
            ),
            "write `nodeLinker: node-modules` to .yarnrc.yml and run: yarn install",
        );
    }
    let add = if name == "esbuild" {
        " (and if it is not a dependency yet, add it to devDependencies)"
    } else {
        ""
    };
    Failure::new(what, format!("run: {}{add}", install(project)))
}

/// The command that installs the project's packages.
pub fn install(project: &Project) -> &'static str {
    if has(project, "pnpm-lock.yaml") {
        "pnpm install"
    } else if has(project, "yarn.lock") {
        "yarn install"
    } else {
        "npm install"
    }
}

/// Whether the project or the workspace around it has a file.
fn has(project: &Project, file: &str) -> bool {
    let mut folders = project.folder.ancestors();
    folders.any(|folder| folder.join(file).is_file())
}

fn explain(text: &str, project: &Project) -> Failure {
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
    let install = format!("check the name, or run: {}", install(project));
    let fix = if text.contains("Could not resolve") {
        install.as_str()
    } else if text.contains("No matching export") && text.contains("\"default\"") {
        "export the plugin as the module's default: export default definePlugin({ ... })"
    } else if text.contains("No loader is configured") {
        "read it instead, which packs it, too: readFileSync(new URL(\"./name\", import.meta.url), \
         \"utf8\")"
    } else {
        ""
    };
    Failure::new(what, fix)
}

/// From esbuild's `No loader is configured for ".node" files: node_modules/NAME/...`.
fn package_with_addon(text: &str) -> Option<String> {
    let line = text.lines().find(|line| line.contains("\".node\" files"))?;
    let (_, below) = line.rsplit_once("node_modules/")?;
    Some(name_in(below))
}

/// Paths in the map are made relative to the project: the same build in another folder gives the
/// same bytes, and stack traces show `src/main.ts`, or `../shared/x.ts` for what the projects of a
/// workspace share. Without a project they are whole, for a debugger.
fn name_sources(project: Option<&Path>, file: &Path) -> Result<(), Failure> {
    let bad = "esbuild's source map cannot be read";
    let text = std::fs::read(file).or_fail(bad, "reinstall esbuild")?;
    let mut map: Value = serde_json::from_slice(&text).or_fail(bad, "reinstall esbuild")?;
    // The folder as esbuild saw it, without symbolic links.
    let folder = file.parent().and_then(|folder| folder.canonicalize().ok());
    let folder = folder.unwrap_or_default();
    let sources = map["sources"].as_array_mut().into_iter().flatten();
    for source in sources.filter(|source| !is_made_up(source)) {
        let path = normal(&folder.join(source.as_str().unwrap_or_default()));
        let name = project.map_or_else(|| path.clone(), |project| relative(&path, project));
        *source = name.to_string_lossy().into_owned().into();
    }
    std::fs::write(file, map.to_string()).or_fail("cannot write the source map", "check the disk")
}

/// Modules that the bundling program adds have names of their own.
fn is_made_up(source: &Value) -> bool {
    source
        .as_str()
        .is_some_and(|name| name.starts_with("osaurus-module:"))
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
        let project = crate::project::node::tests::project();
        let failure = format!("{:?}", explain(text, &project));
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
