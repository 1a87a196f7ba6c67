//! A table counted in layouts that are already frozen.

use driftd_model::{FeatureBaseline, Reason};
use driftd_stats::{Dictionary, FeatureAggregate, FeatureLayout};
use driftd_window::{Column, PRESENT, is_code};

use crate::point_in_time::is_point_in_time;
use crate::values::{Values, Wanted};
use crate::{ColumnKind, DatasetError, Table};

/// A table, counted in the layouts of a baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct CurrentSide {
    /// Rows of the table.
    pub rows: u64,
    /// For every feature that was asked for, in that order, its counts or why there are none.
    pub features: Vec<Result<FeatureAggregate, Reason>>,
}

/// Counts the columns of `table` in the layouts of `features`, columns in parallel and each streamed.
///
/// A column without any value counts as all missing, whatever its type would be. Numbers may stand for categories when
/// every category of the baseline is a number, booleans when every one is `true` or `false`.
///
/// # Errors
/// A file that turns out to be damaged, or a name that fits several nested columns.
pub fn aggregate(
    table: &Table,
    features: &[&FeatureBaseline],
    progress: &(dyn Fn(u64) + Sync),
) -> Result<CurrentSide, DatasetError> {
    let mut outcomes = Vec::with_capacity(features.len());
    let mut columns = Vec::new();
    for feature in features {
        let layout = &*feature.layout;
        let column = table.find(feature.name.as_str())?;
        let kind = column.and_then(|c| table.schema().columns().get(c)).map(|c| &c.kind);
        let reason = match kind {
            None => Some(Reason::MissingFromCurrent),
            // Each value says what it is: a word among numbers is mistyped, as it is in a record.
            Some(_) if table.is_typed_by_value() && matches!(layout, FeatureLayout::Numeric(_)) => None,
            Some(kind) => type_differs(layout, kind, table.is_typed()),
        };
        if reason.is_none() {
            let counter = Counter { layout, counts: FeatureAggregate::empty(layout) };
            columns.push((Wanted::for_feature(column, layout, &feature.aggregate), counter));
        }
        outcomes.push(reason);
    }
    let counted = table.scan(
        columns,
        &|counter: &mut Counter<'_>, values| {
            counter.absorb(&values);
            Ok(())
        },
        &|counter| Ok(counter.counts),
        progress,
    )?;
    let mut counted = counted.into_iter();
    let features = outcomes
        .into_iter()
        .map(|reason| match reason {
            Some(reason) => Err(reason),
            None => counted.next().ok_or(Reason::MissingFromCurrent),
        })
        .collect();
    Ok(CurrentSide { rows: table.rows(), features })
}

/// Why a column of that kind cannot be counted in that layout.
///
/// A typed file says for certain what a column holds, so numbers stand for categories only when every category is a
/// number. In the others numbers are whatever reads as such: codes such as `1`, `2`, `B` lose their `B` on a quiet day.
fn type_differs(layout: &FeatureLayout, kind: &ColumnKind, typed: bool) -> Option<Reason> {
    let categories = layout.as_categorical().map(Dictionary::categories).unwrap_or_default();
    let all = |of_kind: fn(&str) -> bool| categories.iter().all(|c| of_kind(c));
    let may_be = |of_kind: fn(&str) -> bool| all(of_kind) || !typed && categories.iter().any(|c| of_kind(c));
    let fits = match (layout, kind) {
        (_, ColumnKind::Unsupported(found)) => return Some(Reason::Unsupported { found: found.clone() }),
        (_, ColumnKind::Empty) | (FeatureLayout::Presence, _) => true,
        // Text is looked at value by value: some of it, or all, may read as numbers.
        (FeatureLayout::Numeric(_), ColumnKind::Number | ColumnKind::Text) => true,
        (FeatureLayout::Numeric(_), kind) => *kind == ColumnKind::Bool && layout.takes_booleans(),
        (FeatureLayout::Categorical(known), ColumnKind::Number | ColumnKind::Bool) if known.is_boolean() => true,
        (FeatureLayout::Categorical(_), ColumnKind::Number) => may_be(is_number),
        (FeatureLayout::Categorical(_), ColumnKind::Bool) => may_be(is_bool),
        (FeatureLayout::Categorical(_), ColumnKind::Time) => may_be(is_time),
        (FeatureLayout::Categorical(_), ColumnKind::Text) => true,
    };
    let baseline = match layout {
        FeatureLayout::Numeric(_) => "numbers",
        FeatureLayout::Categorical(known) if known.is_boolean() => "booleans",
        _ => "text",
    };
    (!fits).then(|| Reason::TypeDiffers { baseline: baseline.to_owned(), current: kind.to_string() })
}

fn is_number(text: &str) -> bool {
    !is_code(text) && text.parse::<f64>().is_ok()
}

fn is_bool(text: &str) -> bool {
    matches!(text, "true" | "false")
}

fn is_time(text: &str) -> bool {
    is_point_in_time(text)
}

struct Counter<'a> {
    layout: &'a FeatureLayout,
    counts: FeatureAggregate,
}

impl Counter<'_> {
    fn absorb(&mut self, values: &Values) {
        let Values::Column(column) = values else {
            return;
        };
        match (&mut self.counts, self.layout) {
            (FeatureAggregate::Numeric(counts), FeatureLayout::Numeric(edges)) => {
                column.as_numeric().into_iter().for_each(|c| counts.absorb(edges, c));
            }
            (FeatureAggregate::Categorical(counts), FeatureLayout::Categorical(dictionary)) => {
                column.as_text().into_iter().for_each(|c| counts.absorb(dictionary, c));
            }
            (FeatureAggregate::Presence(counts), _) => {
                if let Column::Presence { absent } = column {
                    let present: u64 = absent.iter().map(|code| u64::from(*code == PRESENT)).sum();
                    counts.add(present, absent.len() as u64 - present);
                }
            }
            _ => {}
        }
    }
}
