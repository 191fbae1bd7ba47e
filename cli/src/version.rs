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
            "SDKs in new plugins osaurus-plugin {} for Python, Node, Rust and Swift; headers for C and C++",
            env!("CARGO_PKG_VERSION")
        ),
    ]
    .into_iter()
    .chain(first_run())
    .collect::<Vec<_>>()
    .join("\n")
}

/// For a program that was linked on a system where it cannot run.
fn first_run() -> Option<String> {
    let (linked_on, linked_for) = (
        env!("OSAURUS_BRIDGE_LINKED_ON"),
        env!("OSAURUS_BRIDGE_LINKED_FOR"),
    );
    let is_macos = |triple: &str| triple.contains("apple");
    (is_macos(linked_for) && !is_macos(linked_on)).then(|| {
        format!(
            "linked on           {linked_on}, first run by you: please say what works and what \
                 does not"
        )
    })
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
