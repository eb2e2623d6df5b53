//! Random types.

use super::declarations::{Maker, TYPES};

impl Maker<'_, '_> {
    pub fn ty(&mut self) {
        if self.depth > 5 {
            self.push_of(TYPES);
            return;
        }
        self.depth += 1;
        match self.below(8) {
            0 => {
                if self.once_in(2) {
                    self.push("|");
                }
                let count = 2 + self.below(3);
                for index in 0..count {
                    if index > 0 {
                        self.push("|");
                    }
                    self.variant();
                }
            }
            1 | 2 => {
                self.type_one();
                self.push("where");
                match self.below(5) {
                    0 => {
                        self.push("matches");
                        self.push_of(&["\"^[a-z]+$\"", "r\"\\d+\"", "\"^(a|b)[a-zA-Z0-9][a-zA-Z0-9_.-]+(,[0-9]+)?$\""]);
                    }
                    1 => self.range(&["1", "0", "- 5", "-5", "10m"], ".."),
                    2 => {
                        self.push("..=");
                        self.push_of(&["1", "100", "-1", "20GiB"]);
                    }
                    3 => {
                        self.push_of(&["1", "-5"]);
                        self.push("..");
                    }
                    _ => self.range(&["1", "-5", "10m"], "..="),
                }
            }
            _ => self.type_one(),
        }
        self.depth -= 1;
    }

    pub fn range(&mut self, numbers: &[&'static str], sign: &'static str) {
        self.push_of(numbers);
        self.push(sign);
        self.push_of(numbers);
    }

    pub fn variant(&mut self) {
        let name = self.choices.of(&["http", "tcp", "exec", "debug", "a_long_variant_name"]);
        self.push(name);
        if self.once_in(3) {
            self.push("(");
            self.separated(1, |maker| maker.typed(3));
            self.push(")");
        }
    }

    pub fn type_one(&mut self) {
        match self.below(9) {
            0 => {
                self.push_of(&["const", "deploy", "secret"]);
                self.push_of(TYPES);
            }
            1 => {
                self.push_of(&["List", "Map"]);
                self.push("<");
                self.ty();
                if self.once_in(2) {
                    self.push(",");
                    self.ty();
                }
                self.push(">");
            }
            2 => {
                self.push("{");
                for _ in 0..self.below(4) {
                    self.typed(3);
                    self.comma();
                }
                self.push("}");
            }
            3 => {
                self.push("(");
                self.ty();
                self.push(")");
            }
            4 => self.push_of(&["service", "lib.web", "lib.Size"]),
            _ => self.push_of(TYPES),
        }
        if self.once_in(6) {
            self.push("?");
        }
    }
}
