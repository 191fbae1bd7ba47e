//! Witnesses that have generated tables of their own: Rust by `offset_of!`, Zig and Go by programs
//! that print.

use crate::{Places, prefixes, support::*};
use osaurus_abi::{HostApi, PluginApi};
use osaurus_abi_spec::{Spec, model::Table};
use std::fmt::Write as _;
use std::mem::{align_of, offset_of, size_of};
use std::process::Command;

/// One line for a member: `osr_host_api.version 0`.
macro_rules! line {
    ($name:literal, $table:ty, $member:ident) => {
        format!(
            "{}.{} {}\n",
            $name,
            stringify!($member),
            offset_of!($table, $member)
        )
    };
}

macro_rules! host_lines {
    ($($member:ident $slot:ident $params:tt -> $result:ident;)*) => {
        [line!("osr_host_api", HostApi, version), $(line!("osr_host_api", HostApi, $member)),*].concat()
    };
}

macro_rules! plugin_lines {
    ($($member:ident),*) => {
        [$(line!("osr_plugin_api", PluginApi, $member)),*].concat()
    };
}

fn size_line<T>(name: &str) -> String {
    format!("{name} {}/{}\n", size_of::<T>(), align_of::<T>())
}

/// Crate `osaurus-abi`.
pub fn rust(spec: &Spec) -> Places {
    let host = osaurus_abi::for_each_host_slot!(host_lines);
    let plugin = plugin_lines!(
        free_string,
        init,
        destroy,
        get_manifest,
        invoke,
        version,
        handle_route,
        on_config_changed,
        on_task_event
    );
    let sizes = size_line::<HostApi>("osr_host_api") + &size_line::<PluginApi>("osr_plugin_api");
    prefixes(spec, &(host + &plugin + &sizes))
}

/// A member of a table by name, at the newest version.
fn members(table: &Table) -> impl Iterator<Item = &str> {
    table.members.iter().map(|member| member.name())
}

/// The generated Zig file.
pub fn zig(spec: &Spec) -> Option<Places> {
    let mut zig = crate::support::zig()?;
    let folder = tempfile::tempdir().unwrap();
    let table =
        std::fs::read_to_string(root().join("codegen/generated/zig/osaurus_plugin.zig")).unwrap();
    write(folder.path(), "osaurus_plugin.zig", &table);
    let mut program =
        "const std = @import(\"std\");\nconst abi = @import(\"osaurus_plugin.zig\");\n".to_owned();
    program += "pub fn main() void {\n";
    for (table, ty) in [(&spec.host, "abi.HostApi"), (&spec.plugin, "abi.PluginApi")] {
        let name = &table.c_name;
        for member in members(table) {
            let value = format!("@offsetOf({ty}, \"{member}\")");
            writeln!(
                program,
                "std.debug.print(\"{name}.{member} {{d}}\\n\", .{{{value}}});"
            )
            .unwrap();
        }
        let both = format!(".{{ @sizeOf({ty}), @alignOf({ty}) }}");
        writeln!(
            program,
            "std.debug.print(\"{name} {{d}}/{{d}}\\n\", {both});"
        )
        .unwrap();
    }
    let file = write(folder.path(), "main.zig", &(program + "}\n"));
    zig.args([
        "run",
        "-lc",
        &file,
        "--cache-dir",
        text(&folder.path().join("cache")),
    ]);
    let output = zig.output().unwrap();
    printed(&output, "zig");
    Some(prefixes(spec, &String::from_utf8_lossy(&output.stderr)))
}

/// The table file of the generated Go package, which needs no cgo.
pub fn go(spec: &Spec) -> Option<Places> {
    if !have_go() {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let table =
        std::fs::read_to_string(root().join("codegen/generated/go/osaurus_table.go")).unwrap();
    let table = table.replacen("package osaurus", "package main", 1);
    write(folder.path(), "osaurus_table.go", &table);
    write(folder.path(), "go.mod", "module layout\n\ngo 1.18\n");
    let mut program =
        "package main\n\nimport (\n\"fmt\"\n\"unsafe\"\n)\n\nfunc main() {\n".to_owned();
    for (table, ty) in [(&spec.host, "HostTable{}"), (&spec.plugin, "PluginTable{}")] {
        let name = &table.c_name;
        for member in members(table) {
            let field: String = member.split('_').map(capitalised).collect();
            let offset = format!("unsafe.Offsetof({ty}.{field})");
            writeln!(program, "fmt.Println(\"{name}.{member}\", {offset})").unwrap();
        }
        let both = format!("unsafe.Sizeof({ty}), unsafe.Alignof({ty})");
        writeln!(program, "fmt.Printf(\"{name} %d/%d\\n\", {both})").unwrap();
    }
    write(folder.path(), "main.go", &(program + "}\n"));
    let output = Command::new("go")
        .args(["run", "."])
        .current_dir(folder.path())
        .output()
        .unwrap();
    Some(prefixes(spec, &printed(&output, "go run")))
}

fn capitalised(word: &str) -> String {
    word[..1].to_uppercase() + &word[1..]
}
