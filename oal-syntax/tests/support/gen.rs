//! Random well-formed programs: every rule of the grammar, in random layout, with comments between any two tokens.
//!
//! Bytes decide ([`Choices`]), so that a fuzzer can drive it as well as a random number generator; where the bytes end, every
//! choice is the smallest, so a program ends. Include it with `#[path = "…/support/gen.rs"] mod gen;`.
//!
//! Well formed means that the parser has nothing to say; names, types and values mean nothing.

#![allow(dead_code, unreachable_pub, reason = "included by several crates, each of which takes a part")]

#[path = "gen/declarations.rs"]
mod declarations;
#[path = "gen/types.rs"]
mod types;
#[path = "gen/values.rs"]
mod values;

use declarations::Maker;

/// Decisions, made by bytes.
pub struct Choices<'a> {
    bytes: &'a [u8],
}

impl<'a> Choices<'a> {
    /// Decisions made by these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// A number below `n`; 0 where there are no bytes left.
    pub fn below(&mut self, n: usize) -> usize {
        let Some((byte, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        usize::from(*byte) % n.max(1)
    }

    /// True once in `n`.
    pub fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }

    pub fn of(&mut self, from: &[&'static str]) -> &'static str {
        from[self.below(from.len())]
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

/// Random bytes from a seed, without a dependency (SplitMix64).
pub fn bytes(seed: u64, len: usize) -> Vec<u8> {
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

/// The tokens of a random program, each with what must stay together in it: a key has its colon, a text its holes.
pub fn tokens(choices: &mut Choices<'_>) -> Vec<String> {
    Maker::new(choices).file()
}

/// A random program in random layout.
pub fn program(bytes: &[u8]) -> String {
    // Both need decisions: half of the bytes for either.
    let (content, layout) = bytes.split_at(bytes.len() / 2);
    let tokens = tokens(&mut Choices::new(content));
    laid_out(&tokens, &mut Choices::new(layout))
}

/// The tokens with random white space and comments between them.
pub fn laid_out(tokens: &[String], choices: &mut Choices<'_>) -> String {
    let mut text = String::new();
    if choices.once_in(16) {
        text.push('\u{feff}');
    }
    let comments = [0, 40, 6][choices.below(3)];
    let newlines = [12, 4, 2][choices.below(3)];
    let end = if choices.once_in(8) { "\r\n" } else { "\n" };
    let mut last = "";
    for token in tokens {
        if last.is_empty() || !is_tight(last, token) || choices.once_in(3) {
            gap(&mut text, choices, comments, newlines, end);
        }
        text.push_str(token);
        last = token;
    }
    if choices.once_in(2) {
        gap(&mut text, choices, comments, newlines, end);
    }
    text
}

fn gap(text: &mut String, choices: &mut Choices<'_>, comments: usize, newlines: usize, end: &str) {
    while comments > 0 && choices.once_in(comments) {
        let before = choices.of(&["", " ", "\n", "\n\n", "\t"]);
        text.push_str(if text.ends_with('/') { " " } else { before });
        text.push_str(choices.of(&[
            "// why",
            "//",
            "/// what it is",
            "//! all",
            "// ätsch ☃  ",
            "//// four",
            "// a: \"b",
        ]));
        text.push_str(choices.of(&["", " ", "\t"]));
        text.push_str(end);
    }
    if choices.once_in(newlines) {
        for _ in 0..=choices.below(3) {
            text.push_str(end);
        }
        text.push_str(choices.of(&["", "  ", "    ", "\t"]));
    } else {
        text.push_str(choices.of(&[" ", " ", "  ", "\t"]));
    }
}

/// Whether two tokens may stand side by side.
fn is_tight(left: &str, right: &str) -> bool {
    const SIGNS: [char; 7] = [',', '(', ')', '[', ']', '{', '}'];
    if left.ends_with(SIGNS) || right.starts_with(SIGNS) {
        return true;
    }
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (left == "." || left == "?.") && right.starts_with(word) || (right == "." || right == "?.") && left.ends_with(word)
}
