//! The fuzzer's program: the environment's `FUZZ_TARGET` says which target its inputs go to.
//! `script/fuzz` builds it.

#![cfg_attr(feature = "libfuzzer", no_main)]

#[cfg(feature = "libfuzzer")]
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    static TARGET: std::sync::LazyLock<fn(&[u8])> = std::sync::LazyLock::new(|| {
        let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
        osaurus_host_fuzz::target(&name).unwrap_or_else(|| {
            let names = osaurus_host_fuzz::TARGETS.map(|(known, _)| known);
            panic!("FUZZ_TARGET is {name:?}, expected one of {names:?}")
        })
    });
    TARGET(data);
});

#[cfg(not(feature = "libfuzzer"))]
fn main() {
    eprintln!("This program fuzzes only when it is built with coverage: run script/fuzz.");
    std::process::exit(2);
}
