//! A parsed expression as instructions. Made once per pattern; `run` follows them.
use super::classes::Class;
use super::syntax::{Assertion, Node};

/// More instructions than any pattern needs; counted repetitions are written out.
const MAX_INSTRUCTIONS: usize = 200_000;

pub(super) struct Program {
    pub(super) code: Vec<Instruction>,
    pub(super) classes: Vec<Class>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Instruction {
    /// Takes one character of the class with this number.
    Class(usize),
    Split(usize, usize),
    Jump(usize),
    Assert(Assertion),
    /// Goes on after it if what is at `start` matches here, or does not.
    Look {
        start: usize,
        behind: bool,
        negative: bool,
    },
    Match,
}

impl Program {
    pub(super) fn of(node: &Node) -> Result<Self, String> {
        let mut program = Self {
            code: Vec::new(),
            classes: Vec::new(),
        };
        program.node(node, false)?;
        program.add(Instruction::Match)?;
        Ok(program)
    }

    fn add(&mut self, instruction: Instruction) -> Result<usize, String> {
        if self.code.len() >= MAX_INSTRUCTIONS {
            return Err("it is too large when its repetitions are written out".into());
        }
        self.code.push(instruction);
        Ok(self.code.len() - 1)
    }

    /// `backward`: for what is looked for before a place.
    fn node(&mut self, node: &Node, backward: bool) -> Result<(), String> {
        match node {
            Node::Class(class) => {
                self.classes.push(class.clone());
                self.add(Instruction::Class(self.classes.len() - 1))?;
            }
            Node::Assert(assertion) => {
                self.add(Instruction::Assert(*assertion))?;
            }
            Node::Look {
                behind,
                negative,
                inner,
            } => self.look(*behind, *negative, inner)?,
            Node::Concat(all) if backward => {
                for one in all.iter().rev() {
                    self.node(one, backward)?;
                }
            }
            Node::Concat(all) => {
                for one in all {
                    self.node(one, backward)?;
                }
            }
            Node::Alternatives(all) => self.alternatives(all, backward)?,
            Node::Repeat { inner, least, most } => self.repeat(inner, *least, *most, backward)?,
        }
        Ok(())
    }

    fn look(&mut self, behind: bool, negative: bool, inner: &Node) -> Result<(), String> {
        let at = self.code.len();
        self.add(Instruction::Look {
            start: at + 2,
            behind,
            negative,
        })?;
        let over = self.add(Instruction::Jump(0))?;
        self.node(inner, behind)?;
        self.add(Instruction::Match)?;
        self.code[over] = Instruction::Jump(self.code.len());
        Ok(())
    }

    fn alternatives(&mut self, all: &[Node], backward: bool) -> Result<(), String> {
        let mut ends = Vec::new();
        for (index, one) in all.iter().enumerate() {
            if index + 1 == all.len() {
                self.node(one, backward)?;
                break;
            }
            let split = self.add(Instruction::Split(0, 0))?;
            self.node(one, backward)?;
            ends.push(self.add(Instruction::Jump(0))?);
            self.code[split] = Instruction::Split(split + 1, self.code.len());
        }
        for end in ends {
            self.code[end] = Instruction::Jump(self.code.len());
        }
        Ok(())
    }

    fn repeat(
        &mut self,
        inner: &Node,
        least: usize,
        most: Option<usize>,
        backward: bool,
    ) -> Result<(), String> {
        for _ in 0..least {
            self.node(inner, backward)?;
        }
        let Some(most) = most else {
            let split = self.add(Instruction::Split(0, 0))?;
            self.node(inner, backward)?;
            self.add(Instruction::Jump(split))?;
            self.code[split] = Instruction::Split(split + 1, self.code.len());
            return Ok(());
        };
        let mut splits = Vec::new();
        for _ in least..most {
            splits.push(self.add(Instruction::Split(0, 0))?);
            self.node(inner, backward)?;
        }
        for split in splits {
            self.code[split] = Instruction::Split(split + 1, self.code.len());
        }
        Ok(())
    }
}
