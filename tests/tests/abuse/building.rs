//! Builds write to their own files alone, also when two run at once and when links are in their
//! way.

use crate::support::{bridge_in, ends_with, scripted};
use std::fs;
use std::os::unix::fs::symlink;

#[test]
fn simultaneous_builds_do_not_disturb_each_other_and_follow_no_links() {
    let home = tempfile::tempdir().expect("a folder");
    let project = scripted()
        .parent()
        .and_then(|dist| dist.parent())
        .expect("a project");
    let out = home.path().join("out");
    let precious = home.path().join("precious");
    fs::create_dir(&out).expect("a folder");
    fs::write(&precious, "mine").expect("a file");
    for name in [
        "dev.test.abuse.partial",
        "dev.test.abuse.so",
        ".dev.test.abuse.so.tmp",
    ] {
        symlink(&precious, out.join(name)).expect("a link");
    }
    let build = || {
        let mut program = bridge_in(home.path());
        program.arg("build").arg(project).arg("--out").arg(&out);
        program
    };
    let started: Vec<_> = (0..3)
        .map(|_| build().spawn().expect("osaurus-bridge runs"))
        .collect();
    for mut one in started {
        assert!(one.wait().expect("it ends").success());
    }
    assert_eq!(fs::read_to_string(&precious).expect("it is there"), "mine");
    let file = out.join("dev.test.abuse.so");
    assert!(!file.is_symlink() && file.is_file());
    ends_with(bridge_in(home.path()).arg("inspect").arg(&file), 0);
    let entries = fs::read_dir(&out).expect("the folder").flatten();
    let entries: Vec<_> = entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(".osaurus-"))
        .collect();
    assert!(entries.is_empty(), "unfinished files stayed: {entries:?}");
}
