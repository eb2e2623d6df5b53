//! The nearest name: equal but for case and separators, then few typing slips, then the same words in another order,
//! then a shared word or a beginning that only one candidate has.

/// Longer names have no near ones.
const MOST: usize = 64;

/// The candidate a writer most likely meant by `wanted`; `None` rather than a guess. Deterministic: the order of the
/// candidates does not count. `wanted` itself is never suggested.
#[must_use]
pub fn closest<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut nearest = Nearest::new(wanted);
    for candidate in candidates {
        nearest.offer(candidate);
    }
    nearest.take()
}

/// The search of [`closest`], candidate by candidate, for callers whose candidates come from several places.
#[derive(Debug)]
pub struct Nearest<'w, 'a> {
    wanted: &'w str,
    folded: Folded,
    best: Option<(Rank, &'a str)>,
    /// Another candidate has the same rank, and the rank does not stand a choice.
    tied: bool,
}

/// How near a candidate is, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// Equal but for case and separators.
    Same,
    /// So many slips.
    Slips(u8),
    /// The same words in another order.
    Shuffled,
    /// One is the other with words around it; so many words are not shared.
    Part(u8),
    /// One begins with the other; so many letters are missing.
    Start(u8),
}

impl Rank {
    /// Whether two candidates of this rank leave a real choice, so that neither should be suggested.
    const fn needs_one(self) -> bool {
        matches!(self, Self::Part(_) | Self::Start(_))
    }
}

impl<'w, 'a> Nearest<'w, 'a> {
    /// Starts the search.
    #[must_use]
    pub fn new(wanted: &'w str) -> Self {
        Self { wanted, folded: Folded::new(wanted), best: None, tied: false }
    }

    /// Looks at one candidate.
    pub fn offer(&mut self, candidate: &'a str) {
        if candidate == self.wanted {
            return;
        }
        let Some(rank) = rank(&self.folded, candidate) else { return };
        let replace = match &self.best {
            None => true,
            Some((best, held)) if rank == *best && candidate != *held => {
                self.tied = true;
                self.prefers(candidate, held)
            }
            Some((best, _)) => {
                let better = rank < *best;
                self.tied &= !better;
                better
            }
        };
        if replace {
            self.best = Some((rank, candidate));
        }
    }

    /// The winner.
    #[must_use]
    pub fn take(self) -> Option<&'a str> {
        self.best.filter(|(rank, _)| !(self.tied && rank.needs_one())).map(|(_, candidate)| candidate)
    }

    /// Between two of one rank: the same first letter, the nearer length, then the alphabet.
    fn prefers(&self, one: &str, other: &str) -> bool {
        let key = |name: &str| {
            let first = name.bytes().next().map(|b| b.to_ascii_lowercase()) != self.folded.bytes().first().copied();
            (first, name.len().abs_diff(self.wanted.len()))
        };
        (key(one), one) < (key(other), other)
    }
}

/// A name in lower case with `_` for separators, and which letters it holds.
#[derive(Debug, Clone)]
struct Folded {
    text: [u8; MOST],
    len: usize,
    letters: u64,
}

impl Folded {
    fn new(name: &str) -> Self {
        let mut text = [0; MOST];
        let mut letters = 0;
        for (slot, byte) in text.iter_mut().zip(name.bytes()) {
            *slot = fold(byte);
            letters |= 1 << (*slot & 63);
        }
        Self { text, len: name.len(), letters }
    }

    fn bytes(&self) -> &[u8] {
        self.text.get(..self.len).unwrap_or_default()
    }
}

const fn fold(byte: u8) -> u8 {
    match byte {
        b'-' | b'.' | b' ' => b'_',
        byte => byte.to_ascii_lowercase(),
    }
}

fn rank(wanted: &Folded, candidate: &str) -> Option<Rank> {
    let folded = Folded::new(candidate);
    if wanted.len == 0 || wanted.len > MOST || folded.len > MOST {
        return None;
    }
    let (a, b) = (wanted.bytes(), folded.bytes());
    if squeezed(a).eq(squeezed(b)) {
        return Some(Rank::Same);
    }
    let most = allowed(wanted.len.min(folded.len));
    // each slip changes at most two members of the set of letters
    let differ = (wanted.letters ^ folded.letters).count_ones() as usize;
    if wanted.len.abs_diff(folded.len) <= most && differ <= 2 * most {
        let slips = distance(a, b, most);
        // several letters more may be a word more, of which there may be many
        if slips <= most && (slips == 1 || related(a, b).is_none()) {
            return Some(Rank::Slips(u8::try_from(slips).unwrap_or(u8::MAX)));
        }
    }
    related(a, b)
}

