//! Clients that take their time: with their headers, their body or the answer, and many of them at
//! once.

use super::client::{Ask, Response};
use super::site::*;
use crate::support::*;
use osaurus_reference_host::*;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// An answer that no socket's buffers hold.
const LARGE: usize = 24 * 1024 * 1024;

/// A site with a short limit for clients.
fn impatient() -> Site {
    let builder = Host::builder().client_limit(Duration::from_millis(200));
    let page = vec![b'x'; LARGE];
    Site::full(builder, &web_manifest(), &[], &[("large.bin", &page)])
}

/// Sends these bytes and nothing more.
fn send(address: SocketAddr, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    let limit = Some(Duration::from_secs(120));
    stream.set_read_timeout(limit).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    stream
}

fn half_a_body() -> String {
    let agent = alice().unwrap();
    format!(
        "POST /plugins/{ID}/echo/1 HTTP/1.1\r\nHost: localhost\r\nX-Osaurus-Agent-Id: \
         {agent}\r\nContent-Length: 100\r\n\r\nabc"
    )
}

const HALF_A_HEAD: &str = "GET /plugins/dev.web/agent HTTP/1.1\r\nHost: loc";

#[test]
fn slow_headers_end_the_connection_and_a_slow_body_is_refused() {
    let site = impatient();
    let mut head = send(site.address(), HALF_A_HEAD);
    assert_eq!(head.read(&mut [0]).unwrap(), 0, "closed without an answer");
    let mut body = send(site.address(), &half_a_body());
    let mut answer = [0; 12];
    body.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
    let refused = site.record(&ActivityQuery::new().kind(CallKind::Request));
    assert_eq!(refused.status, 408);
}

#[test]
fn a_client_that_does_not_read_its_answer_is_cut_off() {
    let site = impatient();
    let ask = site.ask("GET", "/ui/large.bin");
    assert_eq!(site.send(&ask).body.len(), LARGE, "who reads gets all");
    // On a busy machine the host's clock may be late; what was buffered comes in any case, and not
    // the rest.
    let mut pause = Duration::from_millis(600);
    eventually("an answer that was cut off", || {
        let mut stalled = ask.begin(site.address());
        std::thread::sleep(pause);
        pause *= 2;
        let mut bytes = Vec::new();
        let ended = stalled.read_to_end(&mut bytes);
        (ended.is_err() || bytes.len() < LARGE).then_some(())
    });
}

#[test]
fn when_there_is_no_room_the_client_that_took_longest_goes_and_a_running_call_stays() {
    let site = Site::with(Host::builder().max_connections(4), &web_manifest());
    let gate = site.folder.path().join("gate");
    let running = site
        .ask("POST", "/wait")
        .body(gate.to_str().unwrap())
        .begin(site.address());
    wait_for_file(&gate.with_extension("entered"));
    let mut stalled: Vec<TcpStream> = (0..20).map(|_| send(site.address(), HALF_A_HEAD)).collect();
    assert_eq!(site.get("/agent").status, 200, "others get their answers");
    assert_eq!(
        stalled[0].read(&mut [0]).unwrap_or(0),
        0,
        "the first one is gone"
    );
    std::fs::write(&gate, "").unwrap();
    assert_eq!(Response::read(running).text(), "waited");
}

#[test]
fn stalled_clients_do_not_hold_up_the_end() {
    let page = vec![b'x'; LARGE];
    let site = Site::full(
        Host::builder(),
        &web_manifest(),
        &[],
        &[("large.bin", &page)],
    );
    let address = site.address();
    let unread = site.ask("GET", "/ui/large.bin").begin(address);
    assert!(
        unread.peek(&mut [0; 1]).unwrap() > 0,
        "its answer has begun"
    );
    // Refused unread, so that the server reads on for a while.
    let refused = site
        .ask("POST", "/echo/1")
        .header("Content-Length", "99999999")
        .without_length()
        .begin(address);
    assert!(
        refused.peek(&mut [0; 1]).unwrap() > 0,
        "its answer has come"
    );
    let others = [
        TcpStream::connect(address).unwrap(),
        send(address, HALF_A_HEAD),
        send(address, &half_a_body()),
    ];
    // The connections before this one have been accepted.
    assert_eq!(Ask::get("/elsewhere").send(address).status, 404);
    let Site { server, .. } = site;
    let began = Instant::now();
    server.stop();
    let took = began.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
    drop((unread, refused, others));
}
