//! The syntax of ECMA-262, with the modifiers `i`, `m` and `s`. What is left out is refused with a
//! word on what to write instead: references to groups, and what other dialects have.
use super::classes::{Class, Item, Property};

/// Groups in groups.
const MAX_DEPTH: usize = 50;
/// Largest number in a quantifier.
const MAX_REPEAT: usize = 100_000;

#[derive(Debug, Clone)]
pub(super) enum Node {
    Class(Class),
    Assert(Assertion),
    Look {
        behind: bool,
        negative: bool,
        inner: Box<Node>,
    },
    Concat(Vec<Node>),
    Alternatives(Vec<Node>),
    Repeat {
        inner: Box<Node>,
        least: usize,
        most: Option<usize>,
    },
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Assertion {
    Start,
    LineStart,
    End,
    LineEnd,
    WordBoundary,
    NoWordBoundary,
}

#[derive(Clone, Copy, Default)]
struct Modifiers {
    ignores_case: bool,
    multi_line: bool,
    dot_is_all: bool,
}

type Parsed<T> = Result<T, String>;

pub(super) fn parse(source: &str) -> Parsed<Node> {
    let mut parser = Parser {
        rest: source.chars().collect(),
        at: 0,
        depth: 0,
        modifiers: Modifiers::default(),
    };
    let node = parser.alternatives()?;
    match parser.peek() {
        None => Ok(node),
        Some(_) => Err("a `)` closes nothing".into()),
    }
}

struct Parser {
    rest: Vec<char>,
    at: usize,
    depth: usize,
    modifiers: Modifiers,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek();
        self.at += usize::from(next.is_some());
        next
    }

    fn takes(&mut self, expected: &str) -> bool {
        let digits = self.rest[self.at..]
            .iter()
            .copied()
            .take(expected.chars().count());
        let fits = digits.eq(expected.chars());
        if fits {
            self.at += expected.chars().count();
        }
        fits
    }

