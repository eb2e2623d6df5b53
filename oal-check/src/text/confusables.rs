//! Characters that look like ASCII ones but are not. A small table on purpose: the letters that keyboards and
//! word processors really put into source text, not the 6,000 pairs of UTS 39.

use std::ops::RangeInclusive;

/// Letters by their look. Grouped by the ASCII character they imitate.
const LOOKS: &[(char, &str)] = &[
    ('a', "аɑαａ"),
    ('b', "Ьƅ"),
    ('c', "сϲⅽ"),
    ('d', "ԁⅾ"),
    ('e', "еҽ℮"),
    ('f', "ſƒ"),
    ('g', "ɡցƍ"),
    ('h', "һհ"),
    ('i', "іıιɩⅰ"),
    ('j', "јϳ"),
    ('k', "кκ"),
    ('l', "ӏⅼا"),
    ('m', "мⅿ"),
    ('n', "пոռη"),
    ('o', "оοօσᴏ"),
    ('p', "рρ"),
    ('q', "ԛգզ"),
    ('r', "гᴦ"),
    ('s', "ѕ"),
    ('t', "тτ"),
    ('u', "υսʋ"),
    ('v', "ѵνⅴ"),
    ('w', "ԝѡա"),
    ('x', "хχⅹ"),
    ('y', "уүγ"),
    ('z', "ᴢ"),
    ('A', "АΑᎪ"),
    ('B', "ВΒᏴ"),
    ('C', "СϹᏟⅭ"),
    ('D', "ᎠⅮ"),
    ('E', "ЕΕᎬ"),
    ('F', "Ϝ"),
    ('G', "ԌᏀ"),
    ('H', "НΗᎻ"),
    ('I', "ІΙӀⅠ"),
    ('J', "ЈᎫ"),
    ('K', "КΚᏦ\u{212a}"),
    ('L', "ᏞⅬ"),
    ('M', "МΜᎷⅯ"),
    ('N', "Ν"),
    ('O', "ОΟՕ"),
    ('P', "РΡᏢ"),
    ('Q', "Ԛ"),
    ('R', "Ꭱ"),
    ('S', "ЅՏᏚ"),
    ('T', "ТΤᎢ"),
    ('U', "Ս"),
    ('V', "ѴᏙⅤ"),
    ('W', "ԜᎳ"),
    ('X', "ХΧⅩ"),
    ('Y', "ҮΥ"),
    ('Z', "ΖᏃ"),
    ('0', "०০੦"),
    ('3', "ЗӠ"),
    ('_', "＿ˍ"),
    ('-', "‐‑‒–—―−﹣⁃"),
    ('\'', "‘’‛′´ʹʼ"),
    ('"', "“”„‟″«»"),
    (':', "∶ː։꞉"),
    (';', "\u{37e}"),
    (',', "、‚"),
    ('.', "。․"),
    ('/', "⁄∕╱"),
    ('\\', "∖╲"),
    ('*', "∗⁎×"),
    ('+', "᛭"),
    ('=', "═꞊"),
    ('~', "∼˜"),
    ('(', "❨⟮"),
    (')', "❩⟯"),
    ('{', "❴"),
    ('}', "❵"),
    ('<', "‹❮˂"),
    ('>', "›❯˃"),
    ('!', "ǃ"),
    ('?', "⁇"),
    ('|', "∣ǀ│"),
    ('%', "٪"),
];

/// Scripts a message can name.
const SCRIPTS: &[(RangeInclusive<u32>, &str)] = &[
    (0x00..=0x7F, "ASCII"),
    (0x80..=0x24F, "Latin"),
    (0x250..=0x2AF, "phonetic"),
    (0x370..=0x3FF, "Greek"),
    (0x400..=0x52F, "Cyrillic"),
    (0x530..=0x58F, "Armenian"),
    (0x590..=0x5FF, "Hebrew"),
    (0x600..=0x6FF, "Arabic"),
    (0x900..=0x97F, "Devanagari"),
    (0x13A0..=0x13FF, "Cherokee"),
    (0x1D00..=0x1D7F, "phonetic"),
    (0x1D400..=0x1D7FF, "mathematical"),
    (0x1E00..=0x1EFF, "Latin"),
    (0x1F00..=0x1FFF, "Greek"),
    (0x2150..=0x218F, "number-form"),
    (0x3040..=0x30FF, "Japanese"),
    (0x4E00..=0x9FFF, "Chinese"),
    (0xAC00..=0xD7AF, "Korean"),
    (0xFF01..=0xFF5E, "full-width"),
];

