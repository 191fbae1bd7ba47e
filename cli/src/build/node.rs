//! The Node part of a build: one bundled file with its source map, and the packages that stay outside of it.

mod bundle;
mod format;
mod packages;

use super::description::Description;
use super::program::{on_path, run};
use super::{Staged, make};
use crate::failure::{Failure, OrFail};
use crate::progress;
use crate::project::Project;
use crate::project::node::NodeProject;
use osaurus_payload::{BridgeConfig, CONFIG_FORMAT};
use osaurus_shim::discovery::Search;
use osaurus_shim::environment;
use osaurus_shim::node::{NODE_VARIABLE, Node};
use std::path::Path;
use std::process::Command;

/// Fills the stage.
pub fn stage(project: &Project, script: &NodeProject, root: &Path) -> Result<Staged, Failure> {
    let node = find(script)?;
    let bundled = progress::during("bundling", || bundle::bundle(project, script, &node, root))?;
    for warning in &bundled.warnings {
        eprintln!("warning: {warning}");
    }
    packages::refuse_native(project, script, &bundled.inputs)?;
    packages::copy_external(project, script, &root.join("node_modules"))?;
    let description = progress::during("reading the plugin", || {
        describe(&node, project, &root.join(&bundled.main))
    })?;
    Ok(Staged {
        config: bridge_config(project, script, &bundled.main, &description),
        manifest: description.manifest,
    })
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

/// Loads the bundle once and returns what it declares.
fn describe(node: &Node, project: &Project, main: &Path) -> Result<Description, Failure> {
    let scratch =
        tempfile::tempdir().or_fail("cannot create a temporary folder", "free some disk space")?;
    let file = scratch.path().join("description.json");
    let mut command = Command::new(&node.executable);
    command
        .arg(main)
        .arg("--osaurus-describe")
        .arg(&file)
        .arg("--project")
        .arg(project.folder.join("package.json"))
        .current_dir(&project.folder);
    for name in environment::unwanted() {
        command.env_remove(name);
    }
    let output = run(&mut command)?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let own = text.starts_with("the plugin cannot be loaded");
        let intro = if own {
            ""
        } else {
            "the plugin does not load:\n"
        };
        return Err(Failure::new(
            format!("{intro}{}", text.trim_end()),
            "mend the error above and build again",
        ));
    }
    let Ok(text) = std::fs::read(&file) else {
        return Err(Failure::new(
            "the plugin ended while it was loaded: does it call process.exit?",
            "let the module's top level end by itself",
        ));
    };
    serde_json::from_slice(&text).or_fail(
        "the plugin's description is not understood",
        "use the osaurus-plugin package that came with this osaurus-bridge",
    )
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
        tools: description.tools.clone(),
        routes: description.routes.clone(),
        handlers: description.handlers.clone(),
        built_with: env!("CARGO_PKG_VERSION").into(),
        ..BridgeConfig::default()
    }
}
