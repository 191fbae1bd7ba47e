//! http_request against real servers on this machine, which names are mapped to.

use crate::server::{Server, respond};
use crate::support::*;
use osaurus_reference_host::{AgentId, Host, HostBuilder, LoadedPlugin, Profile};
use serde_json::{Value, json};
use std::sync::Arc;

/// Answers by path, and a host that reaches it as `api.example.com` and `other.example.com`.
fn reach(server: &Server) -> HostBuilder {
    let address = server.address.to_string();
    Host::builder()
        .map_host("api.example.com", &address)
        .map_host("other.example.com", &address)
}

fn get(plugin: &Arc<LoadedPlugin>, url: &str) -> Value {
    Probe(plugin, alice()).http(&json!({"method": "GET", "url": url}))
}

fn echo() -> Server {
    Server::start(|request| match request.path.split_once("/to/") {
        Some((_, target)) => respond("302 Found", &format!("Location: {target}\r\n"), ""),
        None => respond(
            "200 OK",
            "",
            &format!("{} {}", request.method, request.body),
        ),
    })
}

#[test]
fn a_host_of_mapped_names_only_reaches_nothing_else() {
    let server = echo();
    let (_host, plugin) = loaded(reach(&server).only_mapped_hosts());
    assert_eq!(get(&plugin, "http://api.example.com/")["status"], 200);
    for url in [
        "http://example.org/",
        "https://1.1.1.1/",
        "http://api.example.com/to/http://example.org/",
    ] {
        assert_eq!(get(&plugin, url)["error"], "dns_failure", "{url}");
    }
}

#[test]
fn requests_that_cannot_be_read_are_errors() {
    let (_host, plugin) = loaded(Host::builder());
    let probe = Probe(&plugin, alice());
    let bad = [
        "not json",
        "[]",
        r#"{"method":"GET"}"#,
        r#"{"url":"http://example.org/"}"#,
        r#"{"method":1,"url":"http://example.org/"}"#,
        r#"{"method":"GET","url":""}"#,
        r#"{"method":"GET","url":"http://exa mple.org/"}"#,
    ];
    for request in bad {
        assert_eq!(
            probe.call(&["15", "t1", request]),
            r#"{"error":"invalid_request","message":"Missing required fields: method, url"}"#,
            "{request}"
        );
    }
    for url in [
        "example.org/x",
        "/x",
        "data:text/plain,x",
        "file:///etc/passwd",
    ] {
        let answer = get(&plugin, url);
        assert_eq!(
            (&answer["error"], &answer["message"]),
            (&json!("ssrf_blocked"), &json!("Missing host"))
        );
    }
}

/// The order of the checks shows in what counts against the limit.
#[test]
fn refused_addresses_do_not_count_and_bodies_that_are_too_large_do() {
    let (_host, plugin) = loaded(Host::builder().map_host("closed.example.com", "127.0.0.1:1"));
    let probe = Probe(&plugin, alice());
    for _ in 0..70 {
        assert_eq!(get(&plugin, "http://192.168.0.1/")["error"], "ssrf_blocked");
        assert_eq!(get(&plugin, "")["error"], "invalid_request");
    }
    let huge = json!({"method": "POST", "url": "http://closed.example.com/",
        "body": "x".repeat(50_000_001)});
    assert_eq!(probe.http(&huge)["error"], "request_too_large");
    for _ in 0..59 {
        assert_eq!(
            get(&plugin, "http://closed.example.com/")["error"],
            "connection_refused"
        );
    }
    let limited = get(&plugin, "http://closed.example.com/");
    assert_eq!(limited["error"], "rate_limit_exceeded");
    assert_eq!(limited["retry_after_ms"], 60_000);
    assert!(limited["message"].is_string());
    assert_eq!(
        get(&plugin, "http://192.168.0.1/")["error"],
        "ssrf_blocked",
        "comes first"
    );
    assert_eq!(
        probe.dispatch(&json!({"prompt": "x"}))["status"],
        "running",
        "another limit"
    );
}

#[test]
fn calls_without_a_chat_agent_share_one_allowance_per_plugin() {
    let builder = Host::builder().map_host("closed.example.com", "127.0.0.1:1");
    let (host, plugin) = loaded(builder);
    let two = host.load(&probe_with(&manifest("dev.two"))).unwrap();
    let request = json!({"method": "GET", "url": "http://closed.example.com/"});
    for number in 0..60 {
        let agent = [None, Some(AgentId::DEFAULT)][number % 2];
        assert_eq!(
            Probe(&plugin, agent).http(&request)["error"],
            "connection_refused"
        );
    }
    for agent in [None, Some(AgentId::DEFAULT)] {
        assert_eq!(
            Probe(&plugin, agent).http(&request)["error"],
            "rate_limit_exceeded"
        );
    }
    assert_eq!(
        Probe(&plugin, alice()).http(&request)["error"],
        "connection_refused"
    );
    assert_eq!(
        Probe(&two, None).http(&request)["error"],
        "connection_refused"
    );
}

