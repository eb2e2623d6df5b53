//! Brackets: after this every opening one has its closing one, and each item stands alone. Only for texts that do not parse as they are.
//!
//! A text whose brackets do not match is cut where a line starts an item without indentation, so that no mistake reaches the next item.
//! Inside, lines tell what was meant: a block ends before a line that is indented no deeper than the line that opened it; a closing
//! bracket belongs to the block whose first line is indented as it is. Brackets that are missing are put in (with empty spans), those too
//! many are left out; each gets one finding. Linear: every token is looked at a bounded number of times.

mod segment;

use crate::depth::MAX_OPEN;
use crate::error::SyntaxError;
use crate::span::Span;
use crate::token::{Token, TokenKind};
use segment::Segment;
use std::ops::Range;

/// The column of a token that is not the first of its line.
const INSIDE: u32 = u32::MAX;

/// Tokens with their brackets in order.
#[derive(Debug, Default)]
pub(crate) struct Repaired {
    /// The tokens.
    pub(crate) tokens: Vec<Token>,
    /// For each, the column where it stands first in its line, else [`INSIDE`].
    columns: Vec<u32>,
    /// For each bracket, the other one; for any other token itself.
    pub(crate) partners: Vec<usize>,
    /// The tokens of each item.
    pub(crate) items: Vec<Range<usize>>,
    /// What was wrong.
    pub(crate) errors: Vec<SyntaxError>,
}

impl Repaired {
    pub(crate) fn token(&self, at: usize) -> Option<Token> {
        self.tokens.get(at).copied()
    }

    pub(crate) fn kind(&self, at: usize) -> Option<TokenKind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    /// The column of a token that is the first of its line.
    pub(crate) fn column(&self, at: usize) -> Option<u32> {
        self.columns.get(at).copied().filter(|column| *column != INSIDE)
    }

    /// Whether the token is the first of its line.
    pub(crate) fn starts_line(&self, at: usize) -> bool {
        self.column(at).is_some()
    }

    /// The token after the group that starts at `at`, or after the token.
    pub(crate) fn after(&self, at: usize) -> usize {
        self.partners.get(at).copied().unwrap_or(at).max(at) + 1
    }

    fn push(&mut self, token: Token, column: u32) {
        self.tokens.push(token);
        self.columns.push(column);
    }
}

/// Brings the brackets of `tokens` in order. `said` are the findings of the lexer, in order.
pub(crate) fn repair(source: &str, tokens: &[Token], said: &[SyntaxError]) -> Repaired {
    let columns = columns(source, tokens);
    let mut repaired = Repaired::default();
    let mut starts: Vec<usize> =
        (0..tokens.len()).filter(|at| *at == 0 || starts_item(tokens, &columns, *at)).collect();
    starts.push(tokens.len());
    // Looking whether several segments make one item costs no more than a few times reading them all.
    let mut budget = tokens.len() * 4;
    let mut first = 0;
    while let Some(&[start, end]) = starts.get(first..first + 2) {
        let mut taken = 1;
        if !balanced(tokens, start..end) {
            taken = joined(tokens, &columns, &starts, first, &mut budget);
        }
        let end = starts.get(first + taken).copied().unwrap_or(end);
        if taken > 1 || balanced(tokens, start..end) {
            repaired.keep(tokens, &columns, start..end);
        } else {
            Segment::new(source, tokens, &columns, said, start..end).repair(&mut repaired);
        }
        first += taken;
    }
    repaired.find_partners();
    repaired.find_items();
    repaired
}

/// The column of each token that is the first of its line.
fn columns(source: &str, tokens: &[Token]) -> Vec<u32> {
    let mut before = 0;
    let column = |token: &Token| {
        let gap = Span::new(before, token.span.start).text(source);
        let first_of_all = before == 0 && token.span.start as usize == gap.len();
        before = token.span.end;
        match memchr::memrchr(b'\n', gap.as_bytes()) {
            Some(line) => crate::span::offset(gap.len() - line - 1),
            None if first_of_all => crate::span::offset(gap.trim_start_matches('\u{feff}').len()),
            None => INSIDE,
        }
    };
    tokens.iter().map(column).collect()
}

