//! One field of a cron line: lists of values, ranges and steps.

use super::super::problem::{ProblemKind as Kind, TextProblem, char_range, part, quoted};
use super::super::stray;
use super::NOUN;

/// What a field counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    /// Its place in words.
    nth: &'static str,
    pub(super) name: &'static str,
    least: u8,
    most: u8,
    /// Names of the values from `least` on.
    names: &'static [&'static str],
}

/// The values of a field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Values {
    /// Bit `n` for value `n`.
    pub(super) bits: u64,
    /// The field holds a bare `*`.
    pub(super) any: bool,
}

pub(super) const MINUTE: Field = Field { nth: "first", name: "minute", least: 0, most: 59, names: &[] };
pub(super) const HOUR: Field = Field { nth: "second", name: "hour", least: 0, most: 23, names: &[] };
pub(super) const DAY: Field = Field { nth: "third", name: "day of month", least: 1, most: 31, names: &[] };
pub(super) const MONTH: Field = Field {
    nth: "fourth",
    name: "month",
    least: 1,
    most: 12,
    names: &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
};
pub(super) const WEEKDAY: Field = Field {
    nth: "fifth",
    name: "weekday",
    least: 0,
    most: 6,
    names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
};
pub(super) const FIELDS: [Field; 5] = [MINUTE, HOUR, DAY, MONTH, WEEKDAY];

impl Field {
    /// Reads the field at `from..to` of a line.
    pub(super) fn parse(&self, text: &str, (from, to): (usize, usize)) -> Result<Values, TextProblem> {
        let mut values = Values { bits: 0, any: false };
        let mut start = from;
        for item in part(text, from, to).split(',') {
            let end = start + item.len();
            if item.is_empty() {
                return Err(self.empty_item(text, start, from, to));
            }
            let (bits, any) = self.item(text, start, end)?;
            values.bits |= bits;
            values.any |= any;
            start = end + 1;
        }
        Ok(values)
    }

    /// `*`, `7`, `1-5`, with `/2` after any but a single value.
    fn item(&self, text: &str, from: usize, to: usize) -> Result<(u64, bool), TextProblem> {
        let item = part(text, from, to);
        let (base, step) = match item.split_once('/') {
            Some((base, step)) => (base, Some(step)),
            None => (item, None),
        };
        let base_end = from + base.len();
        let (low, high) = match base.split_once('-') {
            _ if base == "*" => (self.least, self.most),
            None => {
                let value = self.value(text, from, base_end)?;
                (value, value)
            }
            Some((low, _)) => {
                let dash = from + low.len();
                let range = self.range(text, from, dash, base_end)?;
                (range.0, range.1)
            }
        };
        let Some(step) = step else { return Ok((span(low, high, 1), base == "*")) };
        let width = self.step(text, base_end, to, step, (low, high))?;
        Ok((span(low, high, width), base == "*" && width == 1))
    }

    fn range(&self, text: &str, from: usize, dash: usize, to: usize) -> Result<(u8, u8), TextProblem> {
        // Sunday as 7 at the end of a range is explained with the whole range
        let seven = self.name == WEEKDAY.name && part(text, dash + 1, to) == "7";
        let low = self.value(text, from, dash)?;
        let high = if seven { 0 } else { self.value(text, dash + 1, to)? };
        if low <= high && !seven {
            return Ok((low, high));
        }
        let shown = quoted(part(text, from, to));
        let (first, last) = (part(text, from, dash), part(text, dash + 1, to));
        let (kind, message) = if seven {
            (Kind::CronRange, format!("{} goes from 0 to 6, Sunday is `0` and not `7`", self.subject()))
        } else {
            (Kind::CronOrder, format!("{} has the range {shown}, which goes down", self.subject()))
        };
        let named = !first.starts_with(|c: char| c.is_ascii_digit());
        let head =
            if low == self.most { first.to_owned() } else { format!("{first}-{}", self.spell(self.most, named)) };
        let zero = self.spell(self.least, named);
        let tail = match (seven, high == self.least) {
            (false, false) => format!(",{zero}-{last}"),
            (false, true) | (true, _) if low > self.least => format!(",{zero}"),
            _ => String::new(),
        };
        Err(TextProblem::new(kind, from..to, message).fix(format!("{head}{tail}")))
    }

    fn spell(&self, value: u8, named: bool) -> String {
        let name = self.names.get(usize::from(value.saturating_sub(self.least))).filter(|_| named);
        name.map_or_else(|| value.to_string(), |name| (*name).to_owned())
    }

