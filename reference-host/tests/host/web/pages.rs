//! Static pages: the mount, files, the entry page, containment, types, the injected script.

use super::site::*;
use crate::support::*;
use osaurus_reference_host::*;
use serde_json::{Value, json};

const INDEX: &[u8] = b"<html><head><title>t</title></head><body>index</body></html>";

fn paged(web: &Value, pages: &[(&str, &[u8])]) -> Site {
    let mut manifest = web_manifest();
    let own = manifest["capabilities"]["web"].as_object_mut().unwrap();
    own.extend(web.as_object().unwrap().clone());
    Site::full(Host::builder(), &manifest, &[], pages)
}

fn plain(pages: &[(&str, &[u8])]) -> Site {
    paged(&json!({}), pages)
}

#[test]
fn the_mount_takes_itself_and_what_is_below_and_nothing_beside() {
    let site = plain(&[("index.html", b"index"), ("a.txt", b"a")]);
    for (path, text) in [
        ("/ui", "index"),
        ("/ui/", "index"),
        ("/ui/a.txt", "a"),
        ("/ui?x=/ui-y", "index"),
    ] {
        let response = site.get(path);
        assert_eq!(
            (response.status, response.text().as_str()),
            (200, text),
            "{path}"
        );
    }
    for beside in ["/ui-other", "/uix/a.txt", "/UI", "/a.txt"] {
        assert_eq!(site.get(beside).status, 404, "{beside}");
    }
}

#[test]
fn a_mount_at_the_root_takes_everything() {
    for mount in ["/", ""] {
        let mut manifest = web_manifest();
        manifest["capabilities"]["web"]["mount"] = json!(mount);
        manifest["capabilities"]["routes"] = json!([]);
        let pages: &[(&str, &[u8])] = &[("index.html", b"index"), ("a.txt", b"a")];
        let site = Site::full(Host::builder(), &manifest, &[], pages);
        assert_eq!(site.get("/").text(), "index");
        assert_eq!(site.get("/a.txt").text(), "a");
        assert_eq!(
            site.get("/echo/1").text(),
            "index",
            "there are no routes beside it"
        );
    }
}

#[test]
fn every_method_is_served_with_type_cache_length_and_close() {
    let site = plain(&[("index.html", b"index"), ("a.txt", b"abc")]);
    for method in ["GET", "POST", "DELETE", "HEAD"] {
        let response = site.send(&site.ask(method, "/ui/a.txt"));
        assert_eq!(
            (response.status, response.text().as_str()),
            (200, "abc"),
            "{method}"
        );
        assert_eq!(response.one("content-type"), "text/plain; charset=utf-8");
        assert_eq!(response.one("cache-control"), "public, max-age=3600");
        assert_eq!(
            (response.one("content-length"), response.one("connection")),
            ("3", "close")
        );
        assert_eq!(response.headers.len(), 4, "{:?}", response.headers);
    }
}

#[test]
fn ranges_and_etags_are_not_known_and_dot_files_not_protected() {
    let site = plain(&[("index.html", b"index"), (".env", b"KEY=1")]);
    let response = site.send(&site.ask("GET", "/ui/.env").header("Range", "bytes=0-1"));
    assert_eq!((response.status, response.text().as_str()), (200, "KEY=1"));
    assert!(response.all("etag").is_empty() && response.all("accept-ranges").is_empty());
}

#[test]
fn a_path_without_a_file_gets_the_entry_page() {
    let site = plain(&[("index.html", b"index")]);
    let response = site.get("/ui/settings/general");
    assert_eq!((response.status, response.text().as_str()), (200, "index"));
    assert_eq!(response.one("content-type"), "text/html; charset=utf-8");
    let site = plain(&[("other.html", b"other")]);
    let response = site.get("/ui/settings");
    assert_eq!(
        (response.status, response.message().as_str()),
        (404, "File not found")
    );
}

