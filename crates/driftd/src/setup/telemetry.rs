//! The log.

use tracing_subscriber::EnvFilter;

/// Which lines are written: a tracing filter.
const FILTER: &str = "DRIFTD_LOG";
/// How they are written.
const FORMAT: &str = "DRIFTD_LOG_FORMAT";

/// Logs to standard error. DRIFTD_LOG is a tracing filter, `-v` and `-vv` are short for two of them, and `usual` is the
/// one without any. DRIFTD_LOG_FORMAT says whether lines are for people or for programs.
///
/// # Errors
/// One of the variables says nothing that is understood: somebody who looks for something would look in vain.
pub(crate) fn telemetry(verbose: u8, usual: &str) -> anyhow::Result<()> {
    let default = match verbose {
        0 => usual,
        1 => "info,sqlx=warn",
        _ => "debug,sqlx=info",
    };
    let filter = filter(variable(FILTER)?.as_deref(), default)?;
    let is_json = is_json(variable(FORMAT)?.as_deref())?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if is_json {
        // Fields stand beside the message, so that no program has to know which of them are below which.
        log.json().flatten_event(true).with_current_span(false).with_span_list(false).init();
    } else {
        log.with_ansi(crate::terminal::Stream::Err.is_coloured()).init();
    }
    Ok(())
}

/// What a variable says; one that is empty says nothing.
fn variable(name: &str) -> anyhow::Result<Option<String>> {
    match std::env::var(name) {
        Ok(text) => Ok(Some(text).filter(|text| !text.trim().is_empty())),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => {
            anyhow::bail!("environment variable {name} is no text: set it anew, or unset it")
        }
    }
}

fn filter(said: Option<&str>, default: &str) -> anyhow::Result<EnvFilter> {
    let Some(said) = said else { return Ok(EnvFilter::new(default)) };
    EnvFilter::try_new(said).map_err(|error| {
        anyhow::anyhow!(
            "environment variable {FILTER}: {said:?} is no filter: {error}; write a level (error, warn, info, debug, trace) or \
             targets with one, such as warn,driftd_engine=debug"
        )
    })
}

fn is_json(said: Option<&str>) -> anyhow::Result<bool> {
    match said {
        None | Some("text") => Ok(false),
        Some("json") => Ok(true),
        Some(other) => {
            anyhow::bail!("environment variable {FORMAT}: {other:?} is no format of a log: write text or json")
        }
    }
}