#[test]
fn redirects_are_counted_and_change_method_and_headers() {
    let server = Server::start(|request| match request.path.as_str() {
        "/301" | "/302" | "/303" | "/307" | "/308" => respond(
            &format!("{} Moved", &request.path[1..]),
            "Location: /end\r\n",
            "",
        ),
        "/port" => respond(
            "302 Found",
            "Location: http://api.example.com:81/end\r\n",
            "",
        ),
        "/same" => respond("302 Found", "Location: //api.example.com/end\r\n", ""),
        "/bare" => respond("304 Not Modified", "", ""),
        "/loop" => respond("302 Found", "Location: loop\r\n", ""),
        _ => respond("200 OK", "", "end"),
    });
    let (_host, plugin) = loaded(reach(&server));
    let ask = |method: &str, path: &str| {
        Probe(&plugin, bob()).http(&json!({"method": method,
            "url": format!("http://api.example.com{path}"),
            "body": "b", "headers": {"Cookie": "c", "Authorization": "a",
            "Content-Type": "text/x", "X-Own": "1"}}))
    };
    let end = || server.requests().pop().unwrap();
    for (method, path, then, body) in [
        ("POST", "/301", "GET", ""),
        ("PUT", "/302", "GET", ""),
        ("DELETE", "/303", "GET", ""),
        ("HEAD", "/302", "HEAD", "b"),
        ("GET", "/303", "GET", "b"),
        ("PUT", "/307", "PUT", "b"),
        ("POST", "/308", "POST", "b"),
    ] {
        assert_eq!(ask(method, path)["status"], 200, "{method} {path}");
        let request = end();
        assert_eq!(
            (request.method.as_str(), request.body.as_str()),
            (then, body),
            "{method} {path}"
        );
        assert_eq!(request.header("content-type").is_none(), body.is_empty());
        assert_eq!(
            (request.header("cookie"), request.header("x-own")),
            (Some("c"), Some("1"))
        );
    }
    ask("POST", "/port");
    let request = end();
    assert_eq!(
        (
            request.header("cookie"),
            request.header("authorization"),
            request.header("x-own")
        ),
        (None, None, Some("1"))
    );
    ask("POST", "/same");
    assert_eq!(
        end().header("authorization"),
        Some("a"),
        "same scheme, host and port"
    );
    assert_eq!(ask("GET", "/bare")["status"], 304, "nowhere to go");
    let before = server.requests().len();
    assert_eq!(ask("GET", "/loop")["error"], "too_many_redirects");
    assert_eq!(
        server.requests().len() - before,
        21,
        "the request and 20 redirects"
    );
}

/// A server that sends everyone to where the path says: the guard looks at every step.
#[test]
fn every_redirect_is_checked_in_all_its_written_forms() {
    let server = echo();
    let (host, plugin) = loaded(reach(&server));
    let port = server.address.port();
    let osaurus_blocks = [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://[::1]/",
        "file:///etc/passwd",
    ];
    let stricter = [
        "http://2130706433/",
        "http://127.1/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://localhost./",
        "http://x.localhost/",
        "http://[::ffff:7f00:1]/",
        "http://[feb0::1]/",
        "http://[0:0:0:0:0:0:0:1]/",
    ];
    for target in osaurus_blocks.iter().chain(&stricter) {
        let answer = get(&plugin, &format!("http://api.example.com/to/{target}"));
        assert_eq!(answer["error"], "ssrf_blocked", "{target}: {answer}");
        assert!(answer["elapsed_ms"].is_u64());
        let notes = own_calls(&host).pop().unwrap().notes;
        let reported = notes
            .iter()
            .any(|note| note == "stricter than Osaurus: refused by the host of a redirect");
        assert_eq!(reported, stricter.contains(target), "{target}: {notes:?}");
    }
    assert_eq!(get(&plugin, "http://127.1/")["error"], "ssrf_blocked");
    let notes = own_calls(&host).pop().unwrap().notes;
    let how = "stricter than Osaurus: refused by the parsed host";
    assert!(notes.iter().any(|note| note == how), "{notes:?}");
    let (_host, plugin) = loaded(reach(&server).profile(Profile::OsaurusExact));
    for open in ["127.1", "2130706433", "[::ffff:7f00:1]"] {
        let answer = get(
            &plugin,
            &format!("http://api.example.com/to/http://{open}:{port}/inside"),
        );
        assert_eq!(answer["status"], 200, "Osaurus lets {open} pass: {answer}");
    }
    assert_eq!(
        get(&plugin, &format!("http://127.0.0.1:{port}/"))["error"],
        "ssrf_blocked"
    );
}