#[test]
fn a_path_of_thousands_of_missing_folders_is_refused() {
    let site = plain(&[("index.html", b"index")]);
    let within = site.get(&format!("/ui/{}", "a/".repeat(1500)));
    assert_eq!((within.status, within.text().as_str()), (200, "index"));
    let beyond = site.get(&format!("/ui/{}", "a/".repeat(25_000)));
    assert_eq!(
        (beyond.status, beyond.message().as_str()),
        (403, "Access denied")
    );
}

#[test]
fn a_folder_is_not_a_file() {
    let site = plain(&[("index.html", b"index"), ("sub/index.html", b"sub")]);
    assert_eq!(site.get("/ui/sub").message(), "File not found");
    assert_eq!(site.get("/ui/sub/").message(), "File not found");
    assert_eq!(site.get("/ui/sub/index.html").text(), "sub");
}

#[test]
fn paths_are_not_decoded_and_cannot_name_the_root_of_the_disk() {
    let site = plain(&[
        ("index.html", b"index"),
        ("a b.txt", b"space"),
        ("a%20b.txt", b"raw"),
    ]);
    assert_eq!(site.get("/ui/a%20b.txt").text(), "raw");
    assert_eq!(
        site.get("/ui/%2e%2e/plugin.so").text(),
        "index",
        "no such file"
    );
    assert_eq!(site.get("/ui//etc/hostname").text(), "index");
}

#[test]
fn an_entry_outside_of_the_folder_is_refused() {
    let mut manifest = web_manifest();
    manifest["capabilities"]["web"]["entry"] = json!("../secret.txt");
    let site = Site::full(Host::builder(), &manifest, &[], &[("a.txt", b"a")]);
    std::fs::write(site.folder.path().join("secret.txt"), "secret").unwrap();
    for path in ["/ui", "/ui/none"] {
        assert_eq!(site.get(path).status, 403, "{path}");
    }
}

#[test]
fn links_may_lead_within_the_folder_and_not_out_of_it() {
    let site = plain(&[("index.html", b"index"), ("a.txt", b"a")]);
    let web = site.folder.path().join("web");
    std::fs::write(site.folder.path().join("secret.txt"), "secret").unwrap();
    std::fs::create_dir(site.folder.path().join("web-other")).unwrap();
    let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, web.join(name)).unwrap();
    link("a.txt", "inside.txt");
    link("../secret.txt", "outside.txt");
    link("..", "up");
    link("../web-other", "sibling");
    assert_eq!(site.get("/ui/inside.txt").text(), "a");
    for path in [
        "/ui/outside.txt",
        "/ui/up/secret.txt",
        "/ui/up/none",
        "/ui/sibling/none",
    ] {
        let response = site.get(path);
        assert_eq!(
            (response.status, response.message().as_str()),
            (403, "Access denied"),
            "{path}"
        );
    }
}

#[test]
fn a_web_folder_that_is_a_link_itself_is_served() {
    let site = plain(&[]);
    let real = tempfile::tempdir().unwrap();
    std::fs::write(real.path().join("index.html"), "linked").unwrap();
    std::os::unix::fs::symlink(real.path(), site.folder.path().join("web")).unwrap();
    assert_eq!(site.get("/ui").text(), "linked");
}

#[test]
fn every_extension_has_its_type_in_any_case() {
    let types = [
        ("html", "text/html; charset=utf-8"),
        ("htm", "text/html; charset=utf-8"),
        ("css", "text/css; charset=utf-8"),
        ("js", "application/javascript; charset=utf-8"),
        ("mjs", "application/javascript; charset=utf-8"),
        ("json", "application/json; charset=utf-8"),
        ("txt", "text/plain; charset=utf-8"),
        ("png", "image/png"),
        ("jpg", "image/jpeg"),
        ("jpeg", "image/jpeg"),
        ("gif", "image/gif"),
        ("svg", "image/svg+xml"),
        ("webp", "image/webp"),
        ("ico", "image/x-icon"),
        ("woff", "font/woff"),
        ("woff2", "font/woff2"),
        ("ttf", "font/ttf"),
        ("otf", "font/otf"),
        ("map", "application/json"),
        ("xml", "application/xml"),
        ("wasm", "application/wasm"),
        ("CSS", "text/css; charset=utf-8"),
        ("PnG", "image/png"),
        ("HTML", "text/html; charset=utf-8"),
        ("bin", "application/octet-stream"),
        ("", "application/octet-stream"),
    ];
    let site = plain(&[("index.html", b"index")]);
    for (extension, kind) in types {
        let name = if extension.is_empty() {
            "noextension".into()
        } else {
            format!("file.{extension}")
        };
        std::fs::write(site.folder.path().join("web").join(&name), "x").unwrap();
        assert_eq!(
            site.get(&format!("/ui/{name}")).one("content-type"),
            kind,
            "{name}"
        );
    }
}

