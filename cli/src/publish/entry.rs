//! A plugin's entry in the registry: made from its manifest and its release, and judged by the
//! rules of the registry's own check before anyone else does.

use crate::failure::{Failure, OrFail};
use crate::project::{check_id, skill};
use osaurus_conformance::check::registry_problems;
use semver::Version;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// What the registry takes for the oldest macOS where a plugin names none.
const OLDEST_MACOS: &str = "13.0";

/// The author's documents.
pub struct Documents {
    /// The whole text of SKILL.md.
    pub skill: Option<String>,
    /// Whether there is a README.
    pub readme: bool,
    /// Whether there is a changelog.
    pub changelog: bool,
}

/// One version as it is released.
pub struct Release {
    /// Its version.
    pub version: Version,
    /// Its day.
    pub date: String,
    /// What is new.
    pub notes: Option<String>,
    /// Where its archive is.
    pub url: String,
    /// The archive's checksum.
    pub sha256: String,
    /// The archive's size.
    pub size: u64,
    /// The archive's signature, four lines.
    pub signature: String,
    /// The author's public key.
    pub key: String,
}

/// Makes the entry; the versions of an older one stay.
pub fn make(
    manifest: &Value,
    documents: &Documents,
    release: &Release,
    old: Option<Value>,
) -> Result<Value, Failure> {
    let requires = requires(manifest)?;
    let mut entry = Map::new();
    for key in [
        "plugin_id",
        "name",
        "description",
        "homepage",
        "license",
        "authors",
    ] {
        let value = manifest.get(key).or_else(|| old.as_ref()?.get(key));
        if let Some(value) = value {
            entry.insert(key.into(), value.clone());
        }
    }
    entry.insert("capabilities".into(), capabilities(manifest, documents)?);
    if let Some(text) = &documents.skill {
        entry.insert("skill".into(), json!(text));
    }
    if let Some(docs) = docs(manifest, documents) {
        entry.insert("docs".into(), docs);
    }
    if let Some(secrets) = manifest.get("secrets") {
        entry.insert("secrets".into(), secrets.clone());
    }
    entry.insert("public_keys".into(), public_keys(release, old.as_ref())?);
    entry.insert("requires".into(), requires.clone());
    entry.insert("versions".into(), versions(release, &requires, old)?);
    Ok(entry.into())
}

/// In two places: the registry checks the one at the top, the installer reads the one of each
/// version.
fn requires(manifest: &Value) -> Result<Value, Failure> {
    let Some(osaurus) = manifest["min_osaurus"].as_str() else {
        return Err(Failure::new(
            "the plugin does not say the oldest Osaurus that it runs on, which the registry asks \
             for",
            "set min_osaurus (minOsaurus in TypeScript) where the plugin is declared, for example \
             to \"0.20.3\"",
        ));
    };
    let macos = manifest["min_macos"].as_str().unwrap_or(OLDEST_MACOS);
    Ok(json!({"osaurus_min_version": osaurus, "min_macos": macos}))
}

fn capabilities(manifest: &Value, documents: &Documents) -> Result<Value, Failure> {
    let named = |kind: &str| -> Vec<Value> {
        let items = manifest["capabilities"][kind]
            .as_array()
            .into_iter()
            .flatten();
        items
            .map(|item| json!({"name": item["id"], "description": item["description"]}))
            .collect()
    };
    let skills = match &documents.skill {
        None => Vec::new(),
        Some(text) => {
            let skill = skill::read(text).map_err(|why| Failure::new(why, "correct SKILL.md"))?;
            vec![json!({"name": skill.name, "description": skill.description})]
        }
    };
    let mut entry = Map::new();
    for (kind, items) in [
        ("tools", named("tools")),
        ("skills", skills),
        ("routes", named("routes")),
    ] {
        if !items.is_empty() {
            entry.insert(kind.into(), items.into());
        }
    }
    Ok(entry.into())
}

fn docs(manifest: &Value, documents: &Documents) -> Option<Value> {
    let mut docs = manifest["docs"].as_object().cloned().unwrap_or_default();
    for (key, file, there) in [
        ("readme", "README.md", documents.readme),
        ("changelog", "CHANGELOG.md", documents.changelog),
    ] {
        if there {
            docs.entry(key).or_insert_with(|| json!(file));
        }
    }
    (!docs.is_empty()).then(|| docs.into())
}

/// A key cannot be changed: users would have to remove the plugin first.
fn public_keys(release: &Release, old: Option<&Value>) -> Result<Value, Failure> {
    let key = old.and_then(|old| old["public_keys"]["minisign"].as_str());
    if let Some(key) = key.filter(|key| *key != release.key) {
        return Err(Failure::new(
            format!(
                "the registry has the key {key} for this plugin, this one is {}",
                release.key
            ),
            "sign with the first key: the registry accepts no other, and Osaurus refuses the \
             update",
        ));
    }
    Ok(json!({"minisign": release.key}))
}

