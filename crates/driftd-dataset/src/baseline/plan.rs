//! Which columns become features, and of what kind.

use driftd_model::{FeatureKind, Reason, Role, SkippedColumn};

use crate::values::Reading;
use crate::{BaselineOptions, ColumnKind, DatasetError, Table};

/// A column that is to become a feature.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    /// Its index in the table.
    pub(super) column: usize,
    /// The feature's name.
    pub(super) name: String,
    /// How it is read.
    pub(super) reading: Reading,
    /// Whether all of it are whole numbers.
    pub(super) is_whole: bool,
    /// Whether somebody said what it is, so that it is monitored whatever it looks like.
    pub(super) is_given: bool,
}

/// Goes through the columns in the table's order.
pub(super) fn plan(
    table: &Table,
    options: &BaselineOptions,
) -> Result<(Vec<Planned>, Vec<SkippedColumn>), DatasetError> {
    let (mut planned, mut skipped) = (Vec::new(), Vec::new());
    for (column, info) in table.schema().columns().iter().enumerate() {
        let name = table.schema().short_name(column);
        if options.exclude.contains(name) || options.exclude.contains(&info.name) {
            continue;
        }
        let wanted = options.kinds.get(name).copied();
        if wanted.is_none() && table.is_filed_by_time(column) {
            skipped.push(SkippedColumn { name: name.to_owned(), reason: Reason::PointInTime });
            continue;
        }
        match reading(&info.kind, wanted) {
            Choice::Read(reading) => {
                let has_role = options.roles.get(name).is_some_and(|role| *role != Role::default());
                let (is_whole, is_given) = (info.is_whole, wanted.is_some() || has_role);
                planned.push(Planned { column, name: name.to_owned(), reading, is_whole, is_given });
            }
            Choice::Skip(reason) => skipped.push(SkippedColumn { name: name.to_owned(), reason }),
            Choice::Refuse(wanted) => {
                let (path, name) = (table.path().to_owned(), name.to_owned());
                return Err(DatasetError::BadKind { path, name, found: info.kind.to_string(), wanted });
            }
        }
    }
    Ok((planned, skipped))
}

/// The columns that were left out of a first plan, as ones that are wanted.
pub(super) fn wanted(planned: Vec<Planned>, left_out: &[SkippedColumn]) -> Vec<Planned> {
    let planned = planned.into_iter().filter(|column| left_out.iter().any(|skipped| skipped.name == column.name));
    planned.map(|column| Planned { is_given: true, ..column }).collect()
}

enum Choice {
    Read(Reading),
    Skip(Reason),
    Refuse(FeatureKind),
}

fn reading(kind: &ColumnKind, wanted: Option<FeatureKind>) -> Choice {
    use FeatureKind::{Categorical, Numeric, Presence};
    match (kind, wanted) {
        (ColumnKind::Unsupported(found), None) => Choice::Skip(Reason::Unsupported { found: found.clone() }),
        (ColumnKind::Unsupported(_), Some(wanted)) => Choice::Refuse(wanted),
        (_, Some(Presence)) | (ColumnKind::Empty, _) => Choice::Read(Reading::Presence),
        (ColumnKind::Number, None | Some(Numeric)) => Choice::Read(Reading::Numbers),
        (ColumnKind::Time, None) => Choice::Skip(Reason::PointInTime),
        (ColumnKind::Bool | ColumnKind::Text, None) | (_, Some(Categorical)) => Choice::Read(Reading::Texts),
        (_, Some(Numeric)) => Choice::Refuse(Numeric),
    }
}
