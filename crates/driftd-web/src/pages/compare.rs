//! The page that compares any two ranges of a monitor: `/compare?m=&a=&b=&seg=`.

mod choose;
mod features;
mod presets;

use askama::Template;
use driftd_model::{MonitorId, Outcome, PastCounts, words};
use driftd_window::{EventTime, SegmentKey, Timestamp};

use self::choose::Choices;
use self::features::{Card, Line, Mix};
use self::presets::Preset;
use super::address::Address;
use super::asked::{Asked, monitor_id};
use super::failure::Failure;
use super::frame::{Frame, Html};
use super::verdicts::{sentence, worst_first};
use crate::figures::Badge;
use crate::past::{Answer, Question, Side, Turn, ranges, spelled};

/// Features that have a line, those whose distributions are drawn, and those that are said not to be compared.
const LINES: usize = 200;
const DRAWN: usize = 12;
const LEFT_OUT: usize = 50;
/// Characters of a name, and of what is written in a field.
const SHORT: usize = 80;
const FIELD: usize = 1_000;

#[derive(Template)]
#[template(path = "pages/compare.html")]
struct Page {
    frame: Frame,
    badge: Badge,
    monitor: String,
    monitor_address: Address,
    heading: String,
    summary: String,
    form: Form,
    /// What else may be compared with the range.
    presets: Vec<Preset>,
    shown: Option<Shown>,
    /// What to compare, where nothing is asked for yet.
    choices: Choices,
}

/// What the page can be asked for, as it was asked.
struct Form {
    monitor: String,
    a: String,
    b: String,
    segment: String,
}

/// A comparison that was made.
struct Shown {
    sides: Vec<Told>,
    notes: Vec<String>,
    cards: Vec<Card>,
    lines: Vec<Line>,
    folded: u64,
    left_out: Vec<(String, String)>,
    /// How many more there are.
    more_left_out: u64,
    mix: Mix,
    /// The same address with its ends written out, and the same as data.
    permalink: Option<Address>,
    csv: Option<Address>,
    json: Option<Address>,
}

/// One side of it.
struct Told {
    name: &'static str,
    what: String,
    rows: String,
    coverage: String,
}

pub(super) async fn page(_turn: Turn, asked: Asked) -> Result<Html, Failure> {
    let Some(monitor) = asked.query.get("m") else {
        return Ok(Html::of(&Page::unasked(Choices::of_monitors(&asked))));
    };
    let id = monitor_id(monitor)?;
    let Some(configured) = asked.configured(&id) else {
        return Err(unknown(&asked, &id).await?);
    };
    let segment = asked.query.segment();
    let form = Form::of(&asked);
    let Some(b) = asked.query.get("b") else {
        let choices = Choices::of_windows(&asked, &id, &segment).await?;
        return Ok(Html::of(&Page { form, ..Page::of_monitor(&id, &segment, choices) }));
    };
    let a = asked.query.get("a").unwrap_or("baseline");
    let question = Question {
        monitor: configured.clone(),
        before: Side::parse("a", a, Some(asked.now))?,
        past: ranges("b", b, Some(asked.now))?,
        segment: segment.clone(),
        statistics: Vec::new(),
    };
    let answer = question.ask(&*asked.store).await?;
    Ok(Html::of(&Page::of(&id, &answer, form, asked.now)))
}

/// Why there is nothing to compare of a monitor that is not configured.
async fn unknown(asked: &Asked, id: &MonitorId) -> Result<Failure, Failure> {
    if asked.store.sealed_through(id).await?.is_none() {
        return Ok(Failure::no_monitor(id.as_str()));
    }
    Ok(Failure::conflict(
        format!("Ranges of {id} cannot be compared"),
        "it is not in the configuration of this process, which says how its ranges are judged",
    ))
}

impl Page {
    /// Before a monitor is chosen.
    fn unasked(choices: Choices) -> Self {
        Self {
            frame: Frame::of("compare two ranges", Address::of("/compare")),
            badge: Badge { class: "insufficient_data", word: "nothing chosen" },
            monitor: String::new(),
            monitor_address: Address::overview(),
            heading: "Compare two ranges".to_owned(),
            summary: String::new(),
            form: Form::default(),
            presets: Vec::new(),
            shown: None,
            choices,
        }
    }

