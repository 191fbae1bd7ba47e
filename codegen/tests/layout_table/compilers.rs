//! Witnesses that read C: gcc, clang and bindgen, on the header that is generated for each level.

use crate::{Places, support::*, tables};
use osaurus_abi_spec::{Spec, model::Since};
use osaurus_codegen::{Options, Target, generate};
use std::fmt::Write as _;
use std::path::Path;

/// Writes the header of a level into a folder, as `v2a.h`; its path.
pub fn write_header(spec: &Spec, level: &Since, folder: &Path) -> String {
    let options = Options {
        level: level.clone(),
    };
    let files = generate(spec, Target::C, options).unwrap();
    let text = files.values().next().expect("a header");
    write(folder, &format!("{level}.h"), text)
}

/// What a program prints that this compiler built; nothing where the compiler is missing.
pub fn measured_by(spec: &Spec, compiler: &str) -> Option<Places> {
    if !have(compiler) {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut places = Places::new();
    for level in spec.levels() {
        let header = write_header(spec, &level, folder.path());
        let program = format!("#include \"{header}\"\n{}", printing(spec, &level));
        let file = write(folder.path(), "layout.c", &program);
        let executable = folder.path().join("layout");
        let strict = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"];
        let arguments: Vec<&str> = strict
            .into_iter()
            .chain(["-o", text(&executable), &file])
            .collect();
        printed(
            &run(compiler, &arguments),
            &format!("{compiler} on {level}"),
        );
        places.extend(read(&printed(&run(&executable, &[]), "the program")));
    }
    Some(places)
}

/// Lines `row place`.
pub fn read(lines: &str) -> Places {
    let pair = |line: &str| {
        let (row, place) = line.rsplit_once(' ').unwrap();
        (row.to_owned(), place.to_owned())
    };
    lines.lines().map(pair).collect()
}

fn printing(spec: &Spec, level: &Since) -> String {
    let mut program = "#include <stdio.h>\nint main(void) {\n".to_owned();
    for (table, layout) in tables(spec, level) {
        for name in layout.members.iter().map(|member| &member.name) {
            let row = format!("{level} {table}.{name}");
            writeln!(
                program,
                "printf(\"{row} %zu\\n\", offsetof({table}, {name}));"
            )
            .unwrap();
        }
        let both = format!("sizeof({table}), _Alignof({table})");
        writeln!(program, "printf(\"{level} {table} %zu/%zu\\n\", {both});").unwrap();
    }
    program + "return 0;\n}\n"
}

/// What bindgen asserts about the structs that libclang shows it.
pub fn read_by_bindgen(spec: &Spec) -> Places {
    let folder = tempfile::tempdir().unwrap();
    let mut places = Places::new();
    for level in spec.levels() {
        let bindings = bindgen::Builder::default()
            .header(write_header(spec, &level, folder.path()))
            .allowlist_type("osr_.*")
            .generate()
            .expect("bindgen reads the header");
        let facts = facts(&bindings.to_string());
        for (table, _) in tables(spec, &level) {
            places.extend(of_type(&facts, &table, &format!("{level} {table}")));
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
