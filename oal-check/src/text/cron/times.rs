//! When a schedule fires: never, how close together. Local days of 24 hours; no time zones, no daylight saving.

use super::Cron;

const DAYS: [u8; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const NAMES: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const MINUTES_A_DAY: u32 = 24 * 60;
/// After this many days from 1 January 2000, dates and weekdays repeat (until 2099).
const CYCLE_YEARS: u32 = 28;

impl Cron {
    /// Whether no month has one of the days: `0 0 31 2 *`. Weekdays, where restricted, fire on their own.
    #[must_use]
    pub fn never_fires(&self) -> bool {
        if !self.any_weekday && self.weekdays != 0 {
            return false;
        }
        (1u32..).zip(DAYS).all(|(month, most)| {
            let days = self.days & ((1u32 << most) | ((1u32 << most) - 1));
            !self.has_month(month) || days & !1 == 0
        })
    }

    /// The shortest time between two firings, in minutes; `None` where it never fires. For "more often than the timeout".
    #[must_use]
    pub fn min_interval(&self) -> Option<u32> {
        let (first, last, within) = self.times_of_day()?;
        let days = self.min_days()?;
        // from the last time of one day to the first of the next that fires
        let across = (days * MINUTES_A_DAY + first).saturating_sub(last);
        Some(within.map_or(across, |within| within.min(across)))
    }

    /// Whether two firings may be less than so many minutes apart; quick, and says so where only the days between could tell.
    #[must_use]
    pub fn fires_within(&self, minutes: u32) -> bool {
        let Some((first, last, within)) = self.times_of_day() else { return false };
        within.is_some_and(|within| within < minutes) || (MINUTES_A_DAY + first).saturating_sub(last) < minutes
    }

    /// How often it fires on a day on which it does.
    #[must_use]
    pub const fn times_a_day(&self) -> u32 {
        self.minutes.count_ones() * self.hours.count_ones()
    }

    fn has_month(&self, month: u32) -> bool {
        self.months >> month & 1 == 1
    }

    /// First and last minute of a day, and the least distance of two on the same day.
    fn times_of_day(&self) -> Option<(u32, u32, Option<u32>)> {
        let mut first = None;
        let mut last: Option<u32> = None;
        let mut least: Option<u32> = None;
        for hour in (0..24).filter(|hour| self.hours >> hour & 1 == 1) {
            for minute in (0..60).filter(|minute| self.minutes >> minute & 1 == 1) {
                let time = hour * 60 + minute;
                first = first.or(Some(time));
                if let Some(before) = last {
                    least = Some(least.map_or(time - before, |least| least.min(time - before)));
                }
                last = Some(time);
            }
        }
        Some((first?, last?, least))
    }

    /// The least number of days between two days on which it fires.
    fn min_days(&self) -> Option<u32> {
        let mut since: Option<u32> = None;
        let mut least: Option<u32> = None;
        let mut today = 0u32;
        // one more year, so that the step from the cycle's end to its start is walked too
        for year in 0..=CYCLE_YEARS {
            for (month, days) in (1u32..).zip(DAYS) {
                let days = if month == 2 && year % 4 != 0 { 28 } else { days };
                for day in 1..=u32::from(days) {
                    // 1 January 2000 was a Saturday
                    let weekday = (today + 6) % 7;
                    if self.has_month(month) && self.fires_on(day, weekday) {
                        if let Some(before) = since {
                            let gap = today - before;
                            if gap == 1 {
                                return Some(1);
                            }
                            least = Some(least.map_or(gap, |least| least.min(gap)));
                        }
                        since = Some(today);
                    }
                    today += 1;
                }
            }
        }
        least
    }

    fn fires_on(&self, day: u32, weekday: u32) -> bool {
        let in_days = self.days >> day & 1 == 1;
        let in_weekdays = self.weekdays >> weekday & 1 == 1;
        if self.any_day || self.any_weekday { in_days && in_weekdays } else { in_days || in_weekdays }
    }
}

/// The longest of the months, for a message: `February has at most 29 days`.
pub(super) fn month_names(months: u16) -> String {
    let mut longest: Option<(&str, u8)> = None;
    let mut count = 0;
    for ((month, name), days) in (1u32..).zip(NAMES).zip(DAYS) {
        if months >> month & 1 == 1 {
            count += 1;
            if longest.is_none_or(|(_, most)| days > most) {
                longest = Some((name, days));
            }
        }
    }
    match longest {
        Some((name, days)) if count == 1 && days == 29 => format!("{name} has 29 days at most"),
        Some((name, days)) if count == 1 => format!("{name} has {days} days"),
        Some((_, days)) => format!("none of these months has more than {days} days"),
        None => "there is no such month".to_owned(),
    }
}

/// `@every 5m` as a line, where the clock can say it.
pub(super) fn every(interval: &str) -> Option<String> {
    let unit = interval.trim_start_matches(|c: char| c.is_ascii_digit());
    let count: u32 = interval.strip_suffix(unit)?.parse().ok()?;
    match (unit, count) {
        ("m", 1) => Some("* * * * *".to_owned()),
        ("m", n) if n > 1 && n < 60 && 60 % n == 0 => Some(format!("*/{n} * * * *")),
        ("m", 60) | ("h", 1) => Some("0 * * * *".to_owned()),
        ("h", n) if n > 1 && n < 24 && 24 % n == 0 => Some(format!("0 */{n} * * *")),
        ("h", 24) => Some("0 0 * * *".to_owned()),
        _ => None,
    }
}
