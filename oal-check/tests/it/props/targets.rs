//! The fuzz targets: what each makes of some bytes. They are run here on their corpora and on random bytes, and by `fuzz/`, which
//! includes this file.
//!
//! Bytes are a text as they are, or begin with a byte that no text has and then decide about a generated program.

use super::laws;
use super::mutate;
use crate::generate::choices::Choices;
use crate::generate::{self, Generated};
use oal_check::{Options, check};

#[path = "../../../../oal-syntax/tests/support/fmt_laws.rs"]
mod fmt_laws;
#[path = "../../../../oal-syntax/tests/support/gen.rs"]
mod grammar;
#[allow(dead_code, reason = "a part of it is for other tests")]
#[path = "../../../../oal-syntax/tests/it/outline.rs"]
mod outline;
#[allow(dead_code, reason = "a part of it is for other tests")]
#[path = "../../../../oal-syntax/tests/it/props.rs"]
mod syntax;

/// Before bytes that decide about a program of any words that the grammar allows.
const GRAMMAR: u8 = 0xff;
/// Before bytes that decide about a program that checks.
const WELL_FORMED: u8 = 0xfe;
/// Before bytes that decide about a program that checks, and about what is broken in it.
const BROKEN: u8 = 0xfd;

/// A law, and the name it goes by.
type Target = (&'static str, fn(&[u8]));

/// All targets.
pub(crate) const TARGETS: [Target; 12] = [
    ("lex_total", lex_total),
    ("parse_no_panic", parse_no_panic),
    ("recover_local", recover_local),
    ("fmt_idempotent", fmt_idempotent),
    ("fmt_same_tokens", fmt_same_tokens),
    ("check_no_panic", check_no_panic),
    ("check_deterministic", check_deterministic),
    ("lower_deterministic", lower_deterministic),
    ("ir_roundtrip", ir_roundtrip),
    ("env_independent", env_independent),
    ("well_formed_checks", well_formed_checks),
    ("broken_is_found", broken_is_found),
];

/// Longer inputs find nothing that shorter ones do not.
const MAX_LEN: usize = 1 << 14;

fn lex_total(data: &[u8]) {
    syntax::lex_total(&source(data));
}

fn parse_no_panic(data: &[u8]) {
    syntax::parse_no_panic(&source(data));
}

/// Three bytes say which token is broken, and how. The law holds where each item and entry has a line of its own.
fn recover_local(data: &[u8]) {
    let Some(([high, low, change], rest)) = data.split_first_chunk() else { return };
    let Some(source) = fmt_laws::formatted(&source(rest)) else { return };
    let count = oal_syntax::lexer::tokens(&source).tokens.len().max(1);
    let token = (usize::from(*high) << 8 | usize::from(*low)) % count;
    syntax::recover_local(&source, token, change % 3);
}

fn fmt_idempotent(data: &[u8]) {
    fmt_laws::fmt_idempotent(&source(data));
}

fn fmt_same_tokens(data: &[u8]) {
    let source = source(data);
    fmt_laws::fmt_same_tokens(&source);
    fmt_laws::fmt_tidy(&source);
}

fn check_no_panic(data: &[u8]) {
    laws::check_no_panic(&files(data));
}

fn check_deterministic(data: &[u8]) {
    laws::check_deterministic(&files(data));
}

fn env_independent(data: &[u8]) {
    laws::env_independent(&files(data));
}

fn lower_deterministic(data: &[u8]) {
    laws::lower_deterministic(&program(data));
}

/// What begins like a document is read as one.
fn ir_roundtrip(data: &[u8]) {
    if data.first() == Some(&b'{') {
        laws::ir_read_total(data);
    } else {
        laws::ir_roundtrip(&program(data));
    }
}

fn well_formed_checks(data: &[u8]) {
    laws::well_formed_checks(&program(data));
}

fn broken_is_found(data: &[u8]) {
    let (choices, rest) = data.split_at(data.len().min(8));
    laws::broken_is_found(&program(rest), &mut Choices::new(choices));
}

fn program(data: &[u8]) -> Generated {
    generate::program(data.get(..MAX_LEN).unwrap_or(data))
}

/// One text.
fn source(data: &[u8]) -> String {
    let data = data.get(..MAX_LEN).unwrap_or(data);
    match data.split_first() {
        Some((&GRAMMAR, rest)) => grammar::program(rest),
        Some((&(WELL_FORMED | BROKEN), rest)) => program(rest).files.swap_remove(0).1,
        _ => String::from_utf8_lossy(data).into_owned(),
    }
}

/// The files of a program.
fn files(data: &[u8]) -> Vec<(String, String)> {
    match data.split_first() {
        Some((&WELL_FORMED, rest)) => program(rest).files,
        Some((&BROKEN, rest)) => {
            let (choices, rest) = rest.split_at(rest.len().min(16));
            let made = program(rest);
            let mut choices = Choices::new(choices);
            let checked = check(&made.project(), &Options::default());
            let mut files = mutate::broken(&made, &checked, &mut choices).map_or(made.files, |broken| broken.files);
            // And some more, about which nothing is known.
            for _ in 0..choices.below(3) {
                let file = choices.below(files.len());
                mutate::scrambled(&mut files[file].1, &mut choices);
            }
            files
        }
        _ => laws::files_of(&source(data)),
    }
}
