//! How much a model can be told: by its context, its name, or not at all. The section and the list
//! of tools depend on it.

use crate::host::core::HostCore;

/// A context of so many tokens leaves no room for tools.
const TOO_SMALL: u64 = 4_096;
/// With one of so many the section is short.
const SMALL: u64 = 8_192;
/// So is it for models of so many billion parameters.
const SMALL_MODEL: f64 = 20.0;
/// Apple's own model, and what its context is taken for.
const FOUNDATION: &str = "foundation";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SizeClass {
    /// Gets no tools at all.
    TooSmall,
    /// Is told the names of plugins.
    Short,
    /// Is told every tool with its description.
    Long,
}

impl SizeClass {
    /// The class of the model with this name in this host.
    pub(crate) fn of(host: &HostCore, model: &str) -> SizeClass {
        SizeClass::of_model(model, host.model.context_window())
    }

    pub(crate) fn of_model(model: &str, window: Option<u64>) -> SizeClass {
        let is_foundation = model.trim().eq_ignore_ascii_case(FOUNDATION);
        let window = window.or(is_foundation.then_some(TOO_SMALL));
        if window.is_some_and(|tokens| tokens <= TOO_SMALL) {
            return SizeClass::TooSmall;
        }
        let is_small = window.is_some_and(|tokens| tokens <= SMALL)
            || is_foundation
            || billions(model).is_some_and(|size| size <= SMALL_MODEL);
        if is_small {
            SizeClass::Short
        } else {
            SizeClass::Long
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            SizeClass::TooSmall => "none",
            SizeClass::Short => "short",
            SizeClass::Long => "long",
        }
    }
}

/// The billions of parameters that a model's name tells of, as in `qwen3-8b`; of several the
/// largest.
fn billions(model: &str) -> Option<f64> {
    let words = model.split(|c: char| !c.is_ascii_alphanumeric() && c != '.');
    let size = |word: &str| {
        let word = word.to_ascii_lowercase();
        let number = word.strip_suffix('b')?;
        let number = number.strip_prefix(['e', 'a']).unwrap_or(number);
        let plain = number.starts_with(|c: char| c.is_ascii_digit());
        plain.then(|| number.parse::<f64>().ok()).flatten()
    };
    words.filter_map(size).max_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_small_by_its_context_its_name_or_by_being_apples() {
        use SizeClass::{Long, Short, TooSmall};
        let cases = [
            ("any", None, Long),
            ("any", Some(131_072), Long),
            ("any", Some(8_193), Long),
            ("any", Some(8_192), Short),
            ("any", Some(4_096), TooSmall),
            ("foundation", None, TooSmall),
            ("foundation", Some(16_000), Short),
            ("qwen3-8b-4bit", None, Short),
            ("gemma-3n-E4B-it", None, Short),
            ("mlx-community/Llama-3.2-20B", None, Short),
            ("qwen3-30b-a3b", None, Long),
            ("gpt-oss-120b", None, Long),
            ("llama-70B", Some(131_072), Long),
            ("bob", None, Long),
        ];
        for (model, window, class) in cases {
            assert_eq!(
                SizeClass::of_model(model, window),
                class,
                "{model} {window:?}"
            );
        }
    }
}
