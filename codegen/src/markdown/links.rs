//! Links to the host API reference. Pages are written with bare anchors, `](#host-log)`; here each gets
//! the page that has it, in the reference and in pages of others: those of the checker's rules.

use crate::target::{Error, Files};
use std::collections::BTreeMap;

/// The page of old addresses: it repeats anchors of others, and no link leads to those.
const OVERVIEW: &str = "host-api.md";

/// Completes every bare link. An anchor that no page has is an error.
pub fn resolve(pages: &mut Files) -> Result<(), Error> {
    let places = anchors(pages);
    for (page, text) in pages.iter_mut() {
        *text = resolved(page, text, &places)?;
    }
    Ok(())
}

/// Anchors of the reference, and of no other page.
fn anchors(pages: &Files) -> BTreeMap<String, String> {
    let mut places = BTreeMap::new();
    let below = pages
        .iter()
        .filter(|(page, _)| page.starts_with("host-api/"));
    for (page, text) in below.chain(pages.get_key_value(OVERVIEW)) {
        for anchor in text.lines().flat_map(of_line) {
            places.entry(anchor).or_insert_with(|| page.clone());
        }
    }
    places
}

/// Anchors of a line: explicit ids, and a heading's own where that is one word.
fn of_line(line: &str) -> Vec<String> {
    let ids = line.split("<a id=\"").skip(1);
    let ids = ids.filter_map(|rest| rest.split('"').next().map(str::to_owned));
    let title = line.trim_start_matches('#');
    let title = (title != line && !title.trim().contains(' ')).then(|| title.trim().to_lowercase());
    ids.chain(title).collect()
}

fn resolved(page: &str, text: &str, places: &BTreeMap<String, String>) -> Result<String, Error> {
    let mut parts = text.split("](#");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let anchor = part.split(')').next().unwrap_or_default();
        let target = places.get(anchor).ok_or_else(|| Error::NoAnchor {
            page: page.to_owned(),
            anchor: anchor.to_owned(),
        })?;
        out.push_str("](");
        if target != page {
            out.push_str(&path_between(page, target));
        }
        out.push('#');
        out.push_str(part);
    }
    Ok(out)
}

/// Folders of pages are one level deep.
fn path_between(from: &str, to: &str) -> String {
    match (from.split_once('/'), to.split_once('/')) {
        (Some((here, _)), Some((there, name))) if here == there => name.to_owned(),
        (Some(_), _) => format!("../{to}"),
        (None, _) => to.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(pages: &[(&str, &str)]) -> Files {
        let owned = pages
            .iter()
            .map(|(page, text)| ((*page).to_owned(), (*text).to_owned()));
        owned.collect()
    }

    #[test]
    fn a_bare_link_gets_the_page_of_its_anchor() {
        let mut pages = pages(&[
            ("host-api.md", "<a id=\"host-log\"></a> [x](#host-log)"),
            (
                "host-api/log.md",
                "<a id=\"host-log\"></a>\n[x](#host-log) [y](#manifest)",
            ),
            ("host-api/plugin.md", "#### Manifest\n[x](#host-log)"),
            ("rules/one.md", "## Manifest\n[x](#host-log)"),
        ]);
        resolve(&mut pages).unwrap();
        assert!(pages["host-api.md"].contains("[x](host-api/log.md#host-log)"));
        assert!(pages["host-api/log.md"].ends_with("[x](#host-log) [y](plugin.md#manifest)"));
        assert!(pages["host-api/plugin.md"].ends_with("[x](log.md#host-log)"));
        assert!(pages["rules/one.md"].ends_with("[x](../host-api/log.md#host-log)"));
    }

    #[test]
    fn an_anchor_that_no_page_has_is_an_error() {
        let error = resolve(&mut pages(&[("a.md", "[x](#nothing)")])).unwrap_err();
        let text = "the page a.md links to #nothing, which the host API reference does not have; correct the name in the \
                    spec or the rule";
        assert_eq!(error.to_string(), text);
    }
}
