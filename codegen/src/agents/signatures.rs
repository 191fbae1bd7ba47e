//! Signatures out of the sources of an SDK, with the first sentence of what is written about each.
//! Text in, text out: it knows how the SDKs are written, and nothing of any method.

use crate::text::first_sentence;

/// How a language writes a method.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// `def name(...) -> T:` with a docstring.
    Python,
    /// `name(...): T {` or `async name(...)`, after `/** ... */`.
    TypeScript,
    /// `pub fn name(...) -> T {`, after `///`.
    Rust,
    /// `public func name(...) -> T {`, after `///`.
    Swift,
    /// `Expected<T> name(...) const {`, after `///`.
    Cpp,
    /// `typedef T (*osr_name_fn)(...);`, after `///`.
    C,
}

/// A method.
#[derive(Debug, PartialEq, Eq)]
pub struct Signature {
    /// Its name.
    pub name: String,
    /// On one line, without a body.
    pub text: String,
    /// What it does: one sentence, or nothing.
    pub about: String,
}

/// The methods that authors call, in the order of the source.
pub fn signatures(source: &str, style: Style) -> Vec<Signature> {
    let lines: Vec<&str> = source.lines().collect();
    let mut all: Vec<Signature> = Vec::new();
    for start in 0..lines.len() {
        let Some(signature) = read(&lines, start, style) else {
            continue;
        };
        // Of overloads, the first.
        if all.iter().all(|one| one.name != signature.name) {
            all.push(signature);
        }
    }
    all
}

/// The part of a source that is one class.
pub fn class<'a>(source: &'a str, head: &str, end: &str) -> &'a str {
    let start = source.find(head).map_or(source.len(), |at| at + head.len());
    let rest = &source[start..];
    rest.find(end).map_or(rest, |at| &rest[..at])
}

fn read(lines: &[&str], start: usize, style: Style) -> Option<Signature> {
    let first = lines[start];
    let head = first.trim_start();
    let name = name_of(first, head, style)?;
    let mut text = String::new();
    let mut end = start;
    loop {
        let line = lines.get(end)?.trim();
        let line = match style {
            Style::Python => line.split("  #").next().unwrap_or(line),
            _ => line,
        };
        let tight = text.is_empty() || text.ends_with('(');
        text.push_str(if tight { "" } else { " " });
        text.push_str(line);
        if is_whole(&text, style) {
            break;
        }
        end += 1;
    }
    let about = match style {
        Style::Python => docstring(lines.get(end + 1).copied().unwrap_or_default()),
        _ => comment_before(lines, start),
    };
    Some(Signature {
        name,
        text: polished(&text, style),
        about,
    })
}

/// The name, where a line begins a method for authors.
fn name_of(line: &str, head: &str, style: Style) -> Option<String> {
    let indent = line.len() - head.len();
    let rest = match style {
        Style::Python => head.strip_prefix("def ").filter(|_| indent <= 8)?,
        Style::Rust => head.strip_prefix("pub fn ")?,
        Style::Swift => head.strip_prefix("public func ")?,
        Style::C => {
            head.strip_prefix("typedef ")
                .and_then(|rest| rest.split_once("(*osr_"))?
                .1
        }
        Style::Cpp => {
            let rest = head
                .strip_prefix("[[nodiscard]] Expected<")
                .or_else(|| head.strip_prefix("Expected<"))
                .or_else(|| head.strip_prefix("void log"))?;
            let before = rest.split_once('(').map(|(before, _)| before);
            before.and_then(|text| text.rsplit(' ').next())?
        }
        Style::TypeScript => {
            let is_method = indent == 2 && head.starts_with(|one: char| one.is_ascii_lowercase());
            let no_body = [
                "constructor",
                "readonly ",
                "get ",
                "private ",
                "static ",
                "return ",
            ];
            let is_other = no_body.iter().any(|word| head.starts_with(word));
            let head = head.strip_prefix("async ").unwrap_or(head);
            Some(head).filter(|_| is_method && !is_other)?
        }
    };
    let is_word = |one: &char| one.is_ascii_alphanumeric() || *one == '_';
    let name: String = rest.chars().take_while(is_word).collect();
    let follows = rest[name.len()..].starts_with(['(', '<']);
    let is_called = match style {
        Style::TypeScript => follows,
        _ => true,
    };
    let name = name.trim_end_matches("_fn").to_owned();
    (is_called && !name.is_empty() && !name.starts_with('_')).then_some(name)
}

/// Whether brackets are closed and the signature is at its end.
fn is_whole(text: &str, style: Style) -> bool {
    let count = |one: char| text.matches(one).count();
    if count('(') != count(')') || count('(') == 0 {
        return false;
    }
    match style {
        Style::Python => text.ends_with([':', '.']),
        Style::C => text.ends_with(';'),
        _ => text.contains(" {") || text.ends_with(';'),
    }
}

