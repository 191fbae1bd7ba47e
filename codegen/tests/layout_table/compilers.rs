//! Witnesses that read C: gcc, clang and bindgen, on the committed headers; for the revisions of version 2 that have no
//! header of their own, on structs with their members.

use crate::{Places, support::*, tables};
use osaurus_abi_spec::{Spec, compare::slot_named, model::Since};
use std::fmt::Write as _;

/// Levels that one header stands for, with the C name of each table at that level.
fn by_header(spec: &Spec) -> Vec<(u32, Vec<Since>)> {
    let of_version = |version: u32| {
        let levels = spec.levels().into_iter();
        (
            version,
            levels.filter(|level| level.version == version).collect(),
        )
    };
    VERSIONS.map(of_version).collect()
}

/// The struct's name: the header's own for a version and for the last revision.
fn type_name(level: &Since, table: &str) -> String {
    match level.revision.as_deref() {
        None | Some("2e") => table.to_owned(),
        Some(revision) => format!("osr_rev{revision}_{table}"),
    }
}

/// The header, and structs for the revisions that it does not have.
fn source(spec: &Spec, version: u32, levels: &[Since]) -> String {
    let mut source = format!("#include \"{}\"\n", header(version).display());
    for level in levels {
        for (table, layout) in tables(spec, level) {
            let name = type_name(level, &table);
            if name == table {
                continue;
            }
            let of = if table == spec.host.c_name {
                &spec.host
            } else {
                &spec.plugin
            };
            writeln!(source, "typedef struct {name} {{").unwrap();
            for member in &layout.members {
                let slot = slot_named(spec, of, &member.name);
                let declared =
                    slot.map_or("uint32_t version".to_owned(), |slot| slot.c_declaration());
                writeln!(source, "    {declared};").unwrap();
            }
            writeln!(source, "}} {name};").unwrap();
        }
    }
    source
}

/// What a program prints that this compiler built; nothing where the compiler is missing.
pub fn measured_by(spec: &Spec, compiler: &str) -> Option<Places> {
    if !have(compiler) {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut places = Places::new();
    for (version, levels) in by_header(spec) {
        let program = source(spec, version, &levels) + &printing(spec, &levels);
        let file = write(folder.path(), "layout.c", &program);
        let built = folder.path().join("layout");
        let strict = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"];
        let arguments: Vec<&str> = strict
            .into_iter()
            .chain(["-o", text(&built), &file])
            .collect();
        printed(
            &run(compiler, &arguments),
            &format!("{compiler} on version {version}"),
        );
        let lines = printed(&run(&built, &[]), "the program");
        places.extend(lines.lines().map(|line| {
            let (row, place) = line.rsplit_once(' ').unwrap();
            (row.to_owned(), place.to_owned())
        }));
    }
    Some(places)
}

fn printing(spec: &Spec, levels: &[Since]) -> String {
    let mut program = "#include <stdio.h>\nint main(void) {\n".to_owned();
    for level in levels {
        for (table, layout) in tables(spec, level) {
            let ty = type_name(level, &table);
            for name in layout.members.iter().map(|member| &member.name) {
                let row = format!("{level} {table}.{name}");
                writeln!(program, "printf(\"{row} %zu\\n\", offsetof({ty}, {name}));").unwrap();
            }
            let both = format!("sizeof({ty}), _Alignof({ty})");
            writeln!(program, "printf(\"{level} {table} %zu/%zu\\n\", {both});").unwrap();
        }
    }
    program + "return 0;\n}\n"
}

/// What bindgen asserts about the structs that libclang shows it.
pub fn read_by_bindgen(spec: &Spec) -> Places {
    let mut places = Places::new();
    for (version, levels) in by_header(spec) {
        let bindings = bindgen::Builder::default()
            .header_contents("layout.h", &source(spec, version, &levels))
            .allowlist_type("osr_.*")
            .generate()
            .expect("bindgen reads the header");
        let facts = facts(&bindings.to_string());
        for level in &levels {
            for (table, _) in tables(spec, level) {
                let ty = type_name(level, &table);
                places.extend(of_type(&facts, &ty, &format!("{level} {table}")));
            }
        }
    }
    places
}

/// bindgen's layout checks: `["Offset of field: T::m"][offset_of!(T, m) - 8usize];`.
fn facts(bindings: &str) -> Vec<(String, usize)> {
    let flat = bindings.split_whitespace().collect::<Vec<_>>().join(" ");
    let checks = flat.split("[\"").skip(1).filter_map(|check| {
        let title = check.split("\"]").next()?;
        let number = check.split(" - ").nth(1)?.split("usize").next()?;
        Some((title.to_owned(), number.parse().ok()?))
    });
    checks.collect()
}

fn of_type(facts: &[(String, usize)], ty: &str, row: &str) -> Places {
    let fact = |title: String| {
        facts
            .iter()
            .find(|(found, _)| *found == title)
            .map(|(_, n)| *n)
    };
    let field = format!("Offset of field: {ty}::");
    let offsets = facts.iter().filter_map(|(title, number)| {
        let member = title.strip_prefix(&field)?;
        Some((format!("{row}.{member}"), number.to_string()))
    });
    let mut places: Places = offsets.collect();
    if let (Some(size), Some(align)) = (
        fact(format!("Size of {ty}")),
        fact(format!("Alignment of {ty}")),
    ) {
        places.insert(row.to_owned(), format!("{size}/{align}"));
    }
    places
}
