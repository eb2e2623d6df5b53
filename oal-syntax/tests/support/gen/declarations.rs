//! Random declarations, bodies and entries.

use super::Choices;

pub const NAMES: &[&str] = &[
    "a",
    "api",
    "b",
    "worker",
    "orders",
    "environment_name",
    "x1",
    "_",
    "_private",
    "a_rather_long_name_for_a_thing",
    "storefront",
    "if_",
    "secret",
    "database",
    "the_longest_name_that_anybody_would_ever_think_of_giving_to_a_component",
];
pub const TYPES: &[&str] = &["Int", "String", "HttpPath", "T", "Url", "AVeryLongTypeNameIndeed"];
const KEYWORDS: &[&str] = &[
    "use",
    "app",
    "as",
    "environment",
    "unset",
    "param",
    "let",
    "type",
    "assert",
    "kind",
    "extern",
    "extends",
    "field",
    "output",
    "allow",
    "if",
    "then",
    "else",
    "match",
    "for",
    "in",
    "where",
    "matches",
    "and",
    "or",
    "not",
    "true",
    "null",
];

/// Which entries a body may have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Place {
    App,
    Plain,
    Environment,
    Kind,
    Extern,
}

/// Makes tokens of one part of a program after the other.
pub struct Maker<'c, 'a> {
    pub choices: &'c mut Choices<'a>,
    pub tokens: Vec<String>,
    /// How deep the part is nested.
    pub depth: usize,
}

impl<'c, 'a> Maker<'c, 'a> {
    pub fn new(choices: &'c mut Choices<'a>) -> Self {
        Self { choices, tokens: Vec::new(), depth: 0 }
    }

    pub fn push(&mut self, token: impl Into<String>) {
        self.tokens.push(token.into());
    }

    pub fn push_of(&mut self, from: &[&'static str]) {
        let token = self.choices.of(from);
        self.push(token);
    }

    pub fn below(&mut self, n: usize) -> usize {
        self.choices.below(n)
    }

    pub fn once_in(&mut self, n: usize) -> bool {
        self.choices.once_in(n)
    }

    pub fn name(&mut self) {
        self.push_of(NAMES);
    }

    /// A name that can stand for something: no `_`.
    pub fn bound_name(&self) -> &'static str {
        "named"
    }

    /// Makes a file and gives its tokens.
    pub fn file(mut self) -> Vec<String> {
        for _ in 0..12 {
            if self.choices.is_empty() || self.once_in(12) {
                break;
            }
            self.allows();
            self.item();
        }
        self.tokens
    }

    pub fn allows(&mut self) {
        while self.once_in(12) {
            for token in ["allow", "(", "unpinned_image", ",", "\"built nightly\"", ")"] {
                self.push(token);
            }
        }
    }

    pub fn item(&mut self) {
        match self.below(14) {
            0 => {
                self.push("app");
                self.name();
                self.body(Place::App);
            }
            1 => {
                self.push("environment");
                self.name();
                self.body(Place::Environment);
            }
            2 => self.import(),
            3 => {
                self.push("param");
                self.typed(3);
            }
            4 => self.local(),
            5 | 6 => {
                self.push("type");
                self.push_of(TYPES);
                self.push("=");
                self.ty();
            }
            7 => self.assertion(),
            8 | 9 => {
                let is_extern = self.once_in(3);
                if is_extern {
                    self.push("extern");
                }
                self.push("kind");
                self.name();
                if self.once_in(2) {
                    self.push("extends");
                    self.kind_path();
                }
                self.body(if is_extern { Place::Extern } else { Place::Kind });
            }
            _ => self.component(),
        }
    }

    pub fn import(&mut self) {
        self.push("use");
        self.push("\"./lib/web.oal\"");
        if self.once_in(3) {
            self.push("as");
            let name = self.bound_name();
            self.push(name);
            return;
        }
        self.push("{");
        self.separated(1, |maker| {
            let names = if maker.once_in(3) { TYPES } else { NAMES };
            maker.push_of(names);
            if maker.once_in(4) {
                maker.push("as");
                maker.push_of(names);
            }
        });
        self.push("}");
    }

    pub fn local(&mut self) {
        self.push("let");
        if self.once_in(3) {
            self.typed(1);
            return;
        }
        self.name();
        self.push("=");
        self.expr();
    }

    pub fn assertion(&mut self) {
        self.push("assert");
        self.expr();
        self.push(",");
        self.text();
    }

    pub fn kind_path(&mut self) {
        if self.once_in(5) {
            self.push("lib.web");
        } else {
            self.name();
        }
    }

    pub fn component(&mut self) {
        self.kind_path();
        self.name();
        match self.below(6) {
            0 => {
                self.push("if");
                self.expr();
            }
            1 => self.loop_head(),
            _ => {}
        }
        self.body(Place::Plain);
    }

    pub fn body(&mut self, place: Place) {
        self.push("{");
        self.deeper(|maker| {
            for _ in 0..maker.below(6) {
                maker.allows();
                maker.entry(place);
                maker.comma();
            }
        });
        self.push("}");
    }

    /// A comma where it means nothing.
    pub fn comma(&mut self) {
        if self.once_in(3) {
            self.push(",");
        }
    }

    pub fn entry(&mut self, place: Place) {
        match (self.below(8), place) {
            (0, Place::Environment) => {
                self.push("unset");
                self.push_of(&["a", "orders.storage", "api.env.LOG_LEVEL"]);
            }
            (1, Place::Environment) => {
                self.push_of(&["orders.storage:", "api.env.LOG_LEVEL:", "worker[\"eu\"].replicas:", "api_replicas:"]);
                self.expr();
            }
            (0..=2, Place::Kind | Place::Extern) => {
                self.push("field");
                self.typed(3);
            }
            (3, Place::Extern) => {
                self.push("output");
                self.typed(20);
            }
            (3, Place::Kind) => self.assertion(),
            (4, Place::Kind) => self.local(),
            (7, Place::Plain | Place::Environment | Place::Kind | Place::Extern) => self.component(),
            _ => {
                self.key();
                self.expr();
            }
        }
    }

    pub fn key(&mut self) {
        let key = match self.below(8) {
            0 => self.choices.of(&["\"quoted key\":", "\"/a/b.conf\":", "\"\":"]).to_owned(),
            1 => format!("{}:", self.choices.of(KEYWORDS)),
            2 => "LOG_LEVEL:".to_owned(),
            3 => format!("{} :", self.choices.of(NAMES)),
            _ => format!("{}:", self.choices.of(NAMES)),
        };
        self.push(key);
    }

    /// `name: Type` and, `once_in` so often, a default.
    pub fn typed(&mut self, often: usize) {
        let key = format!("{}:", self.choices.of(NAMES));
        self.push(key);
        self.ty();
        if often == 1 || self.once_in(often) {
            self.push("=");
            self.expr();
        }
    }

    /// Runs `inside` one level deeper, where it chooses the smallest if that is deep already.
    pub fn deeper(&mut self, inside: impl FnOnce(&mut Self)) {
        self.depth += 1;
        inside(self);
        self.depth -= 1;
    }

    /// Members with commas between them and, maybe, one behind.
    pub fn separated(&mut self, least: usize, mut member: impl FnMut(&mut Self)) {
        let count = least + self.below(4);
        for index in 0..count {
            member(self);
            if index + 1 < count || self.once_in(3) {
                self.push(",");
            }
        }
    }
}
