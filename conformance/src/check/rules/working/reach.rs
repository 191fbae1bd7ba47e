//! Whether routes that are meant for other machines can be reached from there.

use crate::check::case::Case;
use crate::check::evidence::Evidence;
use crate::check::outcome::{Verdict, verdict};
use crate::check::rules::manifest::{list, text};
use osaurus_abi::text::TUNNEL_URL_KEY;
use serde_json::Value;

/// `route-unreachable`
pub(super) fn unreachable(case: &Case) -> Verdict {
    let asks = asks_for_tunnel(case)?;
    verdict(hidden(case.manifest_json()?, asks))
}

/// Whether it wants to know its address for others.
fn asks_for_tunnel(case: &Case) -> Result<bool, crate::check::outcome::Problem> {
    let mut keys_read = case.usual()?.host_calls("config_get");
    let named = |script: &crate::check::script::Script| script.names(TUNNEL_URL_KEY);
    Ok(keys_read.any(|call| call.text(0) == TUNNEL_URL_KEY) || case.script().is_some_and(named))
}

/// Routes that check who calls are for others, and open ones of a plugin that tells others where it
/// is.
fn hidden(manifest: &Value, asks_for_tunnel: bool) -> Vec<Evidence> {
    let routes = list(&manifest["capabilities"]["routes"]).iter().enumerate();
    let for_others = routes.filter_map(|(index, route)| {
        let why = match text(route, "auth")? {
            "verify" => "checks who calls (`auth` is `verify`)",
            "none" if asks_for_tunnel => {
                "is open to all, and the plugin asks for its tunnel's address"
            }
            _ => return None,
        };
        (route["tunnel_exposed"] != true).then_some((index, route, why))
    });
    let sentence = |(index, route, why): (usize, &Value, &str)| {
        let path = text(route, "path").unwrap_or_default();
        Evidence::new(format!(
            "`capabilities.routes[{index}]` ({path}) {why}; without `tunnel_exposed` no one \
             outside this machine reaches it"
        ))
    };
    for_others.map(sentence).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_webhook_is_exposed_and_what_is_for_this_machine_need_not_be() {
        let with = |route: Value| json!({"capabilities": {"routes": [route]}});
        let count = |route: Value, asks| hidden(&with(route), asks).len();
        let hook = json!({"path": "/hook", "auth": "verify"});
        assert_eq!(count(hook.clone(), false), 1);
        let mut exposed = hook;
        exposed["tunnel_exposed"] = true.into();
        assert_eq!(count(exposed, true), 0);
        assert_eq!(count(json!({"path": "/", "auth": "owner"}), true), 0);
        assert_eq!(count(json!({"path": "/", "auth": "none"}), true), 1);
        assert_eq!(count(json!({"path": "/", "auth": "none"}), false), 0);
    }
}
