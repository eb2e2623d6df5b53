//! What a build says, line by line, as its recipe has it.

use std::collections::VecDeque;

use crate::build::Order;
use crate::build::room::{LINE, TAIL, line};

/// What a build has said.
#[derive(Debug, Default)]
pub(super) struct Output {
    /// Of a line that has not ended.
    pending: String,
    pub(super) bytes: u64,
    pub(super) tail: VecDeque<String>,
    /// The step it is at, as the recipe has it.
    pub(super) step: Option<String>,
    /// The line that was put into the recipe.
    own: String,
    /// How many steps the recipe has, and at which of them the build is.
    steps: (usize, usize),
    /// A step of ours is under way: nobody asked for it, so nobody hears of it.
    hidden: bool,
}

impl Output {
    pub(super) fn new(order: &Order, own: String) -> Self {
        let steps = order.dockerfile.steps(order.build.target.as_deref());
        Self { own, steps: (steps, 0), ..Self::default() }
    }

    /// The build begins from its first step again.
    pub(super) fn again(&mut self) {
        *self =
            Self { own: std::mem::take(&mut self.own), steps: (self.steps.0, 0), bytes: self.bytes, ..Self::default() };
    }

    /// Takes in a piece of text and gives the lines that are whole.
    pub(super) fn add(&mut self, text: &str) -> Vec<String> {
        self.bytes += text.len() as u64;
        let mut lines = Vec::new();
        for piece in text.split_inclusive('\n') {
            self.pending.push_str(piece);
            if piece.ends_with('\n') || self.pending.len() > LINE {
                lines.extend(self.end_line());
            }
        }
        lines
    }

    pub(super) fn end_line(&mut self) -> Option<String> {
        let line = line(&std::mem::take(&mut self.pending));
        let line = self.of_the_recipe(line)?;
        if self.tail.len() == TAIL {
            self.tail.pop_front();
        }
        self.tail.push_back(line.clone());
        Some(line)
    }

    /// The line as it would be without the steps that were added: those of the recipe count from 1, as they stand there.
    fn of_the_recipe(&mut self, line: String) -> Option<String> {
        if let Some((_, step)) = line.strip_prefix("Step ").and_then(|step| step.split_once(" : ")) {
            let (all, at) = self.steps;
            self.hidden = step == self.own || at == all;
            if self.hidden {
                return None;
            }
            self.steps.1 += 1;
            self.step = Some(step.to_owned());
            return Some(format!("Step {}/{all} : {step}", at + 1));
        }
        self.hidden &= !line.starts_with("Successfully built ");
        let layer = |id: &str| id.len() == 12 && id.bytes().all(|b| b.is_ascii_hexdigit());
        let noise = matches!(&*line, "" | " --->")
            || line.strip_prefix(" ---> ").is_some_and(layer)
            || line.strip_prefix("Removing intermediate container ").is_some_and(layer)
            || line.starts_with("Successfully tagged ");
        (!noise && !self.hidden).then_some(line)
    }
}

/// A message of the engine with the numbers of lines that the user's recipe has.
pub(super) fn as_written(message: &str, inserted: &[usize]) -> String {
    const WORDS: &str = "parse error line ";
    let moved = || {
        let (before, behind) = message.split_once(WORDS)?;
        let end = behind.find(|c: char| !c.is_ascii_digit())?;
        let (number, rest) = behind.split_at_checked(end)?;
        let number: usize = number.parse().ok()?;
        // The n-th of them stands n lines further down than what it was put behind.
        let added = inserted.iter().enumerate().filter(|(n, line)| **line + n < number).count();
        Some(format!("{before}{WORDS}{}{rest}", number - added))
    };
    moved().unwrap_or_else(|| message.to_owned())
}

#[cfg(test)]
mod tests {
    use super::as_written;

    #[test]
    fn lines_are_numbered_as_they_were_written() {
        // A recipe with `FROM` in lines 1 and 4: what was line 2, 3, 4, 5 is 3, 4, 5, 7.
        let at =
            |line: usize| as_written(&format!("dockerfile parse error line {line}: unknown instruction: X"), &[1, 4]);
        for (engine, written) in [(1, 1), (3, 2), (5, 4), (7, 5)] {
            assert_eq!(at(engine), format!("dockerfile parse error line {written}: unknown instruction: X"));
        }
        assert_eq!(as_written("something else", &[1]), "something else");
    }
}
