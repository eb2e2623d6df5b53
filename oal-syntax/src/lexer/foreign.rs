//! What other languages write and OAL does not: each gets a finding of its own, and a token that does the least harm.

use super::key::{in_word, past_blanks};
use super::{Lexer, span};
use crate::error::SyntaxErrorKind;
use crate::token::{Token, TokenKind};

/// How far the `}` of a `${NAME}` outside a text is looked for.
const LONGEST_VARIABLE: usize = 256;

impl<const PATHS: bool> Lexer<'_, PATHS> {
    /// The token for text that is none of OAL; `None` where it is best left out.
    pub(super) fn foreign(&mut self, kind: TokenKind, start: usize, end: usize) -> Option<Token> {
        match kind {
            TokenKind::MixedCase => {
                // Whether it is wrong depends on what it names: a declared name is, a map's key may be.
                Some(self.word(TokenKind::Name, start, end))
            }
            TokenKind::ForeignWord => Some(self.foreign_word(start, end)),
            TokenKind::ForeignSign => self.foreign_sign(start, end),
            _ => Some(self.unknown(start, end)),
        }
    }

    fn foreign_word(&mut self, start: usize, end: usize) -> Token {
        let word = self.source.get(start..end).unwrap_or_default();
        let found = word.chars().find(|letter| !letter.is_ascii()).unwrap_or_default();
        let kind = match confusable(found) {
            Some(looks_like) => SyntaxErrorKind::ConfusableWord { found, looks_like },
            None if is_invisible(found) => SyntaxErrorKind::InvisibleCharacter(found),
            None if is_quote(found) => return self.smart_quotes(start, end, found),
            None if word.chars().any(char::is_alphabetic) => SyntaxErrorKind::ForeignLetters(found),
            None => SyntaxErrorKind::UnknownCharacter(found),
        };
        self.error(start, end, kind);
        self.broken(start, end)
    }

    /// An error token, or a key where a colon follows, so that the entry keeps its shape.
    fn broken(&mut self, start: usize, end: usize) -> Token {
        let colon = past_blanks(self.source.as_bytes(), end);
        if self.byte(colon) == Some(b':') {
            return self.key(start, end, colon);
        }
        Token { kind: TokenKind::Error, span: span(start, end) }
    }

    fn foreign_sign(&mut self, start: usize, end: usize) -> Option<Token> {
        use TokenKind as K;
        let here = span(start, end);
        let operator = |lexer: &mut Self, found, instead, kind| {
            lexer.error(start, end, SyntaxErrorKind::ForeignOperator { found, instead });
            Some(Token { kind, span: here })
        };
        match here.text(self.source) {
            ";" => {
                self.error(start, end, SyntaxErrorKind::Semicolon);
                None
            }
            "&&" => operator(self, "&&", "and", K::And),
            "||" => operator(self, "||", "or", K::Or),
            "!" => operator(self, "!", "not", K::Not),
            "===" => operator(self, "===", "==", K::Equal),
            "!==" => operator(self, "!==", "!=", K::NotEqual),
            "->" => operator(self, "->", "=>", K::Arrow),
            "<<" if self.byte(end) == Some(b':') => {
                self.error(start, end + 1, SyntaxErrorKind::YamlAnchor);
                Some(self.key(start, end, end))
            }
            ":" => {
                self.error(start, end, SyntaxErrorKind::StrayColon);
                Some(Token { kind: K::Error, span: here })
            }
            "/*" => {
                self.block_comment(start);
                None
            }
            "#" => {
                let line = self.line_end(start);
                self.error(start, line, SyntaxErrorKind::ForeignComment);
                self.go_to(line);
                None
            }
            "'" => Some(self.single_quotes(start, end)),
            "$" => Some(self.shell_variable(start, end)),
            _ => Some(self.unknown(start, end)),
        }
    }

    /// A comment of C: it goes to its end, or where it has none to that of the line.
    fn block_comment(&mut self, start: usize) {
        let rest = self.source.get(start..).unwrap_or_default();
        let end = if self.no_comment_end { None } else { rest.find("*/").map(|end| start + end + 2) };
        self.no_comment_end = end.is_none();
        let end = end.unwrap_or_else(|| self.line_end(start));
        self.error(start, end, SyntaxErrorKind::ForeignComment);
        self.go_to(end);
    }

    /// A text between typographic quotes is one mistake.
    fn smart_quotes(&mut self, start: usize, end: usize, found: char) -> Token {
        let rest = self.source.get(start..self.line_end(start)).unwrap_or_default();
        let mut quotes =
            rest.char_indices().filter(|(_, c)| is_quote(*c) || *c == '"').map(|(at, c)| at + c.len_utf8());
        let end = quotes.nth(1).map_or(end, |close| (start + close).max(end));
        self.error(start, end, SyntaxErrorKind::SmartQuote(found));
        self.go_to(end);
        self.broken(start, end)
    }

    fn single_quotes(&mut self, start: usize, end: usize) -> Token {
        let rest = self.source.as_bytes().get(end..self.line_end(start)).unwrap_or_default();
        let Some(close) = memchr::memchr(b'\'', rest) else {
            self.error(start, end, SyntaxErrorKind::UnknownCharacter('\''));
            return Token { kind: TokenKind::Error, span: span(start, end) };
        };
        let close = end + close + 1;
        self.error(start, close, SyntaxErrorKind::SingleQuotes);
        self.go_to(close);
        self.broken(start, close)
    }

    fn shell_variable(&mut self, start: usize, end: usize) -> Token {
        let bytes = self.source.as_bytes();
        let close = if bytes.get(end) == Some(&b'{') {
            let rest = bytes.get(end..self.line_end(start).min(end + LONGEST_VARIABLE)).unwrap_or_default();
            memchr::memchr(b'}', rest).map(|at| end + at + 1)
        } else {
            let word = bytes.get(end..).unwrap_or_default().iter().take_while(|byte| in_word(**byte)).count();
            (word > 0).then_some(end + word)
        };
        let Some(close) = close else {
            return self.unknown(start, end);
        };
        self.error(start, close, SyntaxErrorKind::ShellVariable);
        self.go_to(close);
        self.broken(start, close)
    }

    /// Characters that start no token: all that follow directly are one error token.
    fn unknown(&mut self, start: usize, end: usize) -> Token {
        let bytes = self.source.as_bytes();
        let mut stop = end;
        while bytes.get(stop).is_some_and(|byte| is_unknown(*byte)) {
            stop += 1;
        }
        self.go_to(stop);
        let found = self.source.get(start..).and_then(|rest| rest.chars().next()).unwrap_or_default();
        let name = bytes.get(stop..).unwrap_or_default().iter().take_while(|byte| in_word(**byte)).count();
        if found == '&' && stop == start + 1 && name > 0 {
            self.error(start, stop + name, SyntaxErrorKind::YamlAnchor);
            self.go_to(stop + name);
            return self.broken(start, stop + name);
        }
        let kind = if found.is_control() {
            SyntaxErrorKind::ControlCharacter(found)
        } else {
            SyntaxErrorKind::UnknownCharacter(found)
        };
        self.error(start, stop, kind);
        self.broken(start, stop)
    }
}

