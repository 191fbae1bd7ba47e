//! Sets of characters: ranges, `\d`, `\w`, `\s` as ECMA-262 has them (ASCII, but for blanks), and
//! properties of Unicode.
use super::emoji;
use unicode_general_category::{GeneralCategory as Category, get_general_category};

#[derive(Debug, Clone)]
pub(super) struct Class {
    pub(super) negated: bool,
    pub(super) items: Vec<Item>,
    pub(super) ignores_case: bool,
}

/// The flag says that it is the complement.
#[derive(Debug, Clone)]
pub(super) enum Item {
    Range(char, char),
    Digit(bool),
    Word(bool),
    Space(bool),
    Property(Property, bool),
}

#[derive(Debug, Clone)]
pub(super) enum Property {
    /// General categories by the beginning of their short names: `L`, `Lu`.
    Category(String),
    Any,
    Ascii,
    Alphabetic,
    Uppercase,
    Lowercase,
    WhiteSpace,
    Ranges(&'static [(char, char)]),
}

impl Class {
    pub(super) fn one(literal: char) -> Self {
        Self::of(false, vec![Item::Range(literal, literal)])
    }

    pub(super) fn everything() -> Self {
        Self::of(true, Vec::new())
    }

    pub(super) fn not_line_end() -> Self {
        let ends = ['\n', '\r', '\u{2028}', '\u{2029}'];
        Self::of(true, ends.map(|end| Item::Range(end, end)).to_vec())
    }

    fn of(negated: bool, items: Vec<Item>) -> Self {
        Self {
            negated,
            items,
            ignores_case: false,
        }
    }

    pub(super) fn has(&self, c: char) -> bool {
        let listed = |c: char| self.items.iter().any(|item| item.has(c));
        let matches = listed(c) || self.ignores_case && other_cases(c).any(listed);
        matches != self.negated
    }
}

/// Only mappings to one character count, as in ECMA-262.
fn other_cases(c: char) -> impl Iterator<Item = char> {
    let lower = Some(c.to_lowercase()).filter(|all| all.len() == 1);
    let upper = Some(c.to_uppercase()).filter(|all| all.len() == 1);
    lower
        .into_iter()
        .flatten()
        .chain(upper.into_iter().flatten())
}

impl Item {
    fn has(&self, c: char) -> bool {
        match self {
            Self::Range(start, end) => (*start..=*end).contains(&c),
            Self::Digit(negated) => c.is_ascii_digit() != *negated,
            Self::Word(negated) => is_word(c) != *negated,
            Self::Space(negated) => is_space(c) != *negated,
            Self::Property(property, negated) => property.has(c) != *negated,
        }
    }
}

pub(super) fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn is_space(c: char) -> bool {
    matches!(c, '\t'..='\r' | ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}')
        || matches!(
            c,
            '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}' | '\u{feff}'
        )
}

pub(super) fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

impl Property {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "Any" => Self::Any,
            "ASCII" => Self::Ascii,
            "Alphabetic" | "Alpha" => Self::Alphabetic,
            "Uppercase" | "Upper" => Self::Uppercase,
            "Lowercase" | "Lower" => Self::Lowercase,
            "White_Space" | "space" => Self::WhiteSpace,
            "Emoji" => Self::Ranges(emoji::EMOJI),
            "Emoji_Component" => Self::Ranges(emoji::EMOJI_COMPONENT),
            "Emoji_Modifier" => Self::Ranges(emoji::EMOJI_MODIFIER),
            "Emoji_Presentation" => Self::Ranges(emoji::EMOJI_PRESENTATION),
            "Extended_Pictographic" => Self::Ranges(emoji::EXTENDED_PICTOGRAPHIC),
            other => Self::Category(short_category(other)?.to_owned()),
        })
    }

    fn has(&self, c: char) -> bool {
        match self {
            Self::Category(name) => {
                abbreviation(get_general_category(c)).starts_with(name.as_str())
            }
            Self::Any => true,
            Self::Ascii => c.is_ascii(),
            Self::Alphabetic => c.is_alphabetic(),
            Self::Uppercase => c.is_uppercase(),
            Self::Lowercase => c.is_lowercase(),
            Self::WhiteSpace => c.is_whitespace(),
            Self::Ranges(all) => all
                .binary_search_by(|(start, end)| match (*end < c, *start > c) {
                    (true, _) => std::cmp::Ordering::Less,
                    (_, true) => std::cmp::Ordering::Greater,
                    _ => std::cmp::Ordering::Equal,
                })
                .is_ok(),
        }
    }
}

