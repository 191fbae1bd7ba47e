//! The engine against the suite's optional file, and against `fancy-regex` where both mean the
//! same.
use super::Pattern;

#[track_caller]
fn verdict(pattern: &str, text: &str, expected: bool) {
    let matches = Pattern::compile(pattern).unwrap().matches(text);
    assert_eq!(matches, expected, "{pattern} in {text:?}");
}

#[test]
fn it_finds_what_a_general_engine_finds() {
    let patterns = [
        "a",
        "^a",
        "a$",
        "^$",
        "a|b|",
        "a*",
        "^(a|b)*c$",
        "(a*)*b",
        "^a{2,3}$",
        "a{2,}",
        "^.{3}$",
        "[^a-c]",
        "[a\\-c]",
        "^[a-z0-9]+(-[a-z0-9]+)*$",
        r"\bfoo\b",
        r"\Boo",
        "^(?=.*b)(?!.*c)[abc]+$",
        "(?<=a)b",
        "(?<!a)b",
        "(?<=^a|c)b",
        "(?:ab)+?c",
        "x?y??z",
        r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$",
        "(?i)^ABC$",
        "^(?<year>[0-9]{4})-(?:0[1-9]|1[0-2])$",
        r"\.",
        r"\/",
        "{a",
        r"[\]]",
        r"\x41",
        r"\u0041",
        "^[.]$",
        "(?s)a.b",
        "(?m)^b$",
        "[-a]",
        "[a-]",
    ];
    let strings = [
        "", "a", "b", "c", "ab", "abc", "aab", "aaa", "aaaa", "abab", "ababc", "cb", "bb", "-",
        "a-b", "foo", "a foo b", "foobar", "oo", "a@b.cd", "a@b", "ABC", "aBc", "2024-01",
        "2024-13", "é", "ab\n", "a\nb", "b\n", "A", "]", ".", "/", "{a", "a{,2}", "xyz", "z",
        "abcabc",
    ];
    for pattern in patterns {
        let ours = Pattern::compile(pattern).unwrap();
        let general = fancy_regex::Regex::new(pattern).unwrap();
        for text in strings {
            let expected = general.is_match(text).unwrap();
            assert_eq!(ours.matches(text), expected, "{pattern} in {text:?}");
        }
    }
}

#[test]
fn classes_are_those_of_ecma_262() {
    verdict(r"^\d$", "߀", false);
    verdict(r"^\w$", "é", false);
    verdict(r"^\s$", "\u{feff}", true);
    verdict(r"^\S$", "\u{2003}", false);
    verdict(r"^\cC$", "\u{3}", true);
    verdict(r"^[\b]$", "\u{8}", true);
    verdict("^[^]$", "\n", true);
    verdict("[]", "a", false);
    verdict("^a{,2}$", "a{,2}", true);
    verdict("^.$", "\u{2028}", false);
    verdict(r"^\uD83D\uDE00$", "😀", true);
    verdict(r"^\u{1F600}$", "😀", true);
    verdict(r"^\p{L}+$", "Éa", true);
    verdict(r"^\p{Lu}$", "é", false);
    verdict(r"^\P{Lu}$", "é", true);
    verdict(r"^\p{digit}+$", "৪২", true);
    verdict(r"^[\p{Letter}\p{Nd}_]+$", "ü2_", true);
    verdict(
        r"^(\p{Extended_Pictographic}|\p{Emoji_Component})+$",
        "👍🏽",
        true,
    );
    verdict(
        r"^(\p{Extended_Pictographic}|\p{Emoji_Component})+$",
        "ab",
        false,
    );
}

#[test]
fn what_would_never_end_elsewhere_ends() {
    let text = format!("{}!", "a".repeat(5_000));
    verdict("^(a+)+$", &text, false);
    verdict("^(a|a)*$", &text, false);
    verdict("^(.*)*(.*)*x$", &text, false);
}

#[test]
fn what_cannot_be_used_says_why() {
    for (pattern, why) in [
        ("(", "a `(` is not closed"),
        ("a)", "a `)` closes nothing"),
        ("[a", "a `[` is not closed"),
        ("*a", "a quantifier has nothing to repeat"),
        ("a**", "a quantifier has nothing to repeat"),
        ("a{3,2}", "a quantifier ends below its start"),
        ("[b-a]", "the range `b-a` ends below its start"),
        (r"\A\d", r"`\A` means nothing in ECMA-262"),
        (
            r"(a)\1",
            "references to groups are not supported: spell out what is meant",
        ),
        ("(?P<y>a)", "`(?P` is Python's: write `(?<name>...)`"),
        (
            "(?>a)",
            "`(?` is followed by something that ECMA-262 does not have",
        ),
        (
            r"\p{Klingon}",
            "the property `Klingon` is not known here: list its characters",
        ),
        (
            "((a{999}){999}){9}",
            "it is too large when its repetitions are written out",
        ),
        ("a\\", "it ends with a backslash"),
        (r"\u12", "`12` is not 4 hexadecimal digits"),
    ] {
        let error = Pattern::compile(pattern).err().unwrap();
        assert_eq!(
            error,
            format!("`{pattern}` is not a usable regular expression: {why}")
        );
    }
    let deep = format!("{}a{}", "(".repeat(100), ")".repeat(100));
    assert!(
        Pattern::compile(&deep)
            .err()
            .unwrap()
            .contains("nested more than 50")
    );
}