/// Whether a line without indentation starts an item here.
fn starts_item(tokens: &[Token], columns: &[u32], at: usize) -> bool {
    columns.get(at) == Some(&0) && item_words(tokens, columns, at)
}

/// Whether the words at `at` are those an item starts with.
pub(crate) fn item_words(tokens: &[Token], columns: &[u32], at: usize) -> bool {
    use TokenKind as K;
    let kind = |at: usize| tokens.get(at).map(|token| token.kind);
    let next_here = columns.get(at + 1) == Some(&INSIDE);
    match kind(at) {
        Some(K::Use | K::App | K::Param | K::Let | K::Type | K::Assert | K::Kind | K::Extern | K::Allow) => true,
        Some(K::Environment) => matches!(kind(at + 1), Some(K::Name | K::LBrace)) && next_here,
        Some(K::Name | K::Path | K::Upper) if next_here => {
            let next = kind(at + 1);
            matches!(next, Some(K::Name | K::Upper | K::Path | K::Text | K::LBrace | K::Error))
                || next.is_some_and(|next| next.is_keyword() && !is_infix_word(next))
        }
        _ => false,
    }
}

const fn is_infix_word(kind: TokenKind) -> bool {
    use TokenKind as K;
    matches!(
        kind,
        K::And
            | K::Or
            | K::In
            | K::Then
            | K::Else
            | K::If
            | K::For
            | K::Where
            | K::Matches
            | K::As
            | K::Not
            | K::Extends
    )
}

/// The offset behind a token, for a key behind its colon.
pub(crate) fn end_of(source: &str, token: Token) -> u32 {
    if !matches!(token.kind, TokenKind::Key | TokenKind::PathKey) {
        return token.span.end;
    }
    let rest = source.get(token.span.end as usize..).unwrap_or_default();
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    token.span.end + crate::span::offset(blanks) + 1
}

/// The bracket that closes what `kind` opens.
pub(crate) const fn closer(kind: TokenKind) -> Option<TokenKind> {
    use TokenKind as K;
    Some(match kind {
        K::LBrace => K::RBrace,
        K::LParen => K::RParen,
        K::LBracket => K::RBracket,
        K::TextStart => K::TextEnd,
        _ => return None,
    })
}

pub(crate) const fn is_closer(kind: TokenKind) -> bool {
    use TokenKind as K;
    matches!(kind, K::RBrace | K::RParen | K::RBracket | K::TextEnd)
}

/// Whether the brackets of a run match, at a depth that recovery takes.
fn balanced(tokens: &[Token], run: Range<usize>) -> bool {
    let mut open = Vec::new();
    for token in tokens.get(run).unwrap_or_default() {
        if let Some(closer) = closer(token.kind) {
            if open.len() == MAX_OPEN {
                return false;
            }
            open.push(closer);
        } else if is_closer(token.kind) && open.pop() != Some(token.kind) {
            return false;
        }
    }
    open.is_empty()
}

/// How many segments from `first` on make one item whose brackets match: code may be written without indentation.
fn joined(tokens: &[Token], columns: &[u32], starts: &[usize], first: usize, budget: &mut usize) -> usize {
    let (Some(start), Some(mut end)) = (starts.get(first).copied(), starts.get(first + 1).copied()) else { return 1 };
    let lines = columns.get(start + 1..end).unwrap_or_default();
    if lines.iter().any(|column| *column != INSIDE && *column > 0) {
        return 1;
    }
    let mut open = Vec::new();
    let (mut at, mut taken) = (start, 1);
    loop {
        let Some(token) = tokens.get(at).filter(|_| *budget > 0) else { return 1 };
        *budget -= 1;
        at += 1;
        if let Some(closer) = closer(token.kind) {
            open.push(closer);
        } else if is_closer(token.kind) && open.pop() != Some(token.kind) {
            return 1;
        }
        if at == end {
            if open.is_empty() {
                return taken;
            }
            taken += 1;
            let Some(next) = starts.get(first + taken) else { return 1 };
            end = *next;
        }
    }
}

impl Repaired {
    fn keep(&mut self, tokens: &[Token], columns: &[u32], run: Range<usize>) {
        self.tokens.extend_from_slice(tokens.get(run.clone()).unwrap_or_default());
        self.columns.extend_from_slice(columns.get(run).unwrap_or_default());
    }

