//! The oldest host that a scripted plugin is for, as its project file says: which functions of a
//! version 2 host it may rely on, and whether this host is too old for it. Used by `plugin` and
//! where host calls are refused.
use crate::envelope::Failure;
use osaurus_payload::BridgeConfig;
use osaurus_plugin::{Frame, HostError, V2Revision};

/// The revision of version 2 that the plugin takes a host of version 2 for.
pub fn revision(config: &BridgeConfig) -> V2Revision {
    match config.oldest_host.as_deref() {
        Some("1") => V2Revision::A,
        oldest => oldest
            .and_then(V2Revision::from_name)
            .unwrap_or(V2Revision::E),
    }
}

/// Refuses a call when this host is older than the project file allows.
///
/// # Errors
/// `unavailable`, with both versions.
pub fn check(config: &BridgeConfig, frame: &Frame) -> Result<(), Failure> {
    let Some(oldest) = config.oldest_host.as_deref() else {
        return Ok(());
    };
    let needed: u32 = oldest
        .trim_end_matches(char::is_alphabetic)
        .parse()
        .unwrap_or(1);
    let version = frame.abi_version();
    if needed <= version {
        return Ok(());
    }
    let text = format!(
        "this plugin is for hosts of ABI version {needed} or newer, this host has version \
         {version}: update Osaurus"
    );
    Err(Failure::new("unavailable", text, false))
}

/// An error of a host call in the words of a script's author, who knows the project file and not
/// the Rust crate.
pub fn for_author(error: &HostError) -> String {
    match error {
        HostError::SlotNotInRevision {
            slot,
            needs,
            minimum,
        } => format!(
            "`{}` came with revision {needs} of ABI version 2, and this host says version 2: the project file's oldest host \
             is revision {minimum}, so no version 2 host may be asked for it; do without, or raise the oldest host to {needs}",
            slot.name()
        ),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_file_decides_what_version_2_means() {
        let revisions = [
            None,
            Some("1"),
            Some("2a"),
            Some("2c"),
            Some("2d"),
            Some("2e"),
            Some("6"),
        ]
        .map(|oldest| {
            let oldest_host = oldest.map(str::to_owned);
            revision(&BridgeConfig {
                oldest_host,
                ..BridgeConfig::default()
            })
            .to_string()
        });
        assert_eq!(revisions, ["2e", "2a", "2a", "2c", "2d", "2e", "2e"]);
    }
}
