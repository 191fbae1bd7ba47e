//! Which rules run, and in what order: chosen ones, those that others need first, skipped ones with
//! the reason. Pure.

use super::outcome::{RuleResult, Status};
use super::project::Project;
use super::rule::Rule;
use std::collections::BTreeMap;

/// Which rules of the catalogue are chosen.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Rules up to this level.
    pub level: u8,
    /// If not empty, only these; each is a rule's id, a group, or either with `*`. They run
    /// whatever their level.
    pub include: Vec<String>,
    /// Not these.
    pub exclude: Vec<String>,
}

impl Selection {
    /// Whether the rule is wanted.
    pub fn wants(&self, rule: &Rule) -> bool {
        let named = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, rule));
        let included = if self.include.is_empty() {
            rule.level <= self.level
        } else {
            named(&self.include)
        };
        included && !named(&self.exclude)
    }

    /// The patterns that fit no rule at all.
    pub fn unknown(&self, rules: &[Rule]) -> Vec<String> {
        let all = self.include.iter().chain(&self.exclude);
        all.filter(|pattern| !rules.iter().any(|rule| matches(pattern, rule)))
            .cloned()
            .collect()
    }
}

fn matches(pattern: &str, rule: &Rule) -> bool {
    match pattern.split_once('*') {
        None => pattern == rule.id || pattern == rule.group,
        Some((start, end)) => {
            let long_enough = rule.id.len() >= start.len() + end.len();
            long_enough && rule.id.starts_with(start) && rule.id.ends_with(end)
        }
    }
}

/// Begins the reason of a rule that waits until another one holds.
const UNJUDGED: &str = "cannot be judged while ";

/// What to do with a rule now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    Run,
    /// One that it needs is still running.
    Wait,
    Skip(String),
}

/// Decides about one rule. `load_problem` says why the plugin does not load.
pub(crate) fn turn(
    rule: &Rule,
    project: &Project,
    load_problem: Option<&str>,
    results: &BTreeMap<String, RuleResult>,
    selected: &[&Rule],
) -> Decision {
    if let Some(reason) = project.off.get(&rule.id) {
        return Decision::Skip(format!("turned off: {reason}"));
    }
    if let (Some(problem), false) = (load_problem, rule.before_loading) {
        return Decision::Skip(format!("the plugin does not load: {problem}"));
    }
    for need in &rule.needs {
        match results.get(need) {
            Some(result) if result.status.is_bad() => {
                return Decision::Skip(format!("{UNJUDGED}{need} is broken"));
            }
            // It was not judged either, for the same reason in the end.
            Some(result) if result.reason.starts_with(UNJUDGED) => {
                return Decision::Skip(result.reason.clone());
            }
            None if selected.iter().any(|rule| rule.id == *need) => return Decision::Wait,
            _ => {}
        }
    }
    Decision::Run
}

/// Rules that may run now, those together that share a process.
pub(crate) fn batches(ready: Vec<&Rule>) -> Vec<Vec<&Rule>> {
    let mut batches: Vec<Vec<&Rule>> = Vec::new();
    for rule in ready {
        let mates = |batch: &&mut Vec<&Rule>| {
            rule.process.is_some() && batch.iter().all(|mate| mate.process == rule.process)
        };
        match batches.iter_mut().find(mates) {
            Some(batch) => batch.push(rule),
            None => batches.push(vec![rule]),
        }
    }
    batches
}

/// The worst first, then the catalogue's order.
pub(crate) fn sorted(results: BTreeMap<String, RuleResult>, rules: &[&Rule]) -> Vec<RuleResult> {
    let mut results = results;
    rules
        .iter()
        .filter_map(|rule| results.remove(&rule.id))
        .collect()
}

/// Whether a check with these results is a success.
pub(crate) fn is_success(results: &[RuleResult]) -> bool {
    !results.iter().any(|result| result.status.is_bad())
}

