//! Lists in columns, and times and sizes as people say them.

use chrono::{DateTime, TimeDelta, Utc};

use super::Output;
use super::output::Paint;

/// A cell: text, and the colour it has.
pub(super) struct Cell {
    text: String,
    color: &'static str,
}

impl Cell {
    /// With a colour.
    pub(super) fn colored(text: impl Into<String>, color: &'static str) -> Self {
        Self { text: super::terminal::safe(&text.into()), color }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::colored(text, "")
    }
}

/// Prints rows below their headings; nothing at all where there are none.
pub(super) fn print<const N: usize>(headings: [&str; N], rows: &[[Cell; N]], output: &mut Output) {
    if rows.is_empty() {
        return;
    }
    let Paint { dim, plain, .. } = output.paint();
    let mut widths = headings.map(|heading| heading.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.text.chars().count());
        }
    }
    let mut heading = String::new();
    for (text, width) in headings.iter().zip(widths) {
        heading.push_str(&format!("{text:width$}  "));
    }
    output.line(&format!("{dim}{}{plain}", heading.trim_end()));
    for row in rows {
        let mut line = String::new();
        for (at, (cell, width)) in row.iter().zip(widths).enumerate() {
            let end = if cell.color.is_empty() { "" } else { plain };
            let space = if at + 1 == N { 0 } else { width + 2 - cell.text.chars().count() };
            line.push_str(&format!("{}{}{end}{:space$}", cell.color, cell.text, ""));
        }
        output.line(line.trim_end());
    }
}

/// How long ago, to the unit that matters: `now`, `40 s ago`, `3 min ago`, `2 h ago`, `5 days ago`.
pub(super) fn ago(at: DateTime<Utc>) -> String {
    let seconds = (Utc::now() - at).num_seconds();
    match seconds {
        ..3 => String::from("now"),
        _ => format!("{} ago", duration(seconds)),
    }
}

fn duration(seconds: i64) -> String {
    match seconds {
        ..90 => format!("{seconds} s"),
        90..5400 => format!("{} min", (seconds + 30) / 60),
        5400..129_600 => format!("{} h", (seconds + 1800) / 3600),
        _ => format!("{} days", (seconds + 43_200) / 86_400),
    }
}

/// How long something took: `0.3 s`, `12.4 s`, `3 min 20 s`.
pub(super) fn took(time: TimeDelta) -> String {
    let seconds = time.num_milliseconds().max(0);
    match seconds {
        ..60_000 => format!("{}.{} s", seconds / 1000, seconds % 1000 / 100),
        _ => format!("{} min {} s", seconds / 60_000, seconds / 1000 % 60),
    }
}

/// The first twelve digits of a digest or an image's id.
pub(super) fn short(digest: &str) -> &str {
    let digits = digest.strip_prefix("sha256:").unwrap_or(digest);
    digits.get(..12).unwrap_or(digits)
}

/// Reads a duration: a number and `s`, `m` (or `min`), `h`, `d`.
pub(super) fn parse_duration(text: &str) -> Result<TimeDelta, String> {
    let wrong = || String::from("write a number and a unit: `30s`, `15m`, `2h`, `7d`");
    let at = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(at);
    let number: i64 = number.parse().map_err(|_| wrong())?;
    let seconds = match unit.trim() {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    number.checked_mul(seconds).and_then(TimeDelta::try_seconds).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn times_are_said_in_the_unit_that_matters() {
        let said: Vec<String> = [5, 89, 90, 3600, 5400, 90_000, 200_000].map(duration).into();
        assert_eq!(said, ["5 s", "89 s", "2 min", "60 min", "2 h", "25 h", "2 days"]);
        assert_eq!(took(TimeDelta::milliseconds(12_449)), "12.4 s");
        assert_eq!(took(TimeDelta::seconds(200)), "3 min 20 s");
    }

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(parse_duration("15m"), Ok(TimeDelta::minutes(15)));
        assert_eq!(parse_duration("7d"), Ok(TimeDelta::days(7)));
        for wrong in ["", "15", "m", "-1s", "1.5h", "99999999999999999999d", "1 fortnight"] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
    }
}
