//! What the manifest says of the plugin as a whole: its id, versions, secrets, the registry's
//! needs, and keys that no host knows. Pure.

use super::{list, text};
use crate::check::Evidence;
use crate::check::spec_walk::{Kind, differences};
use osaurus_abi_spec::Spec;
use serde_json::Value;

/// `manifest-id`
pub(super) fn id(manifest: &Value) -> Vec<Evidence> {
    let id = text(manifest, "plugin_id").unwrap_or_default();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let mut parts = id.split('.');
    let first = parts.next().unwrap_or_default();
    let rest: Vec<&str> = parts.collect();
    let good = !first.is_empty()
        && first.chars().all(plain)
        && !rest.is_empty()
        && rest
            .iter()
            .all(|part| !part.is_empty() && part.chars().all(|c| plain(c) || c == '_' || c == '-'));
    let message = format!(
        "`plugin_id` is {id:?}; expected lower-case parts joined by points, such as \
         dev.example.notes"
    );
    (!good)
        .then(|| Evidence::new(message))
        .into_iter()
        .collect()
}

/// `manifest-version`
pub(super) fn version(manifest: &Value) -> Vec<Evidence> {
    let message = match text(manifest, "version") {
        Some(version) if semver::Version::parse(version).is_ok() => return Vec::new(),
        Some(version) => format!("`version` is {version:?}; expected three numbers, such as 1.4.0"),
        None => "there is no `version`; expected three numbers, such as 1.4.0".into(),
    };
    vec![Evidence::new(message)]
}

/// `manifest-min-osaurus`
pub(super) fn min_versions(manifest: &Value) -> Vec<Evidence> {
    let strict = |version: &str| {
        semver::Version::parse(version)
            .is_ok_and(|read| read.pre.is_empty() && read.build.is_empty())
    };
    let system = |version: &str| {
        let parts: Vec<&str> = version.split('.').collect();
        parts.len() <= 3 && parts.iter().all(|part| part.parse::<u32>().is_ok())
    };
    let unreadable = |key: &str, good: &dyn Fn(&str) -> bool, expected: &str| {
        let stated = text(manifest, key).filter(|stated| !good(stated))?;
        Some(Evidence::new(format!(
            "`{key}` is {stated:?}, which hosts cannot read; expected {expected}"
        )))
    };
    [
        unreadable("min_osaurus", &strict, "three numbers, such as 0.20.3"),
        unreadable("min_macos", &system, "one to three numbers, such as 14.5"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// `manifest-secrets`
pub(super) fn secrets(manifest: &Value) -> Vec<Evidence> {
    let mut names = Vec::new();
    let mut evidence = Vec::new();
    for (index, secret) in list(&manifest["secrets"]).iter().enumerate() {
        let id = text(secret, "id").unwrap_or_default().trim();
        if id.is_empty() || text(secret, "label").unwrap_or_default().trim().is_empty() {
            evidence.push(format!("`secrets[{index}]` has a blank `id` or `label`"));
        } else if names.contains(&id) {
            evidence.push(format!("`secrets[{index}].id` is {id:?} once more"));
        }
        names.push(id);
        if let Some(url) = text(secret, "url").filter(|url| !url.starts_with("https://")) {
            evidence.push(format!(
                "`secrets[{index}].url` is {url:?}; expected an https address"
            ));
        }
    }
    evidence.into_iter().map(Evidence::new).collect()
}

/// Keys of tools that hosts ignore and the registry reads: how a tool's result is shown.
fn is_registrys(path: &str) -> bool {
    let of_tool = path.strip_prefix("capabilities.tools[");
    let key = of_tool.and_then(|rest| rest.split_once("]."));
    key.is_some_and(|(_, key)| ["widget", "defaultRender"].contains(&key))
}

/// `manifest-unknown-keys`
pub(super) fn unknown_keys(spec: &Spec, manifest: &Value) -> Vec<Evidence> {
    differences(spec, "Manifest", manifest)
        .iter()
        .filter(|difference| difference.kind == Kind::Unknown && !is_registrys(&difference.path))
        .map(|difference| Evidence::new(difference.sentence()))
        .collect()
}

/// `manifest-registry-fields`
pub(super) fn registry_fields(manifest: &Value) -> Vec<Evidence> {
    let blank = |value: &Value, key: &str| text(value, key).unwrap_or_default().trim().is_empty();
    let top = ["name", "description", "min_osaurus"];
    let top = top
        .iter()
        .filter(|key| blank(manifest, key))
        .map(|key| format!("`{key}`"));
    let routes = list(&manifest["capabilities"]["routes"]).iter().enumerate();
    let routes = routes
        .filter(|(_, route)| blank(route, "description"))
        .map(|(index, _)| format!("`capabilities.routes[{index}].description`"));
    top.chain(routes)
        .map(|key| Evidence::new(format!("{key} is missing or blank")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(found: &[Evidence]) -> Vec<&str> {
        found
            .iter()
            .map(|evidence| evidence.what.as_str())
            .collect()
    }

    #[test]
    fn ids_are_the_registrys() {
        let good = |id: &str| super::id(&json!({ "plugin_id": id })).is_empty();
        assert!(good("dev.example.notes") && good("a1.b_c-d"));
        for id in [
            "dev.example.Notes",
            "notes",
            "dev..x",
            "d_v.x",
            ".x",
            "dev.é",
            "",
        ] {
            assert!(!good(id), "{id}");
        }
    }

    #[test]
    fn versions_must_be_readable() {
        assert!(version(&json!({"version": "1.0.0-rc.1"})).is_empty());
        assert!(said(&version(&json!({"version": "1.0"})))[0].contains("three numbers"));
        assert!(said(&version(&json!({})))[0].starts_with("there is no"));
        let both = json!({"min_osaurus": "1.2", "min_macos": "Sonoma"});
        assert_eq!(min_versions(&both).len(), 2);
        assert!(min_versions(&json!({"min_osaurus": "1.2.3", "min_macos": "14"})).is_empty());
    }

    #[test]
    fn secrets_have_ids_labels_and_https_pages() {
        let secrets = json!({"secrets": [
            {"id": "a", "label": "A", "required": true, "url": "http://x"},
            {"id": "a", "label": "B", "required": true},
            {"id": " ", "label": "C", "required": true},
        ]});
        let evidence = super::secrets(&secrets);
        assert_eq!(said(&evidence).len(), 3);
        assert!(said(&evidence)[1].contains("once more"));
    }

    #[test]
    #[cfg_attr(miri, ignore = "reading the whole ABI spec takes minutes there")]
    fn unknown_keys_are_named_with_their_place() {
        let spec = osaurus_abi_spec::load().expect("the spec loads");
        let manifest = json!({"plugin_id": "a.b", "capabilities": {"tools": [{"id": "t", "description": "d",
            "paramters": {}, "widget": "card", "defaultRender": {}, "parameters": {"any": 1}}]}});
        let evidence = unknown_keys(&spec, &manifest);
        assert_eq!(
            said(&evidence),
            ["`capabilities.tools[0].paramters` is a key that hosts do not know"]
        );
    }

    #[test]
    fn the_registrys_entry_has_no_blanks() {
        let manifest = json!({"name": "N", "description": " ", "min_osaurus": "1.0.0",
            "capabilities": {"routes": [{"id": "r"}]}});
        let evidence = registry_fields(&manifest);
        assert_eq!(said(&evidence).len(), 2);
    }
}
