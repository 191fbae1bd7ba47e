//! A sequence of steps from a seed. Pure: the same seed and the same plugin give the same steps.

use crate::check::random::Random;
use serde_json::{Value, json};
use std::fmt;

/// What there is to call.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    /// Tools with arguments that fit.
    pub(super) tools: Vec<(String, Value)>,
    /// How many routes.
    pub(super) routes: usize,
    /// Keys of settings.
    pub(super) settings: Vec<String>,
    /// Whether the plugin hears of tasks.
    pub(super) events: bool,
}

/// One call into the plugin.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Op {
    /// `invoke` with this type, id and payload.
    Invoke {
        kind: String,
        id: String,
        payload: String,
    },
    /// A request to the route with this number.
    Route(usize),
    /// A setting.
    Setting { key: String, value: String },
    /// A task event.
    Event { kind: i32, payload: String },
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// A call.
    One(Op),
    /// Two calls at a time.
    Both(Op, Op),
    /// A call, and in its host call with this number another one.
    During { outer: Op, call: u64, inner: Op },
    /// Of the host calls that follow, these answer NULL.
    Nulls { after: u64, count: u64 },
    /// The plugin is unloaded, and loaded again in a host of this version.
    Reload(&'static str),
}

const STEPS: usize = 40;
/// Version 6 more often: it is what most users have.
const VERSIONS: [&str; 8] = ["6", "6", "6", "5", "4", "3", "3", "2"];
const TEXTS: [&str; 6] = [
    "",
    "sample",
    "caf\u{e9} \u{1F980}",
    "'; DROP TABLE notes; --",
    "%s%n",
    "{\"ok\":false}",
];
const PAYLOADS: [&str; 7] = [
    "",
    "null",
    "[]",
    "{",
    "{\"text\":1}",
    "\"text\"",
    "{\"text\":null,\"\":[[[[]]]]}",
];
const EVENTS: [&str; 4] = [
    "{}",
    "null",
    "{\"title\":\"Chat\",\"status\":\"running\"}",
    "{\"title\":1}",
];

/// The sequence of a seed: first the version to load in, then the steps.
pub(super) fn sequence(seed: u64, shape: &Shape) -> (&'static str, Vec<Step>) {
    let mut dice = Dice {
        random: Random::new(seed, "sequence"),
        shape,
    };
    let version = dice.version();
    (version, (0..STEPS).map(|_| dice.step()).collect())
}

struct Dice<'a> {
    random: Random,
    shape: &'a Shape,
}

impl Dice<'_> {
    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.random.below(from.len())].clone()
    }

    fn number(&mut self, below: usize) -> u64 {
        self.random.below(below) as u64
    }

    fn version(&mut self) -> &'static str {
        self.pick(&VERSIONS)
    }

    fn step(&mut self) -> Step {
        match self.random.below(16) {
            0..=6 => Step::One(self.op()),
            7..=8 => Step::Both(self.op(), self.op()),
            9..=12 => self.during(),
            13..=14 => Step::Nulls {
                after: self.number(6),
                count: 1 + self.number(6),
            },
            _ => Step::Reload(self.version()),
        }
    }

    /// Settings come one at a time, so none comes during another.
    fn during(&mut self) -> Step {
        let outer = self.op();
        let inner = match (&outer, self.op()) {
            (Op::Setting { .. }, Op::Setting { .. }) => self.invoke(),
            (_, inner) => inner,
        };
        Step::During {
            outer,
            call: self.number(4),
            inner,
        }
    }

    fn op(&mut self) -> Op {
        match self.random.below(10) {
            6 if self.shape.routes > 0 => Op::Route(self.random.below(self.shape.routes)),
            7..=8 if !self.shape.settings.is_empty() => Op::Setting {
                key: self.pick(&self.shape.settings),
                value: self.text(),
            },
            9 if self.shape.events => Op::Event {
                kind: i32::try_from(self.random.below(12)).unwrap_or(0) - 1,
                payload: self.pick(&EVENTS).into(),
            },
            _ => self.invoke(),
        }
    }

    fn invoke(&mut self) -> Op {
        let tools = &self.shape.tools;
        if tools.is_empty() {
            return invoke("tool", "no_such_tool", "{}".into());
        }
        let (id, good) = self.pick(tools);
        match self.random.below(12) {
            0 => invoke("tool", "no_such_tool", good.to_string()),
            1 => invoke("surprise", &id, good.to_string()),
            2 => invoke("tool", &id, self.pick(&PAYLOADS).into()),
            3 => invoke("tool", &id, self.without_one(good).to_string()),
            4..=5 => invoke("tool", &id, self.with_other_strings(good).to_string()),
            _ => invoke("tool", &id, good.to_string()),
        }
    }

    fn without_one(&mut self, mut arguments: Value) -> Value {
        let keys: Vec<String> = arguments
            .as_object()
            .into_iter()
            .flat_map(|all| all.keys().cloned())
            .collect();
        if !keys.is_empty() {
            let lost = self.pick(&keys);
            arguments.as_object_mut().map(|all| all.remove(&lost));
        }
        arguments
    }

    fn with_other_strings(&mut self, mut arguments: Value) -> Value {
        for value in arguments
            .as_object_mut()
            .into_iter()
            .flat_map(|all| all.values_mut())
        {
            if value.is_string() {
                *value = json!(self.text());
            }
        }
        arguments
    }

    fn text(&mut self) -> String {
        match self.random.below(8) {
            0 => "long ".repeat(1 + self.random.below(2_000)),
            1 => String::new(),
            _ => self.pick(&TEXTS).into(),
        }
    }
}

