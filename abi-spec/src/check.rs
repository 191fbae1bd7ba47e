//! Rules between places: names, references, order, what must be there. Runs after parsing, over
//! model and index.

use std::collections::{HashMap, HashSet};

use crate::diagnostics::{self as rules, Diagnostic, Rule};
use crate::index::{Declaration, Index, Kind, Pos, Target};
use crate::keywords;
use crate::model::{Member, Spec, Table};

/// All broken relations.
pub(crate) fn check(spec: &Spec, index: &Index) -> Vec<Diagnostic> {
    let mut checker = Checker {
        spec,
        index,
        found: Vec::new(),
    };
    checker.duplicates();
    checker.names();
    checker.keywords();
    checker.references();
    checker.unused();
    checker.order();
    checker.numbering();
    checker.values();
    checker.completeness();
    checker.found
}

struct Checker<'a> {
    spec: &'a Spec,
    index: &'a Index,
    found: Vec<Diagnostic>,
}

impl<'a> Checker<'a> {
    fn report(&mut self, rule: &'static Rule, pos: &Pos, message: String) {
        let Pos { file, line } = pos.clone();
        self.found.push(Diagnostic {
            rule,
            file,
            line,
            message,
        });
    }

    fn duplicates(&mut self) {
        let mut first_places: HashMap<(Kind, &str, &str), &Pos> = HashMap::new();
        for declaration in &self.index.declarations {
            let Declaration {
                kind,
                scope,
                name,
                pos,
            } = declaration;
            // Records and enums name types: one space for both.
            let space = if *kind == Kind::Enum {
                Kind::Record
            } else {
                *kind
            };
            match first_places.get(&(space, scope.as_str(), name.as_str())) {
                None => drop(first_places.insert((space, scope, name), pos)),
                Some(first) => {
                    let message = format!(
                        "{} was already declared in {}:{}",
                        described(declaration),
                        first.file,
                        first.line
                    );
                    self.report(&rules::DUPLICATE_NAME, pos, message);
                }
            }
        }
    }

    fn names(&mut self) {
        for declaration in &self.index.declarations {
            let expected = match declaration.kind {
                Kind::Record | Kind::Enum => ("UpperCamelCase", is_camel as fn(&str) -> bool),
                Kind::EnumValue | Kind::Quirk | Kind::Version | Kind::Revision | Kind::Table => {
                    continue;
                }
                _ => ("snake_case", is_snake as fn(&str) -> bool),
            };
            if !expected.1(&declaration.name) {
                let message = format!("{} is not {}", described(declaration), expected.0);
                self.report(&rules::BAD_NAME, &declaration.pos, message);
            }
        }
    }

    fn keywords(&mut self) {
        let mut needed = HashSet::new();
        for declaration in &self.index.declarations {
            let becomes_a_name = !matches!(
                declaration.kind,
                Kind::EnumValue | Kind::Quirk | Kind::Version | Kind::Table | Kind::Error
            );
            let languages = keywords::languages(&declaration.name);
            if !becomes_a_name || languages.is_empty() {
                continue;
            }
            let excepted = |e: &&crate::index::Exception| {
                e.scope == declaration.scope && e.name == declaration.name
            };
            if self.index.exceptions.iter().any(|e| excepted(&e)) {
                needed.insert((declaration.scope.as_str(), declaration.name.as_str()));
                continue;
            }
            let message = format!(
                "{} is a reserved word in {}",
                described(declaration),
                languages.join(", ")
            );
            self.report(&rules::KEYWORD, &declaration.pos, message);
        }
        for exception in &self.index.exceptions {
            if !needed.contains(&(exception.scope.as_str(), exception.name.as_str())) {
                let message = format!(
                    "nothing in `{}` needs the exception `{}`",
                    exception.scope, exception.name
                );
                self.report(&rules::UNUSED_EXCEPTION, &exception.pos, message);
            }
        }
    }

    fn references(&mut self) {
        for reference in &self.index.references {
            let name = &reference.name;
            let (rule, known, word) = match reference.target {
                Target::Record => (
                    &rules::UNKNOWN_RECORD,
                    self.declares(Kind::Record, name),
                    "record",
                ),
                Target::Type => {
                    let exists =
                        self.declares(Kind::Record, name) || self.declares(Kind::Enum, name);
                    (&rules::UNKNOWN_RECORD, exists, "record or enum")
                }
                Target::Error => (
                    &rules::UNKNOWN_ERROR,
                    self.declares(Kind::Error, name),
                    "error code",
                ),
                Target::Quirk => (
                    &rules::UNKNOWN_QUIRK,
                    self.declares(Kind::Quirk, name),
                    "quirk",
                ),
                Target::Entry => (
                    &rules::UNKNOWN_ENTRY,
                    self.declares(Kind::Entry, name),
                    "entry symbol",
                ),
                Target::Slot => (
                    &rules::UNKNOWN_SLOT,
                    self.declares(Kind::Slot, name),
                    "slot",
                ),
            };
            if !known {
                self.report(rule, &reference.pos, format!("there is no {word} `{name}`"));
            }
        }
    }

