//! Random expressions.

use super::declarations::Maker;

const NUMBERS: &[&str] = &["0", "1", "42", "1_000_000", "2.5", "500m", "10s", "128MiB", "99%", "0.25", "1.5h", "20GiB"];
const TEXTS: &[&str] = &[
    "\"\"",
    "\"text\"",
    "\"a \\\"quoted\\\" text\\n\"",
    "r\"raw \\ text\"",
    "\"ghcr.io/acme/storefront:2.4.1\"",
    "\"ä☃\"",
    "\"// no comment\"",
    "\"a text long enough to reach the right margin, or nearly so, wherever it stands in a line\"",
    "\"\"\"\n  several\n    lines\n  \"\"\"",
    "\"\"\"\n\n  // text  \n\n  \"\"\"",
    "\"\"\"\r\n\tone\r\n\n \n\t\ttwo \\\\\n\t\"\"\"",
    "\"\"\"\n        deep\n\n        \"\"\"",
    "\"\"\"\n\"\"\"",
    "\"$5 {}\"",
    "\"\\u{1F600}\"",
];

impl Maker<'_, '_> {
    pub fn loop_head(&mut self) {
        self.push("for");
        self.name();
        if self.once_in(2) {
            self.push(",");
            self.name();
        }
        self.push("in");
        self.operand(0);
    }

    pub fn expr(&mut self) {
        if self.depth > 5 {
            self.atom();
            return;
        }
        self.depth += 1;
        if self.once_in(12) {
            self.push("if");
            self.expr();
            self.push("then");
            self.expr();
            self.push("else");
            self.expr();
        } else {
            self.operand(0);
        }
        self.depth -= 1;
    }

    /// An operator chain, from the loosest operator on.
    pub fn operand(&mut self, level: usize) {
        const LEVELS: [&[&str]; 8] = [
            &["??"],
            &["or"],
            &["and"],
            &["==", "!=", "<", "<=", ">", ">="],
            &["in"],
            &["..", "..="],
            &["+", "-"],
            &["*", "/", "%"],
        ];
        let Some(operators) = LEVELS.get(level) else {
            let first = self.tokens.len();
            let negative = self.once_in(20);
            self.postfix();
            if let (true, Some(token)) = (negative, self.tokens.get_mut(first)) {
                // With a space behind it, it would be taken for the dash of a YAML list.
                token.insert(0, '-');
            }
            return;
        };
        if level == 3 && self.once_in(24) {
            self.push("not");
        }
        self.operand(level + 1);
        let more = match level {
            3..=5 => usize::from(self.once_in(24)),
            _ if self.once_in(24) => 1 + self.below(5),
            _ => 0,
        };
        for _ in 0..more {
            self.push_of(operators);
            self.operand(level + 1);
        }
    }

    pub fn postfix(&mut self) {
        if !self.once_in(4) {
            self.atom();
            return;
        }
        match self.below(4) {
            0 => self.push("environment"),
            1 if self.depth < 5 => self.call(),
            2 if self.depth < 5 => self.paren(),
            _ => self.name(),
        }
        for _ in 0..=self.below(3) {
            match self.below(4) {
                0 => {
                    self.push("[");
                    self.deeper(Self::expr);
                    self.push("]");
                }
                1 => {
                    self.push("?.");
                    self.push_of(&["url", "host", "env", "name"]);
                }
                // A keyword is a name directly behind the dot only.
                2 => self.push(".if"),
                _ => {
                    self.push(".");
                    self.push_of(&["url", "host", "LOG_LEVEL"]);
                }
            }
        }
    }

    pub fn atom(&mut self) {
        let kinds = if self.depth > 5 { 6 } else { 16 };
        match self.below(kinds) {
            0 | 1 => self.push_of(NUMBERS),
            2 | 3 => self.push_of(TEXTS),
            4 => self.name(),
            5 => self.push_of(&["true", "false", "null", "environment"]),
            6 | 7 => self.call(),
            8 => self.paren(),
            9 | 10 => {
                self.push("[");
                self.deeper(|maker| {
                    if maker.once_in(4) {
                        maker.expr();
                        maker.loop_head();
                        maker.filter();
                    } else {
                        maker.separated(0, Self::expr);
                    }
                });
                self.push("]");
            }
            11 | 12 => {
                self.push("{");
                self.deeper(|maker| {
                    if maker.once_in(4) {
                        maker.expr();
                        maker.push("=>");
                        maker.expr();
                        maker.loop_head();
                        maker.filter();
                    } else {
                        for _ in 0..maker.below(5) {
                            maker.key();
                            maker.expr();
                            maker.comma();
                        }
                    }
                });
                self.push("}");
            }
            13 => self.matching(),
            _ => self.template(),
        }
    }

    pub fn filter(&mut self) {
        if self.once_in(2) {
            self.push("if");
            self.expr();
        }
    }

    pub fn call(&mut self) {
        self.push_of(&["http", "len", "join", "replace", "a_rather_long_function_name"]);
        self.push("(");
        self.deeper(|maker| {
            let mut named = false;
            maker.separated(0, |maker| {
                // After the first named argument all are.
                named = named || maker.once_in(2);
                if named {
                    maker.key();
                }
                maker.expr();
            });
        });
        self.push(")");
    }

    pub fn paren(&mut self) {
        self.push("(");
        self.deeper(Self::expr);
        self.push(")");
    }

    pub fn matching(&mut self) {
        self.push("match");
        self.operand(0);
        self.push("{");
        self.deeper(|maker| {
            for _ in 0..=maker.below(4) {
                match maker.below(4) {
                    0 => maker.push("_"),
                    1 => maker.push_of(&["1", "\"a\"", "true", "null", "10s"]),
                    2 => {
                        maker.push("http");
                        maker.push("(");
                        maker.separated(1, |maker| maker.push_of(&["p", "_", "q"]));
                        maker.push(")");
                    }
                    _ => maker.push_of(&["debug", "info"]),
                }
                maker.push("=>");
                maker.expr();
                maker.comma();
            }
        });
        self.push("}");
    }

    /// A text that may have holes, as the message of an assert.
    pub fn text(&mut self) {
        if self.once_in(3) {
            self.template();
        } else {
            self.push_of(TEXTS);
        }
    }

    /// A text with holes; a hole is one line without comments.
    pub fn template(&mut self) {
        let block = self.once_in(4);
        let (open, close) = if block { ("\"\"\"\n  ", "\n  \"\"\"") } else { ("\"", "\"") };
        let mut text = open.to_owned();
        for _ in 0..=self.below(3) {
            text.push_str(self.choices.of(&["", "a", "https://", "\\n", " $ "]));
            text.push_str(self.choices.of(&["${", "${ "]));
            let depth = self.depth;
            self.depth = depth.max(4);
            let outside = std::mem::take(&mut self.tokens);
            self.expr();
            let inside = std::mem::replace(&mut self.tokens, outside);
            self.depth = depth;
            // A text of several lines in another one would have to be indented as that.
            let inside = inside.join(" ");
            text.push_str(if block && inside.contains('\n') { "orders" } else { &inside });
            text.push_str(self.choices.of(&["}", " }"]));
            if block {
                text.push_str(self.choices.of(&["", "\n  ", "\n\n  "]));
            }
        }
        text.push_str(close);
        self.push(text);
    }
}
