//! Which plugin in which version a package is: from the name of the archive or folder, or from a
//! manifest file in it. Follows Osaurus' installer, including what it refuses.

use super::bundled_manifest;
use super::problem::Problem;
use semver::Version;
use serde_json::Value;
use std::path::Path;

/// A plugin in a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The plugin's id, which is the name of its folder.
    pub id: String,
    /// The version, which is the name of the folder in it.
    pub version: Version,
}

/// Manifest files, in the order in which they are looked for.
const MANIFESTS: [&str; 3] = ["osaurus-plugin.json", "plugin.json", "manifest.json"];

impl Identity {
    /// Reads `<id>-<version>`, with or without `.zip`. The version is the shortest end after a dash
    /// that is one.
    pub fn of_name(name: &str) -> Option<Identity> {
        let name = name.strip_suffix(".zip").unwrap_or(name);
        let mut dashes = name.rmatch_indices('-').map(|(at, _)| at);
        let parse = |at: usize| Some((at, Version::parse(&name[at + 1..]).ok()?));
        let (at, version) = dashes.find_map(parse)?;
        Some(Identity {
            id: name[..at].to_string(),
            version,
        })
        .filter(|identity| is_folder_name(&identity.id))
    }

    /// How its archive is called.
    pub fn archive_name(&self) -> String {
        format!("{}-{}.zip", self.id, self.version)
    }
}

fn is_folder_name(id: &str) -> bool {
    !id.is_empty() && !id.starts_with('.') && !id.contains(['/', '\\', '\0'])
}

/// Who an archive with this name and these files is.
pub fn of_archive(name: &str, root: &Path) -> Result<(Identity, Vec<Problem>), Problem> {
    match Identity::of_name(name) {
        Some(identity) => {
            let warnings = check_bundled(root, &identity, None)?;
            Ok((identity, warnings))
        }
        None => of_manifest(root)?.ok_or_else(|| {
            Problem::new(
                "file-name",
                format!(
                    "{name:?} is not <plugin id>-<version>.zip, such as dev.example.notes-1.4.0.zip, and no manifest \
                     file inside says what it is"
                ),
            )
        }),
    }
}

/// Who a folder is: its manifest file says it, else its name.
pub fn of_folder(name: &str, root: &Path) -> Result<(Identity, Vec<Problem>), Problem> {
    if let Some(found) = of_manifest(root)? {
        return Ok(found);
    }
    let identity = Identity::of_name(name).ok_or_else(|| {
        let files = MANIFESTS.join(", ");
        Problem::new(
            "file-name",
            format!(
                "the folder {name:?} is not named <plugin id>-<version> and has none of {files} \
                 that says what it is"
            ),
        )
    })?;
    Ok((identity, Vec::new()))
}

fn of_manifest(root: &Path) -> Result<Option<(Identity, Vec<Problem>)>, Problem> {
    let Some((file, manifest)) = first_manifest(root, &MANIFESTS)? else {
        return Ok(None);
    };
    let text = |key: &str| manifest[key].as_str().map(str::trim).unwrap_or_default();
    let (id, version) = (text("plugin_id"), text("version"));
    if !is_folder_name(id) {
        let what = format!("{file} has no usable `plugin_id` (found {id:?})");
        return Err(Problem::new("bundled-manifest", what));
    }
    let version = Version::parse(version).map_err(|error| {
        let what =
            format!("{file} has the version {version:?}, expected one such as 1.4.0: {error}");
        Problem::new("version", what)
    })?;
    let identity = Identity {
        id: id.to_string(),
        version,
    };
    let warnings = check_bundled(root, &identity, Some(file))?;
    Ok(Some((identity, warnings)))
}

/// The manifest file that counts must be valid and name the same plugin. `identified_by` is the
/// file that said which plugin it is: with two fields alone, as developers have it, it is passed
/// over.
fn check_bundled(
    root: &Path,
    identity: &Identity,
    identified_by: Option<&str>,
) -> Result<Vec<Problem>, Problem> {
    let mut names = MANIFESTS.to_vec();
    let first = first_manifest(root, &MANIFESTS[..1])?;
    if let (Some((file, manifest)), Some(by)) = (&first, identified_by)
        && *file == by
        && manifest.get("capabilities").is_none()
    {
        names.remove(0);
    }
    match first_manifest(root, &names)? {
        None => Ok(Vec::new()),
        Some((file, manifest)) => {
            bundled_manifest::check(file, &manifest, (&identity.id, &identity.version))
        }
    }
}

fn first_manifest<'a>(root: &Path, names: &[&'a str]) -> Result<Option<(&'a str, Value)>, Problem> {
    let Some(file) = names.iter().find(|name| root.join(name).is_file()) else {
        return Ok(None);
    };
    let broken = |error: String| Problem::new("bundled-manifest", format!("{file}: {error}"));
    let text = std::fs::read(root.join(file)).map_err(|error| broken(error.to_string()))?;
    let manifest = serde_json::from_slice(&text).map_err(|error| broken(error.to_string()))?;
    Ok(Some((file, manifest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_shortest_end_that_is_one() {
        let text =
            |name: &str| Identity::of_name(name).map(|one| format!("{} {}", one.id, one.version));
        assert_eq!(text("dev.x-1.2.3.zip").as_deref(), Some("dev.x 1.2.3"));
        assert_eq!(
            text("dev.a-b-1.0.0-rc.1.zip").as_deref(),
            Some("dev.a-b 1.0.0-rc.1")
        );
        assert_eq!(
            text("dev.x-1.0.0-macos-arm64.zip").as_deref(),
            Some("dev.x 1.0.0-macos-arm64")
        );
        assert_eq!(text("dev.x-1.0.0+b.7").as_deref(), Some("dev.x 1.0.0+b.7"));
        for bad in [
            "dev.x.zip",
            "dev.x-1.0.zip",
            "dev.x-v1.0.0.zip",
            "-1.0.0.zip",
            ".x-1.0.0.zip",
        ] {
            assert_eq!(text(bad), None, "{bad}");
        }
    }
}
