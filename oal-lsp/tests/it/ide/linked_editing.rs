//! Names that are typed at all their places at once.

use super::{checked_one, cursor, line_ends};
use oal_lsp::ide::linked_editing::ranges;
use oal_syntax::FileId;

fn linked(text: &str) -> Option<usize> {
    let [lf, crlf] = line_ends(text).map(|text| {
        let (source, at) = cursor(&text);
        let spans = ranges(&checked_one(&source), FileId(0), at)?;
        let word = spans[0].text(&source).to_owned();
        assert!(spans.iter().all(|span| span.text(&source) == word));
        Some(spans.len())
    });
    assert_eq!(lf, crlf);
    lf
}

#[test]
fn variables_of_loops_and_patterns() {
    assert_eq!(linked("app a {}\nlet x = [\"ä${│y}\" for y in [1] if y > 0]\n"), Some(3));
    assert_eq!(linked("app a {}\nlet x = [[y for y in [│y]] for y in [1]]\n"), Some(2));
    assert_eq!(
        linked("app a {}\ntype T = n | m(k: Int)\nparam t: T = n\nlet x = match t { n => 0, m(│k) => k + k }\n"),
        Some(3)
    );
    assert_eq!(linked("app a {}\njob t for │r in [\"a\"] { image: \"a:${r}\" }\n"), Some(2));
}

#[test]
fn nothing_else() {
    assert_eq!(linked("app a {}\nlet │x = 1\nlet y = x\n"), None);
    assert_eq!(linked("app a {}\nlet x = [│y for y in [1] if ]\n"), None);
}
