//! Linking on Apple's systems: Python's symbols are looked up in the process that opens the
//! library, which has no path of the machine that built it.

const APPLE: &[&str] = &[
    "-Wl,-undefined,dynamic_lookup",
    "-Wl,-dead_strip_dylibs",
    "-Wl,-install_name,@rpath/libosaurus_python_engine.dylib",
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_VENDOR").is_ok_and(|vendor| vendor == "apple") {
        for argument in APPLE {
            println!("cargo::rustc-link-arg-cdylib={argument}");
        }
    }
}
