//! Linking. On Apple's systems no path of the machine that built the shim is in it, and no library
//! that it does not use. On Linux what a load runs lies side by side.

const APPLE: &[&str] = &[
    "-Wl,-install_name,@rpath/libosaurus_shim.dylib",
    "-Wl,-dead_strip_dylibs",
];

const LOAD_FIRST: &str = "load-first.ld";

/// The one linker for Linux that takes no such files.
fn is_mold() -> bool {
    std::env::var("CARGO_ENCODED_RUSTFLAGS").is_ok_and(|flags| flags.contains("mold"))
}

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={LOAD_FIRST}");
    let folder = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") && !is_mold() {
        println!("cargo::rustc-link-arg-cdylib=-T{folder}/{LOAD_FIRST}");
    }
    if std::env::var("CARGO_CFG_TARGET_VENDOR").is_ok_and(|vendor| vendor == "apple") {
        for argument in APPLE {
            println!("cargo::rustc-link-arg-cdylib={argument}");
        }
    }
}
