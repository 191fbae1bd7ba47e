//! Requests that a plugin makes, and what a server answers. Parts: the request, the server's bytes.
//! The host reaches one mapped name and nothing else, and says of this machine and its network that
//! they are forbidden.

use crate::parts;
use crate::probe::{Stage, locked};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;
use url::{Host, Url};

/// The only name that leads anywhere.
const NAME: &str = "api.test";

static REPLY: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static VISITS: AtomicU32 = AtomicU32::new(0);

static STAGE: LazyLock<Mutex<Stage>> = LazyLock::new(|| {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port of this machine");
    let address = listener.local_addr().expect("an address").to_string();
    std::thread::spawn(move || listener.incoming().flatten().for_each(answer));
    let manifest = json!({"plugin_id": "fuzz.probe", "capabilities": {}});
    let builder = osaurus_reference_host::Host::builder()
        .map_host(NAME, &address)
        .only_mapped_hosts();
    Mutex::new(Stage::new(builder, &manifest))
});

fn answer(mut client: TcpStream) {
    VISITS.fetch_add(1, SeqCst);
    let reply = REPLY.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let _ = client.set_read_timeout(Some(Duration::from_millis(200)));
    let _ = client.read(&mut [0; 65536]);
    let _ = client.write_all(&reply);
    let _ = client.shutdown(Shutdown::Write);
    // What is unread when a connection closes resets it, and the answer with it.
    while client.read(&mut [0; 65536]).is_ok_and(|read| read > 0) {}
}

pub fn run(input: &[u8]) {
    let [request, reply] = parts(input);
    let mut stage = locked(&STAGE);
    *REPLY.lock().unwrap_or_else(PoisonError::into_inner) = reply.into_bytes();
    VISITS.store(0, SeqCst);
    let answer = stage.call("http_request", &request, None);
    let is_failure = answer["error"].is_string() && answer["message"].is_string();
    let is_answer = answer["status"].is_u64() && answer["body"].is_string();
    assert!(is_failure != is_answer, "{answer}");
    let visited = VISITS.load(SeqCst) > 0;
    assert!(visited || is_failure, "an answer from nowhere: {answer}");
    if leads_home(&request) {
        assert_eq!(answer["error"], "ssrf_blocked", "{request}");
    }
}

/// Whether a readable request is for this machine or its network, however that is written.
fn leads_home(request: &str) -> bool {
    let request: Value = serde_json::from_str(request).unwrap_or_default();
    let url = request["url"]
        .as_str()
        .filter(|_| request["method"].is_string());
    let url = url.and_then(|text| Url::parse(text).ok());
    match url.as_ref().and_then(Url::host) {
        Some(Host::Ipv4(address)) => v4_is_private(address),
        Some(Host::Ipv6(address)) => {
            let inner = address.to_ipv4_mapped().is_some_and(v4_is_private);
            inner || address.is_loopback() || address.is_unspecified() || address.is_unique_local()
        }
        Some(Host::Domain(name)) => name.trim_end_matches('.').eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

fn v4_is_private(address: Ipv4Addr) -> bool {
    address.is_loopback() || address.is_private() || address.is_link_local()
}
