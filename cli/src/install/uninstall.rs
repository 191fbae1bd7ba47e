//! `osaurus-bridge uninstall`: removes a plugin in all its versions, with its database, as Osaurus
//! does.

use super::folder::DataFolder;
use super::list;
use crate::failure::{Failure, OrFail};
use crate::terminal::say;
use std::process::ExitCode;

/// Arguments of `uninstall`.
#[derive(clap::Args)]
pub struct Args {
    /// The plugin's id, as `list` shows it
    id: String,
    #[command(flatten)]
    place: DataFolder,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let tools = args.place.tools()?;
    let plugins = list::read(&tools)?;
    let Some(plugin) = plugins.iter().find(|plugin| plugin.id == args.id) else {
        let ids: Vec<&str> = plugins.iter().map(|plugin| plugin.id.as_str()).collect();
        let there = if ids.is_empty() {
            "nothing".into()
        } else {
            ids.join(", ")
        };
        return Err(Failure::new(
            format!(
                "{} is not installed in {}; installed is: {there}",
                args.id,
                tools.display()
            ),
            "name one of these, or another folder with --data",
        ));
    };
    // Hidden first, so that no host meets half a plugin.
    let folder = tools.join(&plugin.id);
    let aside = tools.join(format!(".removed-{}", plugin.id));
    std::fs::rename(&folder, &aside)
        .and_then(|()| std::fs::remove_dir_all(&aside))
        .or_fail(
            format!("cannot remove {}", folder.display()),
            "check its permissions",
        )?;
    say!(
        "removed {} with its database; settings and secrets stay",
        plugin.id
    );
    Ok(ExitCode::SUCCESS)
}
