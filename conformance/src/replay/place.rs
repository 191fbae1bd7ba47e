//! Where in a session an event is, for people. Pure.

use super::session::Event;
use super::verdict::event_text;

/// The end of a call into the plugin with this result, for people.
pub(super) fn returns(result: &Option<String>) -> String {
    event_text(&Event::Return {
        frame: 0,
        result: result.clone(),
    })
}

/// What a frame is, for people.
pub(super) fn place(events: &[Event], frame: u64) -> String {
    if frame == 0 {
        return "on a thread of the plugin's own".to_owned();
    }
    let call = events.iter().find_map(|event| match event {
        Event::Call {
            frame: f,
            slot,
            args,
            ..
        } if *f == frame => Some((slot, args)),
        _ => None,
    });
    let Some((slot, args)) = call else {
        return format!("in call {frame}");
    };
    let words = match slot.as_str() {
        "invoke" => &args[..args.len().min(2)],
        "on_config_changed" => &args[..args.len().min(1)],
        _ => &[],
    };
    let words: Vec<&str> = words.iter().flatten().map(String::as_str).collect();
    let name = [&[slot.as_str()], &words[..]].concat().join(" ");
    format!("in call {frame} ({name})")
}

/// The frame that an event belongs to.
pub(super) fn frame_of(events: &[Event], index: usize) -> u64 {
    match events.get(index) {
        Some(
            Event::Call { frame, .. } | Event::Return { frame, .. } | Event::HostCall { frame, .. },
        ) => *frame,
        Some(Event::Chunk { call, .. } | Event::HostReturn { call, .. }) => {
            let first = events.iter().find_map(|event| match event {
                Event::HostCall { call: c, frame, .. } if c == call => Some(*frame),
                _ => None,
            });
            first.unwrap_or(0)
        }
        Some(Event::End {}) | None => 0,
    }
}
