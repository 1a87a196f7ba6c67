//! The baselines that monitors are judged against, and the plans that come of them.

use anyhow::Context;
use driftd_model::{
    Activation, BaselineChoice, BaselineRef, Monitor, MonitorPlan, PlanOrigin, PlanSchedule, SharedStore,
    StoredBaseline, followed, words,
};
use driftd_window::EventTime;

/// The baseline that `text` names: `name@v2`, or `name` for the newest version.
pub(crate) async fn baseline(store: &SharedStore, text: &str) -> anyhow::Result<StoredBaseline> {
    chosen(store, &text.parse()?).await
}

async fn chosen(store: &SharedStore, choice: &BaselineChoice) -> anyhow::Result<StoredBaseline> {
    let found = match choice {
        BaselineChoice::Version(reference) => store.baseline(reference).await?,
        BaselineChoice::Newest(name) => store.newest_baseline(name).await?,
    };
    let known = if found.is_none() { store.baselines().await? } else { Vec::new() };
    found.with_context(|| {
        let known: Vec<String> = known.iter().map(|b| b.reference.to_string()).collect();
        match known.as_slice() {
            [] => format!("there is no baseline {choice}: the store has none; make one with `driftd baseline build`"),
            known => format!("there is no baseline {choice}; the store has: {}", words::choices(known)),
        }
    })
}

/// What `choice` names, for `monitor`.
async fn of_monitor(store: &SharedStore, monitor: &Monitor, choice: &BaselineChoice) -> anyhow::Result<StoredBaseline> {
    let found = chosen(store, choice).await;
    found.with_context(|| format!("monitor {} has no baseline to be judged against", monitor.id))
}

/// The baseline of an activation.
async fn in_force(store: &SharedStore, monitor: &Monitor, by: &Activation) -> anyhow::Result<StoredBaseline> {
    of_monitor(store, monitor, &BaselineChoice::Version(by.reference.clone())).await
}

/// The monitor bound to the baseline that holds for it: the newest activated one, or the configured one where none was
/// activated, or where the configuration follows the newest version and there is one that nobody has decided on.
pub(crate) async fn plan(store: &SharedStore, monitor: &Monitor) -> anyhow::Result<MonitorPlan> {
    let activations = store.activations(&monitor.id).await?;
    let bound = match (&monitor.baseline, activations.last()) {
        (BaselineChoice::Version(_), Some(last)) => in_force(store, monitor, last).await?,
        (choice, None) => of_monitor(store, monitor, choice).await?,
        (choice @ BaselineChoice::Newest(_), Some(last)) => {
            let newest = of_monitor(store, monitor, choice).await?;
            let is_followed = *followed(&activations, &newest.reference) == newest.reference;
            if is_followed { newest } else { in_force(store, monitor, last).await? }
        }
    };
    Ok(MonitorPlan::new(monitor.clone(), bound)?)
}

/// What panes of the monitor that are not sealed fall under.
pub(crate) async fn origins(store: &SharedStore, monitor: &Monitor) -> anyhow::Result<Vec<PlanOrigin>> {
    let activations = store.activations(&monitor.id).await?;
    Ok(PlanSchedule::needed_origins(&activations, store.sealed_through(&monitor.id).await?, monitor.pane))
}

/// The monitor bound to every baseline that panes which are not sealed fall under.
pub(crate) async fn schedule(store: &SharedStore, monitor: &Monitor) -> anyhow::Result<PlanSchedule> {
    let activations = store.activations(&monitor.id).await?;
    let mut baselines = baselines(store, monitor, &activations, store.sealed_through(&monitor.id).await?).await?;
    // There is an origin at all times, so the last one is never missing.
    let last = baselines.pop().context("a monitor has a plan for its open panes")?;
    Ok(PlanSchedule::bind(monitor, baselines, last)?)
}

/// The origins that open panes fall under, each with its baseline.
async fn baselines(
    store: &SharedStore,
    monitor: &Monitor,
    activations: &[Activation],
    sealed_through: Option<EventTime>,
) -> anyhow::Result<Vec<(PlanOrigin, StoredBaseline)>> {
    let mut baselines = Vec::new();
    for origin in PlanSchedule::needed_origins(activations, sealed_through, monitor.pane) {
        let baseline = match (origin.activation(), &monitor.baseline, activations.first()) {
            (Some(activation), ..) => in_force(store, monitor, activation).await?,
            // What is the newest changes; all workers have to count the panes before the first activation alike.
            (None, BaselineChoice::Newest(_), Some(first)) => in_force(store, monitor, first).await?,
            (None, choice, _) => of_monitor(store, monitor, choice).await?,
        };
        baselines.push((origin, baseline));
    }
    Ok(baselines)
}

/// A version that a monitor goes over to because it follows the newest one.
#[derive(Debug)]
pub(crate) struct Succession<'a> {
    monitor: &'a Monitor,
    to: BaselineRef,
}

/// The version that a monitor which follows the newest one is to go over to, if there is one. Everything that it will
/// need is looked for and bound, as for a monitor that stays with what it has: what is refused is refused before anything
/// is activated, for this monitor or another one.
pub(crate) async fn succession<'a>(
    store: &SharedStore,
    monitor: &'a Monitor,
) -> anyhow::Result<Option<Succession<'a>>> {
    let activations = store.activations(&monitor.id).await?;
    let sealed_through = store.sealed_through(&monitor.id).await?;
    let succeeds = match &monitor.baseline {
        BaselineChoice::Version(_) => None,
        choice @ BaselineChoice::Newest(_) => {
            let newest = of_monitor(store, monitor, choice).await?;
            let wanted = followed(&activations, &newest.reference).clone();
            let holds = activations.last().is_some_and(|last| last.reference == wanted);
            if holds {
                tracing::info!(
                    monitor = %monitor.id, baseline = %wanted, newest = %newest.reference,
                    "judged against the version that holds"
                );
            }
            (!holds).then_some((newest, wanted))
        }
    };
    let mut open = baselines(store, monitor, &activations, sealed_through).await?;
    let Some((newest, to)) = succeeds else {
        bind_each(monitor, open)?;
        return Ok(None);
    };
    // An activation of which no pane is sealed may be one that nothing was counted for, which the next one replaces.
    if activations.last().is_none_or(|last| sealed_through.is_none_or(|sealed| sealed <= last.since)) {
        open.pop();
    }
    bind_each(monitor, open)?;
    MonitorPlan::new(monitor.clone(), newest)?;
    Ok(Some(Succession { monitor, to }))
}

fn bind_each(monitor: &Monitor, baselines: Vec<(PlanOrigin, StoredBaseline)>) -> anyhow::Result<()> {
    for (_, baseline) in baselines {
        MonitorPlan::new(monitor.clone(), baseline)?;
    }
    Ok(())
}

/// Has monitors go over to other versions, each from the first pane on that nobody has counted. As activations they hold
/// for all workers at once: those that began with an older version go over to it at the same pane, whatever the order in
/// which they were started.
pub(crate) async fn activated(store: &SharedStore, successions: Vec<Succession<'_>>) -> anyhow::Result<()> {
    for Succession { monitor, to } in successions {
        let since = store.activate_baseline(&monitor.id, &to, monitor.pane).await?.since;
        let since = if since == monitor.pane.earliest() { "the first pane".to_owned() } else { since.to_string() };
        tracing::info!(monitor = %monitor.id, baseline = %to, since, "judged against the newest version");
    }
    Ok(())
}

#[cfg(test)]
mod tests;