fn polished(text: &str, style: Style) -> String {
    let text = text.replace(", )", ")").replace(",)", ")");
    let text = match style {
        Style::Python => text.trim_end_matches(" ...").trim_end_matches(':'),
        Style::TypeScript => without_body(&text),
        Style::C => text.trim_end_matches(';'),
        _ => text
            .split(" {")
            .next()
            .unwrap_or(&text)
            .trim_end_matches(';'),
    };
    let text = match style {
        Style::Python => text
            .replace("( self", "(self")
            .replace(" ) ->", ") ->")
            .replace("(self, ", "(")
            .replace("(self)", "()"),
        Style::Rust => text.replace("(&self, ", "(").replace("(&self)", "()"),
        Style::C => text
            .replace("typedef ", "")
            .replace("(*osr_", "")
            .replace("_fn)(", "("),
        Style::TypeScript => text.replace("async ", ""),
        Style::Cpp => text.replace("[[nodiscard]] ", ""),
        Style::Swift => text.to_owned(),
    };
    let words = ["def ", "pub fn ", "public func "];
    let word = words.iter().find_map(|word| text.strip_prefix(word));
    word.unwrap_or(&text).trim().to_owned()
}

/// Without the body: types and defaults of TypeScript have braces, too.
fn without_body(text: &str) -> &str {
    let text = text.trim_end_matches(';');
    match text.strip_suffix('{') {
        Some(signature) => signature,
        None if text.ends_with('}') => text.rfind(" {").map_or(text, |at| &text[..at]),
        None => text,
    }
}

fn docstring(line: &str) -> String {
    match line.trim().strip_prefix("\"\"\"") {
        Some(text) => about(text.trim_end_matches("\"\"\"")),
        None => String::new(),
    }
}

/// The first sentence of the comment above a line.
fn comment_before(lines: &[&str], start: usize) -> String {
    let is_comment = |line: &str| {
        ["///", "/**", "*"]
            .iter()
            .any(|mark| line.trim().starts_with(mark))
    };
    let is_attribute = |line: &str| line.trim().starts_with("#[");
    let mut first = start;
    while first > 0 && (is_comment(lines[first - 1]) || is_attribute(lines[first - 1])) {
        first -= 1;
    }
    let bare = |line: &&str| {
        let line = line.trim().trim_start_matches(['/', '*']);
        line.trim_end_matches("*/").trim().to_owned()
    };
    let comment = lines[first..start].iter().filter(|line| is_comment(line));
    let words: Vec<String> = comment
        .map(bare)
        .take_while(|line| !line.is_empty())
        .collect();
    about(&words.join(" "))
}

/// Links of rustdoc lead nowhere here.
fn about(text: &str) -> String {
    first_sentence(text).replace("[`", "`").replace("`]", "`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(source: &str, style: Style) -> Signature {
        let mut all = signatures(source, style);
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    fn signature(name: &str, text: &str, about: &str) -> Signature {
        Signature {
            name: name.to_owned(),
            text: text.to_owned(),
            about: about.to_owned(),
        }
    }

    #[test]
    fn a_method_of_each_language_is_read() {
        let python = "    def get(  # note\n        self,\n        key: str,\n    ) -> str:\n        \"\"\"The value. More.\"\"\"\n    def _no(self) -> None:\n";
        assert_eq!(
            only(python, Style::Python),
            signature("get", "get(key: str) -> str", "The value.")
        );
        let typescript = "  constructor(host: Host) {\n  /** The value.\n   * More. */\n  async get(key: string, o = {}): Promise<{ a: 1 }> {\n";
        assert_eq!(
            only(typescript, Style::TypeScript),
            signature(
                "get",
                "get(key: string, o = {}): Promise<{ a: 1 }>",
                "The value."
            )
        );
        let rust = "    /// The value. More.\n    #[inline]\n    pub fn get(&self, key: &str) -> Option<i32> {\n";
        assert_eq!(
            only(rust, Style::Rust),
            signature("get", "get(key: &str) -> Option<i32>", "The value.")
        );
        let swift = "    /// The value.\n    ///\n    /// More.\n    public func get(_ key: String) throws -> String? {\n";
        assert_eq!(
            only(swift, Style::Swift),
            signature("get", "get(_ key: String) throws -> String?", "The value.")
        );
        let cpp =
            "    /// The value.\n    [[nodiscard]] Expected<int> get(const Text& key) const {\n";
        assert_eq!(
            only(cpp, Style::Cpp),
            signature(
                "get",
                "Expected<int> get(const Text& key) const",
                "The value."
            )
        );
        let c = "/// The value.\ntypedef const char* (*osr_get_fn)(\n    const char* key);\n";
        assert_eq!(
            only(c, Style::C),
            signature("get", "const char* get(const char* key)", "The value.")
        );
    }
}
