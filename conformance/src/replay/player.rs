//! The calls into the plugin: each recorded thread is a thread again, which makes its calls when their turn comes.
//! Runs in a child process, which ends with the verdict in a file.

use super::library::{Plugin, Trouble};
use super::score::{Over, Score};
use super::session::{Event, Session};
use super::table::{SCORE, in_frame, stand_still};
use super::verdict::Verdict;
use osaurus_reference_host::AbiLevel;
use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// Stack of the host's threads; macOS gives others half a megabyte.
const STACK: usize = 8 * 1024 * 1024;

/// Plays a session against a library and writes the verdict to a file, and while it plays, to `<file>.at`, the index of
/// the event that comes next. Ends the process.
pub fn play(library: &Path, session: &Path, verdict: &Path, exact: bool, limit: Duration) -> ! {
    let outcome = played(library, session, verdict, exact, limit);
    let outcome = outcome.unwrap_or_else(|what| Verdict::Failed { what });
    let text = serde_json::to_string(&outcome).unwrap_or_default();
    let written = std::fs::write(verdict, text);
    // SAFETY: ends the process at once; the plugin's exit handlers are not part of the session, and its threads may
    // stand in calls that never return.
    unsafe { libc::_exit(i32::from(written.is_err())) }
}

fn played(
    library: &Path,
    session: &Path,
    verdict: &Path,
    exact: bool,
    limit: Duration,
) -> Result<Verdict, String> {
    let session = Session::read(session).map_err(|error| error.to_string())?;
    let at = File::create(verdict.with_extension("at")).map_err(|error| error.to_string())?;
    let progress = move |front: usize| {
        // Only for the report of a crash; there it is missing then.
        let _ = at.write_at(format!("{front:<20}").as_bytes(), 0);
    };
    let level = AbiLevel::parse(&session.header.abi).map_err(|error| error.to_string())?;
    let library = std::path::absolute(library).map_err(|error| error.to_string())?;
    let plugin = Arc::new(Plugin::new(
        library,
        session.header.plugin.id.clone(),
        level,
    ));
    let score = SCORE.get_or_init(|| Score::new(session, exact, limit, progress));
    let Err(Over) = conduct(score, &plugin) else {
        return Ok(same(score));
    };
    score
        .verdict()
        .ok_or_else(|| "the replay stopped without a verdict".to_owned())
}

fn same(score: &Score) -> Verdict {
    let count = |wanted: fn(&Event) -> bool| score.events.iter().filter(|e| wanted(e)).count();
    Verdict::Same {
        calls: count(|event| matches!(event, Event::Call { .. })),
        host_calls: count(|event| matches!(event, Event::HostCall { .. })),
    }
}

/// Gives each call to its thread when its turn comes, until the end of the session.
fn conduct(score: &'static Score, plugin: &Arc<Plugin>) -> Result<(), Over> {
    let mut threads: HashMap<u64, Sender<usize>> = HashMap::new();
    for (index, event) in score.events.iter().enumerate() {
        match event {
            Event::Call { thread, .. } => {
                score.take_turn(index)?;
                let sender = threads
                    .entry(*thread)
                    .or_insert_with(|| start(score, plugin));
                sender.send(index).map_err(|_| Over)?;
                if !calls_again(score, *thread, index) {
                    threads.remove(thread);
                }
            }
            Event::End {} => score.take_turn(index)?,
            _ => {}
        }
    }
    Ok(())
}

fn calls_again(score: &Score, thread: u64, after: usize) -> bool {
    let mut later = score.events.iter().skip(after + 1);
    later.any(|event| matches!(event, Event::Call { thread: t, .. } if *t == thread))
}

fn start(score: &'static Score, plugin: &Arc<Plugin>) -> Sender<usize> {
    let (sender, calls): (Sender<usize>, Receiver<usize>) = channel();
    let plugin = Arc::clone(plugin);
    let run = move || {
        for index in calls {
            if call(score, &plugin, index).is_err() {
                stand_still();
            }
        }
    };
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(run);
    if let Err(error) = thread {
        let what = format!("cannot start a thread: {error}");
        score.fail(Verdict::Failed { what });
    }
    sender
}

fn call(score: &Score, plugin: &Plugin, index: usize) -> Result<(), Over> {
    let Event::Call {
        frame, slot, args, ..
    } = &score.events[index]
    else {
        return Err(Over);
    };
    let made = in_frame(*frame, || plugin.call(slot, args));
    match made {
        Ok(result) => score.returned(*frame, result),
        Err(Trouble::Failed(what)) => Err(score.fail(Verdict::Failed { what })),
        Err(Trouble::Broken(found)) => Err(score.broken(index, *frame, &found)),
    }
}
