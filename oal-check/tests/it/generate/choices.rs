//! Decisions, made by bytes: so a fuzzer can drive the generator as well as a random number generator. Where the bytes end, every
//! choice is the first, which is always the smallest: so a program ends.

/// Decisions, made by bytes.
pub(crate) struct Choices<'b> {
    bytes: &'b [u8],
}

impl<'b> Choices<'b> {
    pub(crate) const fn new(bytes: &'b [u8]) -> Self {
        Self { bytes }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    fn byte(&mut self) -> u8 {
        let Some((byte, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        *byte
    }

    /// A number below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        let mut number = usize::from(self.byte());
        if n > 256 {
            number = number << 8 | usize::from(self.byte());
        }
        number % n.max(1)
    }

    /// True in `part` of `whole` cases.
    pub(crate) fn chance(&mut self, part: usize, whole: usize) -> bool {
        self.below(whole) >= whole - part
    }

    pub(crate) fn once_in(&mut self, n: usize) -> bool {
        self.chance(1, n)
    }

    /// One of these.
    pub(crate) fn of<'s>(&mut self, from: &[&'s str]) -> &'s str {
        from[self.below(from.len())]
    }

    /// A number from `low` to `high`, often one of the ends.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = high.abs_diff(low);
        if span == 0 {
            return low;
        }
        match self.below(8) {
            6 => high,
            7 => low,
            5 => {
                let wide = (0..8).fold(0_u64, |wide, _| wide << 8 | u64::from(self.byte()));
                let off = if span == u64::MAX { wide } else { wide % (span + 1) };
                low.wrapping_add_unsigned(off)
            }
            _ => {
                let off = u64::from(self.byte()).min(span);
                // Near the low end, or near zero where that lies between.
                if low < 0 && high > 0 && low.unsigned_abs() > 64 {
                    i64::try_from(off).unwrap_or(0).min(high)
                } else {
                    low.wrapping_add_unsigned(off)
                }
            }
        }
    }

    /// The same things in another order.
    pub(crate) fn shuffle<T>(&mut self, things: &mut [T]) {
        for at in (1..things.len()).rev() {
            let other = at - self.below(at + 1);
            things.swap(at, other);
        }
    }
}

/// Random bytes from a seed (`SplitMix64`).
pub(crate) fn bytes(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed;
    let mut all = Vec::with_capacity(len + 8);
    while all.len() < len {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        all.extend_from_slice(&(z ^ (z >> 31)).to_le_bytes());
    }
    all.truncate(len);
    all
}
