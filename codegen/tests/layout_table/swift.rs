//! Swift's `MemoryLayout` of the structs that it imports from the header of each level.

use crate::{Places, compilers, support::*, tables};
use osaurus_abi_spec::{Spec, model::Since};
use std::fmt::Write as _;
use std::path::Path;

/// Builds and runs each level's program; the second argument says how.
const SCRIPT: &str = "set -e\nfor header in *.h; do level=${header%.h}\n\
    swiftc -warnings-as-errors -import-objc-header $header $level/main.swift -o layout 1>&2\n./layout\ndone\n";

/// What Swift programs print; nothing where there is no Swift.
pub fn measured(spec: &Spec) -> Option<Places> {
    let mut shell = swift_shell()?;
    let folder = tempfile::tempdir().unwrap();
    for level in spec.levels() {
        compilers::write_header(spec, &level, folder.path());
        write_program(spec, &level, folder.path());
    }
    shell.arg(SCRIPT).current_dir(folder.path());
    Some(compilers::read(&printed(&shell.output().unwrap(), "Swift")))
}

fn write_program(spec: &Spec, level: &Since, folder: &Path) {
    let mut program = String::new();
    for (table, layout) in tables(spec, level) {
        let measured = format!("MemoryLayout<{table}>");
        for name in layout.members.iter().map(|member| &member.name) {
            let offset = format!("{measured}.offset(of: \\.`{name}`) ?? -1");
            writeln!(program, "print(\"{level} {table}.{name}\", {offset})").unwrap();
        }
        let both = format!("\\({measured}.size)/\\({measured}.alignment)");
        writeln!(program, "print(\"{level} {table} {both}\")").unwrap();
    }
    write(folder, &format!("{level}/main.swift"), &program);
}
