//! Strings in both directions: who frees them, how often, and what is in them.

use super::Group;
use crate::check::case::{Case, HostOptions};
use crate::check::evidence::Evidence;
use crate::check::loaded::Loaded;
use crate::check::outcome::{Problem, Verdict, verdict};
use crate::check::platform;
use crate::check::tracked::{Argument, Call, Freed, HostString, Misuse, Strings};
use std::ffi::{CStr, c_char};

pub(super) const RULES: Group = &[
    ("host-string-wrong-side", wrong_side),
    ("host-string-double-free", double_free),
    ("host-string-used-after-free", used_after_free),
    ("host-string-leaked", leaked),
    ("host-string-written", written),
    ("host-string-not-freed-by-libc", not_freed_by_libc),
    ("request-invalid-utf8", request_invalid_utf8),
    ("result-invalid-utf8", result_invalid_utf8),
    ("result-null", result_null),
    ("own-free-null", own_free_null),
    ("result-not-owned", result_not_owned),
];

/// Many strings with one fault are one fault: the first few are shown.
const SHOWN: usize = 5;

fn wrong_side(case: &Case) -> Verdict {
    let session = case.session()?;
    let strings = session.strings.iter();
    let elsewhere = strings.filter(|string| string.freed == Freed::Elsewhere);
    let elsewhere = elsewhere.map(|string| {
        string.evidence(
            "the string was freed, and not by the host's free_string: by the C \
                         library's `free` or the plugin's own",
        )
    });
    let foreign = session.misuses.iter().filter_map(|misuse| match misuse {
        Misuse::NotOurs(evidence) => Some(evidence.clone()),
        _ => None,
    });
    verdict(elsewhere.chain(foreign).take(SHOWN))
}

fn double_free(case: &Case) -> Verdict {
    let misuses = case.session()?.misuses.iter();
    let twice = misuses.filter_map(|misuse| match misuse {
        Misuse::FreedTwice(evidence) => Some(evidence.clone()),
        _ => None,
    });
    verdict(twice.take(SHOWN))
}

fn used_after_free(case: &Case) -> Verdict {
    let loaded = exercised(case, lying(Strings::ForbiddenOnceFreed))?;
    let touched = touched(
        &loaded,
        "the string was used after it was given to free_string",
    );
    let passed = loaded
        .misuses()
        .into_iter()
        .filter_map(|misuse| match misuse {
            Misuse::UsedAfterFree(evidence) => Some(evidence),
            _ => None,
        });
    verdict(touched.into_iter().chain(passed).take(SHOWN))
}

fn written(case: &Case) -> Verdict {
    let loaded = exercised(case, lying(Strings::ReadOnly))?;
    verdict(touched(
        &loaded,
        "the string that the host returned was written to",
    ))
}

fn leaked(case: &Case) -> Verdict {
    let session = case.ended_session()?;
    let leaked = never_freed(
        &session.plugin_calls,
        &session.strings,
        "the string was never freed",
    );
    verdict(leaked.into_iter().take(SHOWN))
}

/// What is freed in no host is the business of `host-string-leaked`.
fn not_freed_by_libc(case: &Case) -> Verdict {
    let old = HostOptions {
        abi: Some("5"),
        ..HostOptions::default()
    };
    let loaded = exercised(case, old)?;
    loaded.unload();
    let mut leaked = never_freed(
        &loaded.plugin_calls(),
        &loaded.strings(),
        "in a host of version 5 the string was not freed by the C library: it still exists",
    );
    if !leaked.is_empty() {
        let session = case.ended_session()?;
        let always = never_freed(&session.plugin_calls, &session.strings, "");
        leaked.retain(|one| always.iter().all(|other| other.call != one.call));
    }
    verdict(leaked.into_iter().take(SHOWN))
}

fn request_invalid_utf8(case: &Case) -> Verdict {
    let calls = case.session()?.host_calls();
    let bad = calls.flat_map(|call| call.arguments.iter().map(move |argument| (call, argument)));
    let bad = bad.filter_map(|(call, argument)| match argument {
        Argument::Text(bytes) => Some((call, bytes, std::str::from_utf8(bytes).err()?)),
        _ => None,
    });
    verdict(bad.take(SHOWN).map(|(call, bytes, error)| {
        let what = format!("the text is not UTF-8 from byte {} on", error.valid_up_to());
        call.evidence(what).bytes(bytes)
    }))
}

fn result_invalid_utf8(case: &Case) -> Verdict {
    let calls = case.session()?.plugin_calls();
    let bad = calls.filter_map(|call| {
        let bytes = call.answer.as_ref()?;
        Some((call, bytes, std::str::from_utf8(bytes).err()?))
    });
    verdict(bad.take(SHOWN).map(|(call, bytes, error)| {
        let what = format!(
            "the result is not UTF-8 from byte {} on",
            error.valid_up_to()
        );
        call.evidence(what).bytes(bytes)
    }))
}

