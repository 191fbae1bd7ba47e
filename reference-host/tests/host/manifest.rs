//! The manifest, field by field, in plugins that are really loaded: what is required, and of which
//! type.

use crate::support::*;
use osaurus_reference_host::{Host, LoadError, LoadedPlugin};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;

/// One library that gives whatever is in a file as its manifest.
struct Desk {
    host: Host,
    library: PathBuf,
    file: PathBuf,
    _folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("manifest.json");
        let define = format!("MANIFEST_FILE=\"{}\"", file.display());
        Desk {
            host: Host::builder().build().unwrap(),
            library: probe(&["WITH_V2", &define]),
            file,
            _folder: folder,
        }
    }

    /// Loads and, when that went well, unloads.
    fn load(&self, bytes: &[u8]) -> Result<Arc<LoadedPlugin>, LoadError> {
        std::fs::write(&self.file, bytes).unwrap();
        let plugin = self.host.load(&self.library)?;
        assert!(self.host.unload(&plugin));
        Ok(plugin)
    }

    #[track_caller]
    fn takes(&self, manifest: &Value, what: &str) {
        if let Err(error) = self.load(manifest.to_string().as_bytes()) {
            panic!("{what}: {error} ({:?})", error.detail());
        }
    }

    #[track_caller]
    fn refuses(&self, bytes: &[u8], what: &str) {
        let error = self.load(bytes).err();
        let text = error.map(|error| error.to_string()).unwrap_or_default();
        assert_eq!(text, "Failed to parse plugin manifest", "{what}");
    }
}

/// Every field that there is.
fn full() -> Value {
    let validation = json!({"required": true, "pattern": "p", "pattern_hint": "h", "min": 0.5,
        "max": 2,
        "min_length": 1, "max_length": 9});
    let field = json!({"key": "k", "type": "text", "label": "l", "placeholder": "p", "default": "d",
        "options": [{"value": "v", "label": "l"}], "validation": validation, "connected_when": "k",
        "connect_action": {"type": "oauth", "url_route": "/r"},
        "disconnect_action": {"clear_keys": ["k"]},
        "value_template": "t", "copyable": true});
    json!({
        "plugin_id": "dev.full", "name": "n", "version": "no version at \
            all", "description": "d", "license": "MIT",
        "min_macos": "13.0", "min_osaurus": "0.1.0", "authors": ["a"], "instructions": "i",
        "secrets": [{"id": "s", "label": "l", "description": "d", "required": true, "url": "u"}],
        "docs": {"readme": "r", "changelog": "c", "links": [{"label": "l", "url": "u"}]},
        "capabilities": {
            "artifact_handler": true,
            "tools": [{"id": "t", "description": "d", "parameters": {}, "requirements": ["network"],
                "permission_policy": "auto"}],
            "routes": [{"id": "r", "path": "/r", "methods": ["GET"], "auth": "verify",
            "description": "d",
                "tunnel_exposed": true}],
            "web": {"static_dir": "web", "entry": "e", "mount": "/ui", "auth": "owner",
            "api_mount": "/api",
                "tunnel_exposed": true},
            "config": {"title": "t", "sections": [{"title": "t", "fields": [field]}]},
        },
    })
}

/// Values of a wrong type.
fn wrong(kind: &str) -> Vec<Value> {
    let wrong = match kind {
        "text" => json!([1, true, [], {}]),
        "strings" => json!(["x", [1], ["x", null], {}]),
        "flag" => json!(["true", 1, []]),
        "number" => json!(["1", true, []]),
        "whole" => json!(["1", 1.5, true]),
        "list" => json!(["x", {}, [1]]),
        "object" => json!(["x", 1, []]),
        "auth" => json!(["Owner", "public", "", 1]),
        "field" => json!(["Text", "checkbox", "", 1]),
        "default" => json!([{}, [1], ["a", 1], [["a"]]]),
        _ => json!([]),
    };
    wrong.as_array().unwrap().clone()
}

/// Where each field is, its type, and `!` when it is required.
const FIELDS: &str = "
/plugin_id text !
/name text
/version text
/description text
/license text
/min_macos text
/min_osaurus text
/instructions text
/authors strings
/secrets list
/secrets/0/id text !
/secrets/0/label text !
/secrets/0/description text
/secrets/0/required flag !
/secrets/0/url text
/docs object
/docs/readme text
/docs/changelog text
/docs/links list
/docs/links/0/label text !
/docs/links/0/url text !
/capabilities object !
/capabilities/artifact_handler flag
/capabilities/tools list
/capabilities/tools/0/id text !
/capabilities/tools/0/description text !
/capabilities/tools/0/parameters any
/capabilities/tools/0/requirements strings
/capabilities/tools/0/permission_policy text
/capabilities/routes list
/capabilities/routes/0/id text !
/capabilities/routes/0/path text !
/capabilities/routes/0/methods strings !
/capabilities/routes/0/auth auth !
/capabilities/routes/0/description text
/capabilities/routes/0/tunnel_exposed flag
/capabilities/web object
/capabilities/web/static_dir text !
/capabilities/web/entry text !
/capabilities/web/mount text !
/capabilities/web/auth auth !
/capabilities/web/api_mount text
/capabilities/web/tunnel_exposed flag
/capabilities/config object
/capabilities/config/title text
/capabilities/config/sections list !
/capabilities/config/sections/0/title text !
/capabilities/config/sections/0/fields list !
FIELD/key text !
FIELD/type field !
FIELD/label text !
FIELD/placeholder text
FIELD/default default
FIELD/options list
FIELD/options/0/value text !
FIELD/options/0/label text !
FIELD/validation object
FIELD/validation/required flag
FIELD/validation/pattern text
FIELD/validation/pattern_hint text
FIELD/validation/min number
FIELD/validation/max number
FIELD/validation/min_length whole
FIELD/validation/max_length whole
FIELD/connected_when text
FIELD/connect_action object
FIELD/connect_action/type text
FIELD/connect_action/url_route text
FIELD/disconnect_action object
FIELD/disconnect_action/clear_keys strings
FIELD/value_template text
FIELD/copyable flag
";

