//! The member names of a struct in preprocessed C. Names only: where they lie is for the compiler
//! to say.

/// A struct in a header.
#[derive(Debug, PartialEq, Eq)]
pub struct Struct {
    /// How C code names the type: `osr_host_api` or `struct osr_host_api`.
    pub type_name: String,
    /// Its members in order.
    pub members: Vec<String>,
}

/// Finds `typedef struct { … } NAME;` or `struct NAME { … };`.
pub fn find(source: &str, name: &str) -> Option<Struct> {
    let source = without_line_marks(source);
    blocks(&source).into_iter().find_map(|block| {
        let typedef = words(block.head).contains(&"typedef") && words(block.tail).contains(&name);
        let tag = words(block.head).ends_with(&["struct", name]);
        let type_name = match (typedef, tag) {
            (true, _) => name.to_owned(),
            (false, true) => format!("struct {name}"),
            (false, false) => return None,
        };
        Some(Struct {
            type_name,
            members: members(block.body),
        })
    })
}

fn without_line_marks(source: &str) -> String {
    let lines = source.lines().filter(|line| !line.starts_with('#'));
    lines.collect::<Vec<_>>().join("\n")
}

struct Block<'a> {
    head: &'a str,
    body: &'a str,
    tail: &'a str,
}

/// Everything in braces at the top level, with what stands before it and what follows up to the
/// `;`.
fn blocks(source: &str) -> Vec<Block<'_>> {
    let (mut found, mut depth, mut start, mut open) = (Vec::new(), 0_usize, 0, 0);
    for (at, c) in source.char_indices() {
        match c {
            '{' => {
                if depth == 0 {
                    open = at;
                }
                depth += 1;
            }
            '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    let rest = &source[at + 1..];
                    let tail = rest.split(';').next().unwrap_or(rest);
                    let (head, body) = (&source[start..open], &source[open + 1..at]);
                    found.push(Block { head, body, tail });
                    start = at + 1;
                }
            }
            ';' if depth == 0 => start = at + 1,
            _ => {}
        }
    }
    found
}

fn members(body: &str) -> Vec<String> {
    let declarations = split(body, ';');
    let declarators = declarations.iter().flat_map(|one| split(one, ','));
    declarators.filter_map(name_of).collect()
}

/// Splits where no bracket is open.
fn split(text: &str, at: char) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_i32, 0);
    for (index, c) in text.char_indices() {
        match c {
            '(' | '{' | '[' => depth += 1,
            ')' | '}' | ']' => depth -= 1,
            _ if c == at && depth == 0 => {
                parts.push(&text[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// `void (*log)(int)`, `uint32_t version`, `char pad[4]`: the name that is declared.
fn name_of(declarator: &str) -> Option<String> {
    let pointer = declarator.find('(').filter(|open| {
        let inside = declarator[open + 1..].trim_start();
        inside.starts_with('*')
    });
    let scope = match pointer {
        Some(open) => declarator[open + 1..].split(')').next()?,
        None => declarator.split(['[', ':']).next()?,
    };
    words(scope).last().map(|word| (*word).to_owned())
}

fn words(text: &str) -> Vec<&str> {
    let word = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    text.split(word).filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::{Struct, find};

    #[test]
    fn every_way_to_declare_a_member_gives_its_name() {
        let source = "# 1 \"x.h\"\nint before(void) { return 1; }\ntypedef const char* (*get_fn)(const char*);\n\
            typedef struct tag { uint32_t version, other; char pad[4]; get_fn get;\n\
            void (*log)(int level, const char* message); void (* _Nonnull stream)(void (*on)(int, void*), void*);\n\
            unsigned : 3; } __attribute__((aligned(8))) osr_host_api;";
        let table = find(source, "osr_host_api").unwrap();
        let names = ["version", "other", "pad", "get", "log", "stream"];
        assert_eq!(table.members[..6], names);
        assert_eq!(table.type_name, "osr_host_api");
    }

    #[test]
    fn a_struct_without_typedef_is_named_by_its_tag() {
        let table = find(
            "struct osr_host_api { int a; };\nstruct osr_host_api* use;",
            "osr_host_api",
        );
        let expected = Struct {
            type_name: "struct osr_host_api".into(),
            members: vec!["a".into()],
        };
        assert_eq!(table, Some(expected));
        assert_eq!(
            find("typedef struct { int a; } other;", "osr_host_api"),
            None
        );
    }
}
