//! Numbers with the units of other tools: Kubernetes (`512Mi`), Docker and Compose (`1g`, `1m30s`), Go, English.

use super::Advice;

/// What a number with a unit measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dimension {
    /// Time: `ms s min h d`.
    Duration,
    /// Bytes: `B KB MB GB TB KiB MiB GiB TiB`.
    Size,
    /// Processor time: `500m`, or a plain number of cores.
    Cpu,
    /// Parts of a hundred: `99%`.
    Percent,
}

/// The units of OAL.
const UNITS: &[(&str, Dimension)] = &[
    ("ms", Dimension::Duration),
    ("s", Dimension::Duration),
    ("min", Dimension::Duration),
    ("h", Dimension::Duration),
    ("d", Dimension::Duration),
    ("B", Dimension::Size),
    ("KB", Dimension::Size),
    ("MB", Dimension::Size),
    ("GB", Dimension::Size),
    ("TB", Dimension::Size),
    ("KiB", Dimension::Size),
    ("MiB", Dimension::Size),
    ("GiB", Dimension::Size),
    ("TiB", Dimension::Size),
    ("m", Dimension::Cpu),
    ("%", Dimension::Percent),
];

/// How a number with a foreign unit is written in OAL: `512Mi` gives `512MiB`, `5m` where a duration is wanted `5min`.
/// `wanted` is what the place takes, where that is known; without it only what has one meaning is answered.
/// `None` for what OAL reads already and for what is no quantity.
#[must_use]
pub fn foreign_quantity(text: &str, wanted: Option<Dimension>) -> Option<Advice> {
    let text = text.trim();
    let digits = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '_' || c == '.');
    let number = text.strip_suffix(digits)?;
    if !is_number(number) || digits.len() > 32 {
        return None;
    }
    let unit = digits.trim_start();
    if unit.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if let Some(sum) = compound(number, unit) {
        return matches!(wanted, None | Some(Dimension::Duration))
            .then(|| advice(sum, "a duration has one number and one unit".to_owned()));
    }
    if unit.is_empty() {
        return plain(number, wanted?);
    }
    let own = UNITS.iter().find(|(own, _)| *own == unit).map(|(_, dimension)| *dimension);
    if own.is_some() && own == wanted.or(own) {
        let spaced = digits.len() != unit.len();
        return spaced.then(|| advice(format!("{number}{unit}"), "a number and its unit stand together".to_owned()));
    }
    let found = match wanted {
        Some(dimension) => translate(number, unit, dimension),
        None => [Dimension::Size, Dimension::Duration, Dimension::Cpu, Dimension::Percent]
            .into_iter()
            .find_map(|dimension| translate(number, unit, dimension)),
    };
    found.map(|(replacement, why)| advice(replacement, why))
}

fn advice(replacement: String, why: String) -> Advice {
    Advice { replacement: Some(replacement.into()), why: why.into() }
}

/// Digits with at most one point, a digit at both ends.
fn is_number(number: &str) -> bool {
    let digit = |c: char| c.is_ascii_digit();
    number.starts_with(digit) && number.ends_with(digit) && number.matches('.').count() <= 1
}

/// `1h30m` as a sum in its smallest unit.
fn compound(number: &str, rest: &str) -> Option<String> {
    let mut total = 0u64;
    let mut units = 0;
    let mut least = u64::MAX;
    let mut digits = number;
    let mut rest = rest;
    loop {
        let unit_len = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (unit, after) = rest.split_at_checked(unit_len)?;
        let factor = seconds(unit.trim())?;
        if factor >= least {
            return None;
        }
        least = factor;
        total = total.checked_add(digits.parse::<u64>().ok()?.checked_mul(factor)?)?;
        units += 1;
        if after.is_empty() {
            break;
        }
        rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
        digits = after.strip_suffix(rest)?;
    }
    let name = [(1, "s"), (60, "min"), (3600, "h"), (86400, "d")].into_iter().find(|(factor, _)| *factor == least)?.1;
    (units > 1).then(|| format!("{}{name}", total / least))
}

/// Seconds of a unit of time in a compound such as `1h30m`.
fn seconds(unit: &str) -> Option<u64> {
    Some(match unit {
        "s" | "sec" => 1,
        "m" | "min" => 60,
        "h" | "hr" => 3600,
        "d" => 86400,
        _ => return None,
    })
}

