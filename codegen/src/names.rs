//! Name styles: snake case from the spec to what each language writes.

/// `task_status` to `TaskStatus`.
pub fn upper_camel(snake: &str) -> String {
    snake.split('_').map(capitalised).collect()
}

/// `task_status` to `taskStatus`.
pub fn lower_camel(snake: &str) -> String {
    let mut words = snake.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| name + &capitalised(word))
}

/// `task_status` to `TASK_STATUS`, `DispatchRequest` to `DISPATCH_REQUEST`.
pub fn screaming(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let mut after_lower = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && after_lower {
            out.push('_');
        }
        after_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        out.push(if c.is_ascii_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        });
    }
    out
}

/// A name in Zig, where `type` and `error` are words of the language.
pub fn zig(name: &str) -> String {
    match name {
        "type" => "kind".to_owned(),
        "error" => "err".to_owned(),
        _ => name.to_owned(),
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_ascii_uppercase().to_string() + letters.as_str())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_of_names() {
        assert_eq!(upper_camel("get_active_agent_id"), "GetActiveAgentId");
        assert_eq!(upper_camel("log"), "Log");
        assert_eq!(lower_camel("get_active_agent_id"), "getActiveAgentId");
        assert_eq!(screaming("DispatchRequest"), "DISPATCH_REQUEST");
        assert_eq!(screaming("config_value_bytes"), "CONFIG_VALUE_BYTES");
    }
}
