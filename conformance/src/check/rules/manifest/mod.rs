//! Rules about the manifest: the pure ones in the files below, given what they need of the case.

mod identity;
mod keywords;
mod model_view;
mod routes;
mod settings;
mod tools;

pub(super) use settings::references;

use super::{Group, spec};
use crate::check::case::{Case, HostOptions};
use crate::check::envelope;
use crate::check::evidence::Evidence;
use crate::check::outcome::{Problem, Verdict, verdict};
use crate::check::spec_walk::{Difference, differences};
use osaurus_reference_host::Manifest;
use serde_json::Value;
use std::path::Path;

/// The group's rules.
pub(super) const RULES: Group = &[
    ("manifest-decodes", decodes),
    ("manifest-id", |case| pure(case, identity::id)),
    ("manifest-version", |case| pure(case, identity::version)),
    ("manifest-min-osaurus", |case| {
        pure(case, identity::min_versions)
    }),
    ("manifest-tool-ids", |case| pure(case, tools::ids)),
    ("manifest-tool-descriptions", |case| {
        pure(case, tools::descriptions)
    }),
    ("manifest-description-line", |case| {
        pure(case, model_view::first_lines)
    }),
    ("manifest-schemas-size", model_view::size),
    ("manifest-tool-name-callable", |case| {
        pure(case, tools::names)
    }),
    ("manifest-route-ids", |case| pure(case, routes::ids)),
    ("manifest-route-shadowed", |case| {
        pure(case, routes::shadowed)
    }),
    ("manifest-route-pattern", |case| {
        pure(case, routes::patterns)
    }),
    ("manifest-route-methods", |case| pure(case, routes::methods)),
    ("manifest-tool-schema", |case| pure(case, tools::schemas)),
    ("manifest-schema-keywords", schema_keywords),
    ("manifest-permission-policy", |case| {
        pure(case, tools::policies)
    }),
    ("manifest-requirements", |case| {
        pure(case, tools::requirements)
    }),
    ("manifest-config-keys", |case| pure(case, settings::keys)),
    ("manifest-config-defaults", |case| {
        pure(case, settings::defaults)
    }),
    ("manifest-config-pattern", |case| {
        pure(case, settings::patterns)
    }),
    ("manifest-secrets", |case| pure(case, identity::secrets)),
    ("manifest-unknown-keys", unknown_keys),
    ("manifest-web-folder", web_folder),
    ("manifest-callbacks", callbacks),
    ("manifest-registry-fields", |case| {
        pure(case, identity::registry_fields)
    }),
];

/// A rule that looks at the manifest alone.
pub(super) fn pure(case: &Case, rule: fn(&Value) -> Vec<Evidence>) -> Verdict {
    verdict(rule(case.manifest_json()?))
}

/// Judged from the text, so that it names the place; what it lets pass the host's own decoder must
/// take too.
fn decodes(case: &Case) -> Verdict {
    let manifest = case.manifest_json()?;
    let differences = differences(spec()?, "Manifest", manifest).into_iter();
    let wrong: Vec<Evidence> = differences
        .filter(Difference::is_error)
        .filter(|one| !one.path.ends_with("permission_policy"))
        .map(|one| Evidence::new(one.sentence()))
        .collect();
    verdict(wrong)?;
    match Manifest::parse(manifest.to_string().as_bytes()) {
        Ok(_) => Ok(()),
        Err(error) => Err(Problem::failed(Evidence::new(
            error.detail().unwrap_or("it cannot be decoded"),
        ))),
    }
}

fn callbacks(case: &Case) -> Verdict {
    let plugin = case.start_by_hand(None)?.plugin;
    let answers_routes = plugin.api.handle_route.is_some();
    verdict(routes::callbacks(case.manifest_json()?, answers_routes))
}

/// Calls each tool with arguments that break one promise of its schema; good arguments first, to
/// see that it works.
fn schema_keywords(case: &Case) -> Verdict {
    let loaded = case.load(HostOptions::default())?;
    let manifest = case.manifest()?;
    let mut evidence = Vec::new();
    for sample in case.samples() {
        let schema = manifest.tools().iter().find(|tool| tool.id == sample.tool);
        let schema = schema
            .and_then(|tool| tool.parameters.as_ref())
            .unwrap_or(&Value::Null);
        let Some(good) = sample.arguments.first() else {
            continue;
        };
        for violation in keywords::violations(schema, good) {
            let answer = loaded.invoke_raw("tool", &sample.tool, &violation.arguments.to_string());
            if answer.as_deref().is_some_and(envelope::is_success) {
                let what = format!(
                    "the tool `{}` accepts what `{}` of its schema forbids",
                    sample.tool, violation.keyword
                );
                evidence.push(Evidence::new(what).bytes(violation.arguments.to_string()));
            }
        }
    }
    verdict(evidence)
}

fn unknown_keys(case: &Case) -> Verdict {
    verdict(identity::unknown_keys(spec()?, case.manifest_json()?))
}

fn web_folder(case: &Case) -> Verdict {
    let folder = case.library().parent().unwrap_or(Path::new("."));
    verdict(routes::web_folder(case.manifest_json()?, folder))
}

/// The string at a key.
pub(super) fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

/// The elements of a list; none for anything else.
pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Blank and repeated ids, as the host compares them: without the spaces around.
fn duplicates(kind: &str, items: &[Value]) -> Vec<Evidence> {
    let ids: Vec<&str> = items
        .iter()
        .map(|item| text(item, "id").unwrap_or_default().trim())
        .collect();
    let problem = |index: usize, id: &str| {
        let place = format!("`capabilities.{kind}[{index}].id`");
        if id.is_empty() {
            Some(format!("{place} is blank"))
        } else if ids[..index].contains(&id) {
            Some(format!("{place} is {id:?} once more"))
        } else {
            None
        }
    };
    let each = ids.iter().enumerate();
    each.filter_map(|(index, id)| problem(index, id))
        .map(Evidence::new)
        .collect()
}
