//! Files and names: what can be seen where, and the `use`s that it takes.

use super::{Maker, Mask, Place};

impl Maker<'_> {
    /// The set of all environments.
    pub(super) fn everywhere(&self) -> Mask {
        if self.envs.len() >= 64 { Mask::MAX } else { (1 << self.envs.len()) - 1 }
    }

    /// The root, which is the last file: a file uses only those before it.
    pub(super) fn root(&self) -> usize {
        self.files.len() - 1
    }

    /// Whether what a file declares can be named at a place.
    #[expect(clippy::unused_self, reason = "reads as a question to the program")]
    pub(super) const fn is_visible(&self, file: usize, at: Place) -> bool {
        file <= at.file
    }

    /// A name that nothing else has, in small letters.
    pub(super) fn fresh(&mut self, words: &[&str]) -> String {
        self.serial += 1;
        let word = self.c.of(words);
        let sign = if self.c.once_in(2) { "_" } else { "" };
        format!("{word}{sign}{}", self.serial)
    }

    /// How a declared name is written at a place; brings it there if it must.
    pub(super) fn refer(&mut self, file: usize, name: &str, at: Place) -> String {
        if file == at.file {
            return name.to_owned();
        }
        if let Some((_, space)) = self.files[at.file].spaces.iter().find(|(other, _)| *other == file) {
            return format!("{space}.{name}");
        }
        let used = self.files[at.file].uses.iter().position(|(other, _)| *other == file);
        if used.is_none() && self.c.once_in(3) {
            let space = self.fresh(&["lib", "shared", "all"]);
            self.files[at.file].spaces.push((file, space.clone()));
            return format!("{space}.{name}");
        }
        let used = used.unwrap_or_else(|| {
            self.files[at.file].uses.push((file, Vec::new()));
            self.files[at.file].uses.len() - 1
        });
        if let Some((_, local)) = self.files[at.file].uses[used].1.iter().find(|(other, _)| other == name) {
            return local.clone();
        }
        let local = if self.c.once_in(4) {
            self.serial += 1;
            let first = if name.starts_with(|c: char| c.is_ascii_uppercase()) { "Other" } else { "other" };
            format!("{first}{}", self.serial)
        } else {
            name.to_owned()
        };
        self.files[at.file].uses[used].1.push((name.to_owned(), local.clone()));
        local
    }

    /// A file for the next declaration: mostly the root.
    pub(super) fn some_file(&mut self) -> usize {
        if self.files.len() > 1 && self.c.once_in(2) { self.c.below(self.files.len()) } else { self.root() }
    }

    /// A place at the top of a file.
    pub(super) fn top(&self, file: usize) -> Place {
        Place { file, mask: self.everywhere(), hole: false, free: false, depth: 0 }
    }

    pub(super) fn declare(&mut self, file: usize, text: String) {
        self.files[file].declarations.push(text);
    }

    /// The `use`s of a file.
    pub(super) fn uses(&self, file: usize) -> String {
        let draft = &self.files[file];
        let mut text = String::new();
        for (other, names) in &draft.uses {
            let all: Vec<String> = names
                .iter()
                .map(|(name, local)| if name == local { name.clone() } else { format!("{name} as {local}") })
                .collect();
            let path = relative(&draft.path, &self.files[*other].path);
            text.push_str(&format!("use \"{path}\" {{ {} }}\n", all.join(", ")));
        }
        for (other, space) in &draft.spaces {
            let path = relative(&draft.path, &self.files[*other].path);
            text.push_str(&format!("use \"{path}\" as {space}\n"));
        }
        text
    }
}

/// How a file is named in another one; both lie in the root's directory or directly below.
fn relative(from: &str, to: &str) -> String {
    if from.contains('/') { format!("../{to}") } else { format!("./{to}") }
}