/// How many slips the shorter of two names may hold: a third of its letters, none below three.
const fn allowed(letters: usize) -> usize {
    match letters {
        0..=2 => 0,
        3..=5 => 1,
        6..=8 => 2,
        _ => 3,
    }
}

fn squeezed(name: &[u8]) -> impl Iterator<Item = u8> {
    name.iter().copied().filter(|b| *b != b'_')
}

/// Damerau-Levenshtein distance in its restricted form (no substring is edited twice); beyond `most` any larger number.
/// Only cells up to `most` from the diagonal are worked out: no others can lead to an answer.
fn distance(a: &[u8], b: &[u8], most: usize) -> usize {
    const FAR: u8 = 100;
    let at = |row: &[u8; MOST + 1], n: usize| row.get(n).copied().unwrap_or(FAR);
    let mut before = [FAR; MOST + 1];
    let mut row = [FAR; MOST + 1];
    for (cell, n) in row.iter_mut().zip(0..=most) {
        *cell = u8::try_from(n).unwrap_or(FAR);
    }
    let mut last_a = 0;
    for (i, &from) in (1usize..).zip(a) {
        let mut next = [FAR; MOST + 1];
        let first = i.saturating_sub(most).max(1);
        if i <= most
            && let Some(cell) = next.first_mut()
        {
            *cell = u8::try_from(i).unwrap_or(FAR);
        }
        let mut least = at(&next, 0);
        let mut last_b = b.get(first.wrapping_sub(2)).copied().unwrap_or(0);
        for (j, &to) in (first..=i + most).zip(b.get(first - 1..).unwrap_or_default()) {
            let slip = u8::from(from != to);
            let mut cost = (at(&row, j) + 1).min(at(&next, j - 1) + 1).min(at(&row, j - 1) + slip);
            if i > 1 && j > 1 && from == last_b && to == last_a {
                cost = cost.min(at(&before, j - 2) + 1);
            }
            if let Some(cell) = next.get_mut(j) {
                *cell = cost;
            }
            least = least.min(cost);
            last_b = to;
        }
        if usize::from(least) > most {
            return most + 1;
        }
        last_a = from;
        (before, row) = (row, next);
    }
    usize::from(at(&row, b.len()))
}

/// Names that share words or a beginning.
fn related(a: &[u8], b: &[u8]) -> Option<Rank> {
    let words = |name: &[u8]| name.split(|b| *b == b'_').filter(|word| !word.is_empty()).count();
    let has = |name: &[u8], word: &[u8]| name.split(|b| *b == b'_').any(|other| other == word);
    let within = |part: &[u8], whole: &[u8]| {
        part.split(|b| *b == b'_').filter(|word| !word.is_empty()).all(|word| has(whole, word))
    };
    let (here, there) = (words(a), words(b));
    let missing = u8::try_from(here.abs_diff(there)).unwrap_or(u8::MAX);
    let weighty = |name: &[u8]| squeezed(name).count() >= 3;
    if here > 1 && here == there && within(a, b) && within(b, a) {
        return Some(Rank::Shuffled);
    }
    if missing > 0
        && missing <= 2
        && (weighty(a) && here < there && within(a, b) || weighty(b) && there < here && within(b, a))
    {
        return Some(Rank::Part(missing));
    }
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    let rest = long.len() - short.len();
    if short.len() >= 3 && long.starts_with(short) && rest <= 2 * short.len() + 2 {
        return Some(Rank::Start(u8::try_from(rest).unwrap_or(u8::MAX)));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn distances_are_counted() {
        let table = [
            ("abc", "abc", 0),
            ("abc", "acb", 1),
            ("abc", "ab", 1),
            ("abc", "abcd", 1),
            ("abc", "xbc", 1),
            ("ca", "abc", 3),
            ("kitten", "sitting", 3),
            ("replcias", "replicas", 1),
            ("stagign", "staging", 1),
        ];
        for (a, b, slips) in table {
            assert_eq!(distance(a.as_bytes(), b.as_bytes(), 3), slips, "{a} {b}");
            assert_eq!(distance(b.as_bytes(), a.as_bytes(), 3), slips, "{b} {a}");
        }
        assert!(distance(b"abcdef", b"uvwxyz", 3) > 3);
        assert!(distance(b"kitten", b"sitting", 2) > 2);
    }
}