fn invoke(kind: &str, id: &str, payload: String) -> Op {
    Op::Invoke {
        kind: kind.into(),
        id: id.into(),
        payload,
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = |text: &str| text.chars().take(60).collect::<String>();
        match self {
            Op::Invoke { kind, id, payload } => {
                write!(f, "invoke({kind:?}, {id:?}, {})", short(payload))
            }
            Op::Route(number) => write!(f, "route {number}"),
            Op::Setting { key, value } => write!(f, "setting {key} = {:?}", short(value)),
            Op::Event { kind, payload } => write!(f, "task event {kind} {payload}"),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::One(op) => write!(f, "{op}"),
            Step::Both(one, other) => write!(f, "{one}, and at the same time {other}"),
            Step::During { outer, call, inner } => {
                write!(f, "{outer}, and during its host call {} {inner}", call + 1)
            }
            Step::Nulls { after, count } => {
                write!(f, "NULL for {count} host calls, after {after} good ones")
            }
            Step::Reload(version) => write!(f, "destroy, and init in a host of version {version}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape() -> Shape {
        Shape {
            tools: vec![
                ("echo".into(), json!({"text": "sample"})),
                ("note".into(), json!({"text": "sample"})),
            ],
            routes: 2,
            settings: vec!["greeting".into()],
            events: true,
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "long payloads take minutes there")]
    fn a_seed_is_a_sequence() {
        let plan_of = |seed| {
            let (version, steps) = sequence(seed, &shape());
            let steps: Vec<String> = steps.iter().map(ToString::to_string).collect();
            format!("{version}\n{}", steps.join("\n"))
        };
        assert_eq!(plan_of(7), plan_of(7));
        assert_ne!(plan_of(7), plan_of(8));
    }

    #[test]
    #[cfg_attr(miri, ignore = "long payloads take minutes there")]
    fn every_kind_of_step_and_call_comes_and_no_setting_during_a_setting() {
        let steps: Vec<Step> = (0..50)
            .flat_map(|seed| sequence(seed, &shape()).1)
            .collect();
        let has = |found: fn(&Step) -> bool| steps.iter().any(found);
        assert!(
            has(|step| matches!(step, Step::Both(..)))
                && has(|step| matches!(step, Step::Nulls { .. }))
        );
        assert!(has(|step| matches!(step, Step::Reload("3"))));
        assert!(has(|step| matches!(step, Step::One(Op::Route(1)))));
        assert!(has(|step| matches!(
            step,
            Step::One(Op::Event { kind: 10, .. })
        )));
        assert!(has(|step| matches!(
            step,
            Step::During {
                inner: Op::Setting { .. },
                ..
            }
        )));
        let nested = |step: &Step| {
            matches!(
                step,
                Step::During {
                    outer: Op::Setting { .. },
                    inner: Op::Setting { .. },
                    ..
                }
            )
        };
        assert!(!has(nested));
    }

    #[test]
    fn a_plugin_with_nothing_to_call_is_called_all_the_same() {
        let shape = Shape {
            tools: Vec::new(),
            routes: 0,
            settings: Vec::new(),
            events: false,
        };
        let (_, steps) = sequence(1, &shape);
        assert_eq!(steps.len(), STEPS);
    }
}
