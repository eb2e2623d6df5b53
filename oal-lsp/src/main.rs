//! The language server as a program of its own; `oal lsp` is the same.

use std::io::Write;

const HELP: &str = "The OAL language server: speaks the language server protocol over standard input and output.

Usage: oal-lsp [--stdio]

Options:
  --stdio        Standard input and output; there is no other way
  -h, --help     Print help
  -V, --version  Print version
";

fn main() {
    let mut text = None;
    for argument in std::env::args_os().skip(1) {
        match argument.to_str() {
            Some("--stdio") => {}
            Some("-V" | "--version") => text = text.or(Some(format!("oal-lsp {}\n", oal_lsp::VERSION))),
            Some("-h" | "--help") => text = text.or(Some(HELP.to_owned())),
            _ => {
                let message = format!("error: unexpected argument `{}`\n\n{HELP}", argument.display());
                let _ = std::io::stderr().write_all(message.as_bytes());
                std::process::exit(2);
            }
        }
    }
    let code = match text {
        Some(text) => i32::from(std::io::stdout().write_all(text.as_bytes()).is_err()),
        None => oal_lsp::run(),
    };
    std::process::exit(code);
}