    fn declares(&self, kind: Kind, name: &str) -> bool {
        self.index.of(kind).any(|d| d.name == name)
    }

    fn unused(&mut self) {
        let reached = self.reached();
        for (kind, rule) in [
            (Kind::Record, &rules::UNUSED_RECORD),
            (Kind::Enum, &rules::UNUSED_ENUM),
        ] {
            for declaration in self
                .index
                .of(kind)
                .filter(|d| !reached.contains(d.name.as_str()))
            {
                let message = format!("nothing uses {}", described(declaration));
                self.report(rule, &declaration.pos, message);
            }
        }
        let mentioned = |code: &str| {
            self.index
                .references
                .iter()
                .any(|r| r.target == Target::Error && r.name == code)
        };
        let produced = |code: &str| {
            self.spec
                .errors
                .iter()
                .any(|e| e.code == code && e.produced)
        };
        let unused: Vec<&Declaration> = self
            .index
            .of(Kind::Error)
            .filter(|d| produced(&d.name) && !mentioned(&d.name))
            .collect();
        for declaration in unused {
            let message = format!("no slot returns {}", described(declaration));
            self.report(&rules::UNUSED_ERROR, &declaration.pos, message);
        }
    }

    /// Names of the records and enums that can be reached from a slot, a constant or an error.
    fn reached(&self) -> HashSet<&'a str> {
        let index = self.index;
        let is_type = |target| matches!(target, Target::Record | Target::Type);
        let types = || index.references.iter().filter(move |r| is_type(r.target));
        let roots = types().filter(|r| r.from.is_none());
        let mut open: Vec<&str> = roots.map(|r| r.name.as_str()).collect();
        let mut reached = HashSet::new();
        while let Some(name) = open.pop() {
            if reached.insert(name) {
                let next = types().filter(|r| r.from.as_deref() == Some(name));
                open.extend(next.map(|r| r.name.as_str()));
            }
        }
        reached
    }

    fn order(&mut self) {
        let tables = [("host", &self.spec.host), ("plugin", &self.spec.plugin)];
        for (scope, table) in tables {
            for (before, late) in out_of_order(table) {
                let declared = self
                    .index
                    .of(Kind::Slot)
                    .find(|d| d.scope == scope && d.name == late.name());
                let Some(pos) = declared.map(|d| d.pos.clone()) else {
                    continue;
                };
                let message = format!(
                    "slot `{}` is since {} but comes after `{}`, which is since {}",
                    late.name(),
                    late.since(),
                    before.name(),
                    before.since()
                );
                self.report(&rules::SLOT_ORDER, &pos, message);
            }
        }
    }

    fn numbering(&mut self) {
        for kind in [Kind::Quirk, Kind::Version] {
            let declared: Vec<&Declaration> = self.index.of(kind).collect();
            let gap = declared
                .iter()
                .zip(1..)
                .find(|(d, number)| d.name != format!("{number}"));
            if let Some((declaration, number)) = gap {
                let message = format!(
                    "expected {} {number} here, found {}",
                    kind.word(),
                    declaration.name
                );
                self.report(&rules::NUMBER_GAP, &declaration.pos.clone(), message);
            }
        }
    }

    fn values(&mut self) {
        for group in &self.spec.constants {
            for (at, item) in group.items.iter().enumerate() {
                let Some(first) = group.items[..at]
                    .iter()
                    .find(|other| other.value == item.value)
                else {
                    continue;
                };
                let here = |d: &&Declaration| d.scope == group.name && d.name == item.name;
                let Some(pos) = self
                    .index
                    .of(Kind::Constant)
                    .find(here)
                    .map(|d| d.pos.clone())
                else {
                    continue;
                };
                let message = format!(
                    "constant `{}` of `{}` has the value {} of `{}`",
                    item.name, group.name, item.value, first.name
                );
                self.report(&rules::DUPLICATE_VALUE, &pos, message);
            }
        }
    }

    fn completeness(&mut self) {
        for key in ["host", "plugin"] {
            if !self.declares(Kind::Table, key) {
                let pos = Pos {
                    file: self.index.first_file.clone(),
                    line: 1,
                };
                self.report(
                    &rules::MISSING_TABLE,
                    &pos,
                    format!("no file has the table `[{key}]`"),
                );
            }
        }
    }
}

/// Members that are older than the one before them, with that one.
fn out_of_order(table: &Table) -> Vec<(&Member, &Member)> {
    let pairs = table
        .members
        .windows(2)
        .filter_map(|pair| pair.first().zip(pair.last()));
    pairs
        .filter(|(before, late)| late.since() < before.since())
        .collect()
}

fn described(declaration: &Declaration) -> String {
    let Declaration {
        kind, scope, name, ..
    } = declaration;
    match scope.as_str() {
        "" => format!("{} `{name}`", kind.word()),
        _ => format!("{} `{name}` of `{scope}`", kind.word()),
    }
}

fn is_snake(name: &str) -> bool {
    let body = name.strip_prefix('_').unwrap_or(name);
    body.starts_with(|c: char| c.is_ascii_lowercase())
        && body
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn is_camel(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_alphanumeric())
}
