//! Paths of files inside containers and beside the program (POSIX.1-2024 section 3.254): absolute or relative, `/`
//! between names. Whether `..` may stand in one, and where a relative path starts, is for the field to say.

use super::problem::{ProblemKind as Kind, TextProblem, char_range, ordinal, part, quoted};
use super::stray;

const NOUN: &str = "a file path";
/// `PATH_MAX` of Linux without the final NUL.
const PATH_MOST: usize = 4095;
/// `NAME_MAX` of Linux.
const NAME_MOST: usize = 255;

/// Checks a file path.
///
/// # Errors
/// A character no path should hold, or the spelling of a shell, of Windows or of a Compose mount.
pub fn check(text: &str) -> Result<(), TextProblem> {
    if text.is_empty() {
        return Err(stray::empty(NOUN).help("the directory of the program is `.`"));
    }
    let mut start = 0;
    let mut odd = text.len() > PATH_MOST || text.starts_with([' ', '~', '$']) || text.ends_with(' ');
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'/' => {
                odd |= at - start > NAME_MOST;
                start = at + 1;
            }
            0..=0x1f | 0x7f | b'\\' | b':' | 0x80.. => odd = true,
            b'$' => odd |= at == start,
            _ => {}
        }
    }
    odd |= text.len() - start > NAME_MOST;
    if odd { explain(text) } else { Ok(()) }
}

/// Whether the path starts at the root.
#[must_use]
pub fn is_absolute(path: &str) -> bool {
    path.starts_with('/')
}

/// Byte range of the first `..` in a valid path; `None` without one.
#[must_use]
pub fn parent_step(path: &str) -> Option<std::ops::Range<u32>> {
    let mut start = 0;
    for name in path.split('/') {
        if name == ".." {
            return Some(super::problem::span(start, start + 2));
        }
        start += name.len() + 1;
    }
    None
}

/// Whether a valid path leads out of the directory it starts in; an absolute one always does.
#[must_use]
pub fn escapes(path: &str) -> bool {
    let mut depth = 0usize;
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return true,
            },
            _ => depth += 1,
        }
    }
    is_absolute(path)
}

/// The slow walk, which knows why. Some of what brought it here is allowed.
fn explain(text: &str) -> Result<(), TextProblem> {
    let edge = |c: char| c.is_whitespace() || super::confusables::is_invisible(c);
    for at in [text.starts_with(edge).then_some(0), text.ends_with(edge).then_some(text.trim_end_matches(edge).len())]
        .into_iter()
        .flatten()
    {
        if let Some(problem) = stray::explain(text, at, NOUN) {
            return Err(problem);
        }
    }
    if let Some((at, c)) = text.char_indices().find(|(_, c)| c.is_control()) {
        if let Some(problem) = stray::explain(text, at, NOUN).filter(|p| p.kind == Kind::Padding) {
            return Err(problem);
        }
        let name = super::confusables::invisible_name(c);
        let message = format!("a file path never holds a control character ({name})");
        return Err(TextProblem::new(Kind::FileControl, char_range(text, at), message).fix(""));
    }
    windows(text)?;
    shell(text)?;
    mount(text)?;
    too_long(text)
}

fn windows(text: &str) -> Result<(), TextProblem> {
    let mut bytes = text.bytes();
    let drive = bytes.next().is_some_and(|b| b.is_ascii_alphabetic())
        && bytes.next() == Some(b':')
        && bytes.next().is_some_and(|b| matches!(b, b'\\' | b'/'));
    if drive {
        let message = format!("a file path has no drive letter, {}", quoted(part(text, 0, 2)));
        let path = part(text, 2, text.len()).replace('\\', "/");
        return Err(TextProblem::new(Kind::FileWindows, 0..text.len(), message).fix(path));
    }
    let Some(at) = text.find('\\') else { return Ok(()) };
    let message = "the names in a file path are separated by `/`, not by a backslash";
    Err(TextProblem::new(Kind::FileWindows, at..text.len(), message).fix(part(text, at, text.len()).replace('\\', "/")))
}

fn shell(text: &str) -> Result<(), TextProblem> {
    if text == "~" || text.starts_with("~/") {
        let message = "a file path is used as written: no shell turns `~` into a home directory";
        return Err(TextProblem::new(Kind::FileHome, 0..1, message).help("write the directory, as in `/home/app`"));
    }
    let mut start = 0;
    for name in text.split('/') {
        if let Some(variable) = name.strip_prefix('$') {
            let named =
                variable.trim_start_matches(['{', '(']).starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
            if named {
                let message = format!("a file path is used as written: no shell replaces {}", quoted(name));
                return Err(TextProblem::new(Kind::FileVariable, start..start + name.len(), message)
                    .help("declare a `param` and put it into the text as `${…}`"));
            }
        }
        start += name.len() + 1;
    }
    Ok(())
}

/// `./data:/var/lib/data:ro`.
fn mount(text: &str) -> Result<(), TextProblem> {
    let Some((from, rest)) = text.split_once(':') else { return Ok(()) };
    let flags =
        |t: &str| !t.is_empty() && t.split(',').all(|f| matches!(f, "ro" | "rw" | "z" | "Z" | "cached" | "delegated"));
    let (target, mode) = rest.split_once(':').unwrap_or((rest, ""));
    let is_mount = target.starts_with('/') && (mode.is_empty() || flags(mode)) || flags(rest);
    if from.is_empty() || !is_mount {
        return Ok(());
    }
    let message = format!("a file path is one path, not a mount, {}", quoted(part(text, from.len(), text.len())));
    Err(TextProblem::new(Kind::FileMount, from.len()..text.len(), message)
        .help("volumes are written `\"/path/inside\": bind(path: \"./path/beside\", read_only: true)`"))
}

fn too_long(text: &str) -> Result<(), TextProblem> {
    let mut start = 0;
    for (nth, name) in text.split('/').enumerate() {
        if name.len() > NAME_MOST {
            let word = ordinal(nth + usize::from(!is_absolute(text)));
            let message = format!("the {word} name in a file path has at most {NAME_MOST} bytes, not {}", name.len());
            return Err(TextProblem::new(Kind::FileTooLong, start..start + name.len(), message));
        }
        start += name.len() + 1;
    }
    if text.len() > PATH_MOST {
        let message = format!("a file path has at most {PATH_MOST} bytes, this has {}", text.len());
        return Err(TextProblem::new(Kind::FileTooLong, 0..text.len(), message));
    }
    Ok(())
}
