//! Long work as it goes on: on a terminal a line that moves and, below it, the last line of each thing being done; elsewhere
//! one line with the time for each change. All of it goes to standard error.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use chrono::{DateTime, Local, TimeDelta, Utc};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::output::{Output, Paint};
use super::table;
use super::terminal::safe;

/// So many things have a line of their own below; more of them take turns.
const MOST_BELOW: usize = 8;
/// Room for the name of a thing.
const NAME: usize = 22;

/// What is shown of long work.
pub(super) struct Progress {
    paint: Paint,
    screen: Option<Screen>,
}

struct Screen {
    all: MultiProgress,
    now: Option<ProgressBar>,
    below: BTreeMap<String, ProgressBar>,
}

impl Progress {
    /// Shown where `output` allows it.
    pub(super) fn new(output: &mut Output) -> Self {
        output.flush();
        let screen = output.progress().map(|target| Screen {
            all: MultiProgress::with_draw_target(target),
            now: None,
            below: BTreeMap::new(),
        });
        Self { paint: output.paint_errors(), screen }
    }

    /// Whether it is coloured.
    pub(super) const fn colors(&self) -> bool {
        self.paint.on()
    }

    /// Whether it moves.
    pub(super) const fn moves(&self) -> bool {
        self.screen.is_some()
    }

    /// This begins: `doing` is for the line that moves, `word` for the one that is written down.
    pub(super) fn begin(&mut self, doing: &str, word: &str, at: DateTime<Utc>) {
        let Some(screen) = &mut self.screen else {
            say(&format!("{} {word}\n", at.with_timezone(&Local).format("%H:%M:%S")));
            return;
        };
        screen.clear_below();
        let bar = screen.now.get_or_insert_with(|| {
            let template =
                if self.paint.on() { "  {spinner:.cyan} {msg} {elapsed:.dim}" } else { "  {spinner} {msg} {elapsed}" };
            let bar = screen.all.add(ProgressBar::new_spinner().with_style(style(template)));
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        bar.set_message(doing.to_owned());
        bar.reset_elapsed();
    }

    /// What was under way is done: `word` says what.
    pub(super) fn done(&mut self, word: &str, took: Option<TimeDelta>) {
        let Paint { green, dim, plain, .. } = self.paint;
        let took = took.map(|time| format!("  {dim}{}{plain}", table::took(time))).unwrap_or_default();
        if let Some(screen) = &mut self.screen {
            screen.clear();
            let _ = screen.all.println(format!("  {green}✓{plain} {word}{took}"));
        }
    }

    /// What was under way went wrong: `word` says what.
    pub(super) fn failed(&mut self, word: &str) {
        let Paint { red, plain, .. } = self.paint;
        if let Some(screen) = &mut self.screen {
            screen.clear();
            let _ = screen.all.println(format!("  {red}✗{plain} {word}"));
        }
    }

    /// Lines that stay.
    pub(super) fn print(&mut self, text: &str) {
        match &self.screen {
            Some(screen) => drop(screen.all.println(text.trim_end_matches('\n'))),
            None => say(&format!("{}\n", text.trim_end_matches('\n'))),
        }
    }

    /// The last line of one of several things that go on.
    pub(super) fn below(&mut self, name: &str, line: &str) {
        let Some(screen) = &mut self.screen else { return };
        if screen.below.len() >= MOST_BELOW
            && !screen.below.contains_key(name)
            && let Some((_, bar)) = screen.below.pop_first()
        {
            bar.finish_and_clear();
        }
        let paint = self.paint;
        let bar = screen.below.entry(name.to_owned()).or_insert_with(|| {
            let template = if paint.on() { "    {prefix:.cyan} {wide_msg:.dim}" } else { "    {prefix} {wide_msg}" };
            let bar = screen.all.add(ProgressBar::new_spinner().with_style(style(template)));
            bar.set_prefix(format!("{name:NAME$}"));
            bar
        });
        bar.set_message(safe(line));
    }

    /// Takes everything that moves off the screen, so that something else can be written.
    pub(super) fn clear(&mut self) {
        if let Some(screen) = &mut self.screen {
            screen.clear();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

impl Screen {
    fn clear_below(&mut self) {
        for (_, bar) in std::mem::take(&mut self.below) {
            bar.finish_and_clear();
            self.all.remove(&bar);
        }
    }

    fn clear(&mut self) {
        self.clear_below();
        if let Some(bar) = self.now.take() {
            bar.finish_and_clear();
            self.all.remove(&bar);
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner());
    style.tick_chars("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ ")
}

fn say(text: &str) {
    // Who closed standard error does not want to know.
    let _ = std::io::stderr().write_all(text.as_bytes());
}