/// The long names of general categories and the short ones.
const CATEGORIES: &[(&str, &str)] = &[
    ("Letter", "L"),
    ("Lowercase_Letter", "Ll"),
    ("Modifier_Letter", "Lm"),
    ("Other_Letter", "Lo"),
    ("Titlecase_Letter", "Lt"),
    ("Uppercase_Letter", "Lu"),
    ("Mark", "M"),
    ("Combining_Mark", "M"),
    ("Spacing_Mark", "Mc"),
    ("Enclosing_Mark", "Me"),
    ("Nonspacing_Mark", "Mn"),
    ("Number", "N"),
    ("Decimal_Number", "Nd"),
    ("digit", "Nd"),
    ("Letter_Number", "Nl"),
    ("Other_Number", "No"),
    ("Punctuation", "P"),
    ("punct", "P"),
    ("Connector_Punctuation", "Pc"),
    ("Dash_Punctuation", "Pd"),
    ("Close_Punctuation", "Pe"),
    ("Final_Punctuation", "Pf"),
    ("Initial_Punctuation", "Pi"),
    ("Other_Punctuation", "Po"),
    ("Open_Punctuation", "Ps"),
    ("Symbol", "S"),
    ("Currency_Symbol", "Sc"),
    ("Modifier_Symbol", "Sk"),
    ("Math_Symbol", "Sm"),
    ("Other_Symbol", "So"),
    ("Separator", "Z"),
    ("Line_Separator", "Zl"),
    ("Paragraph_Separator", "Zp"),
    ("Space_Separator", "Zs"),
    ("Other", "C"),
    ("Control", "Cc"),
    ("cntrl", "Cc"),
    ("Format", "Cf"),
    ("Unassigned", "Cn"),
    ("Private_Use", "Co"),
];

fn short_category(name: &str) -> Option<&'static str> {
    let name = name
        .strip_prefix("General_Category=")
        .or_else(|| name.strip_prefix("gc="))
        .unwrap_or(name);
    CATEGORIES
        .iter()
        .find(|(long, short)| *long == name || *short == name)
        .map(|(_, short)| *short)
}

fn abbreviation(category: Category) -> &'static str {
    match category {
        Category::ClosePunctuation => "Pe",
        Category::ConnectorPunctuation => "Pc",
        Category::Control => "Cc",
        Category::CurrencySymbol => "Sc",
        Category::DashPunctuation => "Pd",
        Category::DecimalNumber => "Nd",
        Category::EnclosingMark => "Me",
        Category::FinalPunctuation => "Pf",
        Category::Format => "Cf",
        Category::InitialPunctuation => "Pi",
        Category::LetterNumber => "Nl",
        Category::LineSeparator => "Zl",
        Category::LowercaseLetter => "Ll",
        Category::MathSymbol => "Sm",
        Category::ModifierLetter => "Lm",
        Category::ModifierSymbol => "Sk",
        Category::NonspacingMark => "Mn",
        Category::OpenPunctuation => "Ps",
        Category::OtherLetter => "Lo",
        Category::OtherNumber => "No",
        Category::OtherPunctuation => "Po",
        Category::OtherSymbol => "So",
        Category::ParagraphSeparator => "Zp",
        Category::PrivateUse => "Co",
        Category::SpaceSeparator => "Zs",
        Category::SpacingMark => "Mc",
        Category::Surrogate => "Cs",
        Category::TitlecaseLetter => "Lt",
        Category::UppercaseLetter => "Lu",
        _ => "Cn",
    }
}
