//! Strings of the host's, from their making to their end.

use super::super::strings::KEPT_FREED;
use super::*;

#[test]
fn a_string_is_the_plugins_until_it_is_given_back_and_rests_then() {
    let host = Host::new("6", Strings::Watched);
    let text = host.query(c"SELECT 1".as_ptr());
    let strings = host.strings();
    assert_eq!(read(text), "answer 0");
    assert_eq!(strings[0].freed, Freed::No);
    assert_eq!(strings[0].call.to_string(), "db_query(SELECT 1, NULL)");
    host.free(text);
    let strings = host.strings();
    assert_eq!(strings.len(), 1);
    assert_eq!(strings[0].freed, Freed::ByHost(this_thread()));
    assert_eq!(read(text), "answer 0", "it is not reused at once");
    assert_eq!(host.misuses(), [""; 0]);
}

#[test]
fn nothing_may_be_given_back_twice_but_null() {
    let host = Host::new("6", Strings::Watched);
    host.free(null());
    let text = host.query(c"SELECT 1".as_ptr());
    host.free(text);
    host.free(text);
    let here = this_thread();
    let what = format!("the string is given to free_string again; the first time was on {here}");
    assert_eq!(host.misuses(), [format!("freed twice: {what}, db_query")]);
}

#[test]
fn what_is_not_the_hosts_is_not_freed() {
    let host = Host::new("6", Strings::Watched);
    let own = c"the plugin's own".to_owned();
    host.free(own.as_ptr());
    let inside = host.query(c"SELECT 1".as_ptr()).wrapping_add(1);
    host.free(inside);
    let what = "free_string of the host got a pointer that is not a string of the host's";
    let expected = format!("not ours: {what}, free_string");
    assert_eq!(host.misuses(), [expected.clone(), expected]);
    assert_eq!(read(own.as_ptr()), "the plugin's own");
    assert_eq!(host.strings()[0].freed, Freed::No);
}

#[test]
fn a_freed_string_that_comes_back_is_read_from_a_copy() {
    let host = Host::new("6", Strings::Watched);
    let text = host.query(c"SELECT 1".as_ptr());
    host.free(text);
    host.query(text);
    let what = "a string that was freed is passed to db_query";
    assert_eq!(
        host.misuses(),
        [format!("used after free: {what}, db_query")]
    );
    let calls = host.tracker.records.all();
    let last = calls.last().map(ToString::to_string);
    assert_eq!(last.as_deref(), Some("db_query(answer 0, NULL)"));
}

/// The oldest are freed for good, each once.
#[test]
fn more_strings_come_and_go_than_rest_at_a_time() {
    let host = Host::new("6", Strings::Watched);
    for _ in 0..KEPT_FREED + 14 {
        host.free(host.query(c"SELECT 1".as_ptr()));
    }
    let strings = host.strings();
    assert_eq!(strings.len(), KEPT_FREED + 14);
    let freed = |string: &HostString| matches!(string.freed, Freed::ByHost(_));
    assert!(strings.iter().all(freed));
    assert_eq!(host.misuses(), [""; 0]);
}

#[test]
fn plain_strings_are_the_c_librarys() {
    let host = Host::new("6", Strings::Plain);
    host.free(host.query(c"SELECT 1".as_ptr()));
    let text = host.query(c"SELECT 2".as_ptr());
    // SAFETY: as plugins do in hosts before version 6.
    unsafe { libc::free(text.cast_mut().cast()) };
    assert!(host.strings().is_empty());
}

#[test]
#[cfg_attr(miri, ignore = "whether freed memory exists is asked of the system")]
fn a_string_that_the_c_library_freed_is_gone() {
    let host = Host::new("5", Strings::Watched);
    let (kept, freed) = (host.query(c"1".as_ptr()), host.query(c"2".as_ptr()));
    // SAFETY: as plugins do in hosts before version 6.
    unsafe { libc::free(freed.cast_mut().cast()) };
    let freed: Vec<Freed> = host
        .strings()
        .into_iter()
        .map(|string| string.freed)
        .collect();
    assert_eq!(freed, [Freed::No, Freed::Elsewhere]);
    assert_eq!(read(kept), "answer 0");
}

#[test]
#[cfg_attr(miri, ignore = "Miri cannot protect pages")]
fn pages_note_the_first_use_that_is_not_allowed() {
    let host = Host::new("6", Strings::ForbiddenOnceFreed);
    platform::catch_faults(&host.folder.path().join("fault")).unwrap();
    let (used, left) = (host.query(c"1".as_ptr()), host.query(c"2".as_ptr()));
    host.free(used);
    host.free(left);
    assert_eq!(read(used), "answer 0", "the first use is noted and goes on");
    let touched: Vec<bool> = host.strings().iter().map(|string| string.touched).collect();
    assert_eq!(touched, [true, false]);
}

#[test]
fn the_reference_hosts_own_answers_are_followed_too() {
    let host = Host::new("6", Strings::Watched);
    // SAFETY: the table stays; the function takes nothing, or a string.
    let (models, missing) = unsafe {
        let table = &*host.table();
        (
            table.list_models.unwrap()(),
            table.config_get.unwrap()(c"key".as_ptr()),
        )
    };
    let text = read(models);
    assert!(text.contains("error"), "there is no plugin here: {text}");
    assert!(missing.is_null());
    host.free(models);
    assert_eq!(host.strings().len(), 1);
}