#[test]
fn what_is_sent_is_what_was_asked_for() {
    let server = echo();
    let (_host, plugin) = loaded(reach(&server));
    let send = |mut request: Value| {
        request["url"] = "http://api.example.com/x?q=1".into();
        let answer = Probe(&plugin, alice()).http(&request);
        assert_eq!(answer["status"], 200, "{answer}");
        server.requests().pop().unwrap()
    };
    let request = send(json!({"method": "purge", "body": "ä"}));
    assert_eq!(
        (
            request.method.as_str(),
            request.path.as_str(),
            request.body.as_str()
        ),
        ("PURGE", "/x?q=1", "ä")
    );
    assert_eq!(
        request.header("user-agent"),
        Some("Osaurus/0.23.0 Plugin/dev.probe")
    );
    let request = send(json!({"method": "POST", "body": "aGk=", "body_encoding": "base64"}));
    assert_eq!(request.body, "hi");
    let request = send(json!({"method": "POST", "body": "a*b", "body_encoding": "base64"}));
    assert_eq!(request.body, "", "what is not base64 is left out");
    for method in ["POST", "PUT", "PATCH"] {
        let request = send(json!({"method": method}));
        assert_eq!(request.header("content-length"), Some("0"), "{method}");
        assert_eq!(request.header("transfer-encoding"), None, "{method}");
    }
    assert_eq!(
        send(json!({"method": "DELETE"})).header("content-length"),
        None
    );
    let request = send(json!({"method": "POST", "body": "aGk=", "body_encoding": "hex"}));
    assert_eq!(request.body, "aGk=", "any other encoding is text");
    let request = send(json!({"method": "GET", "headers": {"X-A": "1", "X-B": 2}}));
    assert_eq!((request.header("x-a"), request.body.as_str()), (None, ""));
    let request = send(
        json!({"method": "POST", "body": "hi", "headers": {"Content-Length": "999",
            "user-agent": "me"}}),
    );
    assert_eq!(
        request.header("user-agent"),
        Some("me Osaurus/0.23.0 Plugin/dev.probe")
    );
    assert_eq!(
        (request.header("content-length"), request.body.as_str()),
        (Some("2"), "hi")
    );
}

#[test]
fn answers_come_as_text_where_they_are_text_and_always_as_a_success() {
    let server = Server::start(|request| match request.path.as_str() {
        "/bytes" => {
            vec!["HTTP/1.1 500 Oops\r\nX-UPPER: Ab\r\nContent-Length: 2\r\n\r\n\u{80}".into()]
        }
        "/empty" => respond("204 No Content", "", ""),
        _ => respond("404 Not Found", "", "gone"),
    });
    let raw = raw_server(b"HTTP/1.1 200 OK\r\nX-UPPER: Ab\r\nContent-Length: 2\r\n\r\n\xff\x00");
    let (_host, plugin) = loaded(reach(&server).map_host("raw.example.com", &raw));
    let text = Probe(&plugin, alice()).call(&[
        "15",
        "t1",
        &json!({"method": "GET", "url": "http://raw.example.com/"}).to_string(),
    ]);
    assert!(
        text.starts_with(r#"{"body":"/wA=","body_encoding":"base64","elapsed_ms":"#),
        "{text}"
    );
    assert!(text.ends_with(r#","status":200}"#), "{text}");
    let answer = get(&plugin, "http://raw.example.com/");
    assert_eq!(answer["headers"]["x-upper"], "Ab", "names in lower case");
    let answer = get(&plugin, "http://api.example.com/bytes");
    assert_eq!(
        (&answer["status"], &answer["body"]),
        (&json!(500), &json!("\u{80}"))
    );
    assert_eq!(get(&plugin, "http://api.example.com/")["status"], 404);
    let empty = get(&plugin, "http://api.example.com/empty");
    assert_eq!(
        (&empty["body"], &empty["body_encoding"]),
        (&json!(""), &json!("utf8"))
    );
}

/// Answers every connection with these bytes, and closes it.
fn raw_server(answer: &'static [u8]) -> String {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer);
        }
    });
    address.to_string()
}

