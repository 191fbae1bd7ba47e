//! http_request by https to local servers that names are mapped to: in clear, and by TLS with the
//! test certificate.

use crate::server::{Server, respond};
use crate::support::*;
use osaurus_reference_host::{CallRecord, Host, TestCertificate};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

fn tls_config(made: &TestCertificate) -> Arc<rustls::ServerConfig> {
    let chain = CertificateDer::from_pem_file(&made.certificate).unwrap();
    let key = PrivateKeyDer::from_pem_file(&made.key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider);
    let config = config.with_safe_default_protocol_versions().unwrap();
    Arc::new(
        config
            .with_no_client_auth()
            .with_single_cert(vec![chain], key)
            .unwrap(),
    )
}

/// Answers every request with "by TLS"; runs until the test process ends.
fn serve_tls(listener: TcpListener, made: &TestCertificate) {
    let config = tls_config(made);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = rustls::StreamOwned::new(connection, stream);
            let mut head = [0; 4096];
            // A client that does not trust the certificate goes away here.
            if stream.read(&mut head).is_ok_and(|bytes| bytes > 0) {
                let answer = &respond("200 OK", "", "by TLS")[0];
                let _ = stream.write_all(answer.as_bytes());
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
}

fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

fn get(probe: &Probe<'_>, url: &str) -> Value {
    probe.http(&json!({"method": "GET", "url": url}))
}

fn notes(host: &Host) -> Vec<String> {
    host.activity()
        .pop()
        .map(|record: CallRecord| record.notes)
        .unwrap_or_default()
}

#[test]
fn https_reaches_a_plain_local_server_in_clear() {
    let server = Server::start(|request| match request.path.as_str() {
        "/moved" => respond("302 Found", "Location: /end\r\n", ""),
        path => respond(
            "200 OK",
            "",
            &format!("{path} {}", request.header("host").unwrap_or_default()),
        ),
    });
    let address = server.address.to_string();
    let builder = Host::builder().map_host("api.example.com", &format!("http://{address}"));
    let (host, plugin) = loaded(builder);
    let probe = Probe(&plugin, alice());
    for url in [
        "https://api.example.com/moved",
        "https://API.example.com/end",
    ] {
        let answer = get(&probe, url);
        assert_eq!(
            (&answer["status"], &answer["body"]),
            (&json!(200), &json!("/end api.example.com")),
            "{answer}"
        );
        let note = format!("mapped host: api.example.com -> {address}, without TLS");
        assert!(notes(&host).contains(&note), "{:?}", notes(&host));
    }
    assert!(host.test_certificate().is_none());
}

#[test]
fn a_local_tls_server_has_the_test_certificate_which_that_name_alone_trusts() {
    let (listener, address) = listener();
    let mapped = |name: &str| Host::builder().map_host(name, &format!("https://{address}"));
    let (host, plugin) =
        loaded(mapped("api.example.com").map_host("other.example.com", &address.to_string()));
    let certificate = host.test_certificate().unwrap().clone();
    serve_tls(listener, &certificate);
    let probe = Probe(&plugin, alice());
    let answer = get(&probe, "https://api.example.com/x");
    assert_eq!(
        (&answer["status"], &answer["body"]),
        (&json!(200), &json!("by TLS")),
        "{answer}"
    );
    let note = format!("mapped host: api.example.com -> {address}, test certificate");
    assert!(notes(&host).contains(&note), "{:?}", notes(&host));
    let blocked = get(&probe, &format!("https://{address}/"));
    assert_eq!(
        blocked["error"], "ssrf_blocked",
        "the address itself stays closed"
    );
    let (_other_host, other) = loaded(mapped("api.example.com"));
    let foreign = get(&Probe(&other, alice()), "https://api.example.com/");
    assert_eq!(
        foreign["error"], "tls_error",
        "the certificate of another host: {foreign}"
    );
}

#[test]
fn the_test_certificate_of_a_data_folder_stays_and_its_key_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let certificate_for = |names: &[&str]| {
        let builder = Host::builder().data_dir(folder.path());
        let mapped = names.iter().fold(builder, |builder, name| {
            builder.map_host(name, "https://127.0.0.1:1")
        });
        let host = mapped.build().unwrap();
        let certificate = host.test_certificate().unwrap();
        let mode = certificate.key.metadata().unwrap().permissions().mode() & 0o777;
        (
            std::fs::read_to_string(&certificate.certificate).unwrap(),
            mode,
        )
    };
    let first = certificate_for(&["a.example"]);
    assert_eq!(first.1, 0o600);
    assert_eq!(certificate_for(&["a.example"]), first);
    assert_ne!(
        certificate_for(&["a.example", "b.example"]).0,
        first.0,
        "it is for other names"
    );
}

#[test]
fn a_mapping_that_cannot_be_read_says_what_is_expected() {
    for wrong in ["example.com:1", "ftp://127.0.0.1:1", "127.0.0.1"] {
        let error = Host::builder()
            .map_host("a.example", wrong)
            .build()
            .unwrap_err()
            .to_string();
        let text = format!(
            "host mapping to {wrong:?} cannot be used: expected an address and port such as \
             127.0.0.1:8080"
        );
        assert!(error.starts_with(&text), "{error}");
    }
}
