//! `driftd silences`.

use driftd_config::Config;
use driftd_engine::{Clock, SystemClock};
use driftd_model::{Matcher, Silence, SilenceId, SilenceState};
use driftd_window::Span;

use crate::cli::{ConfigFiles, ListFormat, SilencesCommand};
use crate::commands::Exit;
use crate::commands::readable::json;
use crate::setup;
use crate::stores::Stores;
use crate::terminal::{Table, line, minutes, print};

pub(super) async fn run(command: SilencesCommand, stores: &Stores) -> anyhow::Result<Exit> {
    match command {
        SilencesCommand::List { config, all, format } => list(&config, all, format, stores).await,
        SilencesCommand::Add { matchers, duration, comment, author, config } => {
            let matchers = matchers.iter().map(|m| m.parse()).collect::<Result<Vec<Matcher>, _>>()?;
            let config = setup::config(&config)?;
            known(&config, &matchers)?;
            let length: Span = duration.parse()?;
            anyhow::ensure!(
                !length.is_zero(),
                "a silence of {duration} mutes nothing: --duration takes a time such as 2h"
            );
            let starts_at = SystemClock.now();
            let silence = Silence {
                id: SilenceId(0),
                matchers,
                starts_at,
                ends_at: starts_at.plus(length),
                author: setup::person(author),
                comment,
            };
            let store = stores.configured(&config).await?;
            let id = store.add_silence(&silence).await?;
            line(format_args!("silence {id} mutes matching incidents until {} UTC", minutes(silence.ends_at)))?;
            Ok(Exit::Ok)
        }
        SilencesCommand::Expire { id, config } => {
            let store = stores.configured(&setup::config(&config)?).await?;
            anyhow::ensure!(
                store.expire_silence(SilenceId(id), SystemClock.now()).await?,
                "there is no silence {id} that could be ended; see `driftd silences list`"
            );
            line(format_args!("silence {id} is over"))?;
            Ok(Exit::Ok)
        }
    }
}

/// Refuses a label that no incident of this configuration has: such a silence would mute nothing, or everything.
fn known(config: &Config, matchers: &[Matcher]) -> anyhow::Result<()> {
    let labels = config.labels();
    for matcher in matchers {
        let label = matcher.label().as_str();
        anyhow::ensure!(
            labels.contains(label),
            "no incident has a label {label}; there are {}",
            labels.iter().copied().collect::<Vec<_>>().join(", ")
        );
    }
    Ok(())
}

async fn list(files: &ConfigFiles, all: bool, format: ListFormat, stores: &Stores) -> anyhow::Result<Exit> {
    let store = stores.configured(&setup::config(files)?).await?;
    let now = SystemClock.now();
    let silences = store.silences((!all).then_some(now)).await?;
    if format == ListFormat::Json {
        line(format_args!("{:#}", json(&silences)?))?;
        return Ok(Exit::Ok);
    }
    if silences.is_empty() {
        line("no silences; add one with `driftd silences add MATCHER… --comment WHY`")?;
        return Ok(Exit::Ok);
    }
    let mut table = Table::new(&["id", "state", "matchers", "until (UTC)", "author", "comment"], &[0]);
    for silence in silences {
        let state = match silence.state(now) {
            SilenceState::Pending => "pending",
            SilenceState::Active => "active",
            SilenceState::Expired => "over",
        };
        let matchers: Vec<String> = silence.matchers.iter().map(ToString::to_string).collect();
        table.row([
            silence.id.to_string(),
            state.to_owned(),
            matchers.join(" "),
            minutes(silence.ends_at),
            silence.author,
            silence.comment,
        ]);
    }
    print(table.text())?;
    Ok(Exit::Ok)
}
