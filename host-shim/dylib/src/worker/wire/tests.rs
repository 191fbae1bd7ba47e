//! Messages over real sockets and pipes, and what a bad other side can do.
use super::*;
use crate::platform::Pipes;
use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU32, Ordering};

/// Our end, the worker's end for writing, and what keeps its other end open.
fn both_kinds() -> Vec<(Link, File, Vec<OwnedFd>)> {
    let (over_socket, theirs) = Link::pair(FIRST_WAIT).unwrap();
    let (over_pipes, their_socket) = Link::pair(FIRST_WAIT).unwrap();
    let (pipes, [reads, writes]) = Pipes::new().unwrap();
    over_pipes.go_on_over(pipes);
    vec![
        (over_socket, File::from(theirs), Vec::new()),
        (over_pipes, File::from(writes), vec![reads, their_socket]),
    ]
}

fn soon() -> Instant {
    Instant::now() + Duration::from_millis(50)
}

#[test]
fn messages_survive_in_order_and_in_pieces() {
    for (ours, mut theirs, _other) in both_kinds() {
        let long = "ä".repeat(300_000);
        let sender = std::thread::spawn(move || {
            let call = Outgoing::new(kind::CALL, 7, 0)
                .int(-3)
                .text("x")
                .field(Field::Null);
            theirs.write_all(&call.finish().unwrap()).unwrap();
            let reply = Outgoing::new(kind::REPLY, 7, 2).text(&long);
            theirs.write_all(&reply.finish().unwrap()).unwrap();
        });
        let mut incoming = Incoming::default();
        let far = Instant::now() + Duration::from_secs(5);
        let first = incoming.receive(&ours, far).unwrap();
        assert_eq!((first.kind, first.call, first.seq), (kind::CALL, 7, 0));
        assert_eq!(
            first.fields().unwrap(),
            [Field::Int(-3), Field::Text("x"), Field::Null]
        );
        let second = incoming.receive(&ours, far).unwrap();
        assert_eq!((second.seq, second.len()), (2, 5 + 600_000));
        sender.join().unwrap();
        assert_eq!(incoming.receive(&ours, far), Err(WireError::Closed));
    }
}

#[test]
fn an_announced_flood_is_refused_before_it_is_read() {
    for (ours, mut theirs, _other) in both_kinds() {
        theirs.write_all(&u32::MAX.to_le_bytes()).unwrap();
        let Err(WireError::Broken(text)) = Incoming::default().receive(&ours, soon()) else {
            panic!("a message of 4 GiB was accepted");
        };
        assert!(text.contains("4294967295 bytes"), "{text}");
    }
}

#[test]
fn a_silent_side_is_late_and_a_full_connection_too() {
    for (ours, _theirs, _other) in both_kinds() {
        assert_eq!(
            Incoming::default().receive(&ours, soon()),
            Err(WireError::Late)
        );
        let big = Outgoing::new(kind::CALL, 1, 0).text(&"x".repeat(8 << 20));
        let Err(WireError::Broken(text)) = send(&ours, big, soon()) else {
            panic!("8 MiB went where no one reads");
        };
        assert_eq!(
            text,
            "the worker stopped reading in the middle of a message"
        );
        let next = Outgoing::new(kind::CALL, 2, 0);
        assert_eq!(send(&ours, next, soon()), Err(WireError::Late));
    }
}

static SIGNALS: AtomicU32 = AtomicU32::new(0);

extern "C" fn count_signal(_: std::ffi::c_int) {
    SIGNALS.fetch_add(1, Ordering::Relaxed);
}

#[test]
fn a_closed_side_is_an_error_and_no_signal() {
    let handler = count_signal as extern "C" fn(std::ffi::c_int);
    // SAFETY: signal(2) with a handler that only counts.
    let before = unsafe { libc::signal(libc::SIGPIPE, handler as libc::sighandler_t) };
    for (ours, theirs, other) in both_kinds() {
        drop((theirs, other));
        let bye = Outgoing::new(kind::BYE, 0, 0);
        assert_eq!(send(&ours, bye, soon()), Err(WireError::Closed));
    }
    // SAFETY: the disposition of before.
    unsafe { libc::signal(libc::SIGPIPE, before) };
    assert_eq!(SIGNALS.load(Ordering::Relaxed), 0);
}

#[test]
fn a_reader_notices_a_hang_up_while_the_pipes_stay_open() {
    let (ours, theirs, other) = both_kinds().pop().unwrap();
    let far = Instant::now() + Duration::from_secs(60);
    let outcome = std::thread::scope(|scope| {
        let waits = scope.spawn(|| Incoming::default().receive(&ours, far));
        std::thread::sleep(Duration::from_millis(20));
        ours.hang_up();
        waits.join().unwrap()
    });
    assert_eq!(outcome, Err(WireError::Closed));
    let big = Outgoing::new(kind::CALL, 1, 0).text(&"x".repeat(8 << 20));
    assert_eq!(send(&ours, big, far), Err(WireError::Closed));
    drop((theirs, other));
}

#[test]
fn cut_fields_and_bad_text_are_named() {
    let message = |body: &[u8]| Message {
        kind: kind::LOG,
        call: 0,
        seq: 0,
        body: body.to_vec(),
    };
    let cut = message(&[2, 1, 0, 0, 0, 1, 9, 0, 0, 0, b'x'])
        .fields()
        .unwrap_err();
    assert_eq!(cut, "field 2 of message 20 is cut, or not UTF-8");
    assert!(message(&[1, 1, 0, 0, 0, 0xff]).fields().is_err());
    assert!(message(&[9]).fields().is_err());
    assert_eq!(message(&[0; 32]).fields().unwrap().len(), 32);
    let many = message(&[0; 1000]).fields().unwrap_err();
    assert_eq!(many, "message 20 has more than 32 fields");
}
