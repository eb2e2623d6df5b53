//! The terminal: questions to the person in front of it, and its modes.

use std::io::{self, BufRead, IsTerminal, Read, Write};

use helios_client::exec::TerminalSize;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use zeroize::Zeroizing;

use super::Failure;

/// Whether somebody can be asked: there is a terminal to read from and one to ask on.
pub(super) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks a question that is answered with yes or no; no answer is a no.
pub(super) fn confirm(question: &str) -> Result<bool, Failure> {
    let answer = ask(&format!("{question} [y/N] "))?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

fn ask(prompt: &str) -> Result<Zeroizing<String>, Failure> {
    let failed = |error: io::Error| Failure::usage(format!("cannot ask on the terminal: {error}"));
    // Not locked while somebody thinks: who gives up by Ctrl-C is told so there.
    io::stderr().write_all(prompt.as_bytes()).map_err(failed)?;
    let mut line = Zeroizing::new(String::new());
    io::stdin().lock().read_line(&mut line).map_err(failed)?;
    Ok(line)
}

/// Reads what nobody else may see: from the terminal without showing it, else all of standard input but one line end.
/// `name` says what it is.
pub(super) fn secret(name: &str) -> Result<Zeroizing<String>, Failure> {
    if io::stdin().is_terminal() {
        let _hidden = Mode::hidden();
        let answer = ask(&format!("{name}: "));
        let _ = io::stderr().write_all(b"\n");
        let answer = answer?;
        return Ok(Zeroizing::new(answer.trim_end_matches(['\r', '\n']).to_owned()));
    }
    let mut text = Zeroizing::new(String::new());
    io::stdin()
        .lock()
        .read_to_string(&mut text)
        .map_err(|error| Failure::usage(format!("{name} cannot be read from standard input: {error}")))?;
    let whole = text.strip_suffix('\n').map(|text| text.strip_suffix('\r').unwrap_or(text));
    Ok(Zeroizing::new(whole.unwrap_or(&text).to_owned()))
}

/// A mode of the terminal that is undone when dropped.
pub(super) struct Mode {
    before: Termios,
}

impl Mode {
    fn change(change: impl FnOnce(&mut Termios)) -> Option<Self> {
        let before = tcgetattr(io::stdin()).ok()?;
        let mut mode = before.clone();
        change(&mut mode);
        tcsetattr(io::stdin(), OptionalActions::Drain, &mode).ok()?;
        Some(Self { before })
    }

    /// What is typed is not shown.
    fn hidden() -> Option<Self> {
        Self::change(|mode| mode.local_modes.remove(LocalModes::ECHO))
    }

    /// Every key goes to whoever reads, at once and unchanged; nothing where standard input is no terminal.
    pub(super) fn raw() -> Option<Self> {
        Self::change(Termios::make_raw)
    }
}

impl Drop for Mode {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Drain, &self.before);
    }
}

/// The size of the terminal that standard output is.
pub(super) fn size() -> Option<TerminalSize> {
    let size = tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col > 0 && size.ws_row > 0).then_some(TerminalSize { columns: size.ws_col, rows: size.ws_row })
}

/// A line of somebody's program, without what would make the terminal do anything but show it. Colours stay out, too.
pub(super) fn safe(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            // ECMA-48, 5.4: a control sequence ends with a byte from `@` to `~`
            '\u{1b}' if characters.next_if_eq(&'[').is_some() => {
                while characters.next_if(|next| !('@'..='~').contains(next)).is_some() {}
                let _ = characters.next();
            }
            '\t' => shown.push_str("    "),
            _ if character.is_control() => {}
            _ => shown.push(character),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::safe;

    #[test]
    fn a_line_cannot_command_the_terminal() {
        assert_eq!(safe("\u{1b}[2J\u{1b}[1;31mred\u{1b}[0m\ta\r\u{7}b"), "red    ab");
        assert_eq!(safe("\u{1b}]0;title\u{7}x\u{9b}31my"), "]0;titlex31my");
        assert_eq!(safe("\u{1b}["), "");
    }
}
