//! The spec's closed vocabularies in words: ownership, threads, blocking. Shared by all languages.

use osaurus_abi_spec::model::{Blocking, CType, Ownership, Param, Return, Slot, ThreadRule};

/// First line of every generated file, without comment marks.
pub fn notice(command: &str) -> String {
    format!("Generated from abi-spec by `{command}`. Edit the spec, not this file.")
}

/// Who owns memory that a parameter points to.
pub const fn param_ownership(ownership: Ownership) -> &'static str {
    match ownership {
        Ownership::Value => "",
        Ownership::Borrowed => "Borrowed",
        Ownership::FreeWithHost => {
            "Owned by the receiver, who frees it with the host's free_string"
        }
        Ownership::FreeWithPlugin => {
            "Owned by the host, which frees it with the plugin's free_string"
        }
        Ownership::Static => "Lives as long as the plugin is loaded",
        Ownership::Consumed => "Ownership passes to the callee: do not use it afterwards",
    }
}

/// Who frees a result.
pub const fn return_ownership(ownership: Ownership) -> &'static str {
    match ownership {
        Ownership::Value => "",
        Ownership::Borrowed => "Valid until the call that asked for it returns",
        Ownership::FreeWithHost => "The caller frees it with the host's free_string",
        Ownership::FreeWithPlugin => {
            "The host copies it, then frees it with the plugin's free_string"
        }
        Ownership::Static => "Lives as long as the plugin is loaded; it is never freed",
        Ownership::Consumed => "Ownership passes to the caller",
    }
}

/// On which thread a call happens.
pub const fn thread(rule: ThreadRule) -> &'static str {
    match rule {
        ThreadRule::Frame => "only the one on which the host called the plugin",
        ThreadRule::Any => "any, at any time",
        ThreadRule::Loader => "the host's loader, one plugin at a time",
        ThreadRule::Concurrent => "several of the host's at once",
        ThreadRule::SerialPerPlugin => "one of the host's, one call at a time per plugin",
        ThreadRule::SerialPerTask => "one of the host's, one call at a time per task",
    }
}

/// The thread rule in two or three words, for tables.
pub const fn thread_short(rule: ThreadRule) -> &'static str {
    match rule {
        ThreadRule::Frame => "frame",
        ThreadRule::Any => "any",
        ThreadRule::Loader => "loader",
        ThreadRule::Concurrent => "parallel",
        ThreadRule::SerialPerPlugin => "serial per plugin",
        ThreadRule::SerialPerTask => "serial per task",
    }
}

/// How long a call may take.
pub fn blocking(blocking: &Blocking) -> String {
    match blocking {
        Blocking::No => "no, returns at once".to_owned(),
        Blocking::Short(why) => with_reason("briefly", why),
        Blocking::Yes(why) => with_reason("yes", why),
    }
}

fn with_reason(word: &str, why: &str) -> String {
    if why.trim().is_empty() {
        return word.to_owned();
    }
    format!("{word} ({})", why.trim().trim_end_matches('.'))
}

/// How long a call may take, in one word, for tables.
pub const fn blocking_short(blocking: &Blocking) -> &'static str {
    match blocking {
        Blocking::No => "no",
        Blocking::Short(_) => "short",
        Blocking::Yes(_) => "yes",
    }
}

/// What NULL means for a parameter.
pub fn null_meaning(param: &Param) -> Option<String> {
    let pointer = !matches!(param.ty, CType::Int | CType::Void);
    match &param.null {
        Some(text) => Some(format!("NULL: {}", text.trim())),
        None if pointer && param.ty != CType::Context && param.ty != CType::Opaque => {
            Some("never NULL".to_owned())
        }
        None => None,
    }
}

/// Parts that are not empty, each as a sentence, in one line.
pub fn sentences(parts: &[&str]) -> String {
    let full = parts.iter().filter(|part| !part.trim().is_empty());
    let sentences: Vec<String> = full.map(|part| crate::text::sentence(part)).collect();
    sentences.join(" ")
}

/// What a parameter holds, what NULL means, and who owns it.
pub fn param_text(param: &Param) -> String {
    let null = null_meaning(param).unwrap_or_default();
    sentences(&[&param.doc, &null, param_ownership(param.ownership)])
}

/// What comes back, when NULL, and who frees it.
pub fn return_text(returns: &Return) -> String {
    let null = returns.null.as_ref();
    let null = null.map_or(String::new(), |text| format!("NULL: {}", text.trim()));
    sentences(&[&returns.doc, &null, return_ownership(returns.ownership)])
}

/// Reserved and deprecated notes of a slot, one sentence each.
pub fn status(slot: &Slot) -> Vec<String> {
    let reserved = slot
        .reserved
        .as_ref()
        .map(|why| format!("Reserved: {}", why.trim()));
    let deprecated = slot
        .deprecated
        .as_ref()
        .map(|why| format!("Deprecated: {}", why.trim()));
    let notes = reserved.into_iter().chain(deprecated);
    notes.map(|note| crate::text::sentence(&note)).collect()
}

/// True when NULL is an argument that an author may want to pass.
///
/// The spec words a refused NULL in one of two ways; any other text is a meaning of its own.
pub fn null_is_useful(param: &Param) -> bool {
    const REFUSALS: [&str; 2] = ["Returns NULL", "The call does nothing"];
    let refused = |text: &String| REFUSALS.iter().any(|start| text.trim().starts_with(start));
    param.null.as_ref().is_some_and(|text| !refused(text))
}
