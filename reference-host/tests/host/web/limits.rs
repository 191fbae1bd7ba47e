//! What is refused before any routing, and what the server answers for itself.

use super::client::Ask;
use super::site::*;
use osaurus_reference_host::*;

#[test]
fn more_than_two_hundred_headers_are_too_many() {
    let site = Site::new();
    // Host and the agent's header are two of them.
    let with = |extra: usize| {
        let ask = site.ask("GET", "/echo/1");
        (0..extra).fold(ask, |ask, n| ask.header(&format!("X-{n}"), "1"))
    };
    assert_eq!(site.send(&with(198)).status, 200);
    let refused = site.send(&with(199));
    assert_eq!(
        (refused.status, refused.message().as_str()),
        (431, "Request headers too large")
    );
}

#[test]
fn headers_of_more_than_a_mebibyte_are_too_large() {
    let site = Site::new();
    let mebibyte = 1024 * 1024;
    let with = |bytes: usize| {
        site.ask("GET", "/echo/1")
            .header("X-Long", &"x".repeat(bytes))
    };
    assert_eq!(site.send(&with(mebibyte - 1024)).status, 200);
    assert_eq!(site.send(&with(mebibyte)).status, 431);
}

#[test]
fn bodies_of_more_than_32_mebibytes_are_too_large_announced_or_not() {
    let site = Site::new();
    let limit = 32 * 1024 * 1024;
    let announced = |length: usize| {
        let ask = site
            .ask("POST", "/echo/1")
            .header("Content-Length", &length.to_string());
        site.send(&ask)
    };
    let refused = announced(limit + 1);
    assert_eq!(
        (refused.status, refused.message().as_str()),
        (413, "Request body too large")
    );
    let chunk = format!("{:x}\r\n{}\r\n0\r\n\r\n", limit + 1, " ".repeat(limit + 1));
    let chunked = site
        .ask("POST", "/echo/1")
        .header("Transfer-Encoding", "chunked");
    assert_eq!(site.send(&chunked.without_length().body(chunk)).status, 413);
    let whole = site.ask("POST", "/null").body(" ".repeat(limit));
    assert_eq!(
        site.send(&whole).status,
        500,
        "it reached the plugin, which answers NULL"
    );
}

#[test]
fn chunked_bodies_reach_the_plugin_whole() {
    let site = Site::new();
    let ask = site
        .ask("POST", "/echo/1")
        .header("Transfer-Encoding", "chunked");
    let ask = ask
        .without_length()
        .body("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    assert_eq!(site.echoed(&ask)["body"], "abcde");
}

#[test]
fn a_content_length_that_is_not_a_number_is_a_bad_request() {
    let site = Site::new();
    for length in ["abc", "-1", "1, 2"] {
        let ask = site.ask("POST", "/echo/1").header("Content-Length", length);
        assert_eq!(site.send(&ask).status, 400, "{length}");
    }
}

#[test]
fn options_never_reach_a_plugin_and_know_no_plugin() {
    let site = Site::new();
    for target in [
        "/plugins/dev.web/echo/1",
        "/plugins/dev.none/x",
        "/elsewhere",
    ] {
        let response = site.send(&Ask::new("OPTIONS", target).header("Origin", "http://a"));
        assert_eq!((response.status, response.body.len()), (204, 0), "{target}");
        assert!(
            response.all("access-control-allow-origin").is_empty(),
            "no origin is allowed"
        );
    }
    let calls = site
        .host
        .records(&ActivityQuery::new().slot("handle_route"));
    assert!(calls.is_empty());
}

#[test]
fn allowed_origins_get_cors_headers_and_others_none() {
    let site = Site::with(Host::builder().allow_origins(["http://a"]), &web_manifest());
    let from = |method: &str, origin: &str| {
        let ask = site.ask(method, "/echo/1").header("Origin", origin);
        site.send(&ask.header("Access-Control-Request-Headers", "X-One"))
    };
    let preflight = from("OPTIONS", "http://a");
    assert_eq!(preflight.one("access-control-allow-origin"), "http://a");
    assert_eq!(
        preflight.one("access-control-allow-methods"),
        "GET, POST, OPTIONS, HEAD"
    );
    assert_eq!(preflight.one("access-control-allow-headers"), "X-One");
    assert_eq!(from("GET", "http://a").one("vary"), "Origin");
    assert!(
        from("GET", "http://b")
            .all("access-control-allow-origin")
            .is_empty()
    );
    let refused = site.send(&Ask::get("/elsewhere").header("Origin", "http://a"));
    assert_eq!(
        refused.one("access-control-allow-origin"),
        "http://a",
        "errors have them too"
    );
}

#[test]
fn a_client_that_sends_a_large_body_to_the_end_still_gets_the_refusal() {
    let site = Site::new();
    let ask = site
        .ask("POST", "/echo/1")
        .body(vec![b'x'; 40 * 1024 * 1024]);
    assert_eq!(site.send(&ask).status, 413);
}
