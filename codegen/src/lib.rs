//! Spec in, files out: bindings, schemas and documents of the Osaurus plugin ABI.
//!
//! [`generate`] is pure: no I/O, no clock, no environment, the same spec gives the same bytes.
//! Only [`stale_files`] and [`write_committed`] touch the disk, for `osaurus-bridge gen`.
//! Knows the spec's model and nothing of the shim, the bridges or the reference host.

mod agents;
mod c;
mod c_test_host;
mod cpp;
mod go;
mod json_schema;
mod markdown;
mod names;
mod outputs;
mod phrases;
mod python;
mod rust_table;
mod swift;
mod target;
mod text;
mod types;
mod typescript;
mod view;
mod worker;
mod zig;

pub use outputs::{
    GEN_COMMAND, GENERATED_FOLDERS, Stale, StaleReason, committed, stale_files, write_committed,
};
pub use target::{Error, Files, Options, Target};

use osaurus_abi_spec::model::Spec;

/// Makes the files of one target, named relative to the folder they belong in.
///
/// Fails when `options.level` is not in the spec, or when the spec names a record or an
/// enumeration that it does not define.
pub fn generate(spec: &Spec, target: Target, options: Options) -> Result<Files, Error> {
    types::check(spec)?;
    match target {
        Target::C => {
            options.check(spec)?;
            let header = c::generate(spec, &options.level)?;
            c_test_host::beside(header, spec, &options.level)
        }
        Target::Cpp => {
            options.check(spec)?;
            let headers = cpp::generate(spec, options.whole_version()?)?;
            c_test_host::beside(headers, spec, &options.level)
        }
        Target::Go => go::generate(spec),
        Target::Zig => zig::generate(spec),
        Target::RustTable => rust_table::generate(spec),
        Target::Python => python::generate(spec),
        Target::TypeScript => typescript::generate(spec),
        Target::Swift => swift::generate(spec),
        Target::JsonSchema => json_schema::generate(spec),
        Target::Markdown => documents(spec, Files::new()),
        Target::Agents => agents::generate(spec),
    }
}

/// The documents of the spec and, with them, pages of others (paths below docs/) whose links to the
/// reference are bare anchors such as `](#host-log)`.
///
/// Fails as [`generate`] does, and when a page links to an anchor that none has.
pub fn documents(spec: &Spec, others: Files) -> Result<Files, Error> {
    types::check(spec)?;
    markdown::generate(spec, others)
}