#[test]
fn failures_have_their_code_and_the_time_they_took() {
    let server = echo();
    let garbage = raw_server(b"SSH-2.0-OpenSSH_9.2\r\n\r\n");
    let builder = reach(&server)
        .map_host("garbage.example.com", &garbage)
        .map_host("tls.example.com", &format!("https://{garbage}"))
        .map_host(
            "short.example.com",
            &raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"),
        )
        .map_host("closed.example.com", "127.0.0.1:1");
    let (_host, plugin) = loaded(builder);
    for (url, code) in [
        ("http://closed.example.com/", "connection_refused"),
        ("http://no-such-host.invalid/", "dns_failure"),
        ("https://tls.example.com/", "tls_error"),
        ("http://garbage.example.com/", "invalid_response"),
        ("http://short.example.com/", "network_error"),
        ("ftp://api.example.com/", "network_error"),
    ] {
        let answer = get(&plugin, url);
        assert_eq!(answer["error"], code, "{url}: {answer}");
        assert!(answer["elapsed_ms"].is_u64() && answer["message"].is_string());
    }
}

#[test]
fn a_response_beyond_fifty_million_bytes_is_refused() {
    let server = Server::start(|request| {
        let size = if request.path == "/fits" {
            50_000_000
        } else {
            50_000_001
        };
        respond("200 OK", "", &"x".repeat(size))
    });
    let (_host, plugin) = loaded(reach(&server).record_activity(false));
    let answer = get(&plugin, "http://api.example.com/over");
    assert_eq!(answer["error"], "response_too_large");
    assert!(answer["elapsed_ms"].is_u64());
    let answer = get(&plugin, "http://api.example.com/fits");
    assert_eq!(answer["body"].as_str().unwrap().len(), 50_000_000);
}

/// Thirty pieces with a pause before each: longer than the limit in all, but never silent for as
/// long.
#[test]
fn the_time_limit_is_one_of_silence() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]);
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n")
            .unwrap();
        for _ in 0..30 {
            std::thread::sleep(std::time::Duration::from_millis(100));
            stream.write_all(b"x").unwrap();
        }
    });
    let (_host, plugin) = loaded(Host::builder().map_host("slow.example.com", &address));
    let request = json!({"method": "GET", "url": "http://slow.example.com/", "timeout_ms": 2500});
    let answer = Probe(&plugin, alice()).http(&request);
    assert_eq!(answer["body"].as_str().map(str::len), Some(30), "{answer}");
    assert!(answer["elapsed_ms"].as_u64().unwrap() > 2500);
}

#[test]
fn a_request_counts_once_whatever_redirects_follow() {
    let server = Server::start(|request| match request.path[1..].parse::<u32>() {
        Ok(left @ 1..) => respond("302 Found", &format!("Location: /{}\r\n", left - 1), ""),
        _ => respond("200 OK", "", "end"),
    });
    let (_host, plugin) = loaded(reach(&server));
    for number in 0..60 {
        let steps = if number < 5 { 20 } else { 0 };
        let answer = get(&plugin, &format!("http://api.example.com/{steps}"));
        assert_eq!(answer["body"], "end", "request {number}: {answer}");
    }
    assert_eq!(server.requests().len(), 60 + 5 * 20);
    let answer = get(&plugin, "http://api.example.com/0");
    assert_eq!(answer["error"], "rate_limit_exceeded");
}

#[test]
fn what_a_timed_out_call_began_is_not_carried_on() {
    let server = |gate: std::path::PathBuf| {
        Server::start(move |request| {
            if request.path != "/first" {
                return respond("200 OK", "", "end");
            }
            until("the gate is open", || gate.exists());
            respond("302 Found", "Location: /second\r\n", "")
        })
    };
    let paths = |server: &Server| -> Vec<String> {
        server
            .requests()
            .into_iter()
            .map(|request| request.path)
            .collect()
    };
    let folder = tempfile::tempdir().unwrap();
    let (late, in_time) = (folder.path().join("late"), folder.path().join("in time"));
    std::fs::write(&in_time, "").unwrap();
    let patient = server(in_time);
    let (_host, plugin) = loaded(reach(&patient));
    assert_eq!(get(&plugin, "http://api.example.com/first")["body"], "end");
    assert_eq!(paths(&patient), ["/first", "/second"]);

    let slow = server(late.clone());
    let limit = std::time::Duration::from_millis(300);
    let (_host, plugin) = loaded(reach(&slow).host_call_limit(limit));
    let answer = get(&plugin, "http://api.example.com/first");
    assert_eq!(answer["error"], "host_timeout");
    until("the request came", || !paths(&slow).is_empty());
    std::fs::write(late, "").unwrap();
    // Nothing tells when the host has read the redirect; a host that follows it does so at once.
    std::thread::sleep(std::time::Duration::from_secs(1));
    assert_eq!(paths(&slow), ["/first"]);
}
