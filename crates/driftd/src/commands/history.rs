//! `driftd history`.

use std::io::Write;

use anyhow::Context;
use driftd_config::Config;
use driftd_model::{FeatureName, HistoryQuery, HistoryRow, MonitorId, words};
use driftd_web::render_history;
use driftd_web::rows::{Times, write_csv, write_json};
use driftd_window::SegmentKey;

use crate::cli::{HistoryArgs, HistoryFormat};
use crate::commands::{Exit, export};
use crate::setup;
use crate::stores::Stores;
use crate::terminal::{Stream, Table, colour, outcome_word, q_value};

pub(super) async fn run(args: HistoryArgs, stores: &Stores) -> anyhow::Result<Exit> {
    let config = setup::config(&args.config)?;
    let store = stores.configured(&config).await?;
    let query = query(&args)?;
    let rows = store.history(&query).await?;
    if args.format == HistoryFormat::Parquet && args.output.is_none() && Stream::Out.is_terminal() {
        anyhow::bail!("Parquet is not for terminals: name a file with --output, or pipe it into one");
    }
    let mut out: Box<dyn Write> = match &args.output {
        Some(path) => Box::new(std::io::BufWriter::new(
            std::fs::File::create(path).with_context(|| format!("creating {} failed", path.display()))?,
        )),
        None => Box::new(std::io::BufWriter::new(std::io::stdout())),
    };
    match args.format {
        HistoryFormat::Table if rows.is_empty() => out.write_all(nothing(&config, &args).as_bytes())?,
        HistoryFormat::Table => out.write_all(table(&rows, &args).as_bytes())?,
        HistoryFormat::Csv => write_csv(&rows, Times::Rfc3339, &mut out)?,
        HistoryFormat::Json => write_json(&rows, &mut out)?,
        HistoryFormat::Html => {
            out.write_all(render_history(&args.monitor.parse()?, &rows).as_bytes())?;
        }
        HistoryFormat::Parquet => {
            // The writer of Parquet turns a reader that left into an error of its own; a buffer keeps the two apart.
            let mut bytes = Vec::new();
            export::write_parquet("the history", &rows, &mut bytes)?;
            out.write_all(&bytes)?;
        }
    }
    out.flush()?;
    Ok(Exit::Ok)
}

fn query(args: &HistoryArgs) -> anyhow::Result<HistoryQuery> {
    Ok(HistoryQuery {
        monitor: Some(args.monitor.parse::<MonitorId>()?),
        feature: args.feature.as_deref().map(FeatureName::from),
        statistic: args.statistic.as_deref().map(str::parse).transpose()?,
        segment: args.segment.as_deref().map(|text| match text {
            "all" | "" => SegmentKey::all(),
            text => SegmentKey::from_stored(text.to_owned()),
        }),
        from: args.from.as_deref().map(str::parse).transpose()?,
        to: args.to.as_deref().map(str::parse).transpose()?,
        ..HistoryQuery::default()
    })
}

/// Why there may be nothing to show.
fn nothing(config: &Config, args: &HistoryArgs) -> String {
    let monitor = &args.monitor;
    let known: Vec<&str> = config.monitors.iter().map(|m| m.id.as_str()).collect();
    let filtered = [&args.feature, &args.statistic, &args.segment, &args.from, &args.to].iter().any(|f| f.is_some());
    match known.as_slice() {
        known if known.contains(&monitor.as_str()) && filtered => {
            format!("no history for monitor {monitor} with these filters\n")
        }
        [_, ..] if !known.contains(&monitor.as_str()) => format!(
            "no history for monitor {monitor}, which is not in the configuration; that has: {}\n",
            words::choices(&known)
        ),
        _ => format!("no history for monitor {monitor} yet; `driftd replay` fills it from files\n"),
    }
}

fn table(rows: &[HistoryRow], args: &HistoryArgs) -> String {
    let header = [
        "window end (UTC)",
        "window",
        "segment",
        "feature",
        "statistic",
        "value",
        "± error",
        "net",
        "q",
        "n",
        "m",
        "against a week earlier",
        "outcome",
    ];
    let mut table = Table::new(&header, &[5, 6, 7, 8, 9, 10, 11]);
    let coloured = args.output.is_none() && Stream::Out.is_coloured();
    for row in rows {
        table.row([
            words::minutes(&row.window_end.to_string()),
            row.window_name.to_string(),
            row.segment.to_string(),
            row.feature.to_string(),
            row.statistic.to_string(),
            row.value.map_or_else(|| "–".to_owned(), words::number),
            row.certified_error.map_or_else(String::new, words::number),
            row.net.map_or_else(String::new, words::number),
            q_value(row.q_value),
            words::count(row.n),
            words::count(row.m),
            row.week_value.map_or_else(String::new, words::number),
            row.outcome.map_or_else(String::new, |o| outcome_word(o).to_owned()),
        ]);
    }
    colour(&table.text(), coloured)
}
