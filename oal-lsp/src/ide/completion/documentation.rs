//! What is said of an item when it is looked at: found only then.

use oal_check::builtins::Builtin;
use oal_check::diagnostic::codes;
use oal_check::{Checked, builtins};
use oal_syntax::{FileId, doc};

/// Where the documentation of something is. Small, so that it can be sent to the editor and back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The doc comment above what starts here.
    Above(FileId, u32),
    /// A built-in function.
    Function(&'static str),
    /// A lint.
    Lint(&'static str),
    /// A checked text.
    Text(oal_check::types::TextType),
}

/// The documentation, as Markdown.
#[must_use]
pub fn documentation(checked: &Checked, of: &Source) -> Option<String> {
    match of {
        Source::Above(file, offset) => {
            let file = checked.project().file(*file);
            doc::doc_before(&file.parse, &file.text, first_of_line(&file.text, *offset))
        }
        Source::Function(name) => {
            let (_, function) = builtins::find(name)?;
            Some(of_function(function))
        }
        Source::Lint(name) => codes::lint(name).map(|code| format!("{} ({})", code.summary, code.id)),
        Source::Text(text) => Some(format!("{}, such as `\"{}\"`", text.description(), text.example())),
    }
}

/// What a built-in function does, with an example.
pub(crate) fn of_function(function: &Builtin) -> String {
    format!("{}\n\n```oal\n{}\n```", function.doc, function.example)
}

/// Where a declaration starts whose name stands at `offset`: its doc comment is above the `field` or `|` before the name.
fn first_of_line(text: &str, offset: u32) -> u32 {
    let before = text.get(..offset as usize).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default().trim_start();
    let leads = matches!(line.trim_end(), "|" | "field" | "output" | "kind" | "type" | "param" | "let");
    if leads { offset.saturating_sub(crate::ide::offset(line.len())) } else { offset }
}

impl Source {
    /// As one text, for the way to the editor and back.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Above(file, offset) => format!("above {} {offset}", file.0),
            Self::Function(name) => format!("function {name}"),
            Self::Lint(name) => format!("lint {name}"),
            Self::Text(text) => format!("text {}", text.name()),
        }
    }

    /// What [`Source::to_text`] wrote.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let (word, rest) = text.split_once(' ')?;
        match word {
            "above" => {
                let (file, offset) = rest.split_once(' ')?;
                Some(Self::Above(FileId(file.parse().ok()?), offset.parse().ok()?))
            }
            "function" => builtins::find(rest).map(|(_, function)| Self::Function(function.name)),
            "lint" => codes::lint(rest).and_then(|code| code.lint).map(Self::Lint),
            "text" => oal_check::types::TextType::from_name(rest).map(Self::Text),
            _ => None,
        }
    }
}
