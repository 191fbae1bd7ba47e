//! What the user's C compiler makes of a header: the header is preprocessed to learn the members'
//! names, then a small program is compiled that prints where each lies. A C compiler is all it
//! takes, and it is the one that will build the plugin; reading the header with libclang would need
//! a second installation that may lay structs out otherwise.

use super::members::{self, Struct};
use crate::failure::{Failure, OrFail};
use osaurus_abi_spec::compare::{FoundMember, FoundTable, slot_named};
use osaurus_abi_spec::model::{Spec, Table};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What the compiler found in a header.
#[derive(Debug, Default)]
pub struct Measured {
    /// The tables that it declares, the host's first.
    pub tables: Vec<FoundTable>,
    /// The spec's constants that it defines.
    pub constants: BTreeMap<String, i64>,
}

/// Measures the tables of a header with `CC`, or `cc` when that is not set.
pub fn measure(spec: &Spec, header: &Path) -> Result<Measured, Failure> {
    let header = header.canonicalize().or_fail(
        format!("cannot read {}", header.display()),
        "name a C header: osaurus-bridge abi verify osaurus_plugin.h",
    )?;
    let folder = tempfile::tempdir().or_fail("cannot make a temporary folder", "")?;
    let compiler = Compiler::new(folder.path());
    let source = compiler.preprocessed(&header)?;
    let tables = [&spec.host, &spec.plugin];
    let tables_in_header: Vec<(&Table, Struct)> = tables
        .into_iter()
        .filter_map(|table| Some((table, members::find(&source, &table.c_name)?)))
        .collect();
    if tables_in_header.is_empty() {
        return Err(Failure::new(
            format!(
                "{} declares neither {} nor {}",
                header.display(),
                spec.host.c_name,
                spec.plugin.c_name
            ),
            "give the tables of your mirror these names, or name the header that declares them",
        ));
    }
    let printed = compiler.run(&probe(spec, &header, &tables_in_header))?;
    Ok(read(&printed))
}

struct Compiler {
    program: String,
    arguments: Vec<String>,
    folder: PathBuf,
}

impl Compiler {
    fn new(folder: &Path) -> Self {
        let words = std::env::var("CC").unwrap_or_default();
        let mut words = words.split_whitespace().map(str::to_owned);
        Self {
            program: words.next().unwrap_or_else(|| "cc".to_owned()),
            arguments: words.collect(),
            folder: folder.to_path_buf(),
        }
    }

    fn call(&self, arguments: &[&str]) -> Result<Output, Failure> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).args(arguments);
        command.current_dir(&self.folder);
        command.output().or_fail(
            format!("cannot run the C compiler `{}`", self.program),
            "install one (Debian: gcc, macOS: xcode-select --install), or set CC to its path",
        )
    }

    fn preprocessed(&self, header: &Path) -> Result<String, Failure> {
        self.write("header.c", &includes(header))?;
        let output = self.call(&["-std=gnu11", "-E", "-P", "header.c"])?;
        compiled(&output, header.display())?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn run(&self, program: &str) -> Result<String, Failure> {
        self.write("probe.c", program)?;
        let output = self.call(&["-std=gnu11", "-w", "-o", "probe", "probe.c"])?;
        compiled(&output, "the header")?;
        let output = Command::new(self.folder.join("probe")).output();
        let output =
            output.or_fail("cannot run what the compiler made", "use a native compiler")?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn write(&self, name: &str, text: &str) -> Result<(), Failure> {
        std::fs::write(self.folder.join(name), text).or_fail("cannot write a temporary file", "")
    }
}

fn compiled(output: &Output, what: impl std::fmt::Display) -> Result<(), Failure> {
    if output.status.success() {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    let first: Vec<&str> = errors
        .lines()
        .filter(|line| line.contains("error"))
        .take(5)
        .collect();
    let excerpt = if first.is_empty() {
        errors.trim().to_owned()
    } else {
        first.join("\n")
    };
    Err(Failure::new(
        format!("{what} does not compile as C:\n{excerpt}"),
        "fix these first; a header that needs C++ or flags of its own cannot be measured",
    ))
}

fn includes(header: &Path) -> String {
    let name = header
        .display()
        .to_string()
        .replace('\\', "\\\\")
        .replace('"', "\\\"");
    format!("#include <stddef.h>\n#include <stdint.h>\n#include <stdio.h>\n#include \"{name}\"\n")
}

/// Prints `T table size align`, `M table member offset size fits` and `C constant value`.
fn probe(spec: &Spec, header: &Path, found: &[(&Table, Struct)]) -> String {
    let mut program = includes(header) + "int main(void) {\n";
    for (table, one) in found {
        let (c_name, ty) = (&table.c_name, &one.type_name);
        let _ = writeln!(
            program,
            "printf(\"T {c_name} %zu %zu\\n\", sizeof({ty}), __alignof__({ty}));"
        );
        for member in &one.members {
            let fits = fits(spec, table, ty, member);
            let _ = writeln!(
                program,
                "printf(\"M {c_name} {member} %zu %zu %d\\n\", offsetof({ty}, {member}), \
                 sizeof((({ty}*)0)->{member}), {fits});"
            );
        }
    }
    for name in constant_names(spec).chain(later_versions(spec)) {
        let _ = writeln!(
            program,
            "#ifdef {name}\nprintf(\"C {name} %ld\\n\", (long)({name}));\n#endif"
        );
    }
    program + "return 0;\n}\n"
}

/// Whether a member's type is the spec's: 1 or 0, or for names that the spec does not know, 1.
fn fits(spec: &Spec, table: &Table, ty: &str, member: &str) -> String {
    let of_slot = slot_named(spec, table, member).map(osaurus_abi_spec::model::Slot::c_signature);
    let signature = match of_slot {
        Some(signature) => signature.replace("osr_plugin_ctx_t", "void*"),
        None if member == "version" => "uint32_t".to_owned(),
        None => return "1".to_owned(),
    };
    format!("__builtin_types_compatible_p(__typeof__((({ty}*)0)->{member}), {signature})")
}

/// The C names of the spec's constants.
pub fn constant_names(spec: &Spec) -> impl Iterator<Item = String> {
    spec.constants.iter().flat_map(|group| {
        let name = |item: &osaurus_abi_spec::model::Constant| {
            format!("{}{}", group.c_prefix, item.name.to_uppercase())
        };
        group.items.iter().map(name)
    })
}

/// Names that headers of versions after the spec's would have.
fn later_versions(spec: &Spec) -> impl Iterator<Item = String> {
    let newest = spec.versions.iter().map(|version| version.number).max();
    let next = newest.unwrap_or(0) + 1;
    (next..next + 10).map(|number| format!("OSR_ABI_VERSION_{number}"))
}

fn read(printed: &str) -> Measured {
    let mut measured = Measured::default();
    for line in printed.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |at: usize| {
            words
                .get(at)
                .and_then(|word| word.parse().ok())
                .unwrap_or(0)
        };
        match words[..] {
            ["T", name, ..] => measured.tables.push(FoundTable {
                c_name: name.to_owned(),
                members: Vec::new(),
                size: number(2),
                align: number(3),
            }),
            ["M", _, name, ..] => {
                if let Some(table) = measured.tables.last_mut() {
                    table.members.push(FoundMember {
                        name: name.to_owned(),
                        offset: number(3),
                        size: number(4),
                        type_fits: number(5) == 1,
                    });
                }
            }
            ["C", name, value] => {
                measured
                    .constants
                    .insert(name.to_owned(), value.parse().unwrap_or(i64::MIN));
            }
            _ => {}
        }
    }
    measured
}
