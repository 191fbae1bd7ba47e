//! A specification with one more version: the functions that a draft describes, at the end of the
//! host's table. Pure: strings in, strings out, for `osaurus-bridge abi next`.

use toml::{Table, Value};

/// The named files of a specification.
pub type Sources = Vec<(String, String)>;

/// Tables of a draft that go into the specification as they are.
const PAYLOADS: [&str; 3] = ["record", "enum", "error"];

/// Why a draft cannot be added.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// It is not TOML.
    #[error("the draft is not TOML: {0}")]
    Syntax(#[from] toml::de::Error),
    /// It has something that means nothing in a draft.
    #[error(
        "the draft has `{0}`; expected `doc`, and tables [[slot]], [[record]], [[enum]] and \
         [[error]]"
    )]
    UnknownKey(String),
    /// It does not say what it is for.
    #[error("the draft has no `doc`: say in a sentence what the version adds")]
    NoDoc,
    /// It adds no function.
    #[error(
        "the draft has no [[slot]]: a version adds at least one function, written as in host.toml \
         without `since`"
    )]
    NoSlot,
    /// A part of the specification is not where it is expected.
    #[error("the specification has no {0}, where the draft would be added")]
    NoPlace(&'static str),
    /// It cannot be written as TOML again.
    #[error("the draft cannot be written: {0}")]
    Unwritable(#[from] toml::ser::Error),
}

/// Adds the version after `newest`, and gives its number. The draft has `doc` and `[[slot]]` tables
/// as `host.toml` has them; what does not say `since` gets it. `[[record]]`, `[[enum]]` and
/// `[[error]]` go along.
///
/// # Errors
/// When the draft lacks something, or the specification is laid out otherwise than this crate's.
pub fn draft(sources: &Sources, newest: u32, text: &str) -> Result<(Sources, u32), DraftError> {
    let number = newest + 1;
    let mut draft: Table = toml::from_str(text)?;
    let doc = match draft.remove("doc") {
        Some(Value::String(doc)) if !doc.trim().is_empty() => doc,
        _ => return Err(DraftError::NoDoc),
    };
    let slots = draft.remove("slot").ok_or(DraftError::NoSlot)?;
    if let Some(key) = draft.keys().find(|key| !PAYLOADS.contains(&key.as_str())) {
        return Err(DraftError::UnknownKey(key.clone()));
    }
    let mut sources = sources.clone();
    let slots = with_since(slots, number);
    append(
        &mut sources,
        "host.toml",
        &inside("host", single("slot", slots)),
    )?;
    let version = version(&sources, number, doc);
    append(&mut sources, "versions.toml", &version)?;
    constant(&mut sources, number)?;
    if !draft.is_empty() {
        let text = toml::to_string(&with_since(Value::Table(draft), number))?;
        sources.push((format!("records/v{number}.toml"), text));
    }
    sources.sort();
    Ok((sources, number))
}

/// Slots, parameters and records say since when they exist.
fn with_since(value: Value, number: u32) -> Value {
    match value {
        Value::Array(items) => {
            let items = items.into_iter().map(|item| with_since(item, number));
            Value::Array(items.collect())
        }
        Value::Table(mut table) => {
            let dated = table.contains_key("name") && !table.contains_key("values");
            if dated && !table.contains_key("since") {
                table.insert("since".to_owned(), format!("v{number}").into());
            }
            for key in ["params", "record"] {
                if let Some(inner) = table.remove(key) {
                    let inner = if inner.is_array() {
                        with_since(inner, number)
                    } else {
                        inner
                    };
                    table.insert(key.to_owned(), inner);
                }
            }
            Value::Table(table)
        }
        other => other,
    }
}

fn version(sources: &Sources, number: u32, doc: String) -> Table {
    let entry = sources.iter().find_map(|(_, text)| {
        let parsed: Table = toml::from_str(text).ok()?;
        let last = parsed.get("version")?.as_array()?.last()?.clone();
        Some(last.get("entry")?.clone())
    });
    let entry = entry.unwrap_or_else(|| "osaurus_plugin_entry_v2".into());
    let mut version = Table::new();
    version.insert("number".to_owned(), i64::from(number).into());
    version.insert("entry".to_owned(), entry);
    version.insert("doc".to_owned(), doc.into());
    version.insert("shipped".to_owned(), "Not shipped: a draft.".into());
    single("version", Value::Array(vec![Value::Table(version)]))
}

/// `OSR_ABI_VERSION_7`, after the one before it.
fn constant(sources: &mut Sources, number: u32) -> Result<(), DraftError> {
    let before = format!("{{ name = \"version_{}\"", number - 1);
    let no_place = DraftError::NoPlace("constant `version_N` of the newest version");
    let Some((_, text)) = sources.iter_mut().find(|(_, text)| text.contains(&before)) else {
        return Err(no_place);
    };
    let at = text.find(&before).ok_or(no_place)?;
    let line_end = text[at..].find('\n').map_or(text.len(), |end| at + end + 1);
    let item = format!(
        "  \
         {{ name = \"version_{number}\", value = {number}, since = \"v{number}\", doc = \"A draft.\" }},\n"
    );
    text.insert_str(line_end, &item);
    Ok(())
}

fn append(sources: &mut Sources, name: &'static str, table: &Table) -> Result<(), DraftError> {
    let source = sources.iter_mut().find(|(file, _)| file == name);
    let (_, text) = source.ok_or(DraftError::NoPlace(name))?;
    text.push('\n');
    text.push_str(&toml::to_string(table)?);
    Ok(())
}

fn inside(key: &str, table: Table) -> Table {
    single(key, Value::Table(table))
}

fn single(key: &str, value: Value) -> Table {
    Table::from_iter([(key.to_owned(), value)])
}
