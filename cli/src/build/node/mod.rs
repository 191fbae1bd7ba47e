//! The Node part of a build: one bundled file with its source map, and the packages that stay
//! outside of it.

mod bundle;
mod description;
mod format;
mod hang;
mod lock;
mod packages;

use super::bundled::{self, Bundled};
use super::description::Description;
use super::program::on_path;
use super::{Content, Options, Remarks, Staged, inputs, make};
use crate::failure::{Failure, OrFail};
use crate::progress;
use crate::project::Project;
use crate::project::node::NodeProject;
use osaurus_payload::{BridgeConfig, CONFIG_FORMAT, Mode, SharedArchive};
use osaurus_shim::discovery::Search;
use osaurus_shim::node::{NODE_VARIABLE, Node};
use std::path::{Path, PathBuf};

/// Fills the stage.
pub fn stage(
    project: &Project,
    script: &NodeProject,
    options: &Options,
    root: &Path,
) -> Result<Staged, Failure> {
    let interpreter = interpreter(project, script, options)?;
    let node = match interpreter.as_ref().and_then(|one| one.whole.as_deref()) {
        Some(program) => at(program)?,
        None => find(script)?,
    };
    let bundled = progress::during("bundling", || {
        bundle::bundle(project, script, &node, root, options.debugged)
    })?;
    let outside = script.external.iter();
    let outside = outside.filter_map(|name| bundle::installed(project, name));
    let outside = outside.map(|folder| folder.join("package.json"));
    let files: Vec<PathBuf> = bundled.inputs.iter().cloned().chain(outside).collect();
    let differences = lock::differences(project, &files);
    packages::refuse_native(project, script, &bundled.inputs)?;
    packages::copy_external(project, script, &root.join("node_modules"))?;
    let inputs = hash(project, &node, options, root, interpreter.as_ref())?;
    if let Some(payload) = inputs::unchanged(project, options, &inputs) {
        return Ok(Staged {
            content: Content::Unchanged(Box::new(payload)),
            remarks: Remarks {
                warnings: [differences, bundled.warnings].concat(),
                ..Remarks::default()
            },
        });
    }
    let description = progress::during("reading the plugin", || {
        description::describe(
            &node,
            project,
            &root.join(&bundled.main),
            options.load_timeout,
        )
    })?;
    // What the plugin is warned of is known from running it, so such a one is run in each build.
    let is_final = description.warnings.is_empty();
    let config = BridgeConfig {
        inputs: is_final.then_some(inputs),
        ..bridge_config(project, script, &bundled.main, &description)
    };
    Ok(Staged {
        content: Content::New(Box::new(config), description.manifest, pack(interpreter)?),
        remarks: Remarks {
            warnings: [differences, bundled.warnings, description.warnings].concat(),
            ..Remarks::default()
        },
    })
}

/// The bundle is made in each build, since only that tells what it is made from. Running it to read
/// the plugin, and packing, are what an unchanged one is spared.
fn hash(
    project: &Project,
    node: &Node,
    options: &Options,
    root: &Path,
    interpreter: Option<&Bundled>,
) -> Result<String, Failure> {
    let file = project.folder.join("package.json");
    let what = format!("cannot read {}", file.display());
    let settings = std::fs::read(&file).or_fail(&what, "check its permissions")?;
    let version = node.version.to_string();
    let beside = interpreter.map(|one| one.folder().to_owned());
    let packed = [root.to_owned()].into_iter().chain(beside);
    inputs::hash(project, options, [version.as_bytes(), &settings], packed)
}

/// The one that the plugin brings.
fn interpreter(
    project: &Project,
    script: &NodeProject,
    options: &Options,
) -> Result<Option<Bundled>, Failure> {
    let from = project.bundle.as_ref().map(|bundle| bundle.from.as_deref());
    if from.is_some() && project.mode == Mode::Embedded {
        return Err(Failure::new(
            "runtime is \"bundled\" and mode is \"embedded\": a Node that travels is a program, and embedded plugins need a \
             libnode of the machine",
            "leave one of them out",
        ));
    }
    from.map(|from| bundled::node(project, script, from, options.target))
        .transpose()
}

fn pack(interpreter: Option<Bundled>) -> Result<Vec<SharedArchive>, Failure> {
    let packed = |one: Bundled| progress::during("packing Node", || one.pack());
    interpreter.into_iter().map(packed).collect()
}

fn at(program: &Path) -> Result<Node, Failure> {
    osaurus_shim::node::at(program, "bundled").map_err(|why| Failure::new(why, ""))
}

/// The Node that builds: as at run time, and before the well-known places the one on the PATH.
pub fn find(script: &NodeProject) -> Result<Node, Failure> {
    let setting = script.node.as_ref().map(|path| path.display().to_string());
    let requires = script.requires_node.as_deref();
    let mut search = Search::new(setting.as_deref(), requires, NODE_VARIABLE);
    search
        .named
        .extend(on_path("node").map(|path| (path, "PATH")));
    osaurus_shim::node::find(&search).map_err(|none| {
        Failure::new(
            format!("no Node found:\n{}", none.looked_for.join("\n")),
            none.fix,
        )
    })
}

fn bridge_config(
    project: &Project,
    script: &NodeProject,
    main: &str,
    description: &Description,
) -> BridgeConfig {
    BridgeConfig {
        format: CONFIG_FORMAT,
        plugin_id: project.id.clone(),
        version: project.version.clone(),
        language: "node".into(),
        entry: main.into(),
        requires_node: script.requires_node.clone(),
        node: script.node.as_ref().map(|path| path.display().to_string()),
        memory_mb: script.memory_mb,
        oldest_host: project.oldest_host.clone(),
        mode: project.mode,
        prewarm: project.lifecycle.prewarm,
        idle_timeout_ms: project.lifecycle.idle_timeout_ms(),
        tools: description.tools.clone(),
        routes: description.routes.clone(),
        handlers: description.handlers.clone(),
        built_with: env!("CARGO_PKG_VERSION").into(),
        ..BridgeConfig::default()
    }
}
