//! Cron lines: the five fields of POSIX `crontab`, with names, steps and `@daily` words as Kubernetes reads them
//! (robfig/cron v3, "standard" parser). Days of month and week both restricted mean *either*, as POSIX says; a step
//! is a restriction.

mod field;
mod times;

use super::confusables::{invisible_name, is_invisible};
use super::problem::{ProblemKind as Kind, TextProblem, part, quoted};
use super::stray;
use field::{DAY, FIELDS, HOUR, MINUTE, MONTH, WEEKDAY};

const NOUN: &str = "a cron line";

/// The words and the lines they stand for.
const MACROS: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// A schedule: the sets of minutes, hours, days, months and weekdays at which it fires. Two lines that fire at the
/// same times are mostly, not always, equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cron {
    /// Bits 0 to 59.
    minutes: u64,
    /// Bits 0 to 23.
    hours: u32,
    /// Bits 1 to 31.
    days: u32,
    /// Bits 1 to 12.
    months: u16,
    /// Bits 0, Sunday, to 6.
    weekdays: u8,
    /// The day of month was `*`.
    any_day: bool,
    /// The weekday was `*`.
    any_weekday: bool,
}

/// Checks a cron line.
///
/// # Errors
/// The part that breaks a rule; a line that never fires (kind `CronNeverFires`).
pub fn check(text: &str) -> Result<(), TextProblem> {
    Cron::parse(text).map(drop)
}

impl Cron {
    /// Reads a cron line that fires at least now and then.
    ///
    /// # Errors
    /// As [`check`].
    pub fn parse(text: &str) -> Result<Self, TextProblem> {
        let (cron, days) = Self::read(text)?;
        if cron.never_fires() {
            let shown = quoted(part(text, days.start, days.end));
            let month = times::month_names(cron.months);
            let message = format!("a cron line with day and month {shown} never fires: {month}");
            return Err(TextProblem::new(Kind::CronNeverFires, days, message));
        }
        Ok(cron)
    }

    /// The line and where its day of month and month stand.
    fn read(text: &str) -> Result<(Self, std::ops::Range<usize>), TextProblem> {
        if text.starts_with('@') {
            return Ok((word(text)?, 0..text.len()));
        }
        let fields = split(text)?;
        let [minute, hour, day, month, weekday] = fields;
        let minute = MINUTE.parse(text, minute)?;
        let hour = HOUR.parse(text, hour)?;
        let days = day.0..month.1;
        let day = DAY.parse(text, day)?;
        let month = MONTH.parse(text, month)?;
        let weekday = WEEKDAY.parse(text, weekday)?;
        let cron = Self {
            minutes: minute.bits,
            hours: low(hour.bits),
            days: low(day.bits),
            months: u16::try_from(month.bits).unwrap_or_default(),
            weekdays: u8::try_from(weekday.bits).unwrap_or_default(),
            any_day: day.any,
            any_weekday: weekday.any,
        };
        Ok((cron, days))
    }
}

fn low(bits: u64) -> u32 {
    u32::try_from(bits).unwrap_or_default()
}

/// The five fields as byte ranges; spaces and tabs separate.
fn split(text: &str) -> Result<[(usize, usize); 5], TextProblem> {
    let mut fields = [(0, 0); 5];
    let mut slots = fields.iter_mut();
    let mut count = 0;
    let mut at = 0;
    for piece in text.split([' ', '\t']) {
        let place = (at, at + piece.len());
        at = place.1 + 1;
        if piece.is_empty() {
            continue;
        }
        count += 1;
        if let Some(slot) = slots.next() {
            *slot = place;
        }
    }
    if text.starts_with([' ', '\t']) || text.ends_with([' ', '\t']) || count == 0 {
        let at = if text.starts_with([' ', '\t']) { 0 } else { text.len().saturating_sub(1) };
        return Err(stray::explain(text, at, NOUN).unwrap_or_else(|| stray::empty(NOUN)));
    }
    if count == 5 { Ok(fields) } else { Err(wrong_count(text, count)) }
}

