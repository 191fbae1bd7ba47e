//! Words that a target language reserves, so that generated code could not use them as names.
//! Contextual words (TypeScript's `type`, Python's `match`) are left out: they may be names.

use std::collections::HashMap;
use std::sync::LazyLock;

/// A language and its reserved words.
const RESERVED: &[(&str, &str)] = &[
    (
        "C",
        "alignas alignof auto bool break case char const constexpr continue default do double else enum extern \
         false float for goto if inline int long nullptr register restrict return short signed sizeof static \
         static_assert struct switch thread_local true typedef typeof typeof_unqual union unsigned void volatile \
         while",
    ),
    (
        "C++",
        "and and_eq asm bitand bitor catch char16_t char32_t char8_t class co_await co_return co_yield compl \
         concept const_cast consteval constinit decltype delete dynamic_cast explicit export friend mutable \
         namespace new noexcept not not_eq operator or or_eq private protected public reinterpret_cast requires \
         static_cast template this throw try typeid typename using virtual wchar_t xor xor_eq",
    ),
    (
        "Swift",
        "Any Self as associatedtype catch class deinit defer extension fallthrough false fileprivate func guard \
         import in init inout internal is let nil open operator precedencegroup private protocol public repeat \
         rethrows self static subscript super throw throws true try typealias var where",
    ),
    (
        "Rust",
        "Self abstract as async await become box break const continue crate do dyn else enum extern false final \
         fn for gen if impl in let loop macro match mod move mut override priv pub ref return self static struct \
         super trait true try type typeof unsafe unsized use virtual where while yield",
    ),
    (
        "Python",
        "False None True and as assert async await break class continue def del elif else except finally for \
         from global if import in is lambda nonlocal not or pass raise return try while with yield",
    ),
    (
        "TypeScript",
        "await break case catch class const continue debugger default delete do else enum export extends false \
         finally for function if implements import in instanceof interface let new null package private \
         protected public return static super switch this throw true try typeof var void while with yield",
    ),
    (
        "Go",
        "break case chan const continue default defer else fallthrough for func go goto if import interface map \
         package range return select struct switch type var",
    ),
    (
        "Zig",
        "addrspace align allowzero and anyframe anytype asm async await break callconv catch comptime const \
         continue defer else enum errdefer error export extern fn for if inline linksection noalias noinline \
         nosuspend opaque or orelse packed pub resume return struct suspend switch test threadlocal try union \
         unreachable usingnamespace var volatile while",
    ),
];

/// Whether a language, by its name in the list, reserves a word.
pub fn is_reserved(language: &str, word: &str) -> bool {
    let lists = RESERVED.iter().filter(|(name, _)| *name == language);
    lists
        .flat_map(|(_, words)| words.split_whitespace())
        .any(|reserved| reserved == word)
}

/// Languages by reserved word.
static BY_WORD: LazyLock<HashMap<&str, Vec<&'static str>>> = LazyLock::new(|| {
    let mut by_word: HashMap<&str, Vec<&str>> = HashMap::new();
    for (language, words) in RESERVED {
        for word in words.split_ascii_whitespace() {
            by_word.entry(word).or_default().push(language);
        }
    }
    by_word
});

/// The languages in which a word is reserved.
pub(crate) fn languages(word: &str) -> &'static [&'static str] {
    BY_WORD.get(word).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::languages;

    #[test]
    fn a_word_is_reserved_only_where_it_is() {
        assert_eq!(languages("type"), ["Rust", "Go"]);
        assert_eq!(languages("error"), ["Zig"]);
        assert_eq!(languages("init"), ["Swift"]);
        assert!(languages("prompt").is_empty());
    }
}
