//! Follows all states of a program at once, one character after the other.
use super::classes::{is_line_end, is_word};
use super::program::{Instruction, Program};
use super::syntax::Assertion;

/// States that are looked at for one text; more than any text of a tool call takes.
const STEPS: usize = 20_000_000;

/// Whether the program matches anywhere in the text.
pub(super) fn search(program: &Program, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let mut matcher = Run {
        program,
        text: &text,
        steps: STEPS,
        open: Vec::new(),
    };
    matcher.matches(0, 0, Direction::Forward, true)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Forward,
    Backward,
}

struct Run<'p> {
    program: &'p Program,
    text: &'p [char],
    steps: usize,
    /// Kept for its memory: states that are still to be added.
    open: Vec<usize>,
}

/// Program counters, each once.
struct States {
    list: Vec<usize>,
    listed: Vec<bool>,
    matched: bool,
}

impl States {
    fn new(size: usize) -> Self {
        Self {
            list: Vec::new(),
            listed: vec![false; size],
            matched: false,
        }
    }

    fn insert(&mut self, state: usize) -> bool {
        let is_new = !self.listed[state];
        if is_new {
            self.listed[state] = true;
            self.list.push(state);
        }
        is_new
    }

    fn clear(&mut self) {
        for state in self.list.drain(..) {
            self.listed[state] = false;
        }
        self.matched = false;
    }
}

impl Run<'_> {
    /// From `start` at `place`; a floating match may begin at any later place too.
    fn matches(&mut self, start: usize, place: usize, way: Direction, floating: bool) -> bool {
        let mut now = States::new(self.program.code.len());
        let mut next = States::new(self.program.code.len());
        let mut place = place;
        self.enter(&mut now, start, place);
        loop {
            if now.matched {
                return true;
            }
            let Some((c, after)) = self.character(place, way) else {
                return false;
            };
            if self.steps == 0 || (now.list.is_empty() && !floating) {
                return false;
            }
            for state in &now.list {
                let Instruction::Class(class) = self.program.code[*state] else {
                    continue;
                };
                if self.program.classes[class].has(c) {
                    self.enter(&mut next, state + 1, after);
                }
            }
            place = after;
            now.clear();
            std::mem::swap(&mut now, &mut next);
            if floating {
                self.enter(&mut now, start, place);
            }
        }
    }

    fn character(&self, place: usize, way: Direction) -> Option<(char, usize)> {
        match way {
            Direction::Forward => self.text.get(place).map(|c| (*c, place + 1)),
            Direction::Backward => {
                let before = place.checked_sub(1)?;
                Some((self.text[before], before))
            }
        }
    }

    /// Adds a state and all that it leads to without a character.
    fn enter(&mut self, states: &mut States, state: usize, place: usize) {
        // A look-around inside of this works with a stack of its own.
        let mut open = std::mem::take(&mut self.open);
        open.push(state);
        while let Some(state) = open.pop() {
            if self.steps == 0 || !states.insert(state) {
                continue;
            }
            self.steps -= 1;
            match self.program.code[state] {
                Instruction::Class(_) => {}
                Instruction::Match => states.matched = true,
                Instruction::Jump(to) => open.push(to),
                Instruction::Split(one, other) => open.extend([other, one]),
                Instruction::Assert(assertion) if self.holds(assertion, place) => {
                    open.push(state + 1);
                }
                Instruction::Assert(_) => {}
                Instruction::Look {
                    start,
                    behind,
                    negative,
                } => {
                    let way = if behind {
                        Direction::Backward
                    } else {
                        Direction::Forward
                    };
                    if self.matches(start, place, way, false) != negative {
                        open.push(state + 1);
                    }
                }
            }
        }
        self.open = open;
    }

    fn holds(&self, assertion: Assertion, place: usize) -> bool {
        let before = place.checked_sub(1).and_then(|at| self.text.get(at));
        let after = self.text.get(place);
        let boundary = before.copied().is_some_and(is_word) != after.copied().is_some_and(is_word);
        match assertion {
            Assertion::Start => before.is_none(),
            Assertion::LineStart => before.copied().is_none_or(is_line_end),
            Assertion::End => after.is_none(),
            Assertion::LineEnd => after.copied().is_none_or(is_line_end),
            Assertion::WordBoundary => boundary,
            Assertion::NoWordBoundary => !boundary,
        }
    }
}
