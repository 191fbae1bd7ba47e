//! Which answers of a tool differ from the newest host's, and why: a function that the host does
//! not have, a host that gives no functions, or neither. Pure; called by `runner` with what was
//! seen in all hosts.

use super::entry::host_level;
use super::observation::Observation;
use osaurus_abi_spec::Spec;
use std::collections::BTreeSet;

/// Notes it in the looks of one plugin, which are in the order of hosts.
pub(crate) fn explain(spec: &Spec, looks: &mut [Observation]) {
    let Some((newest, older)) = looks.split_last_mut() else {
        return;
    };
    for look in older {
        let (host, abi) = (look.host.clone(), look.abi);
        for (number, run) in look.tools.iter_mut().enumerate() {
            let Some(now) = newest.tools.get(number) else {
                continue;
            };
            if run.likeness != now.likeness {
                let missing = missing(spec, &host, abi, &now.touched);
                let same_words = (run.ok, &run.answer) == (now.ok, &now.answer);
                run.why = (!same_words).then(|| why(abi, &missing));
            }
        }
    }
}

/// The functions that a call used in the newest host and that this one does not have, with where
/// they came.
fn missing(spec: &Spec, host: &str, abi: Option<u32>, touched: &BTreeSet<String>) -> Vec<String> {
    let level = host_level(spec, host);
    let lacks = touched.iter().filter_map(|name| {
        let since = &spec.host.slot(name)?.since;
        let lacks = abi == Some(1) || !level.includes(since);
        lacks.then(|| format!("`{name}` (since {since})"))
    });
    lacks.collect()
}

/// Without the host's name: hosts that agree are shown in one line.
fn why(abi: Option<u32>, missing: &[String]) -> String {
    let all = missing.join(", ");
    match (abi, missing) {
        (Some(1), [_, ..]) => format!(
            "called by the version 1 symbol a plugin gets no functions \
                                       of the host, such as {all}"
        ),
        (_, [_, ..]) => format!("the host does not have {all}"),
        _ => "no function is missing that it calls in the newest host: the plugin answers so by \
              itself"
            .into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::job::{Step, ToolRun};
    use std::path::Path;

    fn look(host: &str, abi: u32, answer: &str, touched: &[&str]) -> Observation {
        let loaded = Step::Loaded {
            id: "a.b".into(),
            abi,
        };
        let called = Step::Called(ToolRun {
            tool: "find".into(),
            arguments: "{}".into(),
            ok: true,
            answer: answer.into(),
            likeness: answer.replace(|c: char| c.is_ascii_digit(), ""),
            touched: touched.iter().map(ToString::to_string).collect(),
            why: None,
        });
        Observation::of(Path::new("x.so"), host, vec![loaded, called], None)
    }

    #[test]
    #[cfg_attr(miri, ignore = "reading the whole ABI spec takes minutes there")]
    fn another_answer_is_explained_by_what_the_host_does_not_have() {
        let spec = osaurus_abi_spec::load().expect("the spec loads");
        let mut looks = [
            look("1", 1, "nothing", &[]),
            look("2a", 2, "nothing", &[]),
            look("5", 5, "other", &["file_read"]),
            look("5", 5, "3 notes", &["file_read"]),
            look("6", 6, "5 notes", &["file_read", "log"]),
        ];
        explain(&spec, &mut looks);
        let why = |number: usize| looks[number].tools[0].why.clone().unwrap_or_default();
        assert!(
            why(0).contains("gets no functions of the host, such as `file_read`"),
            "{}",
            why(0)
        );
        assert!(
            why(1).starts_with("the host does not have `file_read` (since v"),
            "{}",
            why(1)
        );
        assert!(why(2).contains("answers so by itself"), "{}", why(2));
        assert_eq!(why(3), "", "a number is not a difference");
        assert_eq!(why(4), "");
    }
}
