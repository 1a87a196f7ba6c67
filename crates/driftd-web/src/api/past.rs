//! What is answered about a past range, whoever asked for it.

use std::borrow::Cow;

use axum::body::Body;
use axum::http::Response;
use driftd_model::{FeatureName, HistoryRow, Monitor, MonitorId, Outcome, PastCounts, WindowResult};
use serde::Serialize;
use serde_json::Value;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::answer;
use super::asked::{Asked, Parameters};
use super::reading::{Reading, no_such, shortened};
use super::row::{NamedView, Row};
use crate::past::{Answer, Question};
use crate::problem::{Problem, ProblemKind};

/// What a row of the history is called in the document.
type DriftRow = Row<HistoryRow>;

/// A past range, evaluated.
#[derive(Serialize, ToSchema)]
pub(super) struct PastRange {
    /// Monitor.
    monitor: String,
    /// Segment; empty for the whole population.
    segment: String,
    /// What it is held against: the baseline, `name@vN`, or the ranges.
    against: String,
    /// The baseline whose bins both sides are counted in, `name@vN`.
    bins_of: String,
    /// The range.
    range: CountedRange,
    /// The ranges it is held against; null where that is a baseline.
    #[schema(schema_with = counted_or_null)]
    before: Option<CountedRange>,
    /// The worst of its features; not_comparable where there is none.
    outcome: &'static str,
    /// Its features, worst first.
    features: Vec<PastFeature>,
    /// What is not in the counts, and why.
    notes: Vec<String>,
    /// Every statistic of every feature, in the columns of the history; `baseline` is what it is held against.
    #[schema(value_type = Vec<DriftRow>)]
    data: Vec<Value>,
}

fn counted_or_null() -> Schema {
    let null = ObjectBuilder::new().schema_type(Type::Null);
    let counted = Ref::from_schema_name(CountedRange::name());
    let description = "The ranges it is held against; null where that is a baseline.";
    Schema::OneOf(OneOfBuilder::new().item(null).item(counted).description(Some(description)).build())
}

/// A range and what was counted of it.
#[derive(Serialize, ToSchema)]
struct CountedRange {
    /// What is counted together: whole panes.
    stretches: Vec<Stretch>,
    /// Records of the segment.
    rows: u64,
    /// Share of its panes that hold records of the segment, in [0, 1].
    coverage: f64,
    /// Records of whatever segment that came too late, or were not counted for the monitor.
    late_rows: u64,
    /// Records of whatever segment that were counted for a baseline or in a configuration which is not known here.
    foreign_rows: u64,
    /// The start of the first pane with records that is kept; null where none is.
    first_pane: Option<String>,
    /// The start of the last one.
    last_pane: Option<String>,
}

/// A stretch of event time.
#[derive(Serialize, ToSchema)]
struct Stretch {
    /// First instant.
    from: String,
    /// First instant after it.
    to: String,
}

/// A feature of a past range.
#[derive(Serialize, ToSchema)]
struct PastFeature {
    /// The feature.
    feature: String,
    /// The worst of its statistics that decide.
    outcome: &'static str,
    /// Why it was not judged; null where it was.
    reason: Option<String>,
    /// The bins or categories whose shares changed most.
    moved: Vec<MovedBin>,
}

/// A bin or category that moved.
#[derive(Serialize, ToSchema)]
struct MovedBin {
    /// What it is called.
    bin: String,
    /// Its share before, in [0, 1].
    before: f64,
    /// Its share in the range, in [0, 1].
    after: f64,
}

/// The answer in either of its forms of JSON.
pub(super) struct PastForms;

impl PartialSchema for PastForms {
    fn schema() -> RefOr<Schema> {
        let rows = ArrayBuilder::new().items(Ref::from_schema_name(HistoryRow::NAME));
        RefOr::T(Schema::OneOf(OneOfBuilder::new().item(Ref::from_schema_name(PastRange::name())).item(rows).build()))
    }
}

impl ToSchema for PastForms {
    fn name() -> Cow<'static, str> {
        "PastForms".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((PastRange::name().into_owned(), PastRange::schema()));
        PastRange::schemas(schemas);
    }
}

