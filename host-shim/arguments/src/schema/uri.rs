//! References between schemas: one URI resolved against another as RFC 3986 says, as far as `$id`
//! and `$ref` need it. Used by `document`.

/// Where a schema without `$id` is said to be.
pub(super) const ROOT: &str = "schema:///root";

/// The URI without its fragment, and the fragment.
pub(super) fn split(uri: &str) -> (&str, &str) {
    uri.split_once('#').unwrap_or((uri, ""))
}

/// `reference` seen from `base`.
pub(super) fn resolve(base: &str, reference: &str) -> String {
    let (reference, fragment) = split(reference);
    let uri = match reference {
        "" => split(base).0.to_owned(),
        absolute if has_scheme(absolute) => absolute.to_owned(),
        relative => relative_to(split(base).0, relative),
    };
    match fragment {
        "" => uri,
        fragment => format!("{uri}#{fragment}"),
    }
}

fn has_scheme(uri: &str) -> bool {
    uri.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    })
}

fn relative_to(base: &str, relative: &str) -> String {
    let scheme_end = base.find(':').map_or(0, |at| at + 1);
    if let Some(rest) = relative.strip_prefix("//") {
        return format!("{}//{rest}", &base[..scheme_end]);
    }
    let path_start = match base[scheme_end..].strip_prefix("//") {
        Some(rest) => base.len() - rest.len() + rest.find('/').unwrap_or(rest.len()),
        None => scheme_end,
    };
    let (authority, path) = base.split_at(path_start);
    if relative.starts_with('/') {
        return format!("{authority}{}", without_dots(relative));
    }
    let folder = path.rfind('/').map_or("/", |at| &path[..=at]);
    format!(
        "{authority}{}",
        without_dots(&format!("{folder}{relative}"))
    )
}

fn without_dots(path: &str) -> String {
    let mut out: Vec<&str> = Vec::new();
    for part in path.split('/').skip(1) {
        match part {
            "." => {}
            ".." => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    format!("/{}", out.join("/"))
}

/// `%41` as `A`; what is not such an escape stays.
pub(super) fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let code = (first == b'%')
            .then(|| tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok()))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(code.unwrap_or(first));
        rest = if code.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_resolved_as_the_rfc_says() {
        let base = "http://host/a/b/c";
        for (reference, expected) in [
            ("d", "http://host/a/b/d"),
            ("../d#x", "http://host/a/d#x"),
            ("./d", "http://host/a/b/d"),
            ("/d", "http://host/d"),
            ("//other/d", "http://other/d"),
            ("#x", "http://host/a/b/c#x"),
            ("urn:x:y", "urn:x:y"),
            ("", "http://host/a/b/c"),
        ] {
            assert_eq!(resolve(base, reference), expected, "{reference}");
        }
        assert_eq!(resolve(ROOT, "item"), "schema:///item");
        assert_eq!(resolve("http://host", "item"), "http://host/item");
    }

    #[test]
    fn percent_escapes_are_decoded() {
        assert_eq!(percent_decoded("a%25b%22%zz%4"), "a%b\"%zz%4");
    }
}
