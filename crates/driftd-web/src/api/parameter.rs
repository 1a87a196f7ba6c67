//! Parameters of queries: each is a row that its reader and the document of the API share.

use driftd_stats::DriftStatistic;
use utoipa::openapi::schema::{KnownFormat, Object, ObjectBuilder, SchemaFormat, Type};

use super::range;

/// A parameter of a query.
#[derive(Debug)]
pub(super) struct Parameter {
    /// Its name.
    pub(super) name: &'static str,
    /// What it does.
    pub(super) says: &'static str,
    /// What it takes.
    takes: Takes,
    /// Whether it must be there.
    pub(super) is_required: bool,
    /// Whether it says how much of a list is answered and in which form, and not which list.
    pub(super) is_of_page: bool,
}

/// What a parameter takes.
#[derive(Debug)]
enum Takes {
    Text,
    Moment,
    Words(&'static [&'static str]),
    Statistic,
    Number { least: u32, most: u32, usual: u32 },
    Name,
    Cursor,
}

/// Rows of a page, where nothing is said.
pub(super) const USUAL_LIMIT: u32 = 100;
/// Rows of a page at most.
pub(super) const MOST_ROWS: u32 = 1000;

const fn filter(name: &'static str, takes: Takes, says: &'static str) -> Parameter {
    Parameter { name, says, takes, is_required: false, is_of_page: false }
}

const fn of_page(name: &'static str, takes: Takes, says: &'static str) -> Parameter {
    Parameter { is_of_page: true, ..filter(name, takes, says) }
}

pub(super) const FROM: Parameter = filter(
    "from",
    Takes::Moment,
    "First instant of event time: RFC 3339, a date, whole seconds since 1970, now, or now-7d.",
);
pub(super) const TO: Parameter =
    filter("to", Takes::Moment, "First instant after the range. It is after from, and at most ten years after it.");
pub(super) const SEGMENT: Parameter =
    filter("segment", Takes::Text, "Only this segment, as in carrier=UA; all for the whole population.");
pub(super) const WINDOW: Parameter = filter("window_name", Takes::Text, "Only windows of this shape.");
pub(super) const STATISTIC: Parameter = filter("statistic", Takes::Statistic, "Only this statistic.");
pub(super) const MONITOR: Parameter = filter("monitor", Takes::Name, "Only of this monitor.");
pub(super) const STATE: Parameter =
    filter("state", Takes::Words(&["pending", "open", "acknowledged", "resolved"]), "Only in this state.");
pub(super) const SILENCE_STATE: Parameter =
    filter("state", Takes::Words(&["pending", "active", "expired"]), "Only in this state.");
pub(super) const FEATURE: Parameter =
    Parameter { is_required: true, ..filter("feature", Takes::Text, "The feature whose distribution is wanted.") };
pub(super) const ONE_FEATURE: Parameter = filter("feature", Takes::Text, "Only this feature.");
pub(super) const DECIDING: Parameter =
    filter("statistic", Takes::Statistic, "Only this statistic, which alone decides then.");
pub(super) const BEFORE: Parameter = Parameter {
    is_required: true,
    ..filter(
        "a",
        Takes::Text,
        "What the range is held against: FROM/TO, or several with commas between them; baseline, for the one that the \
         monitor was judged against at its end; or the name of a baseline, as in flights or flights@v2.",
    )
};
pub(super) const PAST: Parameter = Parameter {
    is_required: true,
    ..filter(
        "b",
        Takes::Text,
        "The range: FROM/TO, each as RFC 3339, a date, whole seconds since 1970, now, or now-7d; or several with commas \
         between them.",
    )
};
pub(super) const LIMIT: Parameter =
    of_page("limit", Takes::Number { least: 1, most: MOST_ROWS, usual: USUAL_LIMIT }, "Rows of a page at most.");
pub(super) const CURSOR: Parameter = of_page("cursor", Takes::Cursor, "Where the page begins: next of the one before.");
pub(super) const FORMAT: Parameter = of_page(
    "format",
    Takes::Words(&["json", "rows", "csv"]),
    "json is an object with data and next, rows the bare array of the rows, csv comma-separated values with a header. \
     It wins over the Accept header.",
);
pub(super) const TIMES: Parameter = of_page(
    "times",
    Takes::Words(&["rfc3339", "epoch_ms"]),
    "How moments of the rows are written: RFC 3339 in UTC, or whole milliseconds since 1970.",
);

impl Parameter {
    /// Its schema in the document of the API.
    pub(super) fn schema(&self) -> Object {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        match self.takes {
            Takes::Text => text().max_length(Some(LONGEST_TEXT)),
            Takes::Moment => text().pattern(Some(range::PATTERN)),
            Takes::Words(words) => text().enum_values(Some(words.iter().copied())),
            Takes::Statistic => text().enum_values(Some(DriftStatistic::ALL.map(DriftStatistic::as_str))),
            Takes::Number { least, most, usual } => ObjectBuilder::new()
                .schema_type(Type::Integer)
                .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)))
                .minimum(Some(least))
                .maximum(Some(most))
                .default(Some(usual.into())),
            Takes::Name => text().pattern(Some("^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")),
            Takes::Cursor => text().pattern(Some("^[A-Za-z0-9_-]+$")),
        }
        .build()
    }

    /// What is wrong with `value`, as far as that shows without knowing more.
    pub(super) fn fault(&self, value: &str) -> Option<String> {
        match self.takes {
            Takes::Words(words) if !words.contains(&value) => {
                Some(format!("is none of {}", driftd_model::words::choices(words)))
            }
            Takes::Statistic => {
                value.parse::<DriftStatistic>().err().map(|error| shortened(&format!("is none: {error}")))
            }
            Takes::Number { least, most, .. }
                if !value.parse().is_ok_and(|number: u32| (least..=most).contains(&number)) =>
            {
                Some(format!("is not a whole number from {least} to {most}"))
            }
            Takes::Text if value.chars().nth(LONGEST_TEXT).is_some() => {
                Some(format!("is longer than {LONGEST_TEXT} characters"))
            }
            _ => None,
        }
    }
}

/// What is said of a value, which may be long and is repeated in it.
pub(super) fn shortened(fault: &str) -> String {
    const MOST: usize = 300;
    if fault.chars().nth(MOST).is_none() { fault.to_owned() } else { fault.chars().take(MOST).chain(['…']).collect() }
}

/// Characters of a text at most: several of them, escaped, have to fit into the head of a request.
const LONGEST_TEXT: usize = 4 << 10;
