//! Which images can go.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};

/// An image that a build made stays at least that long after it was last asked for: a deployment under way has no release yet.
/// What builds left of their steps is kept as long: the next build may begin with it.
pub const REST: Duration = Duration::hours(24);

/// An image that the platform made, or that was on the way to one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The engine's id of it.
    pub image: String,
    /// When it was made, as the image itself says.
    pub created: DateTime<Utc>,
    /// Whether it has a name at the engine.
    pub named: bool,
}

/// The images among `made` that nobody needs: no kept release has them, and no build made or asked for them lately. A named one
/// that no build is known of is another installation's.
#[must_use]
pub fn unneeded<'a>(
    made: &'a [Made],
    kept: &BTreeSet<String>,
    uses: &BTreeMap<String, DateTime<Utc>>,
    now: DateTime<Utc>,
) -> BTreeSet<&'a str> {
    let rested = |since: DateTime<Utc>| now.signed_duration_since(since) >= REST;
    let can_go = |made: &&Made| {
        !kept.contains(&made.image)
            && match uses.get(&made.image) {
                Some(used) => rested(*used),
                None => !made.named && rested(made.created),
            }
    };
    made.iter().filter(can_go).map(|made| &*made.image).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_or_was_used_lately_stays() {
        let now = DateTime::UNIX_EPOCH + Duration::days(9000);
        let kept = BTreeSet::from(["kept".to_owned(), "kept step".to_owned()]);
        let uses = [("kept", 9), ("old", 9), ("new", 0), ("edge", 1), ("old step", 9)];
        let uses = uses.into_iter().map(|(image, days)| (image.to_owned(), now - Duration::days(days))).collect();
        let made =
            |image: &str, days, named| Made { image: image.to_owned(), created: now - Duration::days(days), named };
        let all = [
            made("kept", 9, true),
            made("old", 9, true),
            made("new", 9, true),
            made("edge", 0, true),
            made("another's", 9, true),
            made("left", 1, false),
            made("left just now", 0, false),
            made("kept step", 9, false),
            made("old step", 0, false),
        ];
        assert_eq!(unneeded(&all, &kept, &uses, now), BTreeSet::from(["edge", "left", "old", "old step"]));
    }
}