    /// Before a range is chosen.
    fn of_monitor(id: &MonitorId, segment: &SegmentKey, choices: Choices) -> Self {
        let monitor = words::name(id.as_str(), SHORT);
        Self {
            frame: Frame::of(&format!("compare two ranges of {monitor}"), Address::of("/compare")),
            monitor_address: Address::monitor(id).in_segment(segment),
            monitor,
            ..Self::unasked(choices)
        }
    }

    fn of(id: &MonitorId, answer: &Answer, form: Form, now: Timestamp) -> Self {
        let rows = answer.rows(now);
        let verdicts = worst_first(rows.iter());
        let outcome = answer.judged.as_ref().map_or(Outcome::NotComparable, |judged| judged.outcome);
        let badge = Badge::of(outcome);
        let name = words::name(id.as_str(), SHORT);
        let (a, b) = (answer.against(), spelled(answer.past.stretches()));
        let heading = format!("{} against {}", span(&answer.past), against(answer));
        let summary = match &answer.judged {
            Some(_) => sentence(&verdicts),
            None => "One of the two has no records that are kept, so there is nothing to compare.".to_owned(),
        };
        let api = |format: &str| {
            let address = Address::of(format!("/api/v1/monitors/{}/compare", id.as_str())).with("a", &a).with("b", &b);
            let segment = Some(answer.segment.as_str()).filter(|segment| !segment.is_empty());
            address.with_any("segment", segment).with("format", format).reachable()
        };
        let left_out = answer.left_out();
        let shown = Shown {
            sides: sides(answer),
            notes: answer.notes.clone(),
            cards: Card::all(answer, &verdicts, DRAWN),
            lines: verdicts.iter().take(LINES).map(|verdict| Line::of(answer, verdict)).collect(),
            folded: verdicts.len().saturating_sub(LINES) as u64,
            more_left_out: left_out.len().saturating_sub(LEFT_OUT) as u64,
            left_out: left_out
                .into_iter()
                .take(LEFT_OUT)
                .map(|(feature, why)| (words::name(feature.as_str(), SHORT), words::name(&why, 4 * SHORT)))
                .collect(),
            mix: Mix::of(id, answer, (&a, &b)),
            permalink: Address::comparison(id, &answer.segment, &a, &b).reachable(),
            csv: api("csv"),
            json: api("json"),
        };
        Self {
            frame: Frame::of(&format!("{}: {name}, two ranges", badge.word), Address::of("/compare")),
            badge,
            monitor_address: Address::monitor(id).in_segment(&answer.segment),
            monitor: name,
            heading,
            summary,
            form,
            presets: presets::of(id, answer),
            shown: Some(shown),
            choices: Choices::default(),
        }
    }
}

impl Default for Form {
    fn default() -> Self {
        Self { monitor: String::new(), a: "baseline".to_owned(), b: String::new(), segment: String::new() }
    }
}

impl Form {
    fn of(asked: &Asked) -> Self {
        let field = |name: &str| words::name(asked.query.get(name).unwrap_or_default(), FIELD);
        let a = field("a");
        Self {
            monitor: field("m"),
            a: if a.is_empty() { "baseline".to_owned() } else { a },
            b: field("b"),
            segment: words::printable(asked.query.segment().as_str()),
        }
    }
}

/// Both sides, the one that came before first.
fn sides(answer: &Answer) -> Vec<Told> {
    let counted = |name, counts: &PastCounts| Told {
        name,
        what: span(counts),
        rows: words::count(counts.rows(&answer.segment)),
        coverage: words::percent(counts.coverage(&answer.segment)),
    };
    let before = answer.before.as_ref().map_or_else(
        || Told {
            name: "A",
            what: against(answer),
            rows: answer.past.plan().baseline_of(&answer.segment).map_or_else(String::new, |(n, _)| words::count(n)),
            coverage: String::new(),
        },
        |before| counted("A", before),
    );
    vec![before, counted("B", &answer.past)]
}

/// What the range is held against, for people.
fn against(answer: &Answer) -> String {
    match &answer.before {
        None => words::name(&answer.against(), SHORT),
        Some(before) => span(before),
    }
}

/// The range for people.
fn span(counts: &PastCounts) -> String {
    let text = |(from, to): (EventTime, EventTime)| words::span(from, to);
    let spans: Vec<String> = counts.stretches().iter().map(text).collect();
    words::list(&spans)
}
