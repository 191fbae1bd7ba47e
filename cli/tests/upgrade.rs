//! `osaurus-bridge upgrade`: projects of an older version, with and without changes of their author.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a failing test")]

mod support;

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use support::run;

const RECORD: &str = ".osaurus-scaffold.json";

/// A project in C, whose SDK comes with the program.
fn project(folder: &Path) -> PathBuf {
    let (code, _, err) = run(folder, &["new", "notes", "--lang", "c"]);
    assert_eq!(code, 0, "{err}");
    folder.join("notes")
}

fn change_record(project: &Path, change: impl FnOnce(&mut Value)) {
    let path = project.join(RECORD);
    let mut record = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    change(&mut record);
    std::fs::write(path, record.to_string()).unwrap();
}

/// The same project as an older version would have left it: with another text of a file.
fn age(project: &Path, file: &str, text: &str) {
    std::fs::write(project.join(file), text).unwrap();
    let hash = sha256(text);
    change_record(project, |record| {
        record["version"] = json!("0.0.9");
        record["files"][file] = json!(hash);
    });
}

fn sha256(text: &str) -> String {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read(project: &Path, file: &str) -> String {
    std::fs::read_to_string(project.join(file)).unwrap_or_else(|_| "(no file)".to_owned())
}

const VERSION: &str = env!("CARGO_PKG_VERSION");
const HEADER: &str = "vendor/osaurus_plugin.h";

#[test]
fn a_new_project_is_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path());
    for words in [&["upgrade"][..], &["upgrade", "--check"]] {
        let (code, out, err) = run(&project, words);
        let expected = format!("up to date with osaurus-bridge {VERSION}\n");
        assert_eq!((code, out, err.as_str()), (0, expected, ""));
    }
}

#[test]
fn files_that_the_author_left_alone_are_replaced_once() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path());
    let header = read(&project, HEADER);
    age(&project, HEADER, "/* old */\n");
    std::fs::write(project.join("main.c"), "/* mine */\n").unwrap();

    let (code, out, _) = run(&project, &["upgrade", "--check"]);
    let lines = format!("from osaurus-bridge 0.0.9 to {VERSION}\n  replace  {HEADER}\n");
    assert_eq!((code, out), (1, format!("would upgrade {lines}")));
    assert_eq!(read(&project, HEADER), "/* old */\n");

    let (code, out, _) = run(&project, &["upgrade"]);
    let next = "next: look at the changes, then osaurus-bridge test\n";
    assert_eq!((code, out), (0, format!("upgraded {lines}{next}")));
    assert_eq!(read(&project, HEADER), header);
    assert_eq!(read(&project, "main.c"), "/* mine */\n");
    let (_, again, _) = run(&project, &["upgrade"]);
    assert_eq!(again, format!("up to date with osaurus-bridge {VERSION}\n"));
}

#[test]
fn a_file_that_both_sides_changed_is_kept_and_the_new_one_is_put_beside_it_once() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path());
    let makefile = read(&project, "Makefile");
    age(&project, "Makefile", "old:\n");
    std::fs::write(project.join("Makefile"), "old: mine\n").unwrap();

    let (code, out, _) = run(&project, &["upgrade"]);
    assert_eq!(code, 0);
    let line = "  keep     Makefile, which you changed; the new one is Makefile.new: take from it \
                what you want, then remove it\n";
    assert!(out.contains(line), "{out}");
    assert_eq!(read(&project, "Makefile"), "old: mine\n");
    assert_eq!(read(&project, "Makefile.new"), makefile);

    std::fs::remove_file(project.join("Makefile.new")).unwrap();
    let (_, again, _) = run(&project, &["upgrade"]);
    assert!(again.starts_with("up to date"), "{again}");
    assert_eq!(read(&project, "Makefile.new"), "(no file)");
}

#[test]
fn files_come_and_go_with_the_template_but_what_the_author_removed_stays_away() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path());
    age(&project, "vendor/gone.h", "/* gone */\n");
    age(&project, "vendor/mine.h", "/* theirs */\n");
    std::fs::write(project.join("vendor/mine.h"), "/* mine */\n").unwrap();
    age(&project, "Makefile", "old:\n");
    std::fs::remove_file(project.join("Makefile")).unwrap();
    std::fs::remove_file(project.join(".gitignore")).unwrap();
    change_record(&project, |record| {
        record["files"]
            .as_object_mut()
            .unwrap()
            .remove(".gitignore");
    });

    let (code, out, _) = run(&project, &["upgrade"]);
    assert_eq!(code, 0);
    assert!(out.contains("  add      .gitignore\n"), "{out}");
    assert!(out.contains("  remove   vendor/gone.h\n"), "{out}");
    assert_eq!(read(&project, "vendor/gone.h"), "(no file)");
    assert_eq!(read(&project, "vendor/mine.h"), "/* mine */\n");
    assert_eq!(read(&project, "Makefile"), "(no file)");
}

#[test]
fn versions_in_the_project_file_are_renewed_and_what_the_author_added_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (code, _, err) = run(folder.path(), &["new", "notes", "--lang", "rust"]);
    assert_eq!(code, 0, "{err}");
    let project = folder.path().join("notes");
    let new = read(&project, "Cargo.toml");
    let old = new.replace("serde_json = \"1\"", "serde_json = \"0.9\"");
    assert_ne!(old, new);
    change_record(&project, |record| {
        record["version"] = json!("0.0.9");
        record["project_files"]["Cargo.toml"] = json!(old);
    });
    let added = |text: &str| text.replace("[profile", "url = \"2\"\n\n[profile");
    std::fs::write(project.join("Cargo.toml"), added(&old)).unwrap();

    let (code, out, _) = run(&project, &["upgrade"]);
    assert_eq!(code, 0);
    let line = "  pin      Cargo.toml: serde_json = \"1\" in place of \"0.9\"\n";
    assert!(out.contains(line), "{out}");
    assert_eq!(read(&project, "Cargo.toml"), added(&new));
}

#[test]
fn outside_of_a_project_and_with_a_newer_or_broken_record_nothing_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().canonicalize().unwrap();
    let (code, out, err) = run(&place, &["upgrade"]);
    let expected = format!(
        "error: {} has no {RECORD}, so it is not known what to upgrade from\n  \
         try: run this in the folder of a project that osaurus-bridge new made\n",
        place.display()
    );
    assert_eq!((code, out.as_str(), err), (1, "", expected));

    let project = project(&place);
    change_record(&project, |record| record["version"] = json!("99.0.0"));
    let (code, _, err) = run(&project, &["upgrade"]);
    let expected = format!(
        "error: the project is of osaurus-bridge 99.0.0, and this is {VERSION}\n  \
         try: install that version or a newer one\n"
    );
    assert_eq!((code, err), (1, expected));

    std::fs::write(project.join(RECORD), "{}").unwrap();
    let (code, _, err) = run(&project, &["upgrade"]);
    assert_eq!(code, 1);
    assert!(
        err.contains("is not as osaurus-bridge writes it: missing field"),
        "{err}"
    );
    assert!(
        err.ends_with("try: take it back from the project's history\n"),
        "{err}"
    );
}
