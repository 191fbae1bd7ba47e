//! What was probably meant, when a name is not known: "did you mean". Knows nothing of what is
//! named.

/// How alike two names are at least, from 0 to 1, when one is the other's beginning or nearly so.
const ALIKE: f64 = 0.8;
/// Of so many characters one may be wrong, missing, too much or in its neighbour's place.
const RIGHT_FOR_EACH_WRONG: usize = 3;

/// The text that is most like this one, if any is much like it.
pub fn closest<'a>(text: &str, known: &'a [String]) -> Option<&'a str> {
    let typed = text.to_lowercase();
    let distance = |known: &String| strsim::osa_distance(&typed, &known.to_lowercase());
    let is_alike = |known: &&String| {
        let longer = typed.chars().count().max(known.chars().count());
        distance(known) * RIGHT_FOR_EACH_WRONG <= longer
            || strsim::jaro_winkler(&typed, &known.to_lowercase()) >= ALIKE
    };
    let alike = known.iter().filter(is_alike);
    alike
        .min_by_key(|known| distance(known))
        .map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn a_typing_mistake_is_recognised_and_another_word_is_not() {
        let names = ["bot_token", "language", "limit"].map(String::from);
        for (typed, meant) in [
            ("bot_tokn", Some("bot_token")),
            ("botToken", Some("bot_token")),
            ("BOT_TOKEN", Some("bot_token")),
            ("lang", Some("language")),
            ("limits", Some("limit")),
            ("lnaguage", Some("language")),
            ("colour", None),
            ("l", None),
        ] {
            assert_eq!(closest(typed, &names), meant, "{typed}");
        }
        assert_eq!(closest("x", &[]), None);
    }
}
