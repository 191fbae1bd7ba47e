//! Linking on Apple's systems: no path of the machine that built the shim is in it, and no library
//! that it does not use.

const APPLE: &[&str] = &[
    "-Wl,-install_name,@rpath/libosaurus_shim.dylib",
    "-Wl,-dead_strip_dylibs",
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_VENDOR").is_ok_and(|vendor| vendor == "apple") {
        for argument in APPLE {
            println!("cargo::rustc-link-arg-cdylib={argument}");
        }
    }
}
