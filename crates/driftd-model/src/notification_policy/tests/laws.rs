//! Laws of telling, for any life of an incident, any silences, any pace of looking, and crashes in between.

use super::*;

#[derive(Clone, Debug)]
enum Act {
    Window(Health),
    Acknowledge,
    Resolve,
    Silence(i64),
    /// It is looked, and the process dies before anything was written.
    Crash,
    /// Nothing but time.
    Pass,
}

fn any_act() -> impl Strategy<Value = Act> {
    let features = || prop::sample::subsequence(vec!["x", "y", "z"], 1..=3);
    let health = prop_oneof![
        3 => Just(Health::Good),
        2 => features().prop_map(|f| bad(Severity::Warning, &f)),
        2 => features().prop_map(|f| bad(Severity::Critical, &f)),
    ];
    prop_oneof![
        8 => health.prop_map(Act::Window),
        1 => Just(Act::Acknowledge),
        1 => Just(Act::Resolve),
        1 => (1..12_i64).prop_map(Act::Silence),
        2 => Just(Act::Crash),
        4 => Just(Act::Pass),
    ]
}

/// What a receiver believes of an incident after what it heard.
#[derive(Clone, Debug, Default)]
struct Belief {
    open: bool,
    severity: Option<Severity>,
    last_heard: i64,
    keys: BTreeSet<String>,
}

fn routes() -> Routing {
    let line = |matcher: &str, name: &str| Route {
        matchers: vec![matcher.parse().unwrap()],
        continues: true,
        ..Route::to(vec![receiver(name)])
    };
    Routing { routes: vec![line("severity=critical", "pager"), line("kind=~.*", "mail")], external_url: None }
}

proptest! {
    #[test]
    fn nothing_is_told_twice_without_a_reason_and_every_end_is_told(
        acts in prop::collection::vec((any_act(), 1..4_i64), 0..50)
    ) {
        let plan = plan(monitor(&[("hour", 1, 1)]));
        let (routing, rules) = (routes(), plan.monitor().incidents);
        // Unresolved, and those whose end is owed; the silent twin lives the same life and is told nothing.
        let mut known: Vec<Incident> = Vec::new();
        let mut twin: Option<Incident> = None;
        let mut silences: Vec<Silence> = Vec::new();
        let mut beliefs: BTreeMap<(ReceiverName, IncidentId), Belief> = BTreeMap::new();
        let mut hour = 0;
        for (act, hours) in acts {
            hour += hours;
            let now = clock(hour);
            let live = known.iter().position(|i| i.state != IncidentState::Resolved);
            let before = known.clone();
            let current = live.map(|at| known.remove(at));
            let after = |current: Option<Incident>| match &act {
                Act::Window(health) => {
                    step(current, &key(IncidentKind::Drift), &window(hour, health.clone()), &rules, now).incident
                }
                Act::Acknowledge => current.and_then(|i| acknowledge(i, "ana", now).incident),
                Act::Resolve => current.and_then(|i| resolve_by_hand(i, "ana", now).incident),
                _ => current,
            };
            known.extend(after(current));
            twin = after(twin.filter(|i| i.state != IncidentState::Resolved));
            if let Act::Silence(length) = act {
                silences.push(silence(hour, hour + length));
            }
            let told = NotificationPolicy { plan: &plan, routing: &routing, silences: &silences, now }.notify(&mut known);
            if matches!(act, Act::Crash) {
                // Whoever takes over decides the same under the same keys, a little later.
                let mut again = before.clone();
                let repeated = NotificationPolicy { plan: &plan, routing: &routing, silences: &silences, now }.notify(&mut again);
                let keys = |a: &Notifications| a.notifications.iter().map(|n| n.key.clone()).collect::<Vec<_>>();
                prop_assert_eq!(keys(&repeated), keys(&told));
                known = before;
                continue;
            }
            for sent in &told.notifications {
                let is_end = matches!(sent.reason, NotifyReason::Resolved { .. });
                prop_assert!(is_end || !silences.iter().any(|s| s.mutes(&sent.labels, now)));
                for to in &sent.receivers {
                    let belief = beliefs.entry((to.clone(), sent.incident.id.clone())).or_default();
                    prop_assert!(belief.keys.insert(sent.key.to_string()), "a key is used once");
                    match &sent.reason {
                        NotifyReason::Opened { .. } | NotifyReason::Unmuted { .. } => prop_assert!(belief.severity.is_none()),
                        NotifyReason::Escalated => prop_assert!(belief.open && belief.severity < Some(sent.incident.severity)),
                        NotifyReason::FeaturesJoined { features } => {
                            prop_assert!(belief.open && !features.is_empty());
                            prop_assert!(now.since(clock(belief.last_heard)) >= rules.group_interval);
                        }
                        NotifyReason::Repeated => {
                            prop_assert!(belief.open && sent.incident.state == IncidentState::Open);
                            prop_assert!(now.since(clock(belief.last_heard)) >= rules.repeat_interval);
                        }
                        NotifyReason::Acknowledged { .. } => prop_assert!(belief.open),
                        NotifyReason::Resolved { .. } => prop_assert!(belief.open),
                        NotifyReason::Test { .. } => prop_assert!(false),
                    }
                    belief.open = !matches!(sent.reason, NotifyReason::Resolved { .. });
                    belief.severity = Some(sent.incident.severity);
                    belief.last_heard = hour;
                }
            }
            // A second look at the same moment has nothing to say.
            let again = NotificationPolicy { plan: &plan, routing: &routing, silences: &silences, now }.notify(&mut known);
            prop_assert_eq!(again, Notifications::default());
            // Being told or not changes nothing about the life of an incident.
            let life = |i: &Incident| (i.id.clone(), i.state, i.severity, i.windows, i.streaks.clone());
            let live = known.iter().find(|i| i.state != IncidentState::Resolved);
            let expected = twin.as_ref().filter(|i| i.state != IncidentState::Resolved);
            prop_assert_eq!(live.map(life), expected.map(life));
            for over in known.iter().filter(|i| i.state == IncidentState::Resolved) {
                prop_assert!(!over.owes_an_end());
                let open = beliefs.iter().filter(|((_, id), belief)| *id == over.id && belief.open).count();
                prop_assert_eq!(open, 0, "everybody who heard of it knows that it is over");
            }
            known.retain(crate::needs_reconciling);
        }
    }
}