/// A number without a unit.
fn plain(number: &str, wanted: Dimension) -> Option<Advice> {
    match wanted {
        Dimension::Duration => Some(advice(format!("{number}s"), "a duration has a unit: `ms s min h d`".to_owned())),
        Dimension::Size => {
            let why = "a size has a unit: `B KB MB GB TB` or `KiB MiB GiB TiB`".to_owned();
            Some(advice(format!("{number}B"), why))
        }
        Dimension::Percent => {
            let why = "a share is written in percent".to_owned();
            match number.split_once('.') {
                // 0.85
                Some(("0", part)) if part.len() <= 2 => {
                    let percent = format!("{part:0<2}");
                    let percent = percent.trim_start_matches('0');
                    Some(advice(format!("{}%", if percent.is_empty() { "0" } else { percent }), why))
                }
                _ => Some(advice(format!("{number}%"), why)),
            }
        }
        Dimension::Cpu => None,
    }
}

/// The number in a unit of OAL, and why.
fn translate(number: &str, unit: &str, wanted: Dimension) -> Option<(String, String)> {
    let (own, why) = match wanted {
        Dimension::Duration => return duration(number, unit),
        Dimension::Size => size(unit)?,
        Dimension::Cpu => return cpu(number, unit),
        Dimension::Percent => match unit.to_ascii_lowercase().as_str() {
            "percent" | "pct" | "per cent" => ("%", format!("`{unit}` is written `%`")),
            _ => return None,
        },
    };
    Some((format!("{number}{own}"), why))
}

fn duration(number: &str, unit: &str) -> Option<(String, String)> {
    let own = match unit.to_ascii_lowercase().as_str() {
        "ms" | "msec" | "msecs" | "millis" | "millisecond" | "milliseconds" => "ms",
        "s" | "sec" | "secs" | "second" | "seconds" => "s",
        "m" | "min" | "mins" | "minute" | "minutes" => "min",
        "h" | "hr" | "hrs" | "hour" | "hours" => "h",
        "d" | "day" | "days" => "d",
        "w" | "wk" | "week" | "weeks" => {
            let days = number.parse::<u64>().ok()?.checked_mul(7)?;
            return Some((format!("{days}d"), "there is no unit for weeks".to_owned()));
        }
        "us" | "µs" | "ns" => {
            let divisor = if unit == "ns" { 1_000_000 } else { 1000 };
            let millis = number.parse::<u64>().ok()?.div_ceil(divisor);
            return Some((format!("{millis}ms"), "the smallest unit of time is `ms`".to_owned()));
        }
        _ => return None,
    };
    let why = match unit {
        "m" => "minutes are written `min`; `m` is a thousandth of a CPU core".to_owned(),
        unit => format!("`{unit}` is written `{own}`; the units of time are `ms s min h d`"),
    };
    Some((format!("{number}{own}"), why))
}

fn size(unit: &str) -> Option<(&'static str, String)> {
    let own = match unit {
        "Ki" | "kib" | "Kib" | "kiB" | "KIB" => "KiB",
        "Mi" | "mi" | "mib" | "Mib" | "miB" | "MIB" => "MiB",
        "Gi" | "gi" | "gib" | "Gib" | "giB" | "GIB" => "GiB",
        "Ti" | "ti" | "tib" | "Tib" | "tiB" | "TIB" => "TiB",
        "b" | "byte" | "bytes" | "Bytes" => "B",
        // Docker counts its units in powers of 1024, whether `k`, `kb` or `K`; Kubernetes writes those `Ki`
        "k" | "kb" => "KiB",
        "m" | "mb" => "MiB",
        "g" | "gb" => "GiB",
        "t" | "tb" => "TiB",
        "K" | "Kb" | "kB" => "KB",
        "M" | "Mb" | "mB" | "Mo" => "MB",
        "G" | "Gb" | "gB" | "Go" => "GB",
        "T" | "Tb" | "tB" | "To" => "TB",
        _ => return None,
    };
    let why = if unit.starts_with(['k', 'm', 'g', 't']) && unit.len() <= 2 && own.contains('i') && !unit.contains('i') {
        let decimal = own.replace('i', "");
        format!("Docker's `{unit}` is `{own}`, in steps of 1024; `{decimal}` goes in steps of 1000")
    } else {
        format!("`{unit}` is written `{own}`")
    };
    Some((own, why))
}

fn cpu(number: &str, unit: &str) -> Option<(String, String)> {
    match unit.to_ascii_lowercase().as_str() {
        "cpu" | "cpus" | "vcpu" | "vcpus" | "core" | "cores" | "c" => {
            Some((number.to_owned(), "a plain number counts CPU cores".to_owned()))
        }
        "m" | "mcpu" | "millicpu" | "millicpus" | "millicore" | "millicores" | "mc" => {
            Some((format!("{number}m"), format!("thousandths of a CPU core are written `m`, not `{unit}`")))
        }
        "%" => {
            let percent = number.parse::<u64>().ok()?;
            Some((format!("{}m", percent.checked_mul(10)?), "CPU time is counted in cores: `1000m` is one".to_owned()))
        }
        _ => None,
    }
}
