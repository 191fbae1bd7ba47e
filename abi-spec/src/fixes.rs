//! How to get from one order of members to another in the fewest steps, said so that a person can
//! do it in an editor. Called by `compare`; knows names and nothing of layouts.

/// The steps that turn `found` into `wanted`: what to remove, what to add or move, and what to
/// declare otherwise. `declared` gives a member's declaration.
pub fn steps(
    wanted: &[&str],
    found: &[&str],
    wrong_types: &[&str],
    declared: impl Fn(&str) -> String,
) -> Vec<String> {
    let common = longest_common(wanted, found);
    let strangers = found.iter().filter(|name| !wanted.contains(name));
    let mut steps: Vec<String> = strangers.map(|name| format!("remove `{name}`")).collect();
    for (index, name) in wanted.iter().enumerate() {
        let place = match index.checked_sub(1) {
            Some(before) => format!("after `{}`", wanted[before]),
            None => "at the top".to_owned(),
        };
        if !found.contains(name) {
            steps.push(format!("add `{};` {place}", declared(name)));
        } else if !common.contains(name) {
            steps.push(format!("move `{name}` {place}"));
        }
    }
    let retyped = wrong_types.iter().filter(|name| wanted.contains(name));
    steps.extend(retyped.map(|name| format!("declare `{name}` as `{};`", declared(name))));
    steps
}

/// The longest list of names that is in both in the same order.
fn longest_common<'a>(one: &[&'a str], other: &[&str]) -> Vec<&'a str> {
    let mut lengths = vec![vec![0_usize; other.len() + 1]; one.len() + 1];
    for i in (0..one.len()).rev() {
        for j in (0..other.len()).rev() {
            lengths[i][j] = if one[i] == other[j] {
                lengths[i + 1][j + 1] + 1
            } else {
                lengths[i + 1][j].max(lengths[i][j + 1])
            };
        }
    }
    let (mut i, mut j, mut common) = (0, 0, Vec::new());
    while i < one.len() && j < other.len() {
        if one[i] == other[j] {
            common.push(one[i]);
            (i, j) = (i + 1, j + 1);
        } else if lengths[i + 1][j] >= lengths[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    common
}

#[cfg(test)]
mod tests {
    use super::steps;

    fn fixed(wanted: &[&str], found: &[&str]) -> Vec<String> {
        steps(wanted, found, &[], |name| format!("void (*{name})(void)"))
    }

    #[test]
    fn the_fewest_steps_lead_from_one_order_to_the_other() {
        let expected = ["a", "b", "c", "d"];
        assert_eq!(fixed(&expected, &expected), Vec::<String>::new());
        assert_eq!(
            fixed(&expected, &["a", "b", "d"]),
            ["add `void (*c)(void);` after `b`"]
        );
        assert_eq!(
            fixed(&expected, &["d", "a", "b", "c"]),
            ["move `d` after `c`"]
        );
        assert_eq!(
            fixed(&expected, &["a", "x", "c", "b"]),
            [
                "remove `x`",
                "move `b` after `a`",
                "add `void (*d)(void);` after `c`"
            ]
        );
        assert_eq!(
            fixed(&expected, &["b", "c", "d"]),
            ["add `void (*a)(void);` at the top"]
        );
    }

    #[test]
    fn a_wrong_type_is_declared_anew() {
        let steps = steps(&["a"], &["a"], &["a"], |name| format!("int {name}"));
        assert_eq!(steps, ["declare `a` as `int a;`"]);
    }
}
