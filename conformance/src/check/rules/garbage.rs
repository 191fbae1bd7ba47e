//! Calls that make no sense: a plugin may answer them as it likes, and must return.

use crate::check::by_hand::ByHand;
use crate::check::case::Case;
use crate::check::exercise::TASK;
use crate::check::outcome::Verdict;
use crate::check::random::Random;

/// A crash ends the process, which the parent sees, with the payload in the trail.
pub(super) fn aborts_on_garbage(case: &Case) -> Verdict {
    let by_hand = case.start_by_hand(None)?;
    let payloads = payloads(&mut case.random());
    let tools: Vec<String> = case
        .samples()
        .into_iter()
        .map(|sample| sample.tool)
        .collect();
    for payload in &payloads {
        for tool in tools
            .iter()
            .map(String::as_str)
            .chain(["", "checker-no-such-tool"])
        {
            by_hand.plugin.invoke(by_hand.ctx, "tool", tool, payload);
        }
        other_calls(&by_hand, payload);
    }
    by_hand.plugin.destroy(by_hand.ctx);
    Ok(())
}

fn other_calls(by_hand: &ByHand, payload: &[u8]) {
    let (plugin, ctx) = (&by_hand.plugin, by_hand.ctx);
    plugin.invoke(ctx, "artifact", "share", payload);
    plugin.invoke(ctx, "checker-no-such-type", "", payload);
    plugin.route(ctx, payload);
    plugin.config_changed(ctx, payload, b"value");
    plugin.config_changed(ctx, b"key", payload);
    plugin.task_event(ctx, TASK, 4, payload);
    plugin.task_event(ctx, "no id", 99, payload);
}

fn payloads(random: &mut Random) -> Vec<Vec<u8>> {
    let fixed: [&[u8]; 14] = [
        b"",
        b"{}",
        b"null",
        b"true",
        b"[]",
        b"-1e999",
        b"\"text\"",
        b"{",
        b"{\"a\":",
        b"{\"a\":{\"a\":[[[]]]}}",
        b"\xff\xfe\xfd",
        b"{\"a\":\"\xc3\"}",
        b"{\"name\":null,\"_secrets\":7,\"_context\":[]}",
        b"{\"path\":\"%00\",\"method\":\"\",\"headers\":[],\"query\":1,\"body\":{}}",
    ];
    let deep = [b"[".repeat(20_000), b"]".repeat(20_000)].concat();
    let long = [
        b"{\"name\":\"".to_vec(),
        b"x".repeat(1 << 20),
        b"\"}".to_vec(),
    ]
    .concat();
    let noise = (0..4).map(|_| (0..64).map(|_| random_byte(random)).collect());
    let fixed = fixed.into_iter().map(<[u8]>::to_vec);
    fixed.chain([deep, long]).chain(noise).collect()
}

/// Any byte but NUL, which ends a string.
fn random_byte(random: &mut Random) -> u8 {
    u8::try_from(random.below(255) + 1).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_noise_again() {
        let of = |seed| payloads(&mut Random::new(seed, "garbage"));
        assert_eq!(of(5), of(5));
        assert_ne!(of(5), of(6));
        assert!(of(5).iter().all(|payload| !payload.contains(&0)));
    }
}
