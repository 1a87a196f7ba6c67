//! Laws that hold for any sequence of windows and of people's answers.

use super::*;

/// What happens next.
#[derive(Clone, Debug)]
enum Act {
    /// A window of the hourly (`false`) or the sliding daily (`true`) shape.
    Window(bool, Health),
    Acknowledge,
    Resolve,
}

fn any_act() -> impl Strategy<Value = Act> {
    let features = || prop::sample::subsequence(vec!["x", "y", "z"], 1..=3);
    let health = prop_oneof![
        3 => Just(Health::Good),
        1 => Just(Health::Unknown),
        3 => features().prop_map(|f| warning(&f)),
        1 => features().prop_map(|f| critical(&f)),
    ];
    prop_oneof![
        12 => (any::<bool>(), health).prop_map(|(day, health)| Act::Window(day, health)),
        1 => Just(Act::Acknowledge),
        1 => Just(Act::Resolve),
    ]
}

fn perform(current: Option<Incident>, act: &Act, hour: i64) -> Step {
    match (act, current) {
        (Act::Window(day, health), current) => {
            let (name, start) = if *day { ("day", hour - 24) } else { ("hour", hour - 1) };
            step(current, &key(), &window(name, start, hour, health.clone()), &rules(), clock(hour))
        }
        (_, None) => Step { incident: None, transitions: Vec::new() },
        (Act::Acknowledge, Some(incident)) => acknowledge(incident, "ana", clock(hour)),
        (Act::Resolve, Some(incident)) => resolve_by_hand(incident, "ana", clock(hour)),
    }
}

/// Whether `transition` may follow in this state, and the state after it (nothing: no incident).
fn allowed(state: Option<IncidentState>, transition: &Transition) -> Result<Option<IncidentState>, String> {
    use IncidentState::{Acknowledged, Open, Pending, Resolved};
    match (state, transition) {
        (None | Some(Resolved), Transition::Pended) => Ok(Some(Pending)),
        (Some(Pending), Transition::Dropped) => Ok(None),
        (Some(Pending), Transition::Opened { .. }) => Ok(Some(Open)),
        (Some(Open), Transition::Acknowledged { .. }) => Ok(Some(Acknowledged)),
        (Some(Open | Acknowledged), Transition::Resolved { .. }) => Ok(Some(Resolved)),
        (Some(Open | Acknowledged), Transition::Escalated | Transition::FeaturesJoined { .. }) => Ok(state),
        _ => Err(format!("{transition:?} in state {state:?}")),
    }
}

proptest! {
    #[test]
    fn lives_are_well_formed(acts in prop::collection::vec((any_act(), 1..6_i64), 0..60)) {
        let mut current: Option<Incident> = None;
        let mut hour = 0;
        for (act, hours) in acts {
            hour += hours;
            let next = perform(current.clone(), &act, hour);
            prop_assert_eq!(&next, &perform(current.clone(), &act, hour), "a step is a function of its input");

            let mut state = current.as_ref().map(|i| i.state);
            for transition in &next.transitions {
                state = allowed(state, transition).map_err(TestCaseError::fail)?;
            }
            prop_assert_eq!(next.incident.as_ref().map(|i| i.state), state, "the state is what the transitions say");
            if matches!(act, Act::Window(_, Health::Unknown)) {
                prop_assert_eq!(&next.incident, &current);
                prop_assert!(next.transitions.is_empty());
            }
            check_reasons(current.as_ref(), &next, &act, hour)?;
            current = next.incident;
        }
    }
}

/// Every transition has the reason the rules ask for.
fn check_reasons(before: Option<&Incident>, next: &Step, act: &Act, hour: i64) -> Result<(), TestCaseError> {
    let Some(after) = &next.incident else {
        return Ok(());
    };
    for transition in &next.transitions {
        match transition {
            Transition::Opened { windows, severity } => {
                prop_assert!(*severity == Severity::Critical || *windows >= rules().open_after);
                prop_assert_eq!((*severity, *windows), (after.severity, after.opened_after));
                prop_assert_eq!(after.opened_at, Some(clock(hour)));
            }
            Transition::Escalated => {
                prop_assert_eq!(before.map(|i| i.severity), Some(Severity::Warning));
                prop_assert_eq!(after.severity, Severity::Critical);
            }
            Transition::FeaturesJoined { features } => {
                prop_assert!(!features.is_empty() && features.iter().all(|f| after.features.contains_key(f)));
                prop_assert!(features.iter().all(|f| !before.is_some_and(|i| i.features.contains_key(f))));
            }
            Transition::Resolved { by } => {
                prop_assert_eq!(after.resolved_by.as_ref(), Some(by));
                if matches!(act, Act::Window(..)) {
                    prop_assert!(matches!(act, Act::Window(_, Health::Good)));
                    prop_assert!(after.streaks.values().all(|s| s.good >= rules().resolve_after && s.bad == 0));
                }
            }
            _ => {}
        }
    }
    prop_assert!(after.notification_log.is_empty() && after.notifications == 0, "a step tells nobody");
    Ok(())
}
