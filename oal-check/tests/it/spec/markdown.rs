//! Reads a chapter: its headings and its fenced blocks. Nothing here knows what a block holds.

/// A chapter of the specification.
pub(super) struct Chapter {
    /// Name of its file.
    pub(super) file: String,
    /// Its headings with their lines.
    pub(super) headings: Vec<(usize, String)>,
    /// Its fenced blocks.
    pub(super) blocks: Vec<Block>,
}

/// A fenced block.
pub(super) struct Block {
    /// Line of its opening fence, from 1.
    pub(super) line: usize,
    /// The heading it stands under, without its `#`.
    pub(super) section: String,
    /// What stands behind the opening fence.
    pub(super) info: String,
    /// Its lines.
    pub(super) lines: Vec<String>,
}

impl Chapter {
    pub(super) fn read(file: &str, text: &str) -> Self {
        let mut chapter = Self { file: file.to_owned(), headings: Vec::new(), blocks: Vec::new() };
        let mut open: Option<Block> = None;
        let mut section = String::new();
        for (at, line) in text.lines().enumerate() {
            if let Some(block) = &mut open {
                if line == "```" {
                    chapter.blocks.extend(open.take());
                } else {
                    block.lines.push(line.to_owned());
                }
            } else if let Some(info) = line.strip_prefix("```") {
                let info = info.to_owned();
                open = Some(Block { line: at + 1, section: section.clone(), info, lines: Vec::new() });
            } else if line.starts_with("# ") || line.starts_with("## ") {
                chapter.headings.push((at + 1, line.to_owned()));
                line.trim_start_matches(['#', ' ']).clone_into(&mut section);
            }
        }
        assert!(open.is_none(), "{file}: the last block is not closed");
        chapter
    }
}
