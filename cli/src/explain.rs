//! `osaurus-bridge explain`: the page of a rule, or the section of an error, a host function, a limit
//! or a quirk, from the documents inside the program.

use crate::closest::closest;
use crate::documents;
use crate::failure::Failure;
use crate::own_errors;
use osaurus_codegen::Files;
use std::process::ExitCode;

/// What an anchor may begin with, before the name that people know.
const KINDS: [&str; 10] = [
    "error", "kind", "host", "plugin", "entry", "limit", "quirk", "package", "engine", "change",
];

/// Arguments of `explain`.
#[derive(clap::Args)]
pub struct Args {
    /// A rule of `check` or of packages, an error's code, a kind of failed tool, a host function, a
    /// limit or quirk-N: result-null, zip64, rate_limit_exceeded, quirk-4
    name: String,
}

/// Prints what the documents say about a name.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let name = &args.name;
    let pages = documents::pages(&documents::spec()?)?;
    let sections = explanations(&pages, name);
    if sections.is_empty() {
        return Err(unknown(&pages, name));
    }
    crate::terminal::report(&sections.join("\n"));
    Ok(ExitCode::SUCCESS)
}

/// A rule's page, or every section of that name: `not_found` is an error of the host and a kind of
/// failed tool.
fn explanations(pages: &Files, name: &str) -> Vec<String> {
    if let Some(page) = pages.get(&format!("rules/{name}.md")) {
        return vec![plain(page)];
    }
    let anchors = KINDS.map(|kind| format!("{kind}-{name}"));
    let anchors = anchors.into_iter().chain([name.to_owned()]);
    let anchors: Vec<String> = anchors.map(|id| format!("<a id=\"{id}\"></a>")).collect();
    let sections =
        reference(pages).flat_map(|text| anchors.iter().filter_map(|id| section(text, id)));
    sections.map(|text| plain(&text)).collect()
}

/// The pages with sections that can be asked for.
fn reference(pages: &Files) -> impl Iterator<Item = &String> {
    let is_reference = |path: &str| path.starts_with("host-api/") || path == own_errors::PAGE;
    let pages = pages.iter().filter(move |(path, _)| is_reference(path));
    pages.map(|(_, text)| text)
}

/// What follows an anchor, up to the next heading that is not below its own; of a table the row.
fn section(page: &str, anchor: &str) -> Option<String> {
    let (before, after) = page.split_once(anchor)?;
    if before.ends_with("| ") {
        let cells = after
            .lines()
            .next()?
            .trim_end_matches('|')
            .replace(" | ", "\n\n");
        return Some(format!("# {cells}\n"));
    }
    let mut lines = after.trim_start().lines();
    let heading = lines.next()?;
    let level = |line: &str| line.find(|c| c != '#').unwrap_or(0);
    let ends = |line: &&str| {
        line.starts_with("<a id=") || (line.starts_with('#') && level(line) <= level(heading))
    };
    let body: Vec<&str> = lines.take_while(|line| !ends(line)).collect();
    Some(format!("{heading}\n{}\n", body.join("\n").trim_end()))
}

/// Markdown as a terminal shows it best: without comments, anchors and the targets of links.
fn plain(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("<!--"));
    let lines: Vec<String> = lines.map(without_links).collect();
    format!("{}\n", lines.join("\n").trim())
}

fn without_links(line: &str) -> String {
    let mut parts = line.split("](");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let words = out
            .rfind('[')
            .map(|at| out.split_off(at))
            .unwrap_or_default();
        out.push_str(words.trim_start_matches('['));
        out.push_str(part.split_once(')').map_or(part, |(_, rest)| rest));
    }
    out
}

fn unknown(pages: &Files, name: &str) -> Failure {
    let names = names(pages);
    let suggestion = closest(name, &names).map(|near| format!("did you mean {near}? "));
    let lists = "osaurus-bridge check --list has all rules; docs/host-api/errors.md and \
                 docs/own-errors.md all errors";
    Failure::new(
        format!("there is no rule, error, function, limit or quirk {name:?}"),
        format!("{}{lists}", suggestion.unwrap_or_default()),
    )
}

/// Everything that can be asked for.
fn names(pages: &Files) -> Vec<String> {
    let rules = pages
        .keys()
        .filter_map(|path| path.strip_prefix("rules/")?.strip_suffix(".md"));
    let anchors = reference(pages).flat_map(|text| text.split("<a id=\"").skip(1));
    let anchors = anchors.filter_map(|rest| rest.split('"').next());
    let bare = anchors.map(|id| match id.split_once('-') {
        Some((kind, name)) if kind != "quirk" => name,
        _ => id,
    });
    rules.chain(bare).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages() -> Files {
        documents::pages(&documents::spec().expect("the spec")).expect("the pages")
    }

    #[test]
    fn every_rule_error_function_limit_and_quirk_can_be_explained() {
        let pages = pages();
        let names = names(&pages);
        assert!(names.len() > 250, "{}", names.len());
        for name in names {
            let sections = explanations(&pages, &name);
            assert!(!sections.is_empty(), "{name}");
            for text in sections {
                assert!(
                    text.starts_with("# ") || text.starts_with("##"),
                    "{name}: {text}"
                );
                assert!(text.lines().count() > 2, "{name}: {text}");
                assert!(
                    !text.contains("](") && !text.contains("<a id"),
                    "{name}: {text}"
                );
            }
        }
    }

    #[test]
    fn a_name_with_two_meanings_is_explained_twice() {
        let sections = explanations(&pages(), "not_found");
        assert_eq!(sections.len(), 2, "{sections:?}");
        assert!(sections[0].starts_with("### not_found\n"), "{sections:?}");
        assert!(
            sections[1].starts_with("### `not_found` of a tool\n"),
            "{sections:?}"
        );
    }

    #[test]
    fn a_limit_is_its_row_of_the_table() {
        let text = explanations(&pages(), "http_redirects").remove(0);
        assert_eq!(
            text,
            "# `http_redirects`\n\n20 redirects\n\nRedirects followed; more return `too_many_redirects`.\n\n`http_request`\n"
        );
    }

    #[test]
    fn a_name_that_is_not_there_is_answered_with_the_nearest() {
        let failure = unknown(&pages(), "result-nul");
        let text = format!("{failure:?}");
        assert!(text.contains("did you mean result-null? "), "{text}");
    }
}
