//! From TOML text to the model. Reports what is wrong in one place; relations between places are
//! `check`'s.

mod facts;
mod records;
mod slots;
mod types;

use toml::de::DeTable;

use crate::diagnostics::{self, Diagnostic};
use crate::index::{Declaration, Index, Kind, Reference, Target};
use crate::model::{Spec, Table};
use crate::reader::{File, Node, Session, Text};

pub(crate) use types::{BadSince, SHIPPED, parse_since};

/// A model that may be incomplete when there are diagnostics.
pub(crate) struct Parsed {
    pub spec: Spec,
    pub index: Index,
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads all sources into one model.
pub(crate) fn parse(sources: &[(String, String)]) -> Parsed {
    let session = Session {
        newest: newest(sources),
        ..Session::default()
    };
    session.index.borrow_mut().first_file = sources
        .first()
        .map_or_else(|| "spec".to_owned(), |(name, _)| name.clone());
    let mut spec = empty();
    for (name, text) in sources {
        parse_file(&File::new(name, text, &session), &mut spec);
    }
    types::resolve_enums(&mut spec);
    let diagnostics = session.diagnostics.take();
    Parsed {
        spec,
        index: session.index.take(),
        diagnostics,
    }
}

/// The versions that shipped are known; a draft declares more.
fn newest(sources: &[(String, String)]) -> u32 {
    let declared = sources.iter().filter_map(|(_, text)| {
        let (document, _) = DeTable::parse_recoverable(text);
        Node::greatest(document.get_ref(), "version")
    });
    let declared = declared.filter_map(|number| u32::try_from(number).ok());
    declared.max().unwrap_or(0).max(SHIPPED)
}

fn empty() -> Spec {
    let table = || Table {
        c_name: String::new(),
        doc: String::new(),
        members: Vec::new(),
    };
    Spec {
        constants: Vec::new(),
        strings: Vec::new(),
        host: table(),
        plugin: table(),
        entries: Vec::new(),
        revisions: Vec::new(),
        versions: Vec::new(),
        records: Vec::new(),
        enums: Vec::new(),
        errors: Vec::new(),
        limits: Vec::new(),
        quirks: Vec::new(),
        worker_messages: Vec::new(),
        worker_ready: Vec::new(),
        worker_limits: Vec::new(),
    }
}

fn parse_file(file: &File<'_>, spec: &mut Spec) {
    let (document, errors) = DeTable::parse_recoverable(file.text);
    for error in &errors {
        let pos = file.pos(error.span().unwrap_or(0..0));
        file.session.report(
            &diagnostics::SYNTAX,
            &pos,
            error.message().trim().to_owned(),
        );
    }
    // What a broken file seems to say is not worth judging.
    if !errors.is_empty() {
        return;
    }
    let root = Node::root(file, document.get_ref());
    slots::tables(&root, spec);
    slots::entries(&root, spec);
    facts::constants(&root, spec);
    facts::strings(&root, spec);
    facts::versions(&root, spec);
    facts::revisions(&root, spec);
    facts::errors(&root, spec);
    facts::limits(&root, spec);
    facts::quirks(&root, spec);
    facts::worker(&root, spec);
    facts::exceptions(&root);
    records::records(&root, spec);
    records::enums(&root, spec);
    root.finish();
}

/// Reads the name of a thing, declares it and labels the node with it.
fn name(node: &Node<'_>, key: &'static str, kind: Kind, scope: &str) -> String {
    let Some(text) = node.required(key) else {
        return String::new();
    };
    let inside = if scope.is_empty() {
        String::new()
    } else {
        format!(" of `{scope}`")
    };
    node.set_label(format!("{} `{}`{inside}", kind.word(), text.value));
    declare(node, kind, scope, &text);
    text.value
}

fn declare(node: &Node<'_>, kind: Kind, scope: &str, text: &Text) {
    let (scope, name, pos) = (scope.to_owned(), text.value.clone(), text.pos.clone());
    let mut index = node.session().index.borrow_mut();
    index.declarations.push(Declaration {
        kind,
        scope,
        name,
        pos,
    });
}

fn refer(node: &Node<'_>, target: Target, text: &Text, from: Option<&str>) {
    let (name, pos) = (text.value.clone(), text.pos.clone());
    let from = from.map(str::to_owned);
    node.session()
        .index
        .borrow_mut()
        .references
        .push(Reference {
            target,
            name,
            from,
            pos,
        });
}

/// An optional key that names something declared elsewhere.
fn reference(node: &Node<'_>, key: &'static str, target: Target) -> Option<String> {
    let text = node.text(key)?;
    refer(node, target, &text, None);
    Some(text.value)
}

/// A list of names of things declared elsewhere.
fn references(
    node: &Node<'_>,
    key: &'static str,
    target: Target,
    from: Option<&str>,
) -> Vec<String> {
    let strings = node.strings(key);
    strings
        .iter()
        .for_each(|text| refer(node, target, text, from));
    strings.into_iter().map(|text| text.value).collect()
}

/// The quirks something mentions.
fn quirk_numbers(node: &Node<'_>) -> Vec<u32> {
    let mut numbers = Vec::new();
    for (number, pos) in node.integers("quirks") {
        let text = Text {
            value: number.to_string(),
            pos,
        };
        refer(node, Target::Quirk, &text, None);
        numbers.extend(u32::try_from(number));
    }
    numbers
}
