//! `--osaurus`: each build goes into Osaurus' own folder of plugins, as `osaurus tools dev` places
//! it, and the app is told. Osaurus loads what has no receipt only in its developer builds.

use crate::build::Built;
use crate::build::on_path;
use crate::failure::{Failure, OrFail};
use crate::install::{folder, place};
use crate::package::contents;
use crate::project::Project;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

/// The app, for macOS' `open`.
const APP: &str = "com.dinoki.osaurus";

/// Osaurus on this machine.
pub struct Osaurus {
    root: PathBuf,
}

impl Osaurus {
    /// Fails where there is none.
    pub fn here() -> Result<Self, Failure> {
        let root = folder::osaurus()?;
        place::make(&root.join("Tools"))?;
        Ok(Self { root })
    }

    /// Its data folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Replaces the installed version at once, and tells the app. What to say of it.
    pub fn install(&self, project: &Project, built: &Built) -> Result<String, Failure> {
        let tools = self.root.join("Tools");
        let stage = tempfile::Builder::new()
            .prefix(".installing-")
            .tempdir_in(&tools);
        let stage = stage.or_fail(
            format!("cannot write in {}", tools.display()),
            "check its permissions",
        )?;
        let (new, spare) = (stage.path().join("version"), stage.path().join("old"));
        for folder in [&new, &spare] {
            std::fs::create_dir(folder).or_fail("cannot create a folder", "check the disk")?;
        }
        for file in contents::collect(project, built)? {
            let path = new.join(installed_name(&file.name, file.is_code));
            place::make(path.parent().unwrap_or(&new))?;
            place::write(&path, &file.bytes)?;
        }
        let plugin = tools.join(&project.id);
        place::make(&plugin)?;
        let version = project.version.clone();
        place::replace_folder(&new, &plugin.join(&version), &spare)?;
        place::make_current(&plugin, &version)?;
        Ok(format!(
            "installed in {}; {}",
            plugin.join(version).display(),
            tell()
        ))
    }
}

/// A library has another name each time, because the app may have the one before open.
fn installed_name(name: &str, is_code: bool) -> PathBuf {
    if name == "SKILL.md" {
        return Path::new("skills").join(name);
    }
    let Some((stem, end)) = name.rsplit_once('.').filter(|_| is_code) else {
        return name.into();
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    format!("{stem}_{}.{end}", now.unwrap_or_default().as_millis()).into()
}

/// Starts the app if it does not run, and has it load its plugins anew.
fn tell() -> &'static str {
    if !cfg!(target_os = "macos") {
        return "there is no Osaurus here that loads it";
    }
    let quietly = |command: &mut Command| {
        let command = command.stdin(Stdio::null()).stdout(Stdio::null());
        let status = command.stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    quietly(Command::new("open").args(["-g", "-b", APP, "--args", "--launched-by-cli"]));
    let reloads = on_path("osaurus")
        .is_some_and(|program| quietly(Command::new(program).args(["tools", "reload"])));
    match reloads {
        true => "Osaurus loads its plugins anew",
        false => "tell Osaurus with: osaurus tools reload",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_gets_a_new_name_and_a_skill_its_folder() {
        let library = installed_name("dev.a.dylib", true);
        let library = library.to_string_lossy();
        assert!(
            library.starts_with("dev.a_1") && library.ends_with(".dylib"),
            "{library}"
        );
        assert_eq!(
            installed_name("SKILL.md", false),
            Path::new("skills/SKILL.md")
        );
        assert_eq!(installed_name("web/a.js", false), Path::new("web/a.js"));
    }
}
