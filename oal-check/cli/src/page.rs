//! Shows the project's Markdown pages: as they are where a program reads them, laid out and coloured on a terminal.
//! Knows as much Markdown as the pages use: headings, paragraphs, lists, fenced programs, inline code.

use crate::output::Output;

const BOLD: &str = "\u{1b}[1m";
const CODE: &str = "\u{1b}[36m";
const DIM: &str = "\u{1b}[2m";
const PLAIN: &str = "\u{1b}[0m";

/// Prints a page.
pub(crate) fn print(markdown: &str, output: &mut Output) {
    let markdown = markdown.trim_end();
    if !output.is_terminal() && !output.colors() {
        output.line(markdown);
        return;
    }
    let text = Page { color: output.colors(), width: output.width().min(100), text: String::new() }.lay_out(markdown);
    output.text(&text);
}

struct Page {
    color: bool,
    width: usize,
    text: String,
}

impl Page {
    fn lay_out(mut self, markdown: &str) -> String {
        let mut paragraph = String::new();
        let mut fenced = false;
        for line in markdown.lines() {
            if let Some(language) = line.strip_prefix("```") {
                self.paragraph(&mut paragraph);
                fenced = !fenced;
                if fenced {
                    self.caption(language);
                }
            } else if fenced {
                self.program(line);
            } else if line.is_empty() {
                self.paragraph(&mut paragraph);
                self.text.push('\n');
            } else if let Some(heading) = line.strip_prefix('#') {
                self.paragraph(&mut paragraph);
                let heading = self.painted(BOLD, &heading.trim_start_matches('#').trim_start().replace('`', ""));
                self.text.push_str(&heading);
                self.text.push('\n');
            } else {
                if line.starts_with("- ") {
                    self.paragraph(&mut paragraph);
                }
                if !paragraph.is_empty() {
                    paragraph.push(' ');
                }
                paragraph.push_str(line.trim());
            }
        }
        self.paragraph(&mut paragraph);
        self.text
    }

    /// Says what a program shows: the word behind its language.
    fn caption(&mut self, language: &str) {
        let caption = match language.split_whitespace().nth(1) {
            Some("fails") => "This fails:",
            Some("fixed") => "This is right:",
            _ => return,
        };
        let caption = self.painted(BOLD, caption);
        self.text.push_str(&caption);
        self.text.push_str("\n\n");
    }

    fn program(&mut self, line: &str) {
        if !line.is_empty() {
            self.text.push_str("    ");
            let comment = line.trim_start().starts_with("//");
            let line = if comment { self.painted(DIM, line) } else { line.to_owned() };
            self.text.push_str(&line);
        }
        self.text.push('\n');
    }

    /// Ends a paragraph: breaks it into lines that fit.
    fn paragraph(&mut self, paragraph: &mut String) {
        let indent = if paragraph.starts_with("- ") { "  " } else { "" };
        let mut column = 0;
        for word in paragraph.split(' ').filter(|word| !word.is_empty()) {
            let length = word.chars().count();
            if column > 0 && column + 1 + length > self.width {
                self.text.push('\n');
                self.text.push_str(indent);
                column = indent.len();
            } else if column > 0 {
                self.text.push(' ');
                column += 1;
            }
            self.text.push_str(word);
            column += length;
        }
        if column > 0 {
            self.text.push('\n');
            self.color_code();
        }
        paragraph.clear();
    }

    /// Colours the inline code of the paragraph that was written last, across line ends.
    fn color_code(&mut self) {
        if !self.color {
            return;
        }
        let start = self.text.trim_end_matches('\n').rfind("\n\n").map_or(0, |at| at + 2);
        let tail = self.text.split_off(start);
        for (index, piece) in tail.split('`').enumerate() {
            if index % 2 == 1 {
                self.text.push_str(CODE);
                self.text.push_str(piece);
                self.text.push_str(PLAIN);
            } else {
                self.text.push_str(piece);
            }
        }
    }

    fn painted(&self, paint: &str, text: &str) -> String {
        if self.color { format!("{paint}{text}{PLAIN}") } else { text.to_owned() }
    }
}
