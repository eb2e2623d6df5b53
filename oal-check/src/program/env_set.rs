//! Sets of environments.

/// A set of environments: bit `i` is environment `i`. A program has at most 64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct EnvSet(pub u64);

impl EnvSet {
    /// None.
    pub const EMPTY: Self = Self(0);

    /// The first `count`.
    #[must_use]
    pub const fn first(count: usize) -> Self {
        if count >= 64 { Self(u64::MAX) } else { Self((1 << count) - 1) }
    }

    /// Only this one.
    #[must_use]
    pub const fn only(index: usize) -> Self {
        Self(1 << (index & 63))
    }

    /// Whether it holds this one.
    #[must_use]
    pub const fn has(self, index: usize) -> bool {
        self.0 >> (index & 63) & 1 == 1
    }

    /// Whether it holds none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// In either.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// In both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// In the first and not in the second.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The indices, rising.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            (rest != 0).then(|| {
                let at = rest.trailing_zeros() as usize;
                rest &= rest - 1;
                at
            })
        })
    }
}
