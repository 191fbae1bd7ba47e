//! What the bridge itself names when something is wrong, as data: rules of packages, codes of
//! scripted plugins and changes of the ABI. `documents` makes a page of it. The checker's rules are
//! in `conformance`.

use crate::failure::{Failure, OrFail};
use osaurus_abi_spec::diff::{RULES, Rule};
use serde::Deserialize;

/// Where the page is, below `docs/`.
pub const PAGE: &str = "own-errors.md";

const FILES: [(&str, &str, &str, &str); 2] = [
    (
        "package",
        "Rules of packages",
        "`verify`, `package` and `install` name the rule that is broken. A warning does not keep a package from \
         being installed; `package` writes none that has one.",
        include_str!("../errors/package.toml"),
    ),
    (
        "engine",
        "Codes of scripted plugins",
        "A call whose handler did not run or did not end fails with a code beside its \
         [kind](host-api/errors.md#toolerrorkind): `data.code` of a tool's envelope, `error.code` of a route's answer.",
        include_str!("../errors/engine.toml"),
    ),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    error: Vec<OwnError>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnError {
    id: String,
    means: String,
    fix: String,
    #[serde(default)]
    warning: bool,
}

/// The text of the page.
pub fn page() -> Result<String, Failure> {
    let mut text = String::from(
        "<!-- Generated from cli/errors by `osaurus-bridge gen`. Edit those files, not this one. -->\n\n\
         # Errors of the bridge\n\nWhat the bridge itself names when something is wrong. \
         `osaurus-bridge explain NAME` prints one of these sections. [Rules of check](check-rules.md) and \
         [errors of the host](host-api/errors.md) have pages of their own.\n",
    );
    for (group, title, about, list) in FILES {
        text += &format!("\n## {title}\n\n{about}\n");
        text.extend(read(list)?.iter().map(|error| section(group, error)));
    }
    text += &changes();
    Ok(text)
}

/// The table of what `abi diff` finds.
fn changes() -> String {
    let row = |rule: &&Rule| {
        format!(
            "| <a id=\"change-{0}\"></a>`{0}` | {1} | {2} |\n",
            rule.id,
            rule.class.title(),
            rule.why
        )
    };
    let rows: String = RULES.iter().map(row).collect();
    format!(
        "\n## Changes of the ABI\n\n[`abi diff`](abi-next.md) gives each change one of these names.\n\n\
         | change | class | why |\n|---|---|---|\n{rows}"
    )
}

fn read(list: &str) -> Result<Vec<OwnError>, Failure> {
    let list: List = toml::from_str(list).or_fail("cannot read the list of errors", "")?;
    Ok(list.error)
}

fn section(group: &str, error: &OwnError) -> String {
    let warning = if error.warning { " A warning." } else { "" };
    format!(
        "\n<a id=\"{group}-{0}\"></a>\n\n### {0}\n\n{1}{warning}\n\n- What to do: {2}\n",
        error.id, error.means, error.fix
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use include_dir::{Dir, include_dir};
    use std::collections::BTreeSet;

    static PACKAGE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/package");

    /// The rules that the sources of `package` name when they find a problem.
    fn named(folder: &Dir<'_>) -> BTreeSet<String> {
        let inner = folder.dirs().flat_map(named);
        let sources = folder.files().filter_map(|file| file.contents_utf8());
        let calls = sources.flat_map(|text| {
            let starts = ["Problem::new(", "self.warn(", "self.fail("];
            starts
                .into_iter()
                .flat_map(|start| text.split(start).skip(1))
        });
        let rules = calls.filter_map(|call| call.trim_start().strip_prefix('"')?.split('"').next());
        rules.map(str::to_owned).chain(inner).collect()
    }

    #[test]
    fn every_rule_of_packages_is_explained_and_no_other() {
        let listed: BTreeSet<String> = read(FILES[0].3)
            .expect("a list")
            .into_iter()
            .map(|error| error.id)
            .collect();
        let named = named(&PACKAGE);
        let missing: Vec<&String> = named.difference(&listed).collect();
        assert!(
            missing.is_empty(),
            "cli/errors/package.toml lacks {missing:?}"
        );
        let unknown: Vec<&String> = listed.difference(&named).collect();
        assert!(
            unknown.is_empty(),
            "no source names {unknown:?} of cli/errors/package.toml"
        );
    }

    #[test]
    fn every_code_of_scripted_plugins_is_explained() {
        let source = include_str!("../../host-shim/dylib/src/envelope.rs");
        let codes = source.split("mod code {").nth(1).expect("the codes");
        let codes = codes.split('}').next().expect("their end");
        let codes: BTreeSet<&str> = codes.split('"').skip(1).step_by(2).collect();
        let listed = read(FILES[1].3).expect("a list");
        assert_eq!(
            codes,
            listed.iter().map(|error| error.id.as_str()).collect()
        );
    }
}
