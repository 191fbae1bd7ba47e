//! The cache: whose it is, what is repaired in it, and what goes from it.
use super::common::{config, payload, write};
use super::{left, unpacked};
use osaurus_payload::{Payload, PayloadHead, own_folder};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// As if no one had used it for so many days.
fn age(path: &Path, days: u64) {
    let then = SystemTime::now() - Duration::from_secs(days * 24 * 60 * 60);
    fs::File::open(path).unwrap().set_modified(then).unwrap();
}

#[test]
fn what_was_not_used_for_a_month_goes_when_something_new_comes() {
    let cache = tempfile::tempdir().unwrap();
    let root = cache.path();
    let running = payload("running").unpack_to_cache(root).unwrap();
    let [ended, recent, used] =
        ["ended", "recent", "used"].map(|text| unpacked(&payload(text), root));
    let unfinished = own_folder::private_below(root, ".new-killed").unwrap();
    own_folder::private_below(root, osaurus_payload::COMPILED_CODE).unwrap();
    let foreign = [
        root.join(".new-project"),
        root.join("0123456789abcdef".repeat(2)),
    ];
    foreign
        .iter()
        .for_each(|folder| write(folder, "thesis.txt", "mine"));
    let [code, kept] = ["old.cache", "new.cache"].map(|file| {
        let file = root
            .join(osaurus_payload::COMPILED_CODE)
            .join("v22")
            .join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, "code").unwrap();
        file
    });
    let others = root.join("others");
    fs::create_dir(&others).unwrap();
    for old in [
        running.folder(),
        &ended,
        &used,
        &unfinished,
        &code,
        &others,
        &foreign[0],
        &foreign[1],
    ] {
        age(old, 31);
    }
    age(&recent, 29);
    assert_eq!(
        unpacked(&payload("used"), root),
        used,
        "which makes it young"
    );
    assert!(ended.is_dir(), "nothing goes where nothing comes");

    let new = unpacked(&payload("new"), root);
    let [project, hash] = &foreign;
    for stays in [
        running.folder(),
        &recent,
        &used,
        &new,
        &kept,
        &others,
        project,
        hash,
    ] {
        assert!(stays.exists(), "{}", stays.display());
    }
    for gone in [&ended, &unfinished, &code] {
        assert!(!gone.exists(), "{}", gone.display());
    }

    let folder = running.folder().to_owned();
    age(&folder, 31);
    drop(running);
    unpacked(&payload("newer"), root);
    assert!(!folder.exists(), "its process has ended");
}

#[test]
fn a_folder_that_lost_or_changed_files_is_repaired_in_place() {
    let payload = payload("one");
    let cache = tempfile::tempdir().unwrap();
    let home = unpacked(&payload, cache.path());
    // What a running process holds open must stay the same file.
    let open_file = fs::File::open(home.join("src/empty.py")).unwrap();
    fs::remove_file(home.join("src/notes.py")).unwrap();
    fs::remove_dir_all(home.join("deps")).unwrap();
    assert_eq!(unpacked(&payload, cache.path()), home);
    assert_eq!(
        fs::read_to_string(home.join("src/notes.py")).unwrap(),
        "one"
    );
    assert_eq!(
        fs::read_to_string(home.join("deps/ünï/code.py")).unwrap(),
        "x = 1\n"
    );
    use std::os::unix::fs::MetadataExt;
    let same = fs::metadata(home.join("src/empty.py")).unwrap().ino();
    assert_eq!(open_file.metadata().unwrap().ino(), same);

    // Cut, of the same length, and lists that are empty, cut or changed.
    let index = home.join(".osaurus-files");
    let list = fs::read_to_string(&index).unwrap();
    let first_lines: String = list.split_inclusive('\n').take(2).collect();
    for (file, contents) in [
        ("src/notes.py", ""),
        ("src/notes.py", "\0\0\0"),
        ("src/notes.py", "two"),
    ] {
        fs::write(home.join(file), contents).unwrap();
        unpacked(&payload, cache.path());
        assert_eq!(
            fs::read_to_string(home.join(file)).unwrap(),
            "one",
            "{contents:?}"
        );
    }
    for damaged in [
        String::new(),
        first_lines,
        list.replacen('a', "b", 1),
        "\0".repeat(list.len()),
    ] {
        fs::write(&index, &damaged).unwrap();
        fs::remove_file(home.join("src/notes.py")).unwrap();
        unpacked(&payload, cache.path());
        assert_eq!(
            fs::read_to_string(home.join("src/notes.py")).unwrap(),
            "one",
            "{damaged}"
        );
    }
    assert_eq!(left(cache.path()), [home], "temporary folders stayed");
}

#[test]
fn a_complete_folder_is_only_read_and_its_archive_is_not_asked_for() {
    let payload = payload("one");
    let cache = tempfile::tempdir().unwrap();
    let home = unpacked(&payload, cache.path());
    let head = PayloadHead::parse(&payload.to_bytes().unwrap()).unwrap();
    let again = || {
        let files = head.files();
        let unread = files.unpack_to_cache(cache.path(), || panic!("the archive is read"));
        assert_eq!(unread.unwrap().folder(), home);
    };
    again();

    // A copy of the cache has other times: it is looked through once.
    age(&home.join("src/notes.py"), 3);
    let index = || fs::read_to_string(home.join(".osaurus-files")).unwrap();
    let before = index();
    again();
    assert_ne!(before, index());
    let before = index();
    again();
    assert_eq!(before, index());
}