    fn find_partners(&mut self) {
        self.partners = (0..self.tokens.len()).collect();
        let mut open = Vec::new();
        for (at, token) in self.tokens.iter().enumerate() {
            if closer(token.kind).is_some() {
                open.push(at);
            } else if is_closer(token.kind)
                && let Some(from) = open.pop()
            {
                for (here, there) in [(from, at), (at, from)] {
                    if let Some(partner) = self.partners.get_mut(here) {
                        *partner = there;
                    }
                }
            }
        }
    }

    /// Cuts the tokens where items start: outside all brackets, at a line that starts one, or behind a `}`.
    fn find_items(&mut self) {
        use TokenKind as K;
        let (mut start, mut at) = (0, 0);
        while at < self.tokens.len() {
            let before = at.checked_sub(1).and_then(|before| self.kind(before));
            let is_start = item_words(&self.tokens, &self.columns, at);
            let column = self.columns.get(at).copied().unwrap_or(INSIDE);
            let cut = match self.kind(at) {
                _ if at == start => false,
                Some(K::Kind) if before == Some(K::Extern) => false,
                _ if self.is_allow(start..at) => false,
                Some(K::For | K::If) if column != INSIDE => !self.is_bare_head(start..at),
                Some(_) if column == 0 && is_start => true,
                Some(kind) if column == 0 => !is_closer(kind) && before.is_some_and(ends_value) && !goes_on(kind),
                Some(K::LParen | K::LBracket) if column != INSIDE => false,
                // `service` on one line and the name below it.
                Some(K::Name) if at == start + 1 && matches!(before, Some(K::Name | K::Path)) => false,
                Some(kind) if column != INSIDE => !is_closer(kind) && before.is_some_and(ends_value) && !goes_on(kind),
                _ => is_start && before == Some(K::RBrace),
            };
            if cut {
                self.items.push(start..at);
                start = at;
            }
            at = self.after(at);
        }
        if start < self.tokens.len() {
            self.items.push(start..self.tokens.len());
        }
    }

    /// Whether a run ends with a component's kind and name, and nothing else: its `for` or `if` may stand on the next line.
    fn is_bare_head(&self, run: Range<usize>) -> bool {
        use TokenKind as K;
        let words = [2, 1].map(|back| run.end.checked_sub(back).and_then(|at| self.kind(at)));
        matches!(words, [Some(K::Name | K::Path), Some(K::Name)])
            && (run.len() == 2 || self.is_allow(run.start..run.end - 2))
    }

    /// Whether a run is nothing but `allow(…)`s.
    fn is_allow(&self, run: Range<usize>) -> bool {
        let mut at = run.start;
        while at < run.end {
            if self.kind(at) != Some(TokenKind::Allow) || self.kind(at + 1) != Some(TokenKind::LParen) {
                return false;
            }
            at = self.after(at + 1);
        }
        true
    }
}

/// Whether a value, type or body can end with this token.
pub(crate) const fn ends_value(kind: TokenKind) -> bool {
    use TokenKind as K;
    matches!(
        kind,
        K::Name
            | K::Upper
            | K::Path
            | K::UpperPath
            | K::Int
            | K::Number
            | K::Text
            | K::TextEnd
            | K::True
            | K::False
            | K::Null
            | K::Environment
            | K::RBrace
            | K::RParen
            | K::RBracket
            | K::Question
            | K::Greater
            | K::Range
            | K::Error
            | K::ReadyExpr
            | K::ReadyType
    )
}

/// Whether this token can only go on with what stands before it.
const fn goes_on(kind: TokenKind) -> bool {
    use TokenKind as K;
    matches!(
        kind,
        K::Bar
            | K::Where
            | K::Then
            | K::Else
            | K::And
            | K::Or
            | K::In
            | K::As
            | K::Extends
            | K::If
            | K::For
            | K::Dot
            | K::QuestionDot
            | K::Coalesce
            | K::Plus
            | K::Minus
            | K::Star
            | K::Slash
            | K::Percent
            | K::Equal
            | K::NotEqual
            | K::Less
            | K::LessEqual
            | K::Greater
            | K::GreaterEqual
            | K::Assign
            | K::Arrow
            | K::Comma
            | K::Range
            | K::RangeInclusive
            | K::LBrace
    )
}
