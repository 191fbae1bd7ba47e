//! How a rule names the item of the ABI spec that it follows, `kind:name`, and where a reader finds that item.

use osaurus_abi_spec::Spec;

/// A named item that exists in the spec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecItem<'a> {
    /// `host`, `plugin`, `entry`, `record`, `field`, `limit`, `quirk`, `error`, `string`, `version` or `revision`.
    pub kind: &'a str,
    /// Its name; a field's is `Record.field`.
    pub name: &'a str,
}

impl<'a> SpecItem<'a> {
    /// Reads `kind:name` and looks it up.
    pub fn find(spec: &Spec, text: &'a str) -> Option<SpecItem<'a>> {
        let (kind, name) = text.split_once(':')?;
        exists(spec, kind, name).then_some(SpecItem { kind, name })
    }
}

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
    fn every_rule_follows_an_item_of_the_spec() {
        let spec = osaurus_abi_spec::load().expect("the spec loads");
        for rule in catalogue() {
            let found = SpecItem::find(&spec, &rule.spec);
            assert!(
                found.is_some(),
                "{}: no item {:?} in the spec",
                rule.id,
                rule.spec
            );
        }
    }

    #[test]
    fn what_is_not_in_the_spec_is_not_found() {
        let spec = osaurus_abi_spec::load().expect("the spec loads");
        for text in [
            "host:nothing",
            "field:ToolSuccess.nothing",
            "quirk:999",
            "host",
            "what:log",
        ] {
            assert_eq!(SpecItem::find(&spec, text), None, "{text}");
        }
    }
}