impl Reading {
    /// The configuration of a monitor, whose rules a range is evaluated by.
    ///
    /// # Errors
    /// There is no such monitor, or it is not configured here.
    pub(super) async fn rules_of(&self, name: &str) -> Result<Monitor, Problem> {
        let id: MonitorId = self.monitor(name).await?;
        self.configured(&id).cloned().ok_or_else(|| {
            let detail = format!(
                "monitor {id} is not in the configuration of this process, which says how its ranges are judged"
            );
            Problem::new(ProblemKind::NoEvaluation, detail)
        })
    }
}

/// Answers a question with those features that are wanted, or with all.
pub(super) async fn answered<P: Parameters>(
    asked: &Asked<P>,
    reading: &Reading,
    question: Question,
    features: &[FeatureName],
) -> Result<Response<Body>, Problem> {
    let statistics = question.statistics.clone();
    let now = reading.now.ok_or_else(|| {
        Problem::new(ProblemKind::StoreUnavailable, "the process is starting and does not know what time it is yet")
    })?;
    let answer = question.ask(&*reading.store).await?;
    let known = |feature: &&FeatureName| answer.past.plan().features().iter().any(|planned| planned.name == **feature);
    if let Some(unknown) = features.iter().find(|feature| !known(feature)) {
        let (unknown, bins) = (shortened(unknown.as_str()), &answer.past.plan().baseline().reference);
        return Err(no_such(format!(
            "there is no feature {unknown:?} that is watched: /api/v1/baselines/{bins} lists those of the baseline"
        )));
    }
    let is_wanted = |feature: &FeatureName| features.is_empty() || features.contains(feature);
    let mut rows = answer.rows(now);
    rows.retain(|row| is_wanted(&row.feature) && (statistics.is_empty() || statistics.contains(&row.statistic)));
    answer::formed(asked, &rows, |data| PastRange::of(&answer, is_wanted, data))
}

impl PastRange {
    fn of(answer: &Answer, is_wanted: impl Fn(&FeatureName) -> bool, data: Vec<Value>) -> Self {
        let plan = answer.past.plan();
        let outcome = answer.judged.as_ref().map_or(Outcome::NotComparable, |judged| judged.outcome);
        Self {
            monitor: plan.monitor().id.to_string(),
            segment: answer.segment.as_str().to_owned(),
            against: answer.against(),
            bins_of: plan.baseline().reference.to_string(),
            range: CountedRange::of(answer, &answer.past),
            before: answer.before.as_ref().map(|before| CountedRange::of(answer, before)),
            outcome: outcome.as_str(),
            features: features(answer, is_wanted),
            notes: answer.notes.clone(),
            data,
        }
    }
}

/// Every feature that was judged, worst first, and behind them what was not compared at all.
fn features(answer: &Answer, is_wanted: impl Fn(&FeatureName) -> bool) -> Vec<PastFeature> {
    let mut verdicts: Vec<_> = answer.judged.iter().flat_map(|judged: &WindowResult| &judged.verdicts).collect();
    verdicts.sort_by(|a, b| driftd_model::Verdict::worst_first(a, b).then_with(|| a.feature.cmp(&b.feature)));
    let judged = verdicts.into_iter().filter(|verdict| is_wanted(&verdict.feature)).map(|verdict| PastFeature {
        feature: verdict.feature.to_string(),
        outcome: verdict.outcome.as_str(),
        reason: verdict.reason.as_ref().map(|reason| answer.reason(reason)),
        moved: verdict
            .moved
            .iter()
            .map(|moved| MovedBin { bin: moved.label.clone(), before: moved.before, after: moved.after })
            .collect(),
    });
    let left_out = answer.left_out().into_iter().filter(|(feature, _)| is_wanted(feature)).map(|(feature, why)| {
        let outcome = Outcome::NotComparable.as_str();
        PastFeature { feature: feature.to_string(), outcome, reason: Some(why), moved: Vec::new() }
    });
    judged.chain(left_out).collect()
}

impl CountedRange {
    fn of(answer: &Answer, counts: &PastCounts) -> Self {
        let tally = counts.tally();
        let stretch = |(from, to): (driftd_window::EventTime, driftd_window::EventTime)| Stretch {
            from: from.to_string(),
            to: to.to_string(),
        };
        Self {
            stretches: counts.stretches().iter().map(stretch).collect(),
            rows: counts.rows(&answer.segment),
            coverage: counts.coverage(&answer.segment),
            late_rows: tally.late_rows,
            foreign_rows: tally.foreign_rows,
            first_pane: tally.panes.map(|(first, _)| first.start().to_string()),
            last_pane: tally.panes.map(|(_, last)| last.start().to_string()),
        }
    }
}