/// The ASCII character that `c` looks like; `None` for ASCII itself and for what looks like nothing in ASCII.
#[must_use]
pub fn look_alike(c: char) -> Option<char> {
    let code = u32::from(c);
    match code {
        0..=0x7F => None,
        // the full-width forms repeat ASCII from `!` to `~`
        0xFF01..=0xFF5E => char::from_u32(code - 0xFEE0),
        // thirteen runs of A–Z a–z in bold, italic, script, …; one code point in `h` is elsewhere
        0x1D400..=0x1D6A3 => letter((code - 0x1D400) % 52),
        0x1D7CE..=0x1D7FF => char::from_digit((code - 0x1D7CE) % 10, 10),
        _ => LOOKS.iter().find(|(_, alike)| alike.contains(c)).map(|(ascii, _)| *ascii),
    }
}

fn letter(nth: u32) -> Option<char> {
    let base = if nth < 26 { u32::from(b'A') } else { u32::from(b'a') - 26 };
    char::from_u32(base + nth)
}

/// The ASCII spelling a word looks like, where every character of it is ASCII or looks like one and at least one is
/// not ASCII: `аpp` with a Cyrillic `а` gives `app`. For a diagnostic with a fix.
#[must_use]
pub fn skeleton(word: &str) -> Option<String> {
    if word.is_ascii() {
        return None;
    }
    word.chars().map(|c| if c.is_ascii() { Some(c) } else { look_alike(c) }).collect()
}

/// The script of a character as a word for messages, `foreign` where the table does not know it.
#[must_use]
pub fn script(c: char) -> &'static str {
    let code = u32::from(c);
    SCRIPTS.iter().find(|(range, _)| range.contains(&code)).map_or("foreign", |(_, name)| name)
}

/// The first character of a word that is not ASCII, for a message: ``the Cyrillic letter `а` (U+0430)``.
#[must_use]
pub fn describe(c: char) -> String {
    let what = if c.is_alphabetic() {
        "letter"
    } else if c.is_numeric() {
        "digit"
    } else {
        "character"
    };
    let code = u32::from(c);
    match script(c) {
        "foreign" => format!("the {what} `{c}` (U+{code:04X})"),
        name => format!("the {name} {what} `{c}` (U+{code:04X})"),
    }
}

/// Whether a character takes no room or only room: it cannot be seen where it stands.
/// Plain space, tab and line ends are left out.
#[must_use]
pub const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{a0}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{1680}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180e}' | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}'
        | '\u{3000}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// The name of an invisible character that people meet, else its code point: `zero width space`, `U+200D`.
#[must_use]
pub fn invisible_name(c: char) -> String {
    let name = match c {
        '\0' => "NUL",
        '\t' => "tab",
        '\n' => "line feed",
        '\r' => "carriage return",
        '\u{1b}' => "escape",
        '\u{a0}' => "no-break space",
        '\u{ad}' => "soft hyphen",
        '\u{200b}' => "zero width space",
        '\u{200c}' => "zero width non-joiner",
        '\u{200d}' => "zero width joiner",
        '\u{200e}' => "left-to-right mark",
        '\u{200f}' => "right-to-left mark",
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => "text direction control",
        '\u{202f}' => "narrow no-break space",
        '\u{2060}' => "word joiner",
        '\u{3000}' => "wide space",
        '\u{feff}' => "byte order mark",
        _ => return format!("U+{:04X}", u32::from(c)),
    };
    format!("U+{:04X}, {name}", u32::from(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_ascii_character_is_a_look_alike() {
        for (ascii, alike) in LOOKS {
            assert!(ascii.is_ascii());
            for c in alike.chars() {
                assert!(!c.is_ascii(), "{c} for {ascii}");
            }
        }
    }

    #[test]
    fn spells_the_word_it_looks_like() {
        assert_eq!(skeleton("аpp").as_deref(), Some("app"));
        assert_eq!(skeleton("ｓｅｒｖｉｃｅ").as_deref(), Some("service"));
        assert_eq!(skeleton("𝐚𝐩𝐩").as_deref(), Some("app"));
        assert_eq!(skeleton("𝟘𝟗").as_deref(), Some("09"));
        assert_eq!(skeleton("app"), None);
        assert_eq!(skeleton("日本"), None);
        assert_eq!(skeleton("“x”").as_deref(), Some("\"x\""));
    }

    #[test]
    fn names_the_script() {
        assert_eq!(describe('а'), "the Cyrillic letter `а` (U+0430)");
        assert_eq!(describe('–'), "the character `–` (U+2013)");
        assert_eq!(describe('０'), "the full-width digit `０` (U+FF10)");
    }
}