    fn alternatives(&mut self) -> Parsed<Node> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("its groups are nested more than {MAX_DEPTH} deep"));
        }
        let mut all = vec![self.sequence()?];
        while self.takes("|") {
            all.push(self.sequence()?);
        }
        self.depth -= 1;
        Ok(match all.len() {
            1 => all.remove(0),
            _ => Node::Alternatives(all),
        })
    }

    fn sequence(&mut self) -> Parsed<Node> {
        let mut all = Vec::new();
        while let Some(next) = self.peek() {
            if next == '|' || next == ')' {
                break;
            }
            if let Some(term) = self.term()? {
                all.push(self.quantified(term)?);
            }
        }
        Ok(Node::Concat(all))
    }

    /// One term; none for modifiers of what follows.
    fn term(&mut self) -> Parsed<Option<Node>> {
        let quantifier = self.quantifier()?;
        if quantifier.is_some() {
            return Err("a quantifier has nothing to repeat".into());
        }
        let multi_line = self.modifiers.multi_line;
        Ok(Some(match self.next() {
            Some('^') if multi_line => Node::Assert(Assertion::LineStart),
            Some('^') => Node::Assert(Assertion::Start),
            Some('$') if multi_line => Node::Assert(Assertion::LineEnd),
            Some('$') => Node::Assert(Assertion::End),
            Some('.') => self.class(match self.modifiers.dot_is_all {
                true => Class::everything(),
                false => Class::not_line_end(),
            }),
            Some('(') => return self.group(),
            Some('[') => self.brackets()?,
            Some('\\') => self.escape()?,
            Some(literal) => self.class(Class::one(literal)),
            None => return Ok(None),
        }))
    }

    fn class(&self, class: Class) -> Node {
        Node::Class(Class {
            ignores_case: self.modifiers.ignores_case,
            ..class
        })
    }

    fn quantified(&mut self, inner: Node) -> Parsed<Node> {
        let Some((least, most)) = self.quantifier()? else {
            return Ok(inner);
        };
        // Whether it is lazy changes where a match ends, not whether there is one.
        self.takes("?");
        Ok(Node::Repeat {
            inner: Box::new(inner),
            least,
            most,
        })
    }

    fn quantifier(&mut self) -> Parsed<Option<(usize, Option<usize>)>> {
        Ok(match self.peek() {
            Some('*') => self.simple(0, None),
            Some('+') => self.simple(1, None),
            Some('?') => self.simple(0, Some(1)),
            Some('{') => self.braces()?,
            _ => None,
        })
    }

    fn simple(&mut self, least: usize, most: Option<usize>) -> Option<(usize, Option<usize>)> {
        self.at += 1;
        Some((least, most))
    }

    /// `{2}`, `{2,}` or `{2,5}`; any other brace is a character.
    fn braces(&mut self) -> Parsed<Option<(usize, Option<usize>)>> {
        let start = self.at;
        self.at += 1;
        let least = self.digits();
        let most = match self.takes(",") {
            true => self.digits(),
            false => least.clone(),
        };
        if least.is_empty() || !self.takes("}") {
            self.at = start;
            return Ok(None);
        }
        let number = |digits: &str| match digits.parse() {
            Ok(number) if number <= MAX_REPEAT => Ok(number),
            _ => Err(format!("it repeats something more than {MAX_REPEAT} times")),
        };
        let least = number(&least)?;
        let most = match most.as_str() {
            "" => None,
            digits => Some(number(digits)?),
        };
        if most.is_some_and(|most| most < least) {
            return Err("a quantifier ends below its start".into());
        }
        Ok(Some((least, most)))
    }

    fn digits(&mut self) -> String {
        let mut digits = String::new();
        while let Some(digit) = self.peek().filter(char::is_ascii_digit) {
            digits.push(digit);
            self.at += 1;
        }
        digits
    }

    fn group(&mut self) -> Parsed<Option<Node>> {
        let outer = self.modifiers;
        let look = |behind, negative| Some((behind, negative));
        let kind = if self.takes("?=") {
            look(false, false)
        } else if self.takes("?!") {
            look(false, true)
        } else if self.takes("?<=") {
            look(true, false)
        } else if self.takes("?<!") {
            look(true, true)
        } else {
            None
        };
        if kind.is_none() && self.takes("?") && self.opening()? {
            return Ok(None);
        }
        let inner = self.alternatives()?;
        self.modifiers = outer;
        if !self.takes(")") {
            return Err("a `(` is not closed".into());
        }
        Ok(Some(match kind {
            Some((behind, negative)) => Node::Look {
                behind,
                negative,
                inner: Box::new(inner),
            },
            None => inner,
        }))
    }

    /// What follows `(?`: a name, or modifiers; true if those are for the rest of the group around.
    fn opening(&mut self) -> Parsed<bool> {
        if self.takes("<") {
            let rest = self.rest[self.at..].iter();
            let name = rest.take_while(|c| c.is_alphanumeric() || **c == '_' || **c == '$');
            self.at += name.count();
            return match self.takes(">") {
                true => Ok(false),
                false => Err("a group's name is not closed by `>`".into()),
            };
        }
        if self.peek() == Some('P') {
            return Err("`(?P` is Python's: write `(?<name>...)`".into());
        }
        let mut on = true;
        loop {
            match self.next() {
                Some('-') => on = false,
                Some('i') => self.modifiers.ignores_case = on,
                Some('m') => self.modifiers.multi_line = on,
                Some('s') => self.modifiers.dot_is_all = on,
                Some('u') => {}
                Some(':') => return Ok(false),
                Some(')') => return Ok(true),
                _ => return Err("`(?` is followed by something that ECMA-262 does not have".into()),
            }
        }
    }

    fn brackets(&mut self) -> Parsed<Node> {
        let negated = self.takes("^");
        let mut items = Vec::new();
        loop {
            if self.takes("]") {
                let class = Class {
                    negated,
                    items,
                    ignores_case: false,
                };
                return Ok(self.class(class));
            }
            let first = self.class_item()?;
            let is_range = self.peek() == Some('-') && self.rest.get(self.at + 1) != Some(&']');
            match first {
                Item::Range(start, _) if is_range => {
                    self.at += 1;
                    match self.class_item()? {
                        Item::Range(end, _) if end < start => {
                            return Err(format!("the range `{start}-{end}` ends below its start"));
                        }
                        Item::Range(end, _) => items.push(Item::Range(start, end)),
                        other => items.extend([first, Item::Range('-', '-'), other]),
                    }
                }
                other => items.push(other),
            }
        }
    }

    fn class_item(&mut self) -> Parsed<Item> {
        match self.next() {
            None => Err("a `[` is not closed".into()),
            Some('\\') if self.takes("b") => Ok(Item::Range('\u{8}', '\u{8}')),
            Some('\\') => self.escaped_item(),
            Some(literal) => Ok(Item::Range(literal, literal)),
        }
    }

    fn escape(&mut self) -> Parsed<Node> {
        if self.takes("b") {
            return Ok(Node::Assert(Assertion::WordBoundary));
        }
        if self.takes("B") {
            return Ok(Node::Assert(Assertion::NoWordBoundary));
        }
        if self
            .peek()
            .is_some_and(|c| c == 'k' || ('1'..='9').contains(&c))
        {
            return Err("references to groups are not supported: spell out what is meant".into());
        }
        let item = self.escaped_item()?;
        Ok(self.class(Class {
            negated: false,
            items: vec![item],
            ignores_case: false,
        }))
    }

    /// What follows a backslash, in brackets or outside.
    fn escaped_item(&mut self) -> Parsed<Item> {
        let Some(escaped) = self.next() else {
            return Err("it ends with a backslash".into());
        };
        let literal = match escaped {
            'd' | 'D' => return Ok(Item::Digit(escaped == 'D')),
            'w' | 'W' => return Ok(Item::Word(escaped == 'W')),
            's' | 'S' => return Ok(Item::Space(escaped == 'S')),
            'p' | 'P' => return self.property(escaped == 'P'),
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'f' => '\u{c}',
            'v' => '\u{b}',
            '0' => '\0',
            'c' => match self.next().filter(char::is_ascii_alphabetic) {
                Some(letter) => char::from(letter as u8 % 32),
                None => return Err("`\\c` is followed by a letter".into()),
            },
            'x' => self.hex(2)?,
            'u' => self.unicode()?,
            letter if letter.is_alphanumeric() => {
                return Err(format!("`\\{letter}` means nothing in ECMA-262"));
            }
            other => other,
        };
        Ok(Item::Range(literal, literal))
    }

    fn hex(&mut self, digits: usize) -> Parsed<char> {
        let code = self.code(digits)?;
        char::from_u32(code).ok_or_else(|| format!("{code:x} is not a character"))
    }

    fn code(&mut self, digits: usize) -> Parsed<u32> {
        let text: String = self.rest[self.at..].iter().take(digits).collect();
        self.at += text.chars().count();
        let is_hex = text.len() == digits && text.chars().all(|c| c.is_ascii_hexdigit());
        match u32::from_str_radix(&text, 16) {
            Ok(code) if is_hex => Ok(code),
            _ => Err(format!("`{text}` is not {digits} hexadecimal digits")),
        }
    }

    fn unicode(&mut self) -> Parsed<char> {
        if self.takes("{") {
            let rest = &self.rest[self.at..];
            let digits = rest.iter().take(8).take_while(|c| **c != '}').count();
            let literal = self.hex(digits)?;
            return match self.takes("}") {
                true => Ok(literal),
                false => Err("`\\u{` is not closed".into()),
            };
        }
        let first = self.code(4)?;
        if (0xd800..0xdc00).contains(&first) && self.takes("\\u") {
            let second = self.code(4)?.wrapping_sub(0xdc00) & 0x3ff;
            let code = 0x1_0000 + ((first - 0xd800) << 10) + second;
            return char::from_u32(code).ok_or_else(|| format!("{code:x} is not a character"));
        }
        char::from_u32(first).ok_or_else(|| "half of a surrogate pair is not a character".into())
    }

    fn property(&mut self, negated: bool) -> Parsed<Item> {
        if !self.takes("{") {
            return Err("`\\p` is followed by a property in braces".into());
        }
        let rest = self.rest[self.at..].iter();
        let name: String = rest.take_while(|c| **c != '}').collect();
        self.at += name.chars().count();
        if !self.takes("}") {
            return Err("`\\p{` is not closed".into());
        }
        match Property::named(&name) {
            Some(property) => Ok(Item::Property(property, negated)),
            None => Err(format!(
                "the property `{name}` is not known here: list its characters"
            )),
        }
    }
}