    /// A number or a name.
    fn value(&self, text: &str, from: usize, to: usize) -> Result<u8, TextProblem> {
        let word = part(text, from, to);
        if !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit()) {
            return match word.parse::<u8>() {
                Ok(value) if (self.least..=self.most).contains(&value) => Ok(value),
                _ => Err(self.out_of_range(from, to, word)),
            };
        }
        let mut names = (self.least..).zip(self.names);
        match names.find(|(_, name)| name.eq_ignore_ascii_case(word)) {
            Some((value, _)) => Ok(value),
            None => Err(self.no_value(text, from, to, word)),
        }
    }

    fn out_of_range(&self, from: usize, to: usize, word: &str) -> TextProblem {
        let message = format!("{} goes from {} to {}, not {}", self.subject(), self.least, self.most, quoted(word));
        let problem = TextProblem::new(Kind::CronRange, from..to, message);
        match (self.name, word) {
            ("weekday", "7") => problem.help("write `0` for Sunday").fix("0"),
            ("hour", "24") => problem.help("midnight is `0`").fix("0"),
            ("minute", "60") => problem.help("the full hour is `0`").fix("0"),
            _ => problem,
        }
    }

    fn no_value(&self, text: &str, from: usize, to: usize, word: &str) -> TextProblem {
        if word.is_empty() {
            // one end of a range, or nothing before a step
            let at = from.min(text.len().saturating_sub(1));
            let start = part(text, 0, from).rfind([' ', '\t', ',']).map_or(0, |at| at + 1);
            let rest = part(text, start, text.len());
            let item = part(rest, 0, rest.find([' ', '\t', ',']).unwrap_or(rest.len()));
            let message = format!("{} has an incomplete value, {}", self.subject(), quoted(item));
            return TextProblem::new(Kind::CronValue, char_range(text, at), message);
        }
        if let Some(at) = word.bytes().position(|b| !b.is_ascii_graphic())
            && let Some(problem) = stray::explain(text, from + at, NOUN)
        {
            return problem;
        }
        if let Some(problem) = self.foreign(from, to, word) {
            return problem;
        }
        let short = word.get(..3).unwrap_or_default().to_ascii_uppercase();
        let message = format!("{} is a number from {} to {}", self.subject(), self.least, self.most);
        if self.names.contains(&short.as_str()) && word.bytes().all(|b| b.is_ascii_alphabetic()) {
            let message = format!("{message} or a name of three letters, not {}", quoted(word));
            return TextProblem::new(Kind::CronValue, from..to, message).fix(short);
        }
        let or = match (self.names.first(), self.names.last()) {
            (Some(first), Some(last)) => format!(" or a name from `{first}` to `{last}`"),
            _ => String::new(),
        };
        TextProblem::new(Kind::CronValue, from..to, format!("{message}{or}, not {}", quoted(word)))
    }

    /// Quartz and Jenkins.
    fn foreign(&self, from: usize, to: usize, word: &str) -> Option<TextProblem> {
        let problem = |message: String| TextProblem::new(Kind::CronForeign, from..to, message);
        let days = self.name == DAY.name || self.name == WEEKDAY.name;
        if word == "?" {
            return Some(problem(format!("{} is `*` where any will do, not `?`", self.subject())).fix("*"));
        }
        if word == "H" || word.starts_with("H(") {
            let help = "pick a number, different for each job";
            return Some(problem(format!("{} has no `H`, which only Jenkins knows", self.subject())).help(help));
        }
        let upper = word.to_ascii_uppercase();
        let quartz = upper == "L"
            || upper == "LW"
            || upper.contains('#')
            || (upper.len() > 1
                && upper.strip_suffix(['L', 'W']).is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit())));
        if days && quartz {
            let message = format!("{} has no {}, which only Quartz knows", self.subject(), quoted(word));
            return Some(problem(message).help("run the job on every candidate day and let it decide"));
        }
        None
    }

    /// The number after the slash at `slash`.
    fn step(&self, text: &str, slash: usize, to: usize, step: &str, (low, high): (u8, u8)) -> Result<u8, TextProblem> {
        let from = slash + 1;
        if step.is_empty() || !step.bytes().all(|b| b.is_ascii_digit()) {
            if let Some(at) = step.bytes().position(|b| !b.is_ascii_graphic())
                && let Some(problem) = stray::explain(text, from + at, NOUN)
            {
                return Err(problem);
            }
            let message =
                format!("{} has the step {}, which is no number", self.subject(), quoted(part(text, slash, to)));
            return Err(TextProblem::new(Kind::CronStep, slash..to, message));
        }
        if step.bytes().all(|b| b == b'0') {
            let message = format!("{} has the step {}, the least is 1", self.subject(), quoted(step));
            return Err(TextProblem::new(Kind::CronStep, from..to, message));
        }
        let base_start = part(text, 0, slash).rfind([' ', '\t', ',']).map_or(0, |at| at + 1);
        let base = part(text, base_start, slash);
        if base != "*" && !base.contains('-') {
            let message = format!("{} has a step after {}, steps follow `*` or a range", self.subject(), quoted(base));
            let problem = TextProblem::new(Kind::CronStep, base_start..to, message);
            let fits = step.parse::<u8>().is_ok_and(|width| width <= self.most - low);
            return Err(if fits { problem.fix(format!("{base}-{}/{step}", self.most)) } else { problem });
        }
        match step.parse::<u8>() {
            Ok(width) if width <= high - low || width == 1 => Ok(width),
            _ => {
                let message = format!("{} has the step {}, so only {low} ever fires", self.subject(), quoted(step));
                Err(TextProblem::new(Kind::CronStep, base_start..to, message).fix(low.to_string()))
            }
        }
    }

    fn empty_item(&self, text: &str, at: usize, from: usize, to: usize) -> TextProblem {
        let message = format!("{} has a comma with nothing beside it", self.subject());
        let comma = if at > from { at - 1 } else { at.min(to.saturating_sub(1)) };
        TextProblem::new(Kind::CronValue, char_range(text, comma), message).fix("")
    }

    /// The field as the subject of a sentence.
    fn subject(&self) -> String {
        format!("the {} field of a cron line, {},", self.nth, self.name)
    }
}

/// Bits `low`, `low + width`, … up to `high`.
fn span(low: u8, high: u8, width: u8) -> u64 {
    (low..=high).step_by(usize::from(width.max(1))).fold(0, |bits, value| bits | 1 << value)
}