#[test]
fn pages_get_their_plugins_id() {
    let site = plain(&[
        ("index.html", INDEX),
        ("b.htm", INDEX),
        ("C.HTML", INDEX),
        ("d.txt", INDEX),
    ]);
    let html = site.get("/ui").text();
    let script = &html[html.find("<script>").unwrap()..html.find("</head>").unwrap()];
    for line in [
        r#"pluginId: "dev.web","#.to_string(),
        r#"baseUrl: "/plugins/dev.web","#.to_string(),
        r#"apiUrl: "/plugins/dev.web/api","#.to_string(),
        format!(r#"agentId: "{}","#, alice().unwrap()),
        "fetch(input, init)".to_string(),
    ] {
        assert!(script.contains(&line), "{line} in {script}");
    }
    assert!(
        html.starts_with("<html><head><title>t</title>\n<script>"),
        "{html}"
    );
    assert_eq!(
        site.get("/ui").one("content-length"),
        html.len().to_string()
    );
    assert!(site.get("/ui/b.htm").text().contains("__osaurus"));
    assert_eq!(
        site.get("/ui/C.HTML").body,
        INDEX,
        "the extension counts as written"
    );
    assert_eq!(site.get("/ui/d.txt").body, INDEX);
}

#[test]
fn the_agent_in_the_page_is_spelled_as_the_client_spelled_it() {
    let site = plain(&[("index.html", INDEX)]);
    let lower = alice().unwrap().to_string().to_lowercase();
    let ask = super::client::Ask::get(&format!("/plugins/{ID}/ui?osr_agent={lower}"));
    assert!(
        site.send(&ask)
            .text()
            .contains(&format!("agentId: \"{lower}\""))
    );
}

#[test]
fn the_api_mount_of_the_manifest_is_the_pages_api_url() {
    let site = paged(&json!({"api_mount": "v2"}), &[("index.html", INDEX)]);
    assert!(
        site.get("/ui")
            .text()
            .contains(r#"apiUrl: "/plugins/dev.web/v2""#)
    );
}

#[test]
fn html_without_an_end_of_head_or_that_is_not_text_stays_as_it_is() {
    let latin: &[u8] = b"<head></head>gr\xfc\xdfe";
    let site = plain(&[("index.html", b"<body></body>"), ("latin.html", latin)]);
    assert_eq!(site.get("/ui").text(), "<body></body>");
    assert_eq!(site.get("/ui/latin.html").body, latin);
}

#[test]
fn a_pages_own_files_need_the_agent_too_and_the_record_explains_it() {
    let site = plain(&[("index.html", INDEX), ("app.js", b"1")]);
    let page = format!(
        "http://localhost/plugins/{ID}/ui?osr_agent={}",
        alice().unwrap()
    );
    let asset = super::client::Ask::get(&format!("/plugins/{ID}/ui/app.js"));
    assert_eq!(site.send(&asset.header("Referer", &page)).status, 401);
    let notes = site.notes();
    assert!(notes[0].contains("Osaurus refuses them too"), "{notes:?}");
}

#[test]
fn pages_come_before_routes_and_need_no_route_handler() {
    let mut manifest = web_manifest();
    manifest["capabilities"]["routes"] = json!([]);
    let site = Site::full(
        Host::builder(),
        &manifest,
        &["NO_ROUTES"],
        &[("index.html", b"index")],
    );
    assert_eq!(site.get("/ui/echo/1").text(), "index");
}
