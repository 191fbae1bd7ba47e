//! Links the C library of cryptography into the program where there is a static one, so that the
//! program runs on Linux machines with another OpenSSL or none. Where there is none, or it needs
//! more than itself, the shared one is used. Tells the program on what kind of machine it was
//! linked. Has the program compiled again when a template comes or goes.

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=templates");
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    println!(
        "cargo::rustc-env=OSAURUS_BRIDGE_LINKED_ON={}",
        variable("HOST")
    );
    println!(
        "cargo::rustc-env=OSAURUS_BRIDGE_LINKED_FOR={}",
        variable("TARGET")
    );
    let is_here = variable("TARGET") == variable("HOST");
    if variable("CARGO_CFG_TARGET_OS") != "linux" || !is_here {
        return;
    }
    let folder = Path::new(&variable("OUT_DIR")).join("static");
    if let Some(archive) = static_library().filter(|archive| links(archive)) {
        // A folder with nothing else, since the linker prefers a shared library beside it.
        let link = folder.join("libcrypto.a");
        let _ = std::fs::create_dir_all(&folder);
        let _ = std::fs::remove_file(&link);
        if std::os::unix::fs::symlink(archive, link).is_ok() {
            println!("cargo::rustc-link-search=native={}", folder.display());
        }
    }
}

/// Where the C compiler finds it.
fn static_library() -> Option<PathBuf> {
    let output = Command::new("cc")
        .arg("-print-file-name=libcrypto.a")
        .output()
        .ok()?;
    let path = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
    path.is_absolute().then_some(path)
}

/// Whether a program can be linked with it and nothing but the C library.
fn links(archive: &Path) -> bool {
    let folder = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    let source = folder.join("probe.c");
    let text = "int EVP_DigestInit_ex(void *, void *, void *);\nint main(void) \
                { return EVP_DigestInit_ex(0, 0, 0); }\n";
    if std::fs::write(&source, text).is_err() {
        return false;
    }
    let mut cc = Command::new("cc");
    cc.arg(&source)
        .arg(archive)
        .args(["-lpthread", "-ldl", "-o"]);
    cc.arg(folder.join("probe"))
        .output()
        .is_ok_and(|output| output.status.success())
}
