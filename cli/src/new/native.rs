//! Templates of `new` for languages that compile to the library themselves: Rust, C and C++. Their
//! SDKs, which are sources, go into the project.

use super::{Template, write, write_all};
use crate::failure::Failure;
use include_dir::{Dir, include_dir};
use std::path::Path;

pub const RUST: Template = &[
    (
        "Cargo.toml",
        include_str!("../../templates/rust/Cargo.toml"),
    ),
    (
        "manifest.json",
        include_str!("../../templates/rust/manifest.json"),
    ),
    ("src/lib.rs", include_str!("../../templates/rust/lib.rs")),
    ("README.md", include_str!("../../templates/rust/README.md")),
    ("SKILL.md", include_str!("../../templates/rust/SKILL.md")),
    (".gitignore", include_str!("../../templates/rust/gitignore")),
    (
        "vendor/osaurus-plugin/Cargo.toml",
        include_str!("../../templates/rust/osaurus-plugin.toml"),
    ),
    (
        "vendor/osaurus-abi/Cargo.toml",
        include_str!("../../templates/rust/osaurus-abi.toml"),
    ),
    (
        "vendor/osaurus-plugin/LICENSE",
        include_str!("../../../LICENSE"),
    ),
];

pub const C: Template = &[
    ("main.c", include_str!("../../templates/c/main.c")),
    ("Makefile", include_str!("../../templates/c/Makefile")),
    ("README.md", include_str!("../../templates/c/README.md")),
    ("SKILL.md", include_str!("../../templates/c/SKILL.md")),
    (".gitignore", include_str!("../../templates/c/gitignore")),
];

pub const CPP: Template = &[
    ("main.cpp", include_str!("../../templates/cpp/main.cpp")),
    (
        "CMakeLists.txt",
        include_str!("../../templates/cpp/CMakeLists.txt"),
    ),
    ("README.md", include_str!("../../templates/cpp/README.md")),
    ("SKILL.md", include_str!("../../templates/cpp/SKILL.md")),
    (".gitignore", include_str!("../../templates/cpp/gitignore")),
];

static RUST_SDK: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../bridges/rust/src");
static RUST_TABLES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../abi-spec/table/src");
const C_HEADER: &str = include_str!("../../../codegen/generated/c/v6/osaurus_plugin.h");
const CPP_C_HEADER: &str = include_str!("../../../codegen/generated/cpp/osaurus_plugin.h");
const CPP_HEADER: &str = include_str!("../../../codegen/generated/cpp/osaurus_plugin.hpp");

/// Names that a crate cannot have beside the SDK, and words that Rust keeps for itself.
const TAKEN_CRATES: [&str; 12] = [
    "base64",
    "core",
    "libc",
    "osaurus_abi",
    "osaurus_plugin",
    "proc_macro",
    "serde",
    "serde_json",
    "std",
    "test",
    "thiserror",
    "self",
];

/// Whether a crate can have the plugin's name.
pub fn check_crate(name: &str) -> Result<(), Failure> {
    let crate_name = name.to_lowercase().replace('-', "_");
    let begins_well = crate_name.starts_with(|first: char| first.is_ascii_alphabetic());
    if begins_well && !TAKEN_CRATES.contains(&crate_name.as_str()) {
        return Ok(());
    }
    Err(Failure::new(
        format!("{name:?} cannot name a plugin in Rust: its crate would be `{crate_name}`"),
        "choose a name that begins with a letter and that no crate of the SDK has, such as \
         my-notes",
    ))
}

/// The sources of the SDK for Rust.
pub fn vendor_rust(folder: &Path) -> Result<(), Failure> {
    write_all(&folder.join("vendor/osaurus-plugin/src"), &RUST_SDK)?;
    write_all(&folder.join("vendor/osaurus-abi/src"), &RUST_TABLES)
}

/// The header of the ABI.
pub fn vendor_c(folder: &Path) -> Result<(), Failure> {
    write(&folder.join("vendor/osaurus_plugin.h"), C_HEADER.as_bytes())
}

/// The classes for C++, and the header that they include.
pub fn vendor_cpp(folder: &Path) -> Result<(), Failure> {
    write(
        &folder.join("vendor/osaurus_plugin.h"),
        CPP_C_HEADER.as_bytes(),
    )?;
    write(
        &folder.join("vendor/osaurus_plugin.hpp"),
        CPP_HEADER.as_bytes(),
    )
}
