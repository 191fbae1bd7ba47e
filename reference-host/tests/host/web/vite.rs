//! The dev proxy in front of a real Vite: pages load through it, and an edited file is there at the
//! next request. Needs node and npm; without them it is skipped, in CI it fails.

use super::site::*;
use osaurus_reference_host::*;
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Ends the development server with the test.
struct Vite {
    process: Child,
    url: String,
}

impl Drop for Vite {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Says why there is no Vite here, or fails where there must be one.
pub fn node_is_missing() -> bool {
    let runs = |tool: &str| Command::new(tool).arg("--version").output().is_ok();
    if runs("node") && runs("npm") {
        return false;
    }
    let advice = "node and npm are missing: script/setup installs them";
    assert!(std::env::var_os("CI").is_none(), "{advice}");
    eprintln!("skipped: {advice}");
    true
}

/// A copy of the fixture with Vite installed in it.
fn project() -> tempfile::TempDir {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vite");
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "package.json",
        "package-lock.json",
        "vite.config.js",
        "index.html",
        "main.js",
        "style.css",
    ] {
        std::fs::copy(fixture.join(name), folder.path().join(name)).unwrap();
    }
    let installed = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_ok(&installed);
    folder
}

use crate::support::assert_ok;

/// Starts Vite below the address that its pages have at the host.
fn start(project: &Path) -> Vite {
    let program: PathBuf = project.join("node_modules/vite/bin/vite.js");
    let base = format!("/plugins/{ID}/ui/");
    let mut process = Command::new("node")
        .arg(program)
        .args(["--host", "127.0.0.1", "--port", "0", "--base", &base])
        .current_dir(project)
        .env("NO_COLOR", "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let mut lines = lines.map_while(Result::ok);
    let line = lines.find(|line| line.contains("http://"));
    let line = line.unwrap();
    let url = line[line.find("http://").unwrap()..].trim().to_string();
    std::thread::spawn(move || lines.count());
    Vite { process, url }
}

#[test]
fn pages_come_through_the_proxy_and_edits_show_at_the_next_poll() {
    if node_is_missing() {
        return;
    }
    let project = project();
    let vite = start(project.path());
    let site = Site::with(Host::builder(), &web_manifest());
    let config = site.host.data_dir().join("config");
    std::fs::create_dir_all(&config).unwrap();
    let setting = json!({"plugin_id": ID, "web_proxy": vite.url});
    std::fs::write(config.join("dev-proxy.json"), setting.to_string()).unwrap();

    let page = site.get("/ui/");
    let html = page.text();
    assert_eq!(page.status, 200, "{html}");
    assert!(html.contains("window.__osaurus"), "{html}");
    assert!(
        html.contains(&format!("/plugins/{ID}/ui/@vite/client")),
        "{html}"
    );
    for (path, kind) in [
        ("/ui/@vite/client", "javascript"),
        ("/ui/main.js", "javascript"),
        ("/ui/style.css", "javascript"),
    ] {
        let file = site.get(path);
        assert_eq!(file.status, 200, "{path}: {}", file.text());
        assert!(
            file.one("content-type").contains(kind),
            "{path}: {:?}",
            file.headers
        );
    }
    let ping = site.ask("GET", "/ui/").header("Accept", "text/x-vite-ping");
    assert_eq!(
        site.send(&ping).status,
        204,
        "how Vite's client asks whether to reload"
    );

    assert!(site.get("/ui/main.js").text().contains("first words"));
    let source = std::fs::read_to_string(project.path().join("main.js")).unwrap();
    let edited = source.replace("first words", "other words");
    std::fs::write(project.path().join("main.js"), edited).unwrap();
    eventually("the edited file", || {
        site.get("/ui/main.js")
            .text()
            .contains("other words")
            .then_some(())
    });
}
