//! Two programs that know nothing of the spec read the bindings: bindgen the C headers, cbindgen
//! the Rust table. What they find must be the spec's layout.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use std::fmt::Write as _;
use support::*;

/// bindgen's own layout checks: `["Offset of field: T::m"][offset_of!(T, m) - 8usize];`.
fn found_by_bindgen(bindings: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let flat = bindings.split_whitespace().collect::<Vec<_>>().join(" ");
    for check in flat.split("[\"").skip(1) {
        let number = || {
            let digits = check.split(" - ").nth(1)?.split("usize").next()?;
            digits.parse::<usize>().ok()
        };
        let title = check.split("\"]").next().unwrap_or_default();
        if let Some(field) = title.strip_prefix("Offset of field: ") {
            let field = field.replace("::", ".");
            lines.push(format!("{field} {}", number().expect("an offset")));
        } else if let Some(table) = title.strip_prefix("Size of ") {
            lines.push(format!("{table} {}", number().expect("a size")));
        }
    }
    lines
}

#[test]
fn bindgen_reads_the_spec_layout_from_every_header() {
    let spec = spec();
    for version in VERSIONS {
        let header = header(version);
        let bindings = bindgen::Builder::default()
            .header(text(&header))
            .allowlist_item("(osr|OSR|osaurus)_.*")
            .generate();
        let bindings = bindings.expect("bindgen reads the header").to_string();
        let mut places = found_by_bindgen(&bindings);
        let mut expected = expected_lines(&spec, version);
        places.sort();
        expected.sort();
        assert_eq!(places, expected, "version {version}");
        check_constants(&bindings, version);
    }
}

/// bindgen also sees the constants, each with the value of the spec.
fn check_constants(bindings: &str, version: u32) {
    for group in spec().constants {
        for item in group
            .items
            .iter()
            .filter(|item| item.since.version <= version)
        {
            let name = format!("{}{}", group.c_prefix, item.name.to_uppercase());
            let line = format!("pub const {name}: u32 = {};", item.value);
            assert!(
                bindings.contains(&line),
                "version {version}: no `{line}` in bindgen's output"
            );
        }
    }
}

fn cbindgen_header() -> String {
    let config = cbindgen::Config {
        language: cbindgen::Language::C,
        export: cbindgen::ExportConfig {
            include: vec!["HostApi".to_owned(), "PluginApi".to_owned()],
            ..Default::default()
        },
        ..Default::default()
    };
    let source = root().join("abi-spec/table/src/lib.rs");
    let bindings = cbindgen::Builder::new()
        .with_src(source)
        .with_config(config)
        .generate();
    let mut header = Vec::new();
    bindings
        .expect("cbindgen reads the table")
        .write(&mut header);
    String::from_utf8(header).unwrap()
}

#[test]
fn cbindgen_reads_the_spec_layout_from_the_rust_table() {
    if !have("gcc") {
        return;
    }
    let spec = spec();
    let newest = *VERSIONS.end();
    let mut program = cbindgen_header() + "#include <stddef.h>\n#include <stdio.h>\n";
    program += "int main(void) {\n";
    for (table, layout) in layouts(&spec, newest) {
        let rust = if table == spec.host.c_name {
            "HostApi"
        } else {
            "PluginApi"
        };
        for member in &layout.members {
            let name = &member.name;
            let line = format!("printf(\"{table}.{name} %zu\\n\", offsetof({rust}, {name}));");
            writeln!(program, "{line}").unwrap();
        }
        writeln!(program, "printf(\"{table} %zu\\n\", sizeof({rust}));").unwrap();
    }
    program += "return 0;\n}\n";
    let folder = tempfile::tempdir().unwrap();
    let source = write(folder.path(), "cbindgen.c", &program);
    let executable = folder.path().join("cbindgen");
    printed(
        &run(
            "gcc",
            &[
                "-std=c11",
                "-Wall",
                "-Werror",
                &source,
                "-o",
                text(&executable),
            ],
        ),
        "gcc",
    );
    let printed_places = printed(&run(&executable, &[]), "the program");
    assert_eq!(
        printed_places.lines().collect::<Vec<_>>(),
        expected_lines(&spec, newest)
    );
}

/// The two headers, ours and cbindgen's, must agree on the type of every function: a pointer of
/// one is assigned to the other.
#[test]
fn cbindgen_and_the_c_header_agree_on_every_signature() {
    if !have("gcc") {
        return;
    }
    let spec = spec();
    let ours = std::fs::read_to_string(header(*VERSIONS.end())).unwrap();
    let mut program = ours + &cbindgen_header();
    program += "void agree(osr_host_api* h, HostApi* rh, osr_plugin_api* p, PluginApi* rp) {\n";
    for (ours, theirs, table) in [("h", "rh", &spec.host), ("p", "rp", &spec.plugin)] {
        for slot in table.slots() {
            writeln!(program, "{ours}->{0} = {theirs}->{0};", slot.name).unwrap();
        }
    }
    program += "}\n";
    let folder = tempfile::tempdir().unwrap();
    let source = write(folder.path(), "agree.c", &program);
    let output = run(
        "gcc",
        &["-std=c11", "-Wall", "-Werror", "-fsyntax-only", &source],
    );
    printed(&output, "comparing signatures");
}
