//! The cache of unpacked plugins: private whatever the umask, repaired after a power cut, only read
//! where nothing is missing, and it never removes files of others.

use crate::support::{answer, bridge_in, ends_with, scripted};
use osaurus_bridge_tests::project::bridge;
use osaurus_bridge_tests::{built, pythons};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn a_cache_made_under_a_wide_umask_is_accepted() {
    let home = tempfile::tempdir().expect("a folder");
    let script = "umask 002; \"$0\" inspect \"$1\" && \"$0\" invoke \"$1\" ping '{}'";
    let mut shell = Command::new("sh");
    shell
        .args(["-c", script])
        .arg(built("osaurus-bridge"))
        .arg(scripted());
    shell
        .env("HOME", home.path())
        .env_remove("XDG_CACHE_HOME")
        .env_remove("OSAURUS_BRIDGE_CACHE")
        .env("OSAURUS_BRIDGE_PYTHON", &pythons::newest().executable);
    let output = ends_with(&mut shell, 0);
    assert!(output.contains("pong"), "{output}");
    let folder = if cfg!(target_os = "macos") {
        "Library/Caches"
    } else {
        ".cache"
    };
    let root = home.path().join(folder).join("osaurus-bridge");
    for folder in folders(&root).into_iter().chain([root.clone()]) {
        let mode = fs::metadata(&folder)
            .expect("it is there")
            .permissions()
            .mode()
            & 0o777;
        assert_eq!(mode, 0o700, "{}", folder.display());
    }
}

#[test]
fn an_unpacking_that_a_power_cut_interrupted_is_repeated() {
    let home = tempfile::tempdir().expect("a folder");
    answer(home.path(), "ping");
    let unpacked = unpacked(home.path());
    let index = unpacked.join(".osaurus-files");
    let main = unpacked.join("src/main.py");
    let zeros = vec![0; fs::read(&main).expect("main.py").len()];
    let damage: [&dyn Fn(); 4] = [
        &|| fs::write(&main, &zeros).expect("zeroed"),
        &|| fs::write(&main, "").expect("emptied"),
        &|| {
            fs::write(&index, "").expect("emptied");
            fs::remove_dir_all(unpacked.join("src")).expect("removed");
        },
        &|| {
            let list = fs::read(&index).expect("the list");
            fs::write(&index, &list[..list.len() / 2]).expect("cut");
            fs::remove_file(&main).expect("removed");
        },
    ];
    for (number, damage) in damage.iter().enumerate() {
        damage();
        let output = answer(home.path(), "ping");
        assert!(output.contains("pong"), "damage {number}: {output}");
    }
}

#[test]
fn files_that_are_not_ours_stay_in_a_shared_cache() {
    let home = tempfile::tempdir().expect("a folder");
    let cache = home.path().join("cache");
    let mine = [
        "d41d8cd98f00b204e9800998ecf8427e",
        ".new-project",
        "node-code/mine",
        "pythons",
        ".",
    ];
    for folder in mine {
        let folder = cache.join(folder);
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("thesis.txt"), "mine").expect("a file");
        let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(40 * 86_400);
        let opened = fs::File::open(&folder).expect("a folder");
        opened.set_modified(long_ago).expect("an old folder");
    }
    answer(home.path(), "ping");
    ends_with(bridge_in(home.path()).args(["cache", "clean"]), 0);
    for folder in mine {
        let file = cache.join(folder).join("thesis.txt");
        assert!(file.is_file(), "{} is gone", file.display());
    }
}

/// Needs a mount of its own, which not every user may make.
#[test]
fn a_complete_cache_works_where_nothing_can_be_written() {
    let home = tempfile::tempdir().expect("a folder");
    answer(home.path(), "ping");
    let script = "mount --bind \"$HOME/cache\" \"$HOME/cache\" && mount -o remount,ro,bind \"$HOME/cache\" || exit 77; \
                  ! touch \"$HOME/cache/x\" 2>&- && \"$0\" invoke \"$1\" ping '{}'";
    let mut shell = Command::new("unshare");
    shell
        .args(["-m", "sh", "-c", script])
        .arg(built("osaurus-bridge"))
        .arg(scripted());
    for (name, value) in bridge_in(home.path()).get_envs() {
        shell.env(name, value.unwrap_or_default());
    }
    let Ok(output) = shell.env_remove("XDG_CACHE_HOME").output() else {
        return;
    };
    if matches!(output.status.code(), Some(1 | 77))
        && String::from_utf8_lossy(&output.stderr).contains("permitted")
    {
        return;
    }
    let text = osaurus_bridge_tests::project::text_of(&output);
    assert!(output.status.success() && text.contains("pong"), "{text}");
}

#[test]
fn a_cache_path_that_is_a_file_is_an_error_that_names_it() {
    let home = tempfile::tempdir().expect("a folder");
    fs::write(home.path().join("cache"), "").expect("a file");
    let mut program = bridge();
    program.arg("invoke").arg(scripted()).args(["ping", "{}"]);
    program.env("OSAURUS_BRIDGE_CACHE", home.path().join("cache"));
    let output = ends_with(&mut program, 1);
    assert!(
        output.contains("cache is not a folder; remove it or set OSAURUS_BRIDGE_CACHE"),
        "{output}"
    );
}

fn folders(root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root)
        .expect("a cache")
        .map(|entry| entry.expect("an entry").path());
    entries.filter(|path| path.is_dir()).collect()
}

/// The folder of the one plugin in a cache.
fn unpacked(home: &Path) -> PathBuf {
    let folders_now = folders(&home.join("cache"));
    let one = folders_now
        .into_iter()
        .find(|folder| folder.join(".osaurus-files").is_file());
    one.expect("an unpacked plugin")
}
