//! How a rule names the item of the ABI spec that it follows, `kind:name`, and where its page links to.

#[cfg(test)]
use osaurus_abi_spec::Spec;

/// Whether the spec has the item.
#[cfg(test)]
fn is_there(spec: &Spec, text: &str) -> bool {
    text.split_once(':')
        .is_some_and(|(kind, name)| exists(spec, kind, name))
}

/// The item in words, as a link in Markdown from a rule's page. In the host API reference it leads
/// to a bare anchor.
pub(crate) fn linked(text: &str) -> String {
    let (kind, name) = text.split_once(':').unwrap_or(("", text));
    let words = match kind {
        "host" => format!("the host's function `{name}`"),
        "plugin" => format!("the plugin's `{name}`"),
        "entry" => format!("the symbol `{name}`"),
        "record" => format!("the record `{name}`"),
        "field" => format!("the field `{name}`"),
        "limit" => format!("the limit `{name}`"),
        "quirk" => format!("quirk {name}"),
        "error" => format!("the error `{name}`"),
        "string" => format!("the text `{name}`"),
        "version" => format!("version {name}"),
        _ => format!("revision {name}"),
    };
    format!("[{words}]({})", address(kind, name))
}

fn address(kind: &str, name: &str) -> String {
    match kind {
        "plugin" if name == "version" => "../abi-versions.md#the-plugins-table".to_string(),
        "host" | "plugin" | "entry" | "limit" | "quirk" | "error" => format!("#{kind}-{name}"),
        "record" | "field" => {
            let record = name.split('.').next().unwrap_or_default();
            format!("#{}", record.to_lowercase())
        }
        "string" => "../abi-versions.md#fixed-strings".to_string(),
        _ => "../abi-versions.md".to_string(),
    }
}

#[cfg(test)]
fn exists(spec: &Spec, kind: &str, name: &str) -> bool {
    let number = || name.parse::<u32>().ok();
    match kind {
        "host" => spec.host.slot(name).is_some(),
        "plugin" => spec
            .plugin
            .members
            .iter()
            .any(|member| member.name() == name),
        "entry" => spec.entries.iter().any(|entry| entry.symbol == name),
        "record" => spec.record(name).is_some(),
        "field" => has_field(spec, name),
        "limit" => spec.limit(name).is_some(),
        "quirk" => number().and_then(|number| spec.quirk(number)).is_some(),
        "error" => spec.error(name).is_some(),
        "string" => spec.string(name).is_some(),
        "version" => number().and_then(|number| spec.version(number)).is_some(),
        "revision" => spec.revisions.iter().any(|revision| revision.name == name),
        _ => false,
    }
}

#[cfg(test)]
fn has_field(spec: &Spec, path: &str) -> bool {
    path.split_once('.').is_some_and(|(record, field)| {
        let record = spec.record(record);
        record.is_some_and(|record| record.fields.iter().any(|known| known.name == field))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::catalogue;

    #[test]
    #[cfg_attr(miri, ignore = "reading the whole ABI spec takes minutes there")]
    fn every_rule_follows_an_item_of_the_spec() {
        let spec = osaurus_abi_spec::load().expect("the spec loads");
        for rule in catalogue() {
            assert!(
                is_there(&spec, &rule.spec),
                "{}: no item {:?} in the spec",
                rule.id,
                rule.spec
            );
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "reading the whole ABI spec takes minutes there")]
    fn what_is_not_in_the_spec_is_not_found() {
        let spec = osaurus_abi_spec::load().expect("the spec loads");
        for text in [
            "host:nothing",
            "field:ToolSuccess.nothing",
            "quirk:999",
            "host",
            "what:log",
        ] {
            assert!(!is_there(&spec, text), "{text}");
        }
    }
}
