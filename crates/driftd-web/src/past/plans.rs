//! Which plans the counts of a range may be in.

use std::collections::BTreeSet;
use std::sync::Arc;

use driftd_model::{
    Activation, BaselineChoice, BaselineRef, Monitor, MonitorPlan, ReadStore, StoreError, StoredBaseline, WindowQuery,
};
use driftd_window::EventTime;

use crate::api::reading::no_such;
use crate::problem::{Problem, ProblemKind};

/// Baselines that are read for one answer, besides the one it is held against.
const MOST: usize = 8;

/// The plan of `monitor` that a range which ends at `end` is compared in, and those that its panes in `asked` may have been
/// counted on besides.
///
/// The plan is that of the `wanted` baseline, or of the one that the monitor was judged against at the end of the range.
pub(super) async fn of(
    store: &dyn ReadStore,
    monitor: &Monitor,
    wanted: Option<&BaselineChoice>,
    end: EventTime,
    asked: &[(EventTime, EventTime)],
) -> Result<(Arc<MonitorPlan>, Vec<MonitorPlan>), Problem> {
    let activations = store.activations(&monitor.id).await?;
    let configured = BaselineChoice::clone(&monitor.baseline);
    let in_force = activations.iter().rev().find(|activation| activation.since < end);
    let choice = match (wanted, in_force) {
        (Some(wanted), _) => wanted.clone(),
        (None, Some(activation)) => activation.reference.clone().into(),
        (None, None) => configured.clone(),
    };
    let stored = stored(store, &choice).await?.ok_or_else(|| {
        no_such(format!("there is no baseline {choice} in the store: /api/v1/baselines lists those there are"))
    })?;
    let own = stored.reference.clone();
    let plan = MonitorPlan::new(monitor.clone(), stored).map_err(|error| {
        let remedy = "name another baseline, or change the configuration";
        Problem::new(ProblemKind::NoEvaluation, format!("the range cannot be held against {own}: {error}; {remedy}"))
    })?;
    let mut names = held(&activations, asked);
    names.extend(judged_against(store, monitor, asked).await?);
    let mut others = Vec::new();
    let mut tried = BTreeSet::from([own.to_string()]);
    let choices = names.into_iter().map(BaselineChoice::from).chain([configured]);
    for choice in choices {
        if others.len() == MOST || !tried.insert(choice.to_string()) {
            continue;
        }
        // What is not there any more, or does not fit the configuration, is nothing that counts could be read with.
        if let Some(stored) = self::stored(store, &choice).await? {
            others.extend(MonitorPlan::new(monitor.clone(), stored));
        }
    }
    Ok((Arc::new(plan), others))
}

async fn stored(store: &dyn ReadStore, choice: &BaselineChoice) -> Result<Option<StoredBaseline>, StoreError> {
    match choice {
        BaselineChoice::Version(reference) => store.baseline(reference).await,
        BaselineChoice::Newest(name) => store.newest_baseline(name).await,
    }
}

/// What was activated for panes of these ranges.
fn held(activations: &[Activation], asked: &[(EventTime, EventTime)]) -> Vec<BaselineRef> {
    let untils = activations.iter().skip(1).map(|next| Some(next.since)).chain([None]);
    let is_held = |since: EventTime, until: Option<EventTime>| {
        asked.iter().any(|(from, to)| since < *to && until.is_none_or(|until| until > *from))
    };
    let held = activations.iter().zip(untils).filter(|(activation, until)| is_held(activation.since, *until));
    held.map(|(activation, _)| activation.reference.clone()).collect()
}

/// What the first and the last window of each range were judged against: a configuration may have named it once.
async fn judged_against(
    store: &dyn ReadStore,
    monitor: &Monitor,
    asked: &[(EventTime, EventTime)],
) -> Result<Vec<BaselineRef>, StoreError> {
    let mut found = Vec::new();
    for (from, to) in asked {
        let query = WindowQuery { from: Some(*from), to: Some(*to), ..WindowQuery::of(monitor.id.clone(), 1) };
        let rows = [store.windows(&query).await?, store.newest_windows(&query).await?];
        found.extend(rows.iter().flatten().filter_map(|row| row.baseline.parse().ok()));
    }
    Ok(found)
}