#[test]
fn names_with_line_ends_come_back_and_are_found_complete() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a\nb \"c\"\t.txt", "odd");
    let packed = Payload::from_folder("{}".into(), config(), folder.path()).unwrap();
    let cache = tempfile::tempdir().unwrap();
    let home = unpacked(&packed, cache.path());
    let list = fs::metadata(home.join(".osaurus-files"))
        .unwrap()
        .modified()
        .unwrap();
    assert_eq!(unpacked(&packed, cache.path()), home);
    let again = fs::metadata(home.join(".osaurus-files"))
        .unwrap()
        .modified()
        .unwrap();
    assert_eq!(list, again, "nothing was unpacked again");

    write(folder.path(), "data/.osaurus-files", "mine");
    let refused = Payload::from_folder("{}".into(), config(), folder.path()).unwrap_err();
    let text = refused.to_string();
    assert!(
        text.ends_with("its name is the one of the cache's own list of files; rename it"),
        "{text}"
    );
}

#[test]
fn eight_threads_unpack_at_once_and_all_get_whole_files() {
    let payload = payload(&"x".repeat(200_000));
    let cache = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let home = unpacked(&payload, cache.path());
                assert_eq!(
                    fs::metadata(home.join("src/notes.py")).unwrap().len(),
                    200_000
                );
            });
        }
    });
    assert_eq!(left(cache.path()).len(), 1, "temporary folders stayed");
}

#[test]
fn our_own_cache_is_closed_to_others_whatever_the_umask_was() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let open = |path: &Path| fs::set_permissions(path, fs::Permissions::from_mode(0o775)).unwrap();
    let above = tempfile::tempdir().unwrap();
    let root = above.path().join("cache");
    fs::create_dir(&root).unwrap();
    open(&root);
    unpacked(&payload("one"), &root);
    assert_eq!(mode(&root), 0o700);
    let below = own_folder::private_below(&root, "pythons").unwrap();
    open(&root);
    open(&below);
    own_folder::private_below(&root, "pythons").unwrap();
    assert_eq!((mode(&root), mode(&below)), (0o700, 0o700));

    // A folder with other things in it, which its owner wants others to read, stays readable.
    let cache_folder = above.path().join("chosen");
    write(&cache_folder, "thesis.txt", "mine");
    fs::set_permissions(&cache_folder, fs::Permissions::from_mode(0o755)).unwrap();
    unpacked(&payload("one"), &cache_folder);
    assert_eq!(mode(&cache_folder), 0o755);
}

/// As root the test makes a folder of another user, else it takes one of root.
#[test]
fn the_cache_of_another_user_is_refused() {
    let cache = tempfile::tempdir().unwrap();
    let mine = cache.path().join("mine");
    fs::create_dir(&mine).unwrap();
    let (folder, link) = (cache.path().join("theirs"), cache.path().join("link"));
    fs::create_dir(&folder).unwrap();
    std::os::unix::fs::symlink(&mine, &link).unwrap();
    let is_root = std::os::unix::fs::chown(&folder, Some(65_534), None).is_ok();
    let refused = |path: &Path| {
        payload("one")
            .unpack_to_cache(path)
            .unwrap_err()
            .to_string()
    };
    if is_root {
        std::os::unix::fs::lchown(&link, Some(65_534), None).unwrap();
        assert!(refused(&folder).contains("belongs to user 65534, this process is user 0"));
        let text = refused(&link);
        assert!(
            text.contains("link is a link that user 65534 made"),
            "{text}"
        );
        assert!(text.contains("OSAURUS_BRIDGE_CACHE"), "{text}");
        assert!(left(&mine).is_empty());
    } else {
        assert!(refused(Path::new("/usr")).contains("belongs to user 0, this process is user"));
    }
}

#[test]
fn cleaning_leaves_what_runs_and_what_is_not_of_this_project() {
    use osaurus_payload::contents::{self, Kind, NODES};
    let cache = tempfile::tempdir().unwrap();
    let root = cache.path();
    assert!(
        contents::clean(&root.join("none"))
            .unwrap()
            .removed
            .is_empty()
    );
    let running = payload("running").unpack_to_cache(root).unwrap();
    let ended = unpacked(&payload("ended"), root);
    for folder in [NODES, ".new-abc", osaurus_payload::COMPILED_CODE] {
        own_folder::private_below(root, folder).unwrap();
    }
    let write = |path: &str| {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "12345").unwrap();
        path
    };
    let hash = "0123456789abcdef";
    let ours = [
        write(&format!("{NODES}/{hash}.json")),
        write(".new-abc/half.py"),
        write(&format!(
            "{}/v22/some.cache",
            osaurus_payload::COMPILED_CODE
        )),
    ];
    let others = [
        write(&format!("{hash}{hash}/no-index")),
        write(&format!("pythons/{hash}.json")),
        write(".new-project/main.py"),
        write("trixie/etc/passwd"),
        write("python-start.lock"),
    ];
    std::os::unix::fs::symlink(
        root.join("trixie/etc/passwd"),
        root.join(NODES).join(format!("{}.json", &hash[1..])),
    )
    .unwrap();
    let kinds = |kind: Kind| {
        let all = contents::contents(root).into_iter();
        all.filter(|part| part.kind == kind).count()
    };
    assert_eq!((kinds(Kind::Plugin), kinds(Kind::Shared)), (2, 0));

    let cleaned = contents::clean(root).unwrap();
    assert_eq!(
        (cleaned.removed.len(), cleaned.failed.len()),
        (4, 0),
        "{cleaned:?}"
    );
    assert_eq!(cleaned.in_use[0].path, running.folder());
    let is_gone = |path: &PathBuf| !path.exists();
    assert!(ours.iter().all(is_gone) && is_gone(&ended));
    assert!(running.folder().is_dir() && !others.iter().any(is_gone));
    drop(running);
    assert_eq!(contents::clean(root).unwrap().removed.len(), 1);
}