fn wrong_count(text: &str, count: usize) -> TextProblem {
    let blank = |c: char| (c.is_whitespace() || is_invisible(c)) && c != ' ' && c != '\t';
    if let Some((at, c)) = text.char_indices().find(|(_, c)| blank(*c)) {
        let name = invisible_name(c);
        let message = format!("the fields of a cron line are separated by spaces, not by {name}");
        let padding = stray::explain(text, at, NOUN).filter(|problem| problem.kind == Kind::Padding);
        return padding.unwrap_or_else(|| {
            TextProblem::new(Kind::Invisible, super::problem::char_range(text, at), message).fix(" ")
        });
    }
    let mut pieces = text.split([' ', '\t']).filter(|piece| !piece.is_empty());
    let first = pieces.next().unwrap_or_default();
    if first.starts_with("TZ=") || first.starts_with("CRON_TZ=") {
        let rest = text.find([' ', '\t']).map_or("", |at| part(text, at, text.len())).trim_start();
        let message = format!("a cron line has no time zone in front, {}", quoted(first));
        return TextProblem::new(Kind::CronTimeZone, 0..text.len() - rest.len(), message)
            .help("a job has the field `timezone` for it")
            .fix("");
    }
    if count == 6 || count == 7 {
        return seconds(text, first, count);
    }
    let message = format!("a cron line has five fields (minute, hour, day of month, month, weekday), this has {count}");
    TextProblem::new(Kind::CronFields, 0..text.len(), message).help("every day at three is `0 3 * * *`")
}

/// Six or seven fields: seconds in front (Quartz, Spring) or a year at the end (AWS).
fn seconds(text: &str, first: &str, count: usize) -> TextProblem {
    let last = text.rsplit([' ', '\t']).next().unwrap_or_default();
    let start = part(text, 0, text.len() - last.len()).trim_end().len();
    if count == 6 && last.len() >= 4 && last.starts_with(|c: char| c.is_ascii_digit()) {
        let message = format!("a cron line ends with the weekday: it has no field for a year, {}", quoted(last));
        return TextProblem::new(Kind::CronSeconds, start..text.len(), message);
    }
    let rest = part(text, first.len(), text.len()).trim_start();
    let zero = matches!(first, "0" | "00");
    if count == 6 && Cron::parse(rest).is_ok() {
        let message = format!("a cron line starts with the minute: it has no field for seconds, {}", quoted(first));
        let problem = TextProblem::new(Kind::CronSeconds, 0..text.len() - rest.len(), message);
        return if zero { problem.fix("") } else { problem };
    }
    let words = if count == 6 { "six" } else { "seven" };
    let message = format!("a cron line has five fields, without seconds and year, this has {words}");
    let problem = TextProblem::new(Kind::CronSeconds, 0..text.len(), message);
    let line = rest.split([' ', '\t']).filter(|piece| !piece.is_empty()).take(5);
    let line: Vec<&str> = line.map(|piece| if piece == "?" { "*" } else { piece }).collect();
    let line = line.join(" ");
    let yearless = count == 6 || matches!(last, "*" | "?");
    if zero && yearless && Cron::parse(&line).is_ok() { problem.fix(line) } else { problem }
}

/// A line that is one word, `@daily`.
fn word(text: &str) -> Result<Cron, TextProblem> {
    if let Some((_, line)) = MACROS.iter().find(|(word, _)| *word == text) {
        return Cron::parse(line);
    }
    let all = 0..text.len();
    let mut pieces = text.split_ascii_whitespace();
    let name = pieces.next().unwrap_or_default();
    let lower = name.to_ascii_lowercase();
    if text.len() > text.trim_end().len() {
        let at = text.trim_end().len();
        if let Some(problem) = stray::explain(text, at, NOUN) {
            return Err(problem);
        }
    }
    let problem = |message: String| TextProblem::new(Kind::CronMacro, all.clone(), message);
    Err(match lower.as_str() {
        "@reboot" => problem("a schedule has no `@reboot`: nothing is ever rebooted here".to_owned())
            .help("a job without `schedule` runs by hand, one with `on: release` before each release"),
        "@every" => {
            let interval = pieces.next().unwrap_or_default();
            let problem = problem(format!("a cron line fires at times of the clock, not {}", quoted(text)));
            match times::every(interval) {
                Some(line) => problem.fix(line),
                None => problem.help("every ten minutes is `*/10 * * * *`"),
            }
        }
        lower => {
            let words = MACROS.iter().map(|(word, _)| *word);
            let problem = problem(format!("a cron line knows no word {}", quoted(name)));
            let exact = words.clone().find(|word| *word == lower);
            match exact.or_else(|| crate::suggest::closest(lower, words)) {
                Some(word) if name.len() == text.len() => problem.fix(word),
                _ => problem.help("the words are `@yearly`, `@monthly`, `@weekly`, `@daily` and `@hourly`"),
            }
        }
    })
}

/// Whether a text is a cron line with its syntax right that still never fires.
#[must_use]
pub fn never_fires(text: &str) -> bool {
    Cron::read(text).is_ok_and(|(cron, _)| cron.never_fires())
}

/// The five fields by name, for hover and docs: `minute`, `hour`, `day of month`, `month`, `weekday`.
#[must_use]
pub fn field_names() -> [&'static str; 5] {
    FIELDS.map(|field| field.name)
}
