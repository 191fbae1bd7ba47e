//! Messages over a real socket pair, and what a bad other side can do.
use super::*;

fn soon() -> Instant {
    Instant::now() + Duration::from_millis(50)
}

#[test]
fn messages_survive_the_socket_in_order_and_in_pieces() {
    let (ours, theirs) = platform::socket_pair(FIRST_WAIT).unwrap();
    let long = "ä".repeat(300_000);
    let sender = std::thread::spawn(move || {
        let call = Outgoing::new(kind::CALL, 7, 0)
            .int(-3)
            .text("x")
            .field(Field::Null);
        send(&theirs, call, Instant::now() + Duration::from_secs(5)).unwrap();
        let reply = Outgoing::new(kind::REPLY, 7, 2).text(&long);
        send(&theirs, reply, Instant::now() + Duration::from_secs(5)).unwrap();
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

#[test]
fn an_announced_flood_is_refused_before_it_is_read() {
    let (ours, theirs) = platform::socket_pair(FIRST_WAIT).unwrap();
    platform::send(&theirs, &u32::MAX.to_le_bytes()).unwrap();
    let Err(WireError::Broken(text)) = Incoming::default().receive(&ours, soon()) else {
        panic!("a message of 4 GiB was accepted");
    };
    assert!(text.contains("4294967295 bytes"), "{text}");
}

#[test]
fn a_silent_side_is_late_and_a_full_pipe_too() {
    let (ours, _theirs) = platform::socket_pair(FIRST_WAIT).unwrap();
    assert_eq!(
        Incoming::default().receive(&ours, soon()),
        Err(WireError::Late)
    );
    let big = Outgoing::new(kind::CALL, 1, 0).text(&"x".repeat(8 << 20));
    let Err(WireError::Broken(text)) = send(&ours, big, soon()) else {
        panic!("8 MiB went into a socket that no one reads");
    };
    assert_eq!(
        text,
        "the worker stopped reading in the middle of a message"
    );
    let next = Outgoing::new(kind::CALL, 2, 0);
    assert_eq!(send(&ours, next, soon()), Err(WireError::Late));
}

#[test]
fn a_closed_side_is_an_error_and_no_signal() {
    let (ours, theirs) = platform::socket_pair(FIRST_WAIT).unwrap();
    drop(theirs);
    let bye = Outgoing::new(kind::BYE, 0, 0);
    assert_eq!(send(&ours, bye, soon()), Err(WireError::Closed));
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
