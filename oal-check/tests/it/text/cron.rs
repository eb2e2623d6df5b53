//! When schedules fire, against a slow walk over the minutes of years.

use oal_check::text::cron::{Cron, field_names, never_fires};
use proptest::prelude::*;

fn interval(line: &str) -> u32 {
    Cron::parse(line).unwrap().min_interval().unwrap()
}

#[test]
fn the_shortest_interval_is_found() {
    const DAY: u32 = 24 * 60;
    let table = [
        ("* * * * *", 1),
        ("*/5 * * * *", 5),
        ("*/7 * * * *", 4), // 56 to 60
        ("0,59 * * * *", 1),
        ("0 * * * *", 60),
        ("0 */5 * * *", 4 * 60), // 20 to 24 o'clock
        ("0 3 * * *", DAY),
        ("30 23,1 * * *", 2 * 60),
        ("0 3 * * MON", 7 * DAY),
        ("0 3 * * SAT,SUN", DAY),
        ("0 3 1 * *", 28 * DAY),
        ("0 3 31 * *", 31 * DAY),
        ("0 3 29 2 *", 1461 * DAY),
        ("0 3 1 1 *", 365 * DAY),
        ("0 3 1,15 * *", 14 * DAY),
        ("0 3 13 * FRI", DAY),
        ("0 3 */2 * *", DAY), // 31 to 1
        ("0 0,12 1 * *", 12 * 60),
        ("0 23 31 12 *", 365 * DAY),
        ("@hourly", 60),
        ("@yearly", 365 * DAY),
    ];
    for (line, minutes) in table {
        assert_eq!(interval(line), minutes, "{line}");
    }
}

#[test]
fn times_a_day_are_counted() {
    assert_eq!(Cron::parse("*/15 8-17 * * *").unwrap().times_a_day(), 40);
    assert_eq!(field_names()[2], "day of month");
}

#[test]
fn impossible_dates_never_fire() {
    for line in ["0 0 31 2 *", "0 0 30 2 *", "0 0 31 4,6,9,11 *"] {
        assert!(never_fires(line), "{line}");
    }
    for line in ["0 0 29 2 *", "0 0 31 2 MON", "0 0 31 1,2 *", "no line", "@daily"] {
        assert!(!never_fires(line), "{line}");
    }
}

#[test]
fn the_same_times_are_equal() {
    let one = |line: &str| Cron::parse(line).unwrap();
    assert_eq!(one("@weekly"), one("0 0 * * SUN"));
    assert_eq!(one("0-59/15 * * * *"), one("0,15,30,45 * * * *"));
    assert_ne!(one("0 0 * * 0"), one("0 0 * * 1"));
}

/// A field as the set of its values.
fn field(least: u32, most: u32) -> impl Strategy<Value = (String, Vec<u32>)> {
    prop_oneof![
        2 => Just(("*".to_owned(), (least..=most).collect())),
        3 => prop::collection::btree_set(least..=most, 1..4).prop_map(|set| {
            let set: Vec<u32> = set.into_iter().collect();
            (set.iter().map(u32::to_string).collect::<Vec<_>>().join(","), set)
        }),
        1 => (least..=most, least..=most).prop_map(|(a, b)| {
            let (a, b) = (a.min(b), a.max(b));
            (format!("{a}-{b}"), (a..=b).collect())
        }),
        1 => (1..=(most - least)).prop_map(move |step| {
            (format!("*/{step}"), (least..=most).step_by(step as usize).collect())
        }),
    ]
}

/// Days from 1 January 2000 as month, day, weekday.
fn days(count: u32) -> impl Iterator<Item = (u32, u32, u32)> {
    let lengths =
        |year: u32| [31, if year.is_multiple_of(4) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    (0..)
        .flat_map(move |year| {
            (1..).zip(lengths(year)).flat_map(|(month, days)| (1..=days).map(move |day| (month, day)))
        })
        .zip(0..count)
        .map(|((month, day), n)| (month, day, (n + 6) % 7))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn interval_is_that_of_a_slow_walk(
        (minute, minutes) in field(0, 59),
        (hour, hours) in field(0, 23),
        (day, dates) in field(1, 31),
        (month, months) in field(1, 12),
        (weekday, weekdays) in field(0, 6),
    ) {
        let line = [minute, hour, day.clone(), month, weekday.clone()].join(" ");
        let mut last: Option<u32> = None;
        let mut least: Option<u32> = None;
        for (n, (m, d, w)) in (0u32..).zip(days(29 * 366)) {
            let in_days = dates.contains(&d);
            let in_weekdays = weekdays.contains(&w);
            // `*/1` is `*`
            let any = |text: &str| text == "*" || text == "*/1";
            let fires = if any(&day) || any(&weekday) { in_days && in_weekdays } else { in_days || in_weekdays };
            if !fires || !months.contains(&m) {
                continue;
            }
            for h in &hours {
                for min in &minutes {
                    let time = (n * 24 + h) * 60 + min;
                    if let Some(last) = last {
                        least = Some(least.map_or(time - last, |least: u32| least.min(time - last)));
                    }
                    last = Some(time);
                }
            }
            if least == Some(1) {
                break;
            }
        }
        match Cron::parse(&line) {
            Ok(cron) => prop_assert_eq!(cron.min_interval(), least, "{}", line),
            Err(problem) => {
                prop_assert!(never_fires(&line), "{}: {}", line, problem.message);
                prop_assert_eq!(last, None, "{}", line);
            }
        }
    }
}
