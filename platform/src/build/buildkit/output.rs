//! What BuildKit says of a build, line by line. Steps run side by side, so each has lines of its own.

use std::collections::{BTreeMap, VecDeque};

use crate::build::room::{LINE, TAIL, line};
use crate::engine::buildkit::BuildKitEvent;

/// What a build has said.
#[derive(Debug, Default)]
pub(super) struct Output {
    pub(super) bytes: u64,
    /// By digest.
    steps: BTreeMap<String, Step>,
    /// The digest of the step that failed, or else began last.
    at: Option<String>,
    failed: bool,
}

#[derive(Debug, Default)]
struct Step {
    /// As the recipe has it.
    text: String,
    /// Of a line that has not ended.
    pending: Vec<u8>,
    tail: VecDeque<String>,
}

impl Output {
    /// Takes in what happened and gives the lines that are whole.
    pub(super) fn take(&mut self, event: BuildKitEvent) -> Vec<String> {
        match event {
            // What the frontend and the engine do between the steps; if it fails, the build's own words say it.
            BuildKitEvent::Step { name, .. } if !name.starts_with('[') || name.starts_with("[internal]") => Vec::new(),
            BuildKitEvent::Step { digest, name, cached } => {
                if self.steps.contains_key(&digest) {
                    return Vec::new();
                }
                let text = name.split_once("] ").map_or(&*name, |(_, text)| text).to_owned();
                self.steps.insert(digest.clone(), Step { text, ..Step::default() });
                if !self.failed && !cached {
                    self.at = Some(digest);
                }
                vec![line(&if cached { format!("{name}: as it was built before") } else { name })]
            }
            BuildKitEvent::StepFailed(digest) => {
                if !self.failed && self.steps.contains_key(&digest) {
                    (self.at, self.failed) = (Some(digest), true);
                }
                Vec::new()
            }
            BuildKitEvent::Output { digest, bytes } => {
                self.bytes += bytes.len() as u64;
                let step = self.steps.entry(digest).or_default();
                let mut lines = Vec::new();
                for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
                    step.pending.extend_from_slice(piece);
                    if piece.ends_with(b"\n") || step.pending.len() > LINE {
                        lines.extend(step.end_line());
                    }
                }
                lines
            }
            BuildKitEvent::Failed(_) => Vec::new(),
        }
    }

    /// Lines that have not ended.
    pub(super) fn rest(&mut self) -> Vec<String> {
        self.steps.values_mut().filter_map(Step::end_line).collect()
    }

    /// The step at which the build was, with its last lines.
    pub(super) fn failed(&mut self) -> (Option<String>, Vec<String>) {
        let step = self.at.as_ref().and_then(|at| self.steps.get_mut(at));
        step.map_or((None, Vec::new()), |step| (Some(step.text.clone()), step.tail.drain(..).collect()))
    }
}

impl Step {
    fn end_line(&mut self) -> Option<String> {
        let line = line(&String::from_utf8_lossy(&std::mem::take(&mut self.pending)));
        if line.is_empty() {
            return None;
        }
        if self.tail.len() == TAIL {
            self.tail.pop_front();
        }
        self.tail.push_back(line.clone());
        Some(line)
    }
}

/// A failure without what says only through which parts of BuildKit it came.
pub(super) fn plain(message: &str) -> &str {
    let mut rest = message;
    loop {
        let cut = [
            "failed to solve with frontend ",
            "failed to solve",
            "rpc error: code = ",
            "failed to create LLB definition",
            "failed to build LLB",
            "failed to read dockerfile",
        ]
        .iter()
        .find(|words| rest.starts_with(**words))
        .and_then(|_| rest.split_once(": "));
        match cut {
            // The words behind `code =` end with those of the description.
            Some((_, behind)) => rest = behind.strip_prefix("desc = ").unwrap_or(behind),
            None => return rest,
        }
    }
}
