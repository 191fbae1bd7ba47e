//! A manifest file inside a package, judged as `osaurus manifest validate` judges one. Packages
//! need none; where there is one, the installer refuses the package for its faults.

use super::problem::Problem;
use semver::Version;
use serde_json::Value;

const RULE: &str = "bundled-manifest";

/// Checks the manifest in `file`, of a package with this id and version; what it gives are
/// warnings.
pub fn check(
    file: &str,
    manifest: &Value,
    (id, version): (&str, &Version),
) -> Result<Vec<Problem>, Problem> {
    let mut errors = Vec::new();
    identity_fields(manifest, id, version, &mut errors);
    match manifest.get("capabilities") {
        Some(capabilities) if capabilities.is_object() => {
            tools(&capabilities["tools"], &mut errors);
            routes(&capabilities["routes"], &mut errors);
            pages(&capabilities["web"], &mut errors);
            let config = &capabilities["config"];
            if config.is_object() && !config["sections"].is_array() {
                errors.push("`capabilities.config` needs a list `sections`".into());
            }
        }
        Some(_) => errors.push("`capabilities` must be an object".into()),
        None => errors.push(
            "`capabilities` is required; leave a file with only an id and a version out of the \
             package"
                .into(),
        ),
    }
    match errors.first() {
        Some(error) => Err(Problem::new(RULE, format!("{file}: {error}"))),
        None => Ok(warnings(file, manifest)),
    }
}

fn identity_fields(manifest: &Value, id: &str, version: &Version, errors: &mut Vec<String>) {
    let named = manifest["plugin_id"].as_str().unwrap_or_default().trim();
    if named != id {
        errors.push(format!(
            "`plugin_id` is {named:?}, the package is of {id:?}"
        ));
    }
    if let Some(written) = manifest["version"].as_str()
        && written.trim() != version.to_string()
    {
        errors.push(format!(
            "`version` is {written:?}, the package is of {version}"
        ));
    }
}

fn tools(tools: &Value, errors: &mut Vec<String>) {
    for (index, tool) in tools.as_array().into_iter().flatten().enumerate() {
        for key in ["id", "description"] {
            if is_blank(&tool[key]) {
                errors.push(format!(
                    "`capabilities.tools[{index}].{key}` is missing or empty"
                ));
            }
        }
        let requirements = &tool["requirements"];
        let are_strings = requirements
            .as_array()
            .is_some_and(|all| all.iter().all(Value::is_string));
        if !requirements.is_null() && !are_strings {
            errors.push(format!(
                "`capabilities.tools[{index}].requirements` must be a list of strings"
            ));
        }
        let policy = &tool["permission_policy"];
        if !policy.is_null() && !policy.is_string() {
            errors.push(format!(
                "`capabilities.tools[{index}].permission_policy` must be a string"
            ));
        }
    }
}

fn routes(routes: &Value, errors: &mut Vec<String>) {
    for (index, route) in routes.as_array().into_iter().flatten().enumerate() {
        let place = format!("`capabilities.routes[{index}]");
        for key in ["id", "path"] {
            if is_blank(&route[key]) {
                errors.push(format!("{place}.{key}` is missing or empty"));
            }
        }
        if route["methods"].as_array().is_none_or(Vec::is_empty) {
            errors.push(format!(
                "{place}.methods` must be a list of at least one method"
            ));
        }
        if !is_auth(&route["auth"]) {
            errors.push(format!("{place}.auth` must be none, verify or owner"));
        }
        let tunnel = &route["tunnel_exposed"];
        if !tunnel.is_null() && !tunnel.is_boolean() {
            errors.push(format!("{place}.tunnel_exposed` must be true or false"));
        }
    }
}

fn pages(web: &Value, errors: &mut Vec<String>) {
    if !web.is_object() {
        return;
    }
    let missing = ["static_dir", "entry", "mount", "auth"]
        .into_iter()
        .find(|key| is_blank(&web[*key]));
    if let Some(key) = missing {
        errors.push(format!("`capabilities.web.{key}` is missing or empty"));
    }
}

fn warnings(file: &str, manifest: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    for key in ["version", "name"] {
        if manifest.get(key).is_some_and(|value| !value.is_string()) {
            problems.push(format!("{file}: `{key}` is not a string"));
        }
    }
    let web = &manifest["capabilities"]["web"]["auth"];
    if web.is_string() && !is_auth(web) {
        problems.push(format!(
            "{file}: `capabilities.web.auth` is {web}; hosts know none, verify and owner"
        ));
    }
    for tool in manifest["capabilities"]["tools"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let policy = tool["permission_policy"].as_str().unwrap_or("ask");
        if !["auto", "ask", "deny"].contains(&policy) {
            problems.push(format!(
                "{file}: the permission_policy {policy:?} counts as ask"
            ));
        }
    }
    problems
        .into_iter()
        .map(|what| Problem::warning(RULE, what))
        .collect()
}

fn is_blank(value: &Value) -> bool {
    value.as_str().is_none_or(|text| text.trim().is_empty())
}

fn is_auth(value: &Value) -> bool {
    matches!(value.as_str(), Some("none" | "verify" | "owner"))
}
