//! Numbers: digits with `_` between them, a fraction, a unit.

use crate::span::Span;

/// What a number means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// An integer.
    Int(i64),
    /// A decimal.
    Float(f64),
    /// A length of time, in milliseconds.
    Duration(i64),
    /// A size, in bytes.
    Size(i64),
    /// A share of processors, in thousandths of one.
    Cpu(i64),
    /// Hundredths, as written: `99.9%` is 99.9. No finer than hundredths of a percent.
    Percent(f64),
}

/// The most that a quantity counts of its smallest unit (of a percentage, hundredths): every reader of the IR, which is JSON, holds
/// it exactly.
pub const MAX_QUANTITY: i64 = (1 << 53) - 1;

/// Why a number cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberError {
    /// `_` at the end or twice in a row.
    Underscore,
    /// `0644`: octal elsewhere, so nothing here.
    LeadingZero,
    /// `1.2.3`: more than one point, as in a version or an address.
    Points,
    /// Greater than its type can hold.
    TooLarge,
    /// Finer than the smallest unit: `0.5ms`.
    TooPrecise,
    /// A unit that the language does not have.
    UnknownUnit {
        /// Where in the number's text the unit stands.
        unit: Span,
        /// What was probably meant.
        suggestion: Option<&'static str>,
    },
}

/// All units with the number of their type's smallest ones: of time, of size, of processors, of hundredths.
pub const UNITS: &[(&str, Number)] = &[
    ("ms", Number::Duration(1)),
    ("s", Number::Duration(1_000)),
    ("min", Number::Duration(60_000)),
    ("h", Number::Duration(3_600_000)),
    ("d", Number::Duration(86_400_000)),
    ("B", Number::Size(1)),
    ("KB", Number::Size(1_000)),
    ("MB", Number::Size(1_000_000)),
    ("GB", Number::Size(1_000_000_000)),
    ("TB", Number::Size(1_000_000_000_000)),
    ("KiB", Number::Size(1 << 10)),
    ("MiB", Number::Size(1 << 20)),
    ("GiB", Number::Size(1 << 30)),
    ("TiB", Number::Size(1 << 40)),
    ("m", Number::Cpu(1)),
    ("%", Number::Percent(1.0)),
];

/// What other tools write, and what OAL does.
const FOREIGN: &[(&str, &str)] = &[
    ("Ki", "KiB"),
    ("Mi", "MiB"),
    ("Gi", "GiB"),
    ("Ti", "TiB"),
    ("k", "KB"),
    ("K", "KB"),
    ("M", "MB"),
    ("g", "GB"),
    ("G", "GB"),
    ("t", "TB"),
    ("T", "TB"),
    ("b", "B"),
    ("kb", "KB"),
    ("kB", "KB"),
    ("Kb", "KB"),
    ("mb", "MB"),
    ("Mb", "MB"),
    ("gb", "GB"),
    ("Gb", "GB"),
    ("tb", "TB"),
    ("kib", "KiB"),
    ("mib", "MiB"),
    ("gib", "GiB"),
    ("tib", "TiB"),
    ("byte", "B"),
    ("bytes", "B"),
    ("sec", "s"),
    ("secs", "s"),
    ("second", "s"),
    ("seconds", "s"),
    ("mins", "min"),
    ("minute", "min"),
    ("minutes", "min"),
    ("hr", "h"),
    ("hrs", "h"),
    ("hour", "h"),
    ("hours", "h"),
    ("day", "d"),
    ("days", "d"),
    ("msec", "ms"),
    ("millis", "ms"),
    ("milliseconds", "ms"),
    ("S", "s"),
    ("H", "h"),
    ("D", "d"),
    ("pct", "%"),
    ("percent", "%"),
    ("mcpu", "m"),
    ("millicores", "m"),
];

/// Reads the text of a number: `20`, `1_000`, `0.5`, `1.5h`, `512MiB`, `250m`, `99.9%`. A sign is not part of it.
///
/// # Errors
/// Says what keeps it from being one.
pub fn number(text: &str) -> Result<Number, NumberError> {
    if let Some(number) = plain(text) {
        return Ok(number);
    }
    let bytes = text.as_bytes();
    let (mut digits, mut scale, mut points, mut at) = (Some(0i128), 0u32, 0, 0);
    let mut before = b'_';
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'0'..=b'9' => {
                digits = digits.and_then(|n| n.checked_mul(10)?.checked_add(i128::from(byte - b'0')));
                scale += u32::from(points > 0);
            }
            b'_' if before.is_ascii_digit() => {}
            b'.' if before.is_ascii_digit() => points += 1,
            _ => break,
        }
        before = byte;
        at += 1;
    }
    if points > 1 {
        return Err(NumberError::Points);
    }
    let written = text.get(..at).unwrap_or_default();
    if !before.is_ascii_digit() || written.contains("_.") {
        return Err(NumberError::Underscore);
    }
    if matches!(bytes, [b'0', b'0'..=b'9' | b'_', ..]) {
        return Err(NumberError::LeadingZero);
    }
    let unit = text.get(at..).unwrap_or_default();
    if unit.is_empty() && points == 0 {
        let whole = digits.and_then(|n| i64::try_from(n).ok());
        return whole.map(Number::Int).ok_or(NumberError::TooLarge);
    }
    if unit.is_empty() {
        return float(written).map(Number::Float);
    }
    let Some((_, one)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        let suggestion = FOREIGN.iter().find(|(name, _)| *name == unit).map(|(_, ours)| *ours);
        return Err(NumberError::UnknownUnit { unit: crate::lexer::span(at, text.len()), suggestion });
    };
    let whole = |factor: i64| {
        let product = digits.and_then(|n| n.checked_mul(i128::from(factor))).ok_or(NumberError::TooLarge)?;
        let divisor = 10i128.checked_pow(scale).ok_or(NumberError::TooPrecise)?;
        if product % divisor != 0 {
            return Err(NumberError::TooPrecise);
        }
        let amount = i64::try_from(product / divisor).ok().filter(|amount| *amount <= MAX_QUANTITY);
        amount.ok_or(NumberError::TooLarge)
    };
    match *one {
        Number::Duration(factor) => whole(factor).map(Number::Duration),
        Number::Size(factor) => whole(factor).map(Number::Size),
        Number::Cpu(factor) => whole(factor).map(Number::Cpu),
        _ => {
            whole(100)?;
            float(written).map(Number::Percent)
        }
    }
}

/// The usual case, a few digits and perhaps a unit; everything else is for the careful reading.
fn plain(text: &str) -> Option<Number> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (written, unit) = text.split_at_checked(digits)?;
    if !(1..=15).contains(&digits) || (written.starts_with('0') && digits > 1) || unit.starts_with(['.', '_']) {
        return None;
    }
    let value = written.bytes().fold(0_i64, |value, digit| value * 10 + i64::from(digit - b'0'));
    if unit.is_empty() {
        return Some(Number::Int(value));
    }
    Some(match UNITS.iter().find(|(name, _)| *name == unit)?.1 {
        Number::Duration(factor) => Number::Duration(value.checked_mul(factor)?),
        Number::Size(factor) => Number::Size(value.checked_mul(factor)?),
        Number::Cpu(factor) => Number::Cpu(value.checked_mul(factor)?),
        _ => return None,
    })
}

fn float(written: &str) -> Result<f64, NumberError> {
    let parsed = if written.contains('_') { written.replace('_', "").parse::<f64>() } else { written.parse::<f64>() };
    parsed.ok().filter(|value| value.is_finite()).ok_or(NumberError::TooLarge)
}
