//! What the guard refuses, in which profile, and with which words.

use super::*;

fn client(profile: Profile) -> HttpClient {
    let mapped = HashMap::from([(
        "api.example.com".to_string(),
        "127.0.0.1:1".parse().unwrap(),
    )]);
    let resolver = GuardedResolver {
        mapped: HashMap::new(),
        only_mapped: false,
        strict: profile.stricter(),
        system: DefaultResolver::default(),
    };
    HttpClient {
        agent: guarded_agent(resolver, &Faults::new(None), RootCerts::WebPki),
        test_agent: None,
        test_certificate: None,
        mapped,
        profile,
    }
}

fn refused(profile: Profile, url: &str) -> Option<String> {
    let parsed = url::Url::parse(url).unwrap();
    client(profile)
        .refusal(url, &parsed)
        .map(|refusal| refusal.to_string())
}

#[test]
fn the_text_check_is_osaurus_own() {
    for (url, word) in [
        ("http://LOCALHOST/x", "loopback"),
        ("http://127.8.9.1:99/", "loopback"),
        ("http://user@10.0.0.1/", "RFC1918"),
        ("http://172.31.0.1/", "RFC1918"),
        ("http://169.254.169.254/latest", "cloud metadata"),
        ("http://[fe80::1]/", "link-local"),
        ("http://[fd00::1]/", "unique-local"),
        ("http://[fc12::1]/", "unique-local"),
        ("http://[::]/", "unspecified"),
        ("http://[::ffff:10.0.0.1]/", "IPv6-mapped"),
        ("http://[::10.0.0.1]/", "IPv6-mapped"),
        ("http://192.168.1.1/", "RFC1918"),
        ("http://0.1.2.3/", "unspecified"),
        ("http://100.64.0.1/", "carrier-grade"),
        ("http://239.1.1.1/", "multicast"),
        ("http://ip6-localhost/", "loopback"),
        ("http://ip6-loopback/", "loopback"),
        ("http://10.0.0.1.nip.io/", "RFC1918"),
        ("data:text/plain,x", "Missing host"),
    ] {
        let text = refused(Profile::OsaurusExact, url).unwrap_or_default();
        assert!(text.contains(word), "{url}: {text:?}");
    }
    for url in [
        "http://172.32.0.1/",
        "http://100.128.0.1/",
        "http://192.0.1.1/",
        "http://198.20.0.1/",
        "http://223.255.255.255/",
        "http://[2001:200::1]/",
        "http://[2606:4700::1]/",
        "http://[64:ff9b::101:101]/",
        "ftp://example.org:21/",
        "http://example.org/",
    ] {
        assert_eq!(refused(Profile::Actual, url), None, "{url}");
    }
    assert_eq!(
        refused(Profile::Actual, "http://api.example.com/"),
        None,
        "a mapped name"
    );
}

#[test]
fn stricter_closes_the_gaps_and_can_be_turned_off() {
    for url in [
        "http://[feb0::1]/",
        "http://[0:0:0:0:0:0:0:1]/",
        "http://[::ffff:7f00:1]/",
        "http://2130706433/",
        "http://127.1/",
        "http://localhost./",
        "http://x.localhost/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://[::7f00:1]/",
        "http://[64:ff9b::a00:1]/",
        "http://[2002:a00:1::]/",
        "http://[ff02::1]/",
        "http://255.255.255.255/",
        "http://240.0.0.1/",
        "http://198.19.0.1/",
        "http://192.0.0.8/",
        "http://192.0.2.1/",
        "http://192.88.99.1/",
        "http://198.51.100.1/",
        "http://203.0.113.9/",
        "http://[2001:db8::1]/",
        "http://[2001::1]/",
        "http://[2001:2::1]/",
        "http://[2001:20::1]/",
        "http://[3fff::1]/",
        "http://[5f00::1]/",
        "http://[64:ff9b:1::1]/",
        "http://[100::1]/",
        "http://[fec0::1]/",
        "http://[::ffff:0:7f00:1]/",
        "http://[2002:c000:201::]/",
    ] {
        assert_eq!(
            refused(Profile::OsaurusExact, url),
            None,
            "{url} passes in Osaurus"
        );
        assert!(
            refused(Profile::Actual, url).is_some_and(|text| text.contains("SSRF protection")),
            "{url}"
        );
    }
}

#[test]
fn the_documents_refuse_all_link_local_addresses() {
    let parsed = url::Url::parse("http://[feb0::1]/").unwrap();
    let of = |profile| client(profile).refusal("http://[feb0::1]/", &parsed);
    assert!(of(Profile::Documented).is_some_and(|refusal| !refusal.stricter));
    assert!(of(Profile::Actual).is_some_and(|refusal| refusal.stricter));
    assert_eq!(of(Profile::OsaurusExact), None);
}

/// The text check is left out on purpose: this is what stops a public name with a private address.
#[test]
fn a_name_that_resolves_to_this_machine_is_refused_at_connect_time() {
    let error = client(Profile::Actual)
        .agent
        .get("http://localhost:1/")
        .call()
        .unwrap_err();
    let refusal = refusal_in(&error).unwrap_or_else(|| panic!("{error}"));
    assert!(refusal.stricter);
    assert_eq!(
        refusal.to_string(),
        "Requests to loopback addresses are blocked (SSRF protection)"
    );
    let error = client(Profile::OsaurusExact)
        .agent
        .get("http://localhost:1/")
        .call()
        .unwrap_err();
    assert!(
        matches!(error, ureq::Error::Io(_)) && refusal_in(&error).is_none(),
        "{error}"
    );
}
