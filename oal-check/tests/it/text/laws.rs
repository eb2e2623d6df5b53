//! What holds for any text and any type: no panic, ranges inside the text, fixes that change something, linear time.

use oal_check::text::{ProblemKind, TextType, check, cron, dns, file_path, host, http_path, image, regex, url};
use proptest::prelude::*;

/// Holds a text against one type.
fn law(ty: TextType, text: &str) -> Result<(), TestCaseError> {
    let Err(problem) = check(ty, text) else { return Ok(()) };
    let (start, end) = (problem.range.start as usize, problem.range.end as usize);
    prop_assert!(text.get(start..end).is_some(), "{:?} {:?}: {:?}", ty, text, problem);
    prop_assert!(start < end || text.is_empty(), "{:?} {:?}: {:?}", ty, text, problem);
    for sentence in [Some(&problem.message), problem.help.as_ref()].into_iter().flatten() {
        prop_assert!(!sentence.is_empty() && !sentence.ends_with('.') && !sentence.contains('\n'), "{:?}", sentence);
        prop_assert!(sentence.chars().next().is_some_and(|c| !c.is_uppercase()), "{:?}", sentence);
        prop_assert!(sentence.chars().count() < 240, "{:?}", sentence);
    }
    if let Some(fixed) = problem.apply(text) {
        prop_assert_ne!(&fixed, text, "{:?}: {:?}", ty, problem);
    }
    Ok(())
}

/// Fixes one after the other end in a text that passes or has no fix: none goes in circles.
fn settles(ty: TextType, text: &str) -> Result<(), TestCaseError> {
    let mut text = text.to_owned();
    for _ in 0..=4 * text.len() + 8 {
        match check(ty, &text).err().and_then(|problem| problem.apply(&text)) {
            Some(fixed) => text = fixed,
            None => return Ok(()),
        }
    }
    Err(TestCaseError::fail(format!("fixes of {ty:?} never end: {text:?}")))
}

/// Texts near to right ones: pieces of each type's own alphabet.
fn near() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-z0-9./:@_\\-*?#%\\[\\] ]{0,24}",
        "[a-c0-2.:/@ \\-]{0,12}",
        "(https?|postgres|mailto)://?[a-z0-9.:@/?#%\\[\\],_ -]{0,20}",
        "[0-9*/,\\-?LW#A-Z ]{0,20}",
        "([*0-9,/-]{1,4}[ \t]){3,6}[*0-9A-Z-]{0,5}",
        "[a-z(){}\\[\\]|*+?\\\\^$.0-9,:<>=!P&~-]{0,16}",
        "(sha256[:-])?[0-9a-fA-FxX]{60,66}",
        "[0-9a-f:.%/\\[\\]]{0,20}",
        "[аеорсxya\u{200b}\u{a0}\u{feff}ｅ–“. @/:]{0,8}",
        "[~$./\\\\a-z:{}0-9]{0,16}",
    ]
}

fn types() -> impl Strategy<Value = TextType> {
    prop::sample::select(TextType::ALL.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_answer_is_placed(ty in types(), text in near()) {
        law(ty, &text)?;
    }

    #[test]
    fn fixes_settle(ty in types(), text in near()) {
        settles(ty, &text)?;
    }

    #[test]
    fn one_changed_character_is_placed(ty in types(), at in any::<prop::sample::Index>(), c in any::<char>()) {
        let mut chars: Vec<char> = ty.example().chars().collect();
        let at = at.index(chars.len());
        chars[at] = c;
        let text: String = chars.into_iter().collect();
        law(ty, &text)?;
        settles(ty, &text)?;
    }

    #[test]
    fn padding_has_a_fix(ty in types(), before in "[ \t\n\u{a0}]{0,2}", after in "[ \r\n\u{feff}]{0,2}") {
        prop_assume!(ty != TextType::Regex && !(before.is_empty() && after.is_empty()));
        let mut text = [before.as_str(), ty.example(), &after].concat();
        for _ in 0..2 {
            match check(ty, &text) {
                Ok(()) => break,
                Err(problem) => {
                    prop_assert_eq!(problem.kind, ProblemKind::Padding, "{:?} {:?}", ty, text);
                    text = problem.apply(&text).unwrap();
                }
            }
        }
        prop_assert_eq!(text, ty.example());
    }

    #[test]
    fn small_questions_never_panic(a in any::<String>(), b in near()) {
        let _ = (host::covers(&a, &b), host::same(&a, &b), http_path::holds(&a, &b), url::userinfo(&b));
        let _ = (file_path::escapes(&b), file_path::parent_step(&b), cron::never_fires(&b), image::parse(&b).is_ok());
        let _ = (dns::name(&b), dns::check(&dns::instance_name(&a, &b)));
    }

    #[test]
    fn pattern_that_parses_compiles(pattern in "[a-c(){}\\[\\]|*+?\\\\^$.0-2,:<>=!Pidswb&~-]{1,10}") {
        // the parser that places errors and the matcher must accept the same language
        if let Err(problem) = regex::check(&pattern) {
            prop_assert_ne!(problem.kind, ProblemKind::RegexTooLarge, "{}: {:?}", pattern, problem);
        }
    }

    #[test]
    fn hosts_are_those_of_the_grammar(text in "[a-b1.\\-]{1,8}") {
        let labels = text.split('.').all(|l| !l.is_empty() && !l.starts_with('-') && !l.ends_with('-'));
        let named = text.rsplit('.').next().unwrap().bytes().any(|b| !b.is_ascii_digit());
        let address = text.parse::<std::net::Ipv4Addr>().is_ok();
        prop_assert_eq!(host::check(&text).is_ok(), labels && (named || address));
    }
}

#[test]
fn long_texts_take_linear_time() {
    // quadratic work on these would take minutes
    let texts = [
        "a".repeat(1 << 17),
        "a.".repeat(1 << 16),
        "a/".repeat(1 << 16),
        "а".repeat(1 << 16),
        "é.".repeat(1 << 15),
        "%41".repeat(1 << 15),
        "/..".repeat(1 << 15),
        "* ".repeat(1 << 16),
        "1,".repeat(1 << 16),
        ":".repeat(1 << 17),
        "\u{200b}".repeat(1 << 15),
        "http://".repeat(1 << 17),
        "@".repeat(1 << 17),
        format!("https://{}", "a,".repeat(1 << 16)),
        format!("postgres://{}", "a,".repeat(1 << 16)),
        format!("0 0 {} * *", "1,".repeat(1 << 16)),
        (0..40_000u32).filter_map(|n| char::from_u32(0x4e00 + n)).collect(),
    ];
    for ty in TextType::ALL {
        for text in &texts {
            let _ = check(*ty, text);
        }
    }
}