const FIELD: &str = "/capabilities/config/sections/0/fields/0";

fn fields() -> Vec<(String, &'static str, bool)> {
    let lines = FIELDS.lines().filter(|line| !line.is_empty());
    let field = |line: &'static str| {
        let mut words = line.split(' ');
        let (place, kind) = (words.next().unwrap(), words.next().unwrap());
        (place.replace("FIELD", FIELD), kind, words.next().is_some())
    };
    lines.map(field).collect()
}

fn with(place: &str, value: Value) -> Value {
    let mut manifest = full();
    *manifest.pointer_mut(place).unwrap() = value;
    manifest
}

fn without(place: &str) -> Value {
    let mut manifest = full();
    let (parent, name) = place.rsplit_once('/').unwrap();
    let parent = manifest.pointer_mut(parent).unwrap();
    parent.as_object_mut().unwrap().remove(name).unwrap();
    manifest
}

#[test]
fn a_wrong_type_in_any_field_fails_the_whole_manifest() {
    let desk = Desk::new();
    desk.takes(&full(), "everything there is");
    for (place, kind, _) in fields() {
        for value in wrong(kind) {
            let manifest = with(&place, value.clone()).to_string();
            desk.refuses(manifest.as_bytes(), &format!("{place} = {value}"));
        }
    }
}

#[test]
fn required_fields_must_be_there_and_others_may_be_absent_or_null() {
    let desk = Desk::new();
    for (place, kind, required) in fields() {
        for manifest in [without(&place), with(&place, Value::Null)] {
            if required {
                desk.refuses(manifest.to_string().as_bytes(), &place);
            } else {
                desk.takes(&manifest, &format!("{place}, a {kind}"));
            }
        }
    }
    desk.takes(
        &json!({"plugin_id": "dev.least", "capabilities": {}}),
        "the least",
    );
}

/// Adds a key to every object.
fn extended(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.values_mut().for_each(extended);
            fields.insert("nobody_knows_this".into(), json!([1]));
        }
        Value::Array(items) => items.iter_mut().for_each(extended),
        _ => {}
    }
}

#[test]
fn unknown_keys_are_ignored_everywhere_and_those_of_a_fork_too() {
    let desk = Desk::new();
    let mut manifest = full();
    extended(&mut manifest);
    desk.takes(&manifest, "unknown keys");
    for value in [json!(["teleport"]), json!("no list")] {
        let mut manifest = full();
        manifest["host_capabilities_required"] = value.clone();
        manifest["host_capabilities_optional"] = value;
        desk.takes(&manifest, "keys of a fork");
    }
}

#[test]
fn a_manifest_is_one_json_object_in_utf_8() {
    let desk = Desk::new();
    let text = full().to_string();
    desk.takes(&full(), "as it is");
    let spaced = format!(" \n{text}\n ");
    assert!(
        desk.load(spaced.as_bytes()).is_ok(),
        "white space around it"
    );
    let latin = text.replace("no version", "no \u{1}ersion").into_bytes();
    let latin: Vec<u8> = latin
        .iter()
        .map(|b| if *b == 1 { 0xe9 } else { *b })
        .collect();
    desk.refuses(&latin, "no UTF-8");
    let cut = &text[..text.len() - 1];
    let twice = format!("{text}{text}");
    for bytes in ["", "[]", "null", "5", "\"dev.full\"", "{}", cut, &twice] {
        desk.refuses(bytes.as_bytes(), bytes);
    }
}

#[test]
fn any_kind_of_field_policy_and_parameters_is_allowed() {
    let desk = Desk::new();
    for kind in [
        "text",
        "secret",
        "toggle",
        "select",
        "multiselect",
        "number",
        "readonly",
        "status",
    ] {
        desk.takes(&with(&format!("{FIELD}/type"), json!(kind)), kind);
    }
    for policy in ["auto", "DENY", "ask", "whatever", ""] {
        desk.takes(
            &with("/capabilities/tools/0/permission_policy", json!(policy)),
            policy,
        );
    }
    for parameters in [
        json!(true),
        json!(5),
        json!("text"),
        json!([]),
        json!({"type": 7}),
    ] {
        desk.takes(
            &with("/capabilities/tools/0/parameters", parameters),
            "parameters",
        );
    }
    for auth in ["none", "verify", "owner"] {
        desk.takes(&with("/capabilities/routes/0/auth", json!(auth)), auth);
        desk.takes(&with("/capabilities/web/auth", json!(auth)), auth);
    }
    desk.takes(
        &with("/capabilities/routes/0/methods", json!([])),
        "no methods",
    );
    desk.takes(
        &with("/capabilities/config/sections", json!([])),
        "no sections",
    );
}