fn result_null(case: &Case) -> Verdict {
    let silent = |call: &&Call| {
        let answers = matches!(call.function, "invoke" | "handle_route");
        answers && call.duration.is_some() && call.answer_address == 0
    };
    let calls = case.session()?.plugin_calls();
    let calls = calls.filter(silent).take(SHOWN);
    verdict(calls.map(|call| {
        call.evidence("NULL came back; the host makes a failure of it, without any reason")
    }))
}

fn own_free_null(case: &Case) -> Verdict {
    let by_hand = case.start_by_hand(None)?;
    // SAFETY: NULL is what the rule is about; a crash is seen by the parent.
    unsafe { by_hand.plugin.free(std::ptr::null()) };
    Ok(())
}

/// Two results are held at a time, and freed one after the other.
fn result_not_owned(case: &Case) -> Verdict {
    let by_hand = case.start_by_hand(None)?;
    let call = |id: &str, payload: &str| {
        by_hand
            .plugin
            .invoke_and_keep(by_hand.ctx, "tool", id, payload.as_bytes())
    };
    let pairs = pairs_of_calls(case);
    for ([first_id, first_payload], [second_id, second_payload]) in pairs {
        let (first, second_call) = (
            call(&first_id, &first_payload),
            format!("invoke(\"tool\", {second_id:?}, {second_payload})"),
        );
        let bytes = bytes_of(first);
        let second = call(&second_id, &second_payload);
        let other = bytes_of(second);
        let same = |text: *const c_char, bytes: &[u8]| {
            text.is_null() || platform::is_readable(text as usize, bytes)
        };
        if !same(first, &bytes) {
            return Err(shared(
                "a further call changed the result of the call before",
                &second_call,
                &bytes,
            ));
        }
        // SAFETY: each result goes back once.
        unsafe { by_hand.plugin.free(first) };
        if !same(second, &other) {
            return Err(shared(
                "freeing one result changed another one",
                &second_call,
                &other,
            ));
        }
        // SAFETY: as above.
        unsafe { by_hand.plugin.free(second) };
    }
    Ok(())
}

/// Each tool with two samples, and two tools that do not exist: their failures are results too.
fn pairs_of_calls(case: &Case) -> Vec<([String; 2], [String; 2])> {
    let missing = ["checker-no-such-tool-one", "checker-no-such-tool-other"];
    let missing = missing.map(|id| [id.to_string(), "{}".to_string()]);
    let [one, other] = missing;
    let of = |sample: &crate::check::samples::Sample| {
        let arguments = sample.arguments.first().cloned().unwrap_or_default();
        (
            [sample.tool.clone(), arguments.to_string()],
            [sample.tool.clone(), "{\"checker\":1}".to_string()],
        )
    };
    case.samples()
        .iter()
        .map(of)
        .chain([(one, other)])
        .collect()
}

fn shared(what: &str, call: &str, bytes: &[u8]) -> Problem {
    Problem::failed(Evidence::new(what).in_call(call).bytes(bytes))
}

fn bytes_of(text: *const c_char) -> Vec<u8> {
    if text.is_null() {
        return Vec::new();
    }
    // SAFETY: the ABI promises a NUL-terminated string that is the caller's until free_string.
    unsafe { CStr::from_ptr(text) }.to_bytes_with_nul().to_vec()
}

fn exercised(case: &Case, options: HostOptions) -> Result<Loaded<'_>, Problem> {
    let loaded = case.load(options)?;
    loaded.exercise();
    Ok(loaded)
}

fn lying(strings: Strings) -> HostOptions {
    HostOptions {
        strings,
        ..HostOptions::default()
    }
}

fn touched(loaded: &Loaded<'_>, what: &str) -> Vec<Evidence> {
    let strings = loaded.strings();
    let touched = strings.iter().filter(|string| string.touched);
    touched
        .take(SHOWN)
        .map(|string| string.evidence(what))
        .collect()
}

/// What still exists, but for strings of calls that have not returned.
fn never_freed(plugin_calls: &[Call], strings: &[HostString], what: &str) -> Vec<Evidence> {
    let running = |string: &&HostString| {
        string.call.within.is_some_and(|(frame, _)| {
            plugin_calls
                .iter()
                .any(|call| call.number == frame && call.duration.is_none())
        })
    };
    let leaked = strings
        .iter()
        .filter(|string| string.freed == Freed::No && !running(string));
    leaked.map(|string| string.evidence(what)).collect()
}
