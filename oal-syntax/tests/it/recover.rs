//! Recovery: one break, one finding, everything else as it was.

use crate::{programs, props};
use oal_syntax::lexer::tokens;

#[test]
fn every_program_is_well_formed() {
    for (name, source) in programs::all() {
        assert_eq!(props::parse_no_panic(&source).errors, [], "{name}");
    }
}

/// Breaks every token of every program, in one of three ways, or with `THOROUGH=1` in each of them. The law itself is in
/// [`props::recover_local`]; here is also asked that nearly always there is a single finding and a single entry is lost.
#[test]
fn recover_local() {
    let thorough = std::env::var_os("THOROUGH").is_some();
    let (mut broken, mut one_finding, mut one_entry) = (0, 0, 0);
    for (name, source) in programs::all() {
        for token in 0..tokens(&source).tokens.len() {
            for change in 0..3u8 {
                if !thorough && usize::from(change) != token % 3 {
                    continue;
                }
                let Some(done) = props::recover_local(&source, token, change) else { continue };
                if done.kinds.is_empty() {
                    continue;
                }
                broken += 1;
                one_finding += usize::from(done.kinds.len() == 1);
                one_entry += usize::from(done.entries <= 1);
                if thorough && done.kinds.len() > 2 {
                    eprintln!("{name}: change {change} of token {token}: {:#?}", done.kinds);
                }
            }
        }
    }
    eprintln!("of {broken} broken programs {one_finding} have one finding, {one_entry} lost at most one entry");
    assert!(one_finding * 100 > broken * 94);
    assert!(one_entry * 100 > broken * 94);
}
