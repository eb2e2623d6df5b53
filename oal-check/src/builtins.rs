//! The table of built-in functions: what each is called, takes, gives and means. `infer` reads it to check calls, the editor to
//! explain them; how a function works is in `builtins/compute.rs`.
//!
//! All functions are total but for the values they say they refuse, pure, and take and give plain values.

mod compute;

pub(crate) use compute::compute;

/// A built-in function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Builtin {
    /// Its name.
    pub name: &'static str,
    /// What it does, for hover and completion. The first line stands alone.
    pub doc: &'static str,
    /// A call and its value, for hover: `len("abc") == 3`.
    pub example: &'static str,
    /// Names and types of its parameters. Arguments may be given by position or by name.
    pub params: &'static [Param],
    /// How many of the parameters, counted from the first, must be given.
    pub required: usize,
    /// Whether the last parameter takes any number of arguments, one at least.
    pub variadic: bool,
    /// Whether a single argument that is a list stands for its elements: `min([a, b])` is `min(a, b)`. Only with `variadic`.
    pub spreads: bool,
    /// What it gives.
    pub result: Shape,
    /// Whether all arguments must be known to the checker. Otherwise the result has the highest level of the arguments.
    pub const_only: bool,
}

/// A parameter of a [`Builtin`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub shape: Shape,
}

/// What a parameter takes or a function gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A value of any type but a component.
    Any,
    /// `String` or a checked text; as a result `String`.
    Text,
    /// `Bool`
    Bool,
    /// `Int` (or `Port`)
    Int,
    /// Whatever the variable of this number (0 or 1) stands for in this call; the first argument that mentions it decides, the
    /// others must fit. It stands only for types of the class.
    Var(u8, Class),
    /// `List<…>`
    List(&'static Shape),
    /// `Map<…, …>`
    Map(&'static Shape, &'static Shape),
    /// Whatever has a length: a text, a list, a map or a range.
    Sized,
    /// What the argument of this number, which is [`Shape::Sized`], may contain: text in a text, an element of a list, a key of
    /// a map, an `Int` of a range.
    ElementOf(u8),
}

/// Which types a variable of a [`Shape`] stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// All.
    Any,
    /// `Int Float Duration Size Cpu Percent`.
    Number,
    /// Numbers and texts.
    Ordered,
    /// What can be the key of a map: texts and plain variants.
    Key,
}

const A: Shape = Shape::Var(0, Class::Any);
const NUMBER: Shape = Shape::Var(0, Class::Number);
const ORDERED: Shape = Shape::Var(0, Class::Ordered);
const KEY: Shape = Shape::Var(0, Class::Key);
const VALUE: Shape = Shape::Var(1, Class::Any);

/// Defaults for the rare columns of a row.
const PLAIN: Builtin = Builtin {
    name: "",
    doc: "",
    example: "",
    params: &[],
    required: 0,
    variadic: false,
    spreads: false,
    result: Shape::Any,
    const_only: true,
};

const fn param(name: &'static str, shape: Shape) -> Param {
    Param { name, shape }
}

