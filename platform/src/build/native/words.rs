//! The small languages within the lines of a Dockerfile. Whatever is not plain is not read: the engine has the last word on it.

/// A JSON list of texts, the exec form of `CMD` and others; none if it is no such list.
pub(super) fn list(text: &str) -> Option<Vec<String>> {
    text.starts_with('[').then(|| serde_json::from_str(text).ok())?
}

/// `NAME=value` pairs, a value in quotes or without blanks, and `NAME value` for a single one.
pub(super) fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    if text.contains(['$', '\\', '`']) {
        return None;
    }
    let first = text.split_whitespace().next()?;
    if !first.contains('=') {
        let (name, value) = text.split_once(char::is_whitespace)?;
        return plain_name(name).then(|| vec![(name.to_owned(), value.trim().to_owned())]);
    }
    let mut pairs = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (name, behind) = rest.split_once('=')?;
        if !plain_name(name) {
            return None;
        }
        let (value, behind) = match behind.chars().next() {
            Some(quote @ ('"' | '\'')) => behind.strip_prefix(quote)?.split_once(quote)?,
            _ => behind.find(char::is_whitespace).map_or((behind, ""), |end| behind.split_at(end)),
        };
        // A quote in the middle glues pieces together.
        if value.contains(['"', '\'']) || !(behind.is_empty() || behind.starts_with(char::is_whitespace)) {
            return None;
        }
        pairs.push((name.to_owned(), value.to_owned()));
        rest = behind.trim_start();
    }
    Some(pairs)
}

fn plain_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'))
}

/// Words without quotes or anything that would be replaced.
pub(super) fn words(text: &str) -> Option<Vec<&str>> {
    if text.contains(['$', '\\', '`', '"', '\'', '*', '?', '[', ']', '<']) {
        return None;
    }
    Some(text.split_whitespace().collect())
}

/// A path in the image as its steps, `.` and `..` resolved; a relative one starts at `from`.
pub(super) fn path(from: &str, text: &str) -> String {
    let whole = if text.starts_with('/') { text.to_owned() } else { format!("{from}/{text}") };
    let mut steps: Vec<&str> = Vec::new();
    for step in whole.split('/') {
        match step {
            "" | "." => {}
            ".." => drop(steps.pop()),
            _ => steps.push(step),
        }
    }
    steps.join("/")
}

#[cfg(test)]
mod tests {
    use super::{list, pairs};

    #[test]
    fn pairs_are_plain_or_none() {
        let found = |text| pairs(text).map(|pairs| pairs.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>());
        assert_eq!(
            found("A=1 B=\"two words\" C='' D=x"),
            Some(vec!["A=1".into(), "B=two words".into(), "C=".into(), "D=x".into()])
        );
        assert_eq!(found("NAME some words"), Some(vec!["NAME=some words".into()]));
        for odd in ["A=$B", "A=a\\ b", "A=\"x\"y", "A=x\"y\"", "A", "A=1 B", ""] {
            assert_eq!(found(odd), None, "{odd}");
        }
    }

    #[test]
    fn lists_are_of_texts() {
        assert_eq!(list(r#"["/app", "-v"]"#), Some(vec!["/app".to_owned(), "-v".to_owned()]));
        assert_eq!(list("/app -v"), None);
        assert_eq!(list("['/app']"), None);
        assert_eq!(list("[1]"), None);
    }
}