/// Whether a byte is in no token of OAL at all.
const fn is_unknown(byte: u8) -> bool {
    matches!(byte, 0..=8 | 11 | 12 | 14..=31 | 127 | b'`' | b'@' | b'\\' | b'^' | b'~' | b'&')
}

const fn is_quote(found: char) -> bool {
    matches!(found, '“' | '”' | '„' | '‟' | '‘' | '’' | '‚' | '‛' | '«' | '»' | '＂' | '＇')
}

pub(super) const fn is_invisible(found: char) -> bool {
    matches!(found, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// The ASCII letter or sign that a character looks like.
const fn confusable(found: char) -> Option<char> {
    Some(match found {
        'а' | 'ɑ' | 'α' | 'ａ' => 'a',
        'Ь' | 'ｂ' => 'b',
        'с' | 'ϲ' | 'ｃ' => 'c',
        'ԁ' | 'ｄ' => 'd',
        'е' | 'ｅ' => 'e',
        'ｆ' => 'f',
        'ɡ' | 'ｇ' => 'g',
        'һ' | 'ｈ' => 'h',
        'і' | 'ı' | 'ｉ' => 'i',
        'ј' | 'ｊ' => 'j',
        'κ' | 'ｋ' => 'k',
        'ⅼ' | 'ӏ' | 'ｌ' => 'l',
        'ｍ' => 'm',
        'ո' | 'ｎ' => 'n',
        'о' | 'ο' | 'օ' | 'ｏ' => 'o',
        'р' | 'ρ' | 'ｐ' => 'p',
        'ԛ' | 'ｑ' => 'q',
        'ｒ' => 'r',
        'ѕ' | 'ｓ' => 's',
        'ｔ' => 't',
        'υ' | 'ｕ' => 'u',
        'ν' | 'ѵ' | 'ｖ' => 'v',
        'ԝ' | 'ｗ' => 'w',
        'х' | 'χ' | 'ｘ' => 'x',
        'у' | 'ｙ' => 'y',
        'ｚ' => 'z',
        'А' | 'Α' => 'A',
        'В' | 'Β' => 'B',
        'С' => 'C',
        'Е' | 'Ε' => 'E',
        'Н' | 'Η' => 'H',
        'І' | 'Ι' => 'I',
        'К' | 'Κ' => 'K',
        'М' | 'Μ' => 'M',
        'Ν' => 'N',
        'О' | 'Ο' => 'O',
        'Р' | 'Ρ' => 'P',
        'Т' | 'Τ' => 'T',
        'Х' | 'Χ' => 'X',
        'Ζ' => 'Z',
        '\u{a0}' | '\u{2002}'..='\u{200a}' | '\u{202f}' | '\u{3000}' => ' ',
        '‐' | '‑' | '‒' | '–' | '—' | '−' => '-',
        '：' => ':',
        '，' => ',',
        '；' => ';',
        '（' => '(',
        '）' => ')',
        '｛' => '{',
        '｝' => '}',
        '［' => '[',
        '］' => ']',
        '＝' => '=',
        _ => return None,
    })
}
