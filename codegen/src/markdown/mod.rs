//! Documents for people: the host API reference and the page of ABI versions. Links between pages
//! are made at the end, when each anchor's page is known.

mod errors;
mod host_api;
mod links;
mod records;
mod slots;
mod versions;

use crate::{
    phrases,
    target::{Error, Files},
    text,
};
use osaurus_abi_spec::model::Spec;

const WIDTH: usize = 100;

/// The reference and `abi-versions.md`, and with them `others`: pages that link to the reference by
/// bare anchors.
pub fn generate(spec: &Spec, others: Files) -> Result<Files, Error> {
    let mut pages = Pages(others);
    host_api::add(spec, &mut pages)?;
    pages.insert("abi-versions.md", versions::page(spec)?);
    links::resolve(&mut pages.0)?;
    Ok(pages.0)
}

/// Pages by their paths below docs/.
struct Pages(Files);

impl Pages {
    /// A page with its first line and its title.
    fn add(&mut self, path: &str, title: &str, body: &str) {
        self.insert(
            path,
            format!("<!-- {} -->\n\n# {title}\n\n{body}", notice()),
        );
    }

    fn insert(&mut self, path: &str, text: String) {
        self.0.insert(path.to_owned(), text::tidy_prose(&text));
    }
}

fn notice() -> String {
    phrases::notice("osaurus-bridge gen markdown")
}

/// A row of a table; `|` and line ends in cells are taken care of.
fn row<const N: usize>(cells: [&str; N]) -> String {
    let cells = cells.map(|cell| text::one_line(cell).replace('|', "\\|"));
    format!("| {} |", cells.join(" | "))
}

/// A paragraph or more, wrapped.
fn prose(text: &str) -> String {
    text::wrap(text, WIDTH).join("\n")
}

/// Words between backticks.
fn code(text: &str) -> String {
    format!("`{text}`")
}

/// A yes that can be seen in a table, and nothing for no.
const fn tick(yes: bool) -> &'static str {
    if yes { "yes" } else { "" }
}

/// `1,048,576`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_cannot_break_their_table() {
        assert_eq!(row(["a|b", "c\nd"]), "| a\\|b | c d |");
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(grouped(1_048_576), "1,048,576");
        assert_eq!(grouped(120), "120");
    }
}
