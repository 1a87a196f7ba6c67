//! A table counted in layouts that are already frozen.

use driftd_model::{FeatureBaseline, Reason};
use driftd_stats::{Dictionary, FeatureAggregate, FeatureLayout};
use driftd_window::{Column, PRESENT, is_code};

use crate::point_in_time::is_point_in_time;
use crate::values::{Values, Wanted};
use crate::{ColumnInfo, ColumnKind, DatasetError, Table};

/// A table, counted in the layouts of a baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct CurrentSide {
    /// Rows of the table.
    pub rows: u64,
    /// Every feature that was asked for, in that order.
    pub features: Vec<CountedFeature>,
}

/// One feature of a table, counted as a replay of the same table counts it.
#[derive(Clone, Debug, PartialEq)]
pub struct CountedFeature {
    /// Its counts; of a column that is not there or cannot be read, all values are missing, and those of another type are
    /// mistyped or unseen.
    pub counts: FeatureAggregate,
    /// Why the column cannot be what the baseline had, where its name or its type says so.
    pub differs: Option<Reason>,
}

/// Counts the columns of `table` in the layouts of `features`, columns in parallel and each streamed.
///
/// Nothing is left out: what a replay of the table would count is counted, so that both judge alike. A column that is not
/// there, or that holds what is no single value, counts as all missing. That its type differs is said beside the counts;
/// numbers may stand for categories when every category of the baseline is a number, booleans when every one is `true`
/// or `false`.
///
/// # Errors
/// A file that turns out to be damaged, or a name that fits several nested columns.
pub fn aggregate(
    table: &Table,
    features: &[&FeatureBaseline],
    progress: &(dyn Fn(u64) + Sync),
) -> Result<CurrentSide, DatasetError> {
    let mut differs = Vec::with_capacity(features.len());
    let mut columns = Vec::with_capacity(features.len());
    for feature in features {
        let layout = &*feature.layout;
        let column = table.find(feature.name.as_str())?;
        differs.push(match column.and_then(|c| table.schema().columns().get(c)) {
            None => Some(Reason::MissingFromCurrent),
            Some(info) => type_differs(layout, info, table.is_typed() && !info.is_text),
        });
        let counter = Counter { layout, counts: FeatureAggregate::empty(layout) };
        columns.push((Wanted::for_feature(column, layout, &feature.aggregate), counter));
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
    let features = counted.into_iter().zip(differs).map(|(counts, differs)| CountedFeature { counts, differs });
    Ok(CurrentSide { rows: table.rows(), features: features.collect() })
}

/// What a column of that kind is that the layout's was not; it is counted all the same.
///
/// A typed file says for certain what a column holds, so numbers stand for categories only when every category is a
/// number. In the others numbers are whatever reads as such: codes such as `1`, `2`, `B` lose their `B` on a quiet day.
fn type_differs(layout: &FeatureLayout, info: &ColumnInfo, typed: bool) -> Option<Reason> {
    let kind = &info.kind;
    let categories = layout.as_categorical().map(Dictionary::categories).unwrap_or_default();
    let all = |of_kind: fn(&str) -> bool| categories.iter().all(|c| of_kind(c));
    let may_be = |of_kind: fn(&str) -> bool| all(of_kind) || !typed && categories.iter().any(|c| of_kind(c));
    let fits = match (layout, kind) {
        (_, ColumnKind::Unsupported(found)) => return Some(Reason::Unsupported { found: found.clone() }),
        (_, ColumnKind::Empty) | (FeatureLayout::Presence, _) => true,
        (FeatureLayout::Numeric(_), ColumnKind::Bool) => layout.takes_booleans(),
        (FeatureLayout::Numeric(_), kind) => *kind == ColumnKind::Number,
        (FeatureLayout::Categorical(known), ColumnKind::Number | ColumnKind::Bool) if known.is_boolean() => true,
        (FeatureLayout::Categorical(_), ColumnKind::Number) => may_be(is_number),
        (FeatureLayout::Categorical(_), ColumnKind::Bool) => may_be(is_bool),
        (FeatureLayout::Categorical(_), ColumnKind::Time) => may_be(is_time),
        (FeatureLayout::Categorical(known), ColumnKind::Text) => !known.is_boolean(),
    };
    let baseline = match layout {
        FeatureLayout::Numeric(_) => "numbers",
        FeatureLayout::Categorical(known) if known.is_boolean() => "booleans",
        _ => "text",
    };
    // What follows such a value is set apart from it.
    let comma = if info.sample.is_some() { "," } else { "" };
    (!fits).then(|| Reason::TypeDiffers { baseline: baseline.to_owned(), current: info.shown() + comma })
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
