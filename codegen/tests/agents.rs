//! `AGENTS.md` of new projects: complete, short, and with nothing left to fill in but the words of
//! `new`.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod support;

use osaurus_codegen::committed;
use support::spec;

fn guide(language: &str) -> String {
    let files = committed(&spec()).unwrap();
    files[&format!("cli/templates/{language}/AGENTS.md")].clone()
}

#[test]
fn guides_name_every_function_of_the_host_that_does_something() {
    let spec = spec();
    for (language, is_camel) in [
        ("c", false),
        ("cpp", false),
        ("rust", false),
        ("swift", true),
    ] {
        let guide = guide(language);
        let slots = spec.host.slots();
        for slot in slots.filter(|slot| slot.reserved.is_none() && slot.name != "free_string") {
            let name = match (is_camel, language, slot.name.as_str()) {
                (_, "rust", "get_active_agent_id") => "agentid".to_owned(),
                (true, ..) => slot.name.replace('_', ""),
                _ => slot.name.clone(),
            };
            let text = guide.to_lowercase();
            let text = if name.contains('_') {
                text
            } else {
                text.replace('_', "")
            };
            assert!(
                text.contains(&format!("{name}(")),
                "{language} lacks {name}"
            );
        }
    }
    for language in ["python", "typescript", "javascript"] {
        let guide = guide(language);
        for group in ["config", "db", "log", "inference", "tasks", "http", "files"] {
            let (_, rest) = guide.split_once(&format!("`ctx.{group}`\n\n- `")).unwrap();
            assert!(
                rest.starts_with(|one: char| one.is_ascii_lowercase()),
                "{language} {group}"
            );
        }
    }
}

#[test]
fn guides_are_short_and_have_no_places_left() {
    for language in [
        "c",
        "cpp",
        "javascript",
        "python",
        "rust",
        "swift",
        "typescript",
    ] {
        let guide = guide(language);
        let count = guide.lines().count();
        assert!(count < 250, "{language} has {count} lines");
        assert!(
            !guide.contains("<!-- host") && !guide.contains("<!-- rules"),
            "{language}"
        );
        assert!(
            !guide.contains("[ts]") && !guide.contains("{ext}"),
            "{language}"
        );
    }
}
