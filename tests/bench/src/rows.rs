//! The table of what is wanted: each row a figure beside its baseline from the same rounds, and its
//! goal. Used by `main` and `check`.

use crate::Outcome;
use crate::samples::{Samples, Spread};

/// How a figure is seen.
#[derive(Clone, Copy)]
enum Form {
    /// Times its baseline.
    Times(&'static str),
    /// More than its baseline.
    More(&'static str),
    /// As it is.
    Plain,
}

use Form::{More, Plain, Times};

/// Which side of the goal is good.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Goal {
    AtMost,
    AtLeast,
}

use Goal::{AtLeast, AtMost};

/// A row's name is its figure's.
const ROWS: &[(&str, Form, &str, Goal, f64)] = &[
    (
        "20 idle Python plugins, anonymous",
        Plain,
        "MB",
        AtMost,
        1.5,
    ),
    (
        "20 idle Python plugins, resident",
        Plain,
        "MB",
        AtMost,
        12.0,
    ),
    (
        "20 idle Python plugins, loaded in",
        Plain,
        "ms",
        AtMost,
        8.0,
    ),
    (
        "Python worker def",
        Times("bare Python pipe loop"),
        "x",
        AtMost,
        1.3,
    ),
    (
        "Python worker async def",
        Times("bare Python pipe loop"),
        "x",
        AtMost,
        1.5,
    ),
    ("Python embedded def", More("C plugin"), "us", AtMost, 3.0),
    (
        "Python embedded async def",
        Times("Python embedded def"),
        "x",
        AtMost,
        2.0,
    ),
    (
        "host call, Python worker def",
        Times("pipe round trip to Python"),
        "x",
        AtMost,
        1.2,
    ),
    (
        "Node worker",
        Times("bare Node pipe loop"),
        "x",
        AtMost,
        1.0,
    ),
    ("Node worker, 64 KB in and out", Plain, "us", AtMost, 250.0),
    (
        "Python worker def, eight threads",
        Times("Python worker def"),
        "x",
        AtMost,
        1.5,
    ),
    (
        "Python embedded def, eight threads",
        Times("Python embedded def"),
        "x",
        AtMost,
        1.5,
    ),
    (
        "first call, Python worker",
        Times("bare Python, start and end"),
        "x",
        AtMost,
        1.2,
    ),
    ("first call, Python embedded", Plain, "ms", AtMost, 35.0),
    (
        "first call, Node worker",
        Times("bare Node, start and end"),
        "x",
        AtMost,
        1.0,
    ),
    (
        "stream, Python embedded",
        Plain,
        "chunks/s",
        AtLeast,
        300_000.0,
    ),
    (
        "stream, Python worker",
        Plain,
        "chunks/s",
        AtLeast,
        100_000.0,
    ),
    ("code of all targets", Plain, "ms", AtMost, 100.0),
    ("build with nothing changed", Plain, "ms", AtMost, 300.0),
    ("check of a small plugin", Plain, "s", AtMost, 5.0),
    (
        "check of one with numpy, pydantic",
        Plain,
        "s",
        AtMost,
        20.0,
    ),
];

/// A row with its figures.
pub struct Row {
    /// What was measured.
    pub name: &'static str,
    /// The figure beside its baseline.
    pub spread: Spread,
    form: Form,
    unit: &'static str,
    goal: Goal,
    wanted: f64,
}

impl Row {
    /// Whether the figure means the same on another machine: times a baseline, or memory.
    pub fn is_comparable(&self) -> bool {
        matches!(self.form, Times(_)) || self.unit == "MB"
    }

    fn is_reached(&self) -> bool {
        match self.goal {
            AtMost => self.spread.median <= self.wanted,
            AtLeast => self.spread.median >= self.wanted,
        }
    }
}

/// All rows.
pub fn all(samples: &Samples) -> Outcome<Vec<Row>> {
    ROWS.iter()
        .map(|&(name, form, unit, goal, wanted)| {
            let figures = samples.of(name)?;
            let compared = match form {
                Times(base) => pairs(figures, samples.of(base)?, |figure, base| figure / base),
                More(base) => pairs(figures, samples.of(base)?, |figure, base| figure - base),
                Plain => figures.to_vec(),
            };
            let spread = Spread::of(&compared);
            Ok(Row {
                name,
                spread,
                form,
                unit,
                goal,
                wanted,
            })
        })
        .collect()
}

fn pairs(figures: &[f64], bases: &[f64], compare: fn(f64, f64) -> f64) -> Vec<f64> {
    let pairs = figures.iter().zip(bases);
    pairs
        .map(|(figure, base)| compare(*figure, *base))
        .collect()
}

/// Prints them with their goals.
pub fn print(rows: &[Row], cores: &str) {
    println!(
        "beside its baseline, cores {cores}: median, least and most of the rounds, and what is wanted"
    );
    for row in rows {
        let base = match row.form {
            Times(base) => format!("of {base}"),
            More(base) => format!("more than {base}"),
            Plain => String::new(),
        };
        let sign = if row.goal == AtMost { "<=" } else { ">=" };
        let mark = if row.is_reached() { "" } else { "  MISSED" };
        println!(
            "  {:<36} {} {} {base}, {sign} {}{mark}",
            row.name, row.spread, row.unit, row.wanted
        );
    }
    println!();
}

#[cfg(test)]
pub mod tests {
    //! Rows for the tests of `check`.
    use super::*;

    /// Rows of these names with these figures.
    pub fn of(figures: &[(&str, f64)]) -> Vec<Row> {
        let rows = ROWS.iter().filter_map(|&(name, form, unit, goal, wanted)| {
            let (_, figure) = figures.iter().find(|(known, _)| *known == name)?;
            let spread = Spread::of(&[*figure]);
            Some(Row {
                name,
                spread,
                form,
                unit,
                goal,
                wanted,
            })
        });
        rows.collect()
    }

    #[test]
    fn a_goal_that_is_reached_is_not_missed() {
        let rows = of(&[
            ("Python worker def", 1.3),
            ("stream, Python worker", 99_999.0),
        ]);
        let reached: Vec<bool> = rows.iter().map(Row::is_reached).collect();
        assert_eq!(reached, [true, false]);
    }
}
