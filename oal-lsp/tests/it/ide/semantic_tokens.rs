//! Semantic tokens.

use super::{checked, checked_one, corpus, line_ends};
use oal_lsp::ide::semantic_tokens::{SemanticToken, TokenType, modifier, tokens};
use oal_syntax::{FileId, Span, parse};

fn show(source: &str, tokens: &[SemanticToken]) -> Vec<String> {
    let one = |token: &SemanticToken| {
        let mut text = format!("{} {}", token.span.text(source), TokenType::NAMES[token.kind as usize]);
        for (bit, name) in modifier::NAMES.iter().enumerate() {
            if token.modifiers >> bit & 1 == 1 {
                text.push('+');
                text.push_str(name);
            }
        }
        text
    };
    tokens.iter().map(one).collect()
}

const PROGRAM: &str = "\
app shop {}
environment dev {}
/// Größe
param copies: Int = 2
secret key { generate: 32 }
cache c { engine: valkey, memory: 256MiB }
service api for r in [\"ä\"] {
  image: \"nginx:${c.host}\"
  env: { KEY: key, R: lower(r) }
  replicas: if environment == dev then copies else 1
}
type T = secret String
";

#[test]
fn names_are_told_by_what_they_stand_for() {
    let source = PROGRAM;
    let checked = checked_one(source);
    let found = show(source, &tokens(source, &parse(source), Some((&checked, FileId(0))), None));
    let expected = "\
app keyword|shop namespace+declaration|environment keyword|dev enum+declaration|/// Größe comment+documentation|\
param keyword|copies parameter+declaration|Int type+defaultLibrary|= operator|2 number|\
secret class+defaultLibrary|key variable+declaration+secret|generate property|32 number|\
cache class+defaultLibrary|c variable+declaration|engine property|valkey enumMember|memory property|256MiB number|\
service class+defaultLibrary|api variable+declaration|for keyword|r parameter+declaration|in keyword|\"ä\" string|\
image property|\"nginx: string|c variable|host property+readonly|\" string|\
env property|KEY property|key variable+secret|R property|lower function+defaultLibrary|r parameter+readonly|\
replicas property|if keyword|environment keyword|== operator|dev enumMember|then keyword|copies parameter|else keyword|1 number|\
type keyword|T type+declaration|= operator|secret modifier|String type+defaultLibrary";
    assert_eq!(found, expected.split('|').collect::<Vec<_>>());
}

#[test]
fn the_text_alone_is_enough() {
    for source in line_ends("let a = b.c(\nservice api { engine: postgres }\n// done") {
        let found = show(&source, &tokens(&source, &parse(&source), None, None));
        assert!(found.contains(&"api variable+declaration".to_owned()), "{found:?}");
        assert!(found.contains(&"postgres variable".to_owned()), "{found:?}");
        assert_eq!(found.last().unwrap(), "// done comment");
    }
}

#[test]
fn a_check_of_another_text_changes_nothing() {
    let old = checked_one("app a {}\nlet x = 1\nlet y = x\n");
    let new = "app a {}\ncache x {}\nlet y = x\n";
    let alone = tokens(new, &parse(new), None, None);
    assert_eq!(tokens(new, &parse(new), Some((&old, FileId(0))), None), alone);
}

#[test]
fn texts_and_comments_are_cut_at_line_ends() {
    for source in line_ends("let a = \"\"\"\n  one\n  ${b} two\n  \"\"\"\n") {
        for token in tokens(&source, &parse(&source), None, None) {
            assert!(!token.span.text(&source).contains(['\n', '\r']), "{token:?}");
        }
    }
}

#[test]
fn tokens_are_in_order_and_do_not_overlap() {
    for program in corpus::all() {
        let checked = checked(&program.root, &program.files);
        for (file, source) in checked.project().files() {
            let text = &source.text;
            let all = tokens(text, &source.parse, Some((&checked, file)), None);
            for pair in all.windows(2) {
                assert!(pair[0].span.end <= pair[1].span.start, "{}: {pair:?}\n{text}", program.title);
            }
            let end = u32::try_from(text.len()).unwrap();
            for range in [Span::new(0, end / 3), Span::new(end / 3, end / 2), Span::new(end / 2, end)] {
                let touched = |token: &&SemanticToken| token.span.start < range.end && range.start < token.span.end;
                let expected: Vec<SemanticToken> = all.iter().filter(touched).copied().collect();
                let found = tokens(text, &source.parse, Some((&checked, file)), Some(range));
                assert!(found == expected, "{} {range:?}", program.title);
            }
        }
    }
}
