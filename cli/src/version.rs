//! What `--version` says: the program, what it speaks and what it can build for.

use osaurus_reference_host::OSAURUS_VERSION;

/// Several lines for `--version`; `-V` prints the first.
pub fn long() -> String {
    let levels = osaurus_abi_spec::load().map(|spec| spec.levels());
    let levels = levels.unwrap_or_default();
    let levels: Vec<String> = levels
        .iter()
        .map(osaurus_abi_spec::compare::level_text)
        .collect();
    [
        env!("CARGO_PKG_VERSION").to_owned(),
        format!("host API versions   {}", levels.join(", ")),
        format!("behaves like        Osaurus {OSAURUS_VERSION}"),
        format!(
            "worker protocol     {}",
            osaurus_shim::worker::PROTOCOL_VERSION
        ),
        format!("builds for          {}", targets()),
        format!(
            "SDKs in new plugins osaurus-plugin {} for Python and Node, Swift",
            env!("CARGO_PKG_VERSION")
        ),
    ]
    .join("\n")
}

fn targets() -> String {
    let names: Vec<&str> = crate::parts::present()
        .into_iter()
        .map(|target| target.name())
        .collect();
    match names.as_slice() {
        [] => "nothing: the prebuilt parts are missing".into(),
        names => names.join(", "),
    }
}
