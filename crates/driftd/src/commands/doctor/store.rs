//! The store: whether it is there, which tables it has, whether it may be written to, what time it is there, and whether
//! it has what the monitors need.

use driftd_config::Config;
use driftd_model::{BaselineChoice, SharedStore, StoreError, words};
use driftd_store::{Examination, Migrations, StoreOptions};
use driftd_window::Timestamp;

use super::finding::Finding;
use crate::setup;

/// From here on clocks that differ are worth a word: ends of partitions are confirmed every few seconds.
const CLOCK_WARNING: f64 = 2.0;
/// From here on they make records late, or close what is still to come.
const CLOCK_FAILURE: f64 = 30.0;

/// What was found; and the store, if it can be opened without changing it.
pub(super) async fn look(config: &Config, now: Timestamp) -> (Vec<Finding>, Option<SharedStore>) {
    let url = setup::address(config);
    let examined = match driftd_store::examine(&url).await {
        Ok(examined) => examined,
        Err(error) => return (vec![unreachable(&error)], None),
    };
    let mut findings = vec![tables(&examined)];
    if let Some(why) = &examined.read_only {
        findings.push(Finding::fail(
            "store",
            format!("cannot be written to: {why}"),
            "give the role, or the file and its folder, the right to write; a standby is no store",
        ));
    }
    findings.extend(examined.clock.map(|clock| self::clock(clock, now)));
    if examined.version != Some(examined.newest) || examined.read_only.is_some() {
        return (findings, None);
    }
    let options = StoreOptions { max_connections: 2, migrations: Migrations::WhenAsked };
    match driftd_store::open_with(&url, &options).await {
        Ok(store) => {
            findings.extend(baselines(config, &store).await);
            (findings, Some(store))
        }
        Err(error) => {
            findings.push(unreachable(&error));
            (findings, None)
        }
    }
}

fn unreachable(error: &StoreError) -> Finding {
    let remedy = if matches!(error, StoreError::Transient { .. }) {
        "start the database, or see to the way to it; [store] url says where it should be"
    } else {
        "change [store] url, or what it names"
    };
    Finding::fail("store", words::with_causes(error), remedy)
}

fn tables(examined: &Examination) -> Finding {
    let Examination { server, version, newest, .. } = examined;
    match version {
        Some(version) if version == newest => Finding::ok("store", format!("{server}, tables of version {version}")),
        Some(version) if version > newest => Finding::fail(
            "store",
            format!("{server} has tables of version {version}, and this driftd knows them up to {newest}"),
            "use the driftd that wrote them, or a newer one",
        ),
        Some(version) => Finding::warn(
            "store",
            format!("{server} has tables of version {version}, and this driftd those of {newest}"),
            "back it up, then bring it up to date with `driftd migrate`",
        ),
        None => Finding::warn(
            "store",
            format!("{server} has no tables yet"),
            "`driftd migrate` makes them; if there should be some, [store] url names another database",
        ),
    }
}

fn clock(theirs: Timestamp, ours: Timestamp) -> Finding {
    let seconds = (ours.as_micros().saturating_sub(theirs.as_micros())) as f64 / 1e6;
    let (which, apart) = if seconds < 0.0 { ("behind", -seconds) } else { ("ahead of", seconds) };
    if apart < CLOCK_WARNING {
        return Finding::ok("clock", format!("within {CLOCK_WARNING:.0} s of the store's"));
    }
    let found = format!("this machine is {apart:.0} s {which} the store's server");
    let remedy = "synchronise both by NTP: idle partitions are told by the clock";
    if apart < CLOCK_FAILURE { Finding::warn("clock", found, remedy) } else { Finding::fail("clock", found, remedy) }
}

/// Whether the versions that monitors name are there.
async fn baselines(config: &Config, store: &SharedStore) -> Vec<Finding> {
    let mut findings = Vec::new();
    for monitor in &config.monitors {
        let found = match &monitor.baseline {
            BaselineChoice::Version(reference) => store.baseline(reference).await,
            BaselineChoice::Newest(name) => store.newest_baseline(name).await,
        };
        let subject = format!("monitor {}", monitor.id);
        findings.push(match found {
            Ok(Some(stored)) => Finding::ok(subject, format!("baseline {}", stored.reference)),
            Ok(None) => Finding::fail(
                subject,
                format!("there is no baseline {}", monitor.baseline),
                format!("driftd baseline build {} FILE", monitor.baseline.name()),
            ),
            Err(error) => Finding::fail(subject, words::with_causes(&error), "restore the database from a backup"),
        });
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn clocks_that_differ_are_told_by_how_much() {
        let at = |seconds: f64| clock(Timestamp::from_micros(0), Timestamp::from_micros((seconds * 1e6) as i64));
        assert_eq!(at(1.9).state, State::Ok);
        assert_eq!(
            (at(-3.0).state, at(-3.0).found),
            (State::Warn, "this machine is 3 s behind the store's server".to_owned())
        );
        assert_eq!(
            (at(90.0).state, at(90.0).found),
            (State::Fail, "this machine is 90 s ahead of the store's server".to_owned())
        );
    }

    #[test]
    fn tables_are_held_against_what_this_build_knows() {
        let of = |version| {
            let server = "SQLite 3".to_owned();
            tables(&Examination { server, version, newest: 12, read_only: None, clock: None }).state
        };
        assert_eq!([Some(12), Some(11), None, Some(13)].map(of), [State::Ok, State::Warn, State::Warn, State::Fail]);
    }
}