/// All functions, in the order of the reference. A `Res::Function` is an index into it.
pub static ALL: &[Builtin] = &[
    Builtin {
        name: "len",
        doc: "How many characters a text, elements a list or range, or entries a map has.",
        example: "len([8080, 8081]) == 2",
        params: &[param("of", Shape::Sized)],
        required: 1,
        result: Shape::Int,
        ..PLAIN
    },
    Builtin {
        name: "keys",
        doc: "The keys of a map, in the order written.",
        example: "keys({ http: 8080 }) == [\"http\"]",
        params: &[param("map", Shape::Map(&KEY, &VALUE))],
        required: 1,
        result: Shape::List(&KEY),
        ..PLAIN
    },
    Builtin {
        name: "values",
        doc: "The values of a map, in the order written.",
        example: "values({ http: 8080 }) == [8080]",
        params: &[param("map", Shape::Map(&KEY, &VALUE))],
        required: 1,
        result: Shape::List(&VALUE),
        ..PLAIN
    },
    Builtin {
        name: "join",
        doc: "One text of all texts in a list, with the separator between each two.\n\nThe texts may be known only after \
              deployment, or secret; the result is then, too.",
        example: "join([\"a\", \"b\"], \", \") == \"a, b\"",
        params: &[param("list", Shape::List(&Shape::Text)), param("separator", Shape::Text)],
        required: 1,
        result: Shape::Text,
        const_only: false,
        ..PLAIN
    },
    Builtin {
        name: "split",
        doc: "The parts of a text between the separators. An empty separator is refused.",
        example: "split(\"a,b\", \",\") == [\"a\", \"b\"]",
        params: &[param("text", Shape::Text), param("separator", Shape::Text)],
        required: 2,
        result: Shape::List(&Shape::Text),
        ..PLAIN
    },
    Builtin {
        name: "lower",
        doc: "The text in lower case.",
        example: "lower(\"EU-West\") == \"eu-west\"",
        params: &[param("text", Shape::Text)],
        required: 1,
        result: Shape::Text,
        ..PLAIN
    },
    Builtin {
        name: "upper",
        doc: "The text in upper case.",
        example: "upper(\"eu\") == \"EU\"",
        params: &[param("text", Shape::Text)],
        required: 1,
        result: Shape::Text,
        ..PLAIN
    },
    Builtin {
        name: "replace",
        doc: "The text with every occurrence of `from` replaced by `to`. An empty `from` is refused.",
        example: "replace(\"a_b\", \"_\", \"-\") == \"a-b\"",
        params: &[param("text", Shape::Text), param("from", Shape::Text), param("to", Shape::Text)],
        required: 3,
        result: Shape::Text,
        ..PLAIN
    },
    Builtin {
        name: "starts_with",
        doc: "Whether the text starts with the prefix.",
        example: "starts_with(\"/api/v1\", \"/api\")",
        params: &[param("text", Shape::Text), param("prefix", Shape::Text)],
        required: 2,
        result: Shape::Bool,
        ..PLAIN
    },
    Builtin {
        name: "ends_with",
        doc: "Whether the text ends with the suffix.",
        example: "ends_with(\"shop.example.com\", \".com\")",
        params: &[param("text", Shape::Text), param("suffix", Shape::Text)],
        required: 2,
        result: Shape::Bool,
        ..PLAIN
    },
    Builtin {
        name: "contains",
        doc: "Whether a text has the other in it, a list the element, a map the key, a range the number.\n\nFor all but texts \
              `x in xs` says the same.",
        example: "contains(\"ghcr.io/acme/api\", \"acme\")",
        params: &[param("whole", Shape::Sized), param("part", Shape::ElementOf(0))],
        required: 2,
        result: Shape::Bool,
        ..PLAIN
    },
    Builtin {
        name: "min",
        doc: "The smallest of the values, or of the elements of one list. An empty list is refused.",
        example: "min(2GiB, 512MiB) == 512MiB",
        params: &[param("values", ORDERED)],
        required: 1,
        variadic: true,
        spreads: true,
        result: ORDERED,
        ..PLAIN
    },
    Builtin {
        name: "max",
        doc: "The largest of the values, or of the elements of one list. An empty list is refused.",
        example: "max([1, 3, 2]) == 3",
        params: &[param("values", ORDERED)],
        required: 1,
        variadic: true,
        spreads: true,
        result: ORDERED,
        ..PLAIN
    },
    Builtin {
        name: "sum",
        doc: "All numbers of a list added up; nothing for an empty one.",
        example: "sum([30s, 1min]) == 90s",
        params: &[param("list", Shape::List(&NUMBER))],
        required: 1,
        result: NUMBER,
        ..PLAIN
    },
    Builtin {
        name: "sort",
        doc: "The elements of a list in rising order: numbers by size, texts by their characters.",
        example: "sort([3, 1, 2]) == [1, 2, 3]",
        params: &[param("list", Shape::List(&ORDERED))],
        required: 1,
        result: Shape::List(&ORDERED),
        ..PLAIN
    },
    Builtin {
        name: "unique",
        doc: "The elements of a list without those that were there before.",
        example: "unique([\"eu\", \"us\", \"eu\"]) == [\"eu\", \"us\"]",
        params: &[param("list", Shape::List(&A))],
        required: 1,
        result: Shape::List(&A),
        ..PLAIN
    },
    Builtin {
        name: "flatten",
        doc: "One list of the elements of all lists in a list.",
        example: "flatten([[1], [2, 3]]) == [1, 2, 3]",
        params: &[param("lists", Shape::List(&Shape::List(&A)))],
        required: 1,
        result: Shape::List(&A),
        ..PLAIN
    },
    Builtin {
        name: "zip",
        doc: "A map of the keys in one list and the values in another, pair by pair.\n\nThe lists must have the same length, and \
              the keys must differ.",
        example: "zip([\"http\", \"admin\"], [80, 81]) == { http: 80, admin: 81 }",
        params: &[param("keys", Shape::List(&KEY)), param("values", Shape::List(&VALUE))],
        required: 2,
        result: Shape::Map(&KEY, &VALUE),
        ..PLAIN
    },
    Builtin {
        name: "range",
        doc: "The list of the whole numbers from `start` up to, and without, `end`.\n\nWith one argument it is the end, and the \
              start is 0. `step` may be negative, not zero.",
        example: "range(1, 4) == [1, 2, 3]",
        params: &[param("start", Shape::Int), param("end", Shape::Int), param("step", Shape::Int)],
        required: 1,
        result: Shape::List(&Shape::Int),
        ..PLAIN
    },
    Builtin {
        name: "base64",
        doc: "The text's UTF-8 bytes in base64, with padding (RFC 4648, section 4).",
        example: "base64(\"user:name\") == \"dXNlcjpuYW1l\"",
        params: &[param("text", Shape::Text)],
        required: 1,
        result: Shape::Text,
        ..PLAIN
    },
    Builtin {
        name: "json",
        doc: "The value as JSON on one line: maps and records as objects, plain variants as texts, quantities as texts such as \
              `\"90s\"`.",
        example: "json({ debug: true }) == \"{\\\"debug\\\":true}\"",
        params: &[param("value", Shape::Any)],
        required: 1,
        result: Shape::Text,
        ..PLAIN
    },
    Builtin {
        name: "sha256",
        doc: "The SHA-256 digest of the text's UTF-8 bytes, as 64 hexadecimal digits.",
        example: "len(sha256(\"\")) == 64",
        params: &[param("text", Shape::Text)],
        required: 1,
        result: Shape::Text,
        ..PLAIN
    },
];

/// The function of a name, with its index in [`ALL`].
#[must_use]
pub fn find(name: &str) -> Option<(u32, &'static Builtin)> {
    (0..).zip(ALL).find(|(_, builtin)| builtin.name == name)
}

/// The function of an index in [`ALL`].
#[must_use]
pub fn get(index: u32) -> Option<&'static Builtin> {
    ALL.get(index as usize)
}

/// All names, for suggestions.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|builtin| builtin.name)
}

impl Builtin {
    /// As the editor shows it: `join(list, separator?)`.
    #[must_use]
    pub fn signature(&self) -> String {
        let mut text = format!("{}(", self.name);
        for (at, param) in self.params.iter().enumerate() {
            if at > 0 {
                text.push_str(", ");
            }
            text.push_str(param.name);
            if at >= self.required {
                text.push('?');
            }
        }
        text.push_str(if self.variadic { "…)" } else { ")" });
        text
    }
}
