//! Versions in a project file that its author writes, too: what differs between two versions of
//! the template is replaced where the author left it. The file is text here: what else is in it,
//! and how it is formatted, stays.

/// What came of the versions.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Pinned {
    /// New values, for people.
    pub changed: Vec<String>,
    /// What the author changed, so that it was left.
    pub left: Vec<String>,
}

/// A project file with the values of a newer template.
pub fn renew(text: &str, before: &str, after: &str) -> (String, Pinned) {
    let mut pinned = Pinned::default();
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    for new in after.lines().filter(|line| !has_line(before, line)) {
        let Some(key) = key(new) else { continue };
        let Some(old) = before.lines().find(|line| self::key(line) == Some(key)) else {
            if !lines.iter().any(|line| self::key(line) == Some(key)) {
                pinned
                    .left
                    .push(format!("new projects also have {}", bare(new)));
            }
            continue;
        };
        for (old, new) in different_strings(old, new) {
            renew_value(&mut lines, key, old, new, &mut pinned);
        }
    }
    (lines.join("\n"), pinned)
}

fn renew_value(lines: &mut [String], key: &str, old: &str, new: &str, pinned: &mut Pinned) {
    let of_key = |line: &&mut String| self::key(line) == Some(key);
    let Some(line) = lines.iter_mut().find(of_key) else {
        return; // The author removed it.
    };
    if line.contains(new) {
        return;
    }
    if line.contains(old) {
        *line = line.replace(old, new);
        pinned
            .changed
            .push(format!("{} in place of {old}", bare(line)));
    } else {
        pinned
            .left
            .push(format!("{}, where new projects have {new}", bare(line)));
    }
}

/// Pairs of values at the same place of two lines.
fn different_strings<'a>(old: &'a str, new: &'a str) -> Vec<(&'a str, &'a str)> {
    let pairs = strings(old).zip(strings(new));
    pairs.filter(|(old, new)| old != new).collect()
}

/// What is between quotes, with them.
fn strings(line: &str) -> impl Iterator<Item = &str> {
    let ends: Vec<usize> = line.match_indices('"').map(|(at, _)| at).collect();
    let pairs: Vec<(usize, usize)> = ends
        .chunks_exact(2)
        .map(|pair| (pair[0], pair[1]))
        .collect();
    pairs.into_iter().map(|(start, end)| &line[start..=end])
}

/// What is before the first `:` or `=`.
fn key(line: &str) -> Option<&str> {
    let (key, _) = line.split_once([':', '='])?;
    Some(key.trim()).filter(|key| !key.is_empty())
}

fn has_line(text: &str, line: &str) -> bool {
    text.lines().any(|one| bare(one) == bare(line))
}

/// Without what changes when a line is added after it.
fn bare(line: &str) -> &str {
    line.trim().trim_end_matches(',')
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "{\n  \"esbuild\": \"^0.27.0\",\n  \"zod\": \"^4.0.0\"\n}\n";
    const AFTER: &str =
        "{\n  \"esbuild\": \"^0.28.2\",\n  \"zod\": \"^4.6.7\",\n  \"more\": \"^1.0.0\"\n}\n";

    #[test]
    fn versions_are_renewed_between_what_the_author_added() {
        let text =
            "{\n  \"esbuild\": \"^0.27.0\",\n  \"zod\": \"^4.0.0\",\n  \"left-pad\": \"1\"\n}\n";
        let (renewed, pinned) = renew(text, BEFORE, AFTER);
        assert_eq!(
            renewed,
            "{\n  \"esbuild\": \"^0.28.2\",\n  \"zod\": \"^4.6.7\",\n  \"left-pad\": \"1\"\n}\n"
        );
        assert_eq!(
            pinned.changed,
            [
                "\"esbuild\": \"^0.28.2\" in place of \"^0.27.0\"",
                "\"zod\": \"^4.6.7\" in place of \"^4.0.0\""
            ]
        );
        assert_eq!(pinned.left, ["new projects also have \"more\": \"^1.0.0\""]);
    }

    #[test]
    fn a_version_that_the_author_chose_is_left_and_named() {
        let text = "{\n  \"esbuild\": \"0.20.0\"\n}\n";
        let (renewed, pinned) = renew(text, BEFORE, AFTER);
        assert_eq!(renewed, text);
        assert_eq!(
            pinned.left[0],
            "\"esbuild\": \"0.20.0\", where new projects have \"^0.28.2\""
        );
        assert!(pinned.changed.is_empty());
    }

    #[test]
    fn a_file_name_is_renewed_in_a_list_that_the_author_added_to() {
        let before = "pythonpath = [\".\", \"vendor/sdk-1.whl\"]\n";
        let after = "pythonpath = [\".\", \"vendor/sdk-2.whl\"]\n";
        let text = "pythonpath = [\"src\", \".\", \"vendor/sdk-1.whl\"]\n";
        let (renewed, _) = renew(text, before, after);
        assert_eq!(
            renewed,
            "pythonpath = [\"src\", \".\", \"vendor/sdk-2.whl\"]\n"
        );
        assert_eq!(renew(&renewed, before, after), (renewed, Pinned::default()));
    }
}
