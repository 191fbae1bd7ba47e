//! What a person reads: ten lines of memory per phase, its growth beside the limit, and one line
//! per phase at the end.

use crate::memory::Sample;
use crate::phases::Phase;
use crate::verdict::{Growth, MEASURES};
use std::time::Duration;

/// How a phase went.
pub struct Outcome {
    title: String,
    count: u64,
    took: Duration,
    growths: Vec<(&'static str, &'static str, Growth)>,
}

/// Announces a phase.
pub fn begin(phase: &Phase, count: u64) {
    println!("{} {}", grouped(count), phase.title);
    print!("  {:>12}", format!("{}s done", phase.unit));
    for measure in &MEASURES {
        print!("  {:>14}", measure.name);
    }
    println!();
}

/// One line of memory.
pub fn sample(sample: &Sample) {
    print!("  {:>12}", grouped(sample.done));
    for measure in &MEASURES {
        let text = match (measure.value(sample), measure.unit) {
            (None, _) => "-".to_owned(),
            (Some(bytes), "B") => format!("{:.2} MB", bytes as f64 / 1e6),
            (Some(count), _) => grouped(count),
        };
        print!("  {text:>14}");
    }
    println!();
}

/// Prints the growth of a phase and keeps it for the summary.
pub fn end(phase: &Phase, samples: &[Sample], took: Duration) -> Outcome {
    let every = if phase.unit == "call" { 50.0 } else { 1.0 };
    let growths: Vec<_> = MEASURES
        .iter()
        .filter_map(|measure| {
            let growth = measure.growth(samples, every)?;
            Some((measure.name, measure.unit, growth))
        })
        .collect();
    for (name, unit, growth) in &growths {
        println!(
            "  {name}: {:+.3} {unit} per {} after warm-up, limit {:.3}: {}",
            growth.per_round,
            phase.unit,
            growth.limit,
            if growth.is_flat() { "flat" } else { "GROWS" }
        );
    }
    println!("  took {:.1} s\n", took.as_secs_f64());
    Outcome {
        title: phase.title.to_owned(),
        count: samples.last().map_or(0, |sample| sample.done),
        took,
        growths,
    }
}

/// The table at the end; true when everything is flat.
pub fn summary(outcomes: &[Outcome]) -> bool {
    println!("{:>10}  {:<58} {:>9}  memory", "times", "what", "each");
    for outcome in outcomes {
        let growing: Vec<&str> = outcome
            .growths
            .iter()
            .filter(|(_, _, growth)| !growth.is_flat())
            .map(|(name, _, _)| *name)
            .collect();
        let verdict = if growing.is_empty() {
            "flat".to_owned()
        } else {
            format!("GROWS: {}", growing.join(", "))
        };
        let each = outcome.took.as_secs_f64() * 1e6 / outcome.count.max(1) as f64;
        println!(
            "{:>10}  {:<58} {:>6.0} us  {verdict}",
            grouped(outcome.count),
            outcome.title,
            each
        );
    }
    outcomes
        .iter()
        .flat_map(|outcome| &outcome.growths)
        .all(|(_, _, growth)| growth.is_flat())
}

/// `1,000,000`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