/// How many results have this status.
pub(crate) fn count(results: &[RuleResult], status: Status) -> usize {
    results
        .iter()
        .filter(|result| result.status == status)
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::rule::catalogue;

    fn rule(id: &str) -> &'static Rule {
        crate::check::rule::find(id).expect(id)
    }

    #[test]
    #[cfg_attr(miri, ignore = "reading all rules takes minutes there")]
    fn a_level_chooses_and_names_choose_whatever_the_level() {
        let ids = |selection: Selection| {
            let rules = catalogue().iter().filter(|rule| selection.wants(rule));
            rules.map(|rule| rule.id.as_str()).collect::<Vec<_>>()
        };
        let first = ids(Selection {
            level: 1,
            ..Selection::default()
        });
        assert!(first.contains(&"exits-process") && !first.contains(&"entry-null-host"));
        let named = Selection {
            level: 1,
            include: vec!["entry-*".into(), "result-null".into()],
            exclude: vec!["entry-null-*".into()],
        };
        let named = ids(named);
        assert!(named.contains(&"entry-symbol-exported") && named.contains(&"result-null"));
        assert!(!named.contains(&"entry-null-host") && !named.contains(&"exits-process"));
    }

    #[test]
    #[cfg_attr(miri, ignore = "reading all rules takes minutes there")]
    fn rules_that_need_the_same_calls_are_run_together() {
        let ready = [
            "result-envelope",
            "exits-process",
            "unknown-tool",
            "destroy-slow",
        ]
        .map(rule);
        let batches = batches(ready.to_vec());
        let ids = |batch: &Vec<&Rule>| batch.iter().map(|rule| rule.id.clone()).collect::<Vec<_>>();
        let ids: Vec<Vec<String>> = batches.iter().map(ids).collect();
        let alone = |id: &str| vec![id.to_owned()];
        let together = vec!["result-envelope".to_owned(), "unknown-tool".to_owned()];
        assert_eq!(
            ids,
            [together, alone("exits-process"), alone("destroy-slow")]
        );
    }

    #[test]
    #[cfg_attr(miri, ignore = "reading all rules takes minutes there")]
    fn a_pattern_that_fits_nothing_is_named() {
        let selection = Selection {
            include: vec!["strings".into(), "entri*".into()],
            ..Selection::default()
        };
        assert_eq!(selection.unknown(catalogue()), ["entri*"]);
    }

    #[test]
    #[cfg_attr(miri, ignore = "reading all rules takes minutes there")]
    fn a_rule_waits_for_what_it_needs_and_is_skipped_when_that_is_broken() {
        let (needed, needing) = (rule("exits-process"), rule("result-null"));
        assert_eq!(needing.needs, ["exits-process"]);
        let project = Project::default();
        let both = [needed, needing];
        let none = BTreeMap::new();
        assert_eq!(turn(needing, &project, None, &none, &both), Decision::Wait);
        assert_eq!(
            turn(needing, &project, None, &none, &[needing]),
            Decision::Run
        );
        let with =
            |status| BTreeMap::from([(needed.id.clone(), RuleResult::new(&needed.id, status))]);
        assert_eq!(
            turn(needing, &project, None, &with(Status::Skipped), &both),
            Decision::Run
        );
        let skip = Decision::Skip("cannot be judged while exits-process is broken".into());
        assert_eq!(
            turn(needing, &project, None, &with(Status::Crashed), &both),
            skip
        );
    }

    #[test]
    #[cfg_attr(miri, ignore = "reading all rules takes minutes there")]
    fn rules_are_skipped_when_turned_off_or_when_nothing_loads() {
        let mut project = Project::default();
        let none = BTreeMap::new();
        let needing = rule("result-null");
        let turn_of = |project: &Project, problem| turn(needing, project, problem, &none, &[]);
        let skip = Decision::Skip("the plugin does not load: no entry".into());
        assert_eq!(turn_of(&project, Some("no entry")), skip);
        project
            .off
            .insert("result-null".into(), "it is meant so".into());
        assert_eq!(
            turn_of(&project, None),
            Decision::Skip("turned off: it is meant so".into())
        );
    }
}
