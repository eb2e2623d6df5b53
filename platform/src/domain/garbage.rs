//! Which images can go.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};

/// An image that a build made stays at least that long after it was last asked for: a deployment under way has no release yet.
pub const REST: Duration = Duration::hours(24);

/// The images among `made` that nobody needs: no kept release has them, and no build made or asked for them lately.
/// What the platform has not made is none of its business.
#[must_use]
pub fn unneeded<'a>(
    made: impl IntoIterator<Item = &'a str>,
    kept: &BTreeSet<String>,
    uses: &BTreeMap<String, DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Vec<&'a str> {
    let rests = |image: &str| uses.get(image).is_some_and(|used| now.signed_duration_since(*used) < REST);
    let images: BTreeSet<&str> = made.into_iter().collect();
    images.into_iter().filter(|image| !kept.contains(*image) && !rests(image)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_or_was_used_lately_stays() {
        let now = DateTime::UNIX_EPOCH + Duration::days(9000);
        let kept = BTreeSet::from(["kept".to_owned(), "of another builder".to_owned()]);
        let uses = [("kept", 9), ("old", 9), ("new", 0), ("edge", 1)];
        let uses = uses.into_iter().map(|(image, days)| (image.to_owned(), now - Duration::days(days))).collect();
        let made = ["kept", "old", "new", "edge", "unknown", "old"];
        assert_eq!(unneeded(made, &kept, &uses, now), ["edge", "old", "unknown"]);
        assert!(unneeded([], &kept, &uses, now).is_empty());
    }
}