/// Newest first, the new one in the place of one with the same number.
fn versions(release: &Release, requires: &Value, old: Option<Value>) -> Result<Value, Failure> {
    let mut new = json!({
        "version": release.version.to_string(), "release_date": release.date, "requires": requires,
        "artifacts": [{
            "os": "macos", "arch": "arm64", "url": release.url, "sha256": release.sha256,
            "min_macos": requires["min_macos"], "size": release.size, "minisign": {"signature": release.signature},
        }],
    });
    if let Some(notes) = &release.notes {
        new["notes"] = json!(notes);
    }
    let older = old.and_then(|mut old| old["versions"].as_array_mut().map(std::mem::take));
    let mut all = vec![(release.version.clone(), new)];
    for version in older.unwrap_or_default() {
        let number = version["version"].as_str().unwrap_or_default();
        let number = Version::parse(number).or_fail(
            format!("the older entry has a version {number:?}"),
            "correct the registry's file",
        )?;
        if number != release.version {
            all.push((number, version));
        }
    }
    all.sort_by(|(a, _), (b, _)| b.cmp(a));
    Ok(all.into_iter().map(|(_, version)| version).collect())
}

/// The registry's own rules for manifest and entry, all at once.
pub fn check(manifest: &Value, entry: &Value) -> Result<(), Failure> {
    let mut wrong = registry_problems(manifest);
    let id = entry["plugin_id"].as_str().unwrap_or_default();
    if check_id(id).is_err() {
        wrong.push(format!(
            "plugin_id {id:?} is not lower-case parts joined by dots"
        ));
    }
    for key in ["name", "description"] {
        if is_blank(&entry[key]) {
            wrong.push(format!("{key} is missing or blank"));
        }
    }
    let oldest = entry["requires"]["osaurus_min_version"]
        .as_str()
        .unwrap_or_default();
    if Version::parse(oldest).is_err() {
        wrong.push(format!(
            "requires.osaurus_min_version {oldest:?} is not three numbers"
        ));
    }
    let key = entry["public_keys"]["minisign"]
        .as_str()
        .unwrap_or_default();
    if !key.starts_with("RW") || key.len() < 52 {
        wrong.push(format!(
            "public_keys.minisign {key:?} is not a public key of minisign"
        ));
    }
    for kind in ["tools", "skills", "routes"] {
        named(kind, &entry["capabilities"][kind], &mut wrong);
    }
    for (index, secret) in entry["secrets"]
        .as_array()
        .into_iter()
        .flatten()
        .enumerate()
    {
        if is_blank(&secret["id"]) || is_blank(&secret["label"]) || !secret["required"].is_boolean()
        {
            wrong.push(format!(
                "secrets[{index}] needs an id, a label, and required as true or false"
            ));
        }
    }
    for version in entry["versions"].as_array().into_iter().flatten() {
        artifact(version, &mut wrong);
    }
    if wrong.is_empty() {
        return Ok(());
    }
    let list: String = wrong.iter().map(|one| format!("\n  {one}")).collect();
    Err(Failure::new(
        format!("the registry would refuse the entry:{list}"),
        "correct it where the plugin is declared; osaurus-bridge check --include registry says \
         more",
    ))
}

fn named(kind: &str, items: &Value, wrong: &mut Vec<String>) {
    let mut versions = BTreeSet::new();
    for (index, item) in items.as_array().into_iter().flatten().enumerate() {
        let name = item["name"].as_str().unwrap_or_default().trim();
        if name.is_empty() || is_blank(&item["description"]) {
            wrong.push(format!(
                "capabilities.{kind}[{index}] needs a name and a description"
            ));
        } else if !versions.insert(name) {
            wrong.push(format!("capabilities.{kind} has {name:?} twice"));
        }
    }
}

fn artifact(version: &Value, wrong: &mut Vec<String>) {
    let number = version["version"].as_str().unwrap_or("-");
    for artifact in version["artifacts"].as_array().into_iter().flatten() {
        let url = artifact["url"].as_str().unwrap_or_default();
        if !url.starts_with("https://") {
            wrong.push(format!(
                "the address of {number} is {url:?}, expected one with https"
            ));
        }
        let signature = artifact["minisign"]["signature"]
            .as_str()
            .unwrap_or_default();
        if signature.lines().count() != 4 {
            wrong.push(format!("the signature of {number} has not four lines"));
        }
    }
}

fn is_blank(value: &Value) -> bool {
    value.as_str().is_none_or(|text| text.trim().is_empty())
}
