//! Two distributions side by side, one row for every bin or category.
//!
//! Rows rather than columns, because a bin's name is a text of up to twenty characters and has to be readable on a
//! telephone, next to the two shares in figures.

use std::borrow::Cow;
use std::fmt::Write;

use driftd_model::words;

use super::frame::{Em, Percent, drawable, escape, image};

/// One bin or category of a feature on both sides.
#[derive(Clone, Debug, PartialEq)]
pub struct BinShare {
    /// The bin or category, as [`driftd_stats::distribution`] names it.
    pub label: String,
    /// Its share of the baseline's usable values, [0, 1].
    pub baseline_share: f64,
    /// Its share of the current usable values, [0, 1].
    pub window_share: f64,
}

/// Rows of a numeric chart; neighbouring bins are joined beyond that.
const STEPS: usize = 40;
/// Categories drawn by name; the rest is summed.
const CATEGORIES: usize = 20;
/// Characters of a label.
const LABEL: usize = 22;
/// Width of the column of figures, in per cent: `10.2 % → 100 %` at 312 pixels.
const FIGURES: f64 = 29.0;
/// Height of legend and heading, in em.
const HEAD: f64 = 2.0;
/// What the sides are called, where one of them is a baseline.
const SIDES: [&str; 2] = ["baseline", "current"];

/// A numeric feature: the baseline's shares as a step line, the window's as bars, bin by bin in order of value.
///
/// Shares outside [0, 1] are drawn at its ends. More than 40 bins are joined with their neighbours.
#[must_use]
pub fn distribution_steps(title: &str, bins: &[BinShare]) -> String {
    distribution_steps_of(title, SIDES, bins)
}

/// The same with other names for the two sides, of at most eight letters each.
#[must_use]
pub fn distribution_steps_of(title: &str, sides: [&str; 2], bins: &[BinShare]) -> String {
    let bins = joined(bins);
    let plot = Plot::of(&bins, 1.75);
    let mut body = head("<line class=\"baseline\" x1=\".5em\" y1=\".35em\" x2=\".5em\" y2=\"1.3em\"/>", sides);
    let mut last = plot.left;
    for (row, bin) in bins.iter().enumerate() {
        let top = plot.top(row);
        plot.row(&mut body, bin, top, false);
        bar(&mut body, "window", plot.left, plot.width(bin.window_share), (top + 0.25, plot.pitch - 0.5));
        let x = plot.left + plot.width(bin.baseline_share);
        // The silhouette: across to this bin's share, then down along the bin. A step nobody can see would only leave
        // its line ends behind.
        if (x - last).abs() >= 0.2 {
            line(&mut body, (last, top), (x, top));
        }
        line(&mut body, (x, top), (x, top + plot.pitch));
        last = x;
    }
    line(&mut body, (last, plot.top(bins.len())), (plot.left, plot.top(bins.len())));
    image("steps", plot.top(bins.len()) + 0.3, title, &describe(&bins, "bin", "bins"), &body)
}

/// A categorical feature: a pair of bars for every category, the baseline's hollow and the window's filled; values the
/// baseline never had stand apart below a line.
///
/// The last bin is taken for the unseen ones when its label starts with `(unseen`. Beyond 20 categories those with the
/// smallest shares are summed into one row; categories that neither side has are left out.
#[must_use]
pub fn paired_bars(title: &str, bins: &[BinShare]) -> String {
    paired_bars_of(title, SIDES, bins)
}

/// The same with other names for the two sides, of at most eight letters each.
#[must_use]
pub fn paired_bars_of(title: &str, sides: [&str; 2], bins: &[BinShare]) -> String {
    let rows = largest(bins);
    let plot = Plot::of(&rows, 2.3);
    let mut body = head("<rect class=\"baseline\" x=\".1em\" y=\".4em\" width=\".9em\" height=\".8em\"/>", sides);
    let mut bottom = HEAD;
    for (row, bin) in rows.iter().enumerate() {
        let apart = row + 1 == rows.len() && is_unseen(bin);
        let top = if apart { bottom + 0.5 } else { bottom };
        if apart {
            let y = Em(top - 0.2);
            let _ = write!(body, "<line class=\"apart\" x1=\"0\" y1=\"{y}\" x2=\"100%\" y2=\"{y}\"/>");
        }
        plot.row(&mut body, bin, top, apart);
        bar(&mut body, "baseline", plot.left, plot.width(bin.baseline_share), (top + 0.25, 0.75));
        bar(&mut body, "window", plot.left, plot.width(bin.window_share), (top + 1.15, 0.75));
        bottom = top + plot.pitch;
    }
    image("pairs", bottom + 0.3, title, &describe(&rows, "category", "categories"), &body)
}

/// Where things are: columns in per cent, rows in em.
struct Plot {
    left: f64,
    scale: f64,
    pitch: f64,
}

impl Plot {
    fn of(bins: &[Cow<'_, BinShare>], pitch: f64) -> Self {
        let longest = bins.iter().map(|b| words::name(&b.label, LABEL).chars().count()).max().unwrap_or(0);
        // A character is about 2.1 % of the narrowest column; wide labels take from the bars, within reason.
        let left = (longest as f64 * 2.1 + 3.0).clamp(12.0, 44.0);
        let most = bins.iter().flat_map(|b| [b.baseline_share, b.window_share]).map(drawable).fold(0.0, f64::max);
        let scale = if most > 0.0 { (100.0 - FIGURES - left) / most } else { 0.0 };
        Self { left, scale, pitch }
    }

    fn top(&self, row: usize) -> f64 {
        HEAD + self.pitch * row as f64
    }

    fn width(&self, share: f64) -> f64 {
        drawable(share) * self.scale
    }

    /// Label and figures of one row, with the axis beside them.
    fn row(&self, body: &mut String, bin: &BinShare, top: f64, apart: bool) {
        let middle = Em(top + self.pitch / 2.0 + 0.35);
        let label = escape(&words::name(&bin.label, LABEL));
        let class = if apart { " class=\"label unseen\"" } else { " class=\"label\"" };
        let (before, after) = words::percents(bin.baseline_share, bin.window_share);
        // The inner frame clips a label that is wider than its column.
        let _ = write!(
            body,
            "<svg x=\"0\" y=\"0\" width=\"{}\" height=\"100%\"><text{class} x=\"0\" y=\"{middle}\">{label}</text></svg>\
             <text class=\"figures\" x=\"100%\" y=\"{middle}\">{} → {}</text>\
             <line class=\"axis\" x1=\"{x}\" y1=\"{}\" x2=\"{x}\" y2=\"{}\"/>",
            Percent(self.left - 1.0),
            escape(&before),
            escape(&after),
            Em(top),
            Em(top + self.pitch),
            x = Percent(self.left),
        );
    }
}

/// Legend, with the baseline's own swatch, and what the figures mean.
fn head(swatch: &str, sides: [&str; 2]) -> String {
    let [before, after] = sides.map(escape);
    format!(
        "<g class=\"legend\">{swatch}<text x=\"1.5em\" y=\"1.15em\">{before}</text>\
         <rect class=\"window\" x=\"7.3em\" y=\".4em\" width=\".9em\" height=\".8em\"/>\
         <text x=\"8.7em\" y=\"1.15em\">{after}</text>\
         <text class=\"figures\" x=\"100%\" y=\"1.15em\">share</text></g>"
    )
}

fn bar(body: &mut String, class: &str, x: f64, width: f64, (y, height): (f64, f64)) {
    if width > 0.0 {
        // A share that is there at all is seen.
        let (x, width) = (Percent(x), Percent(width.max(0.3)));
        let (y, height) = (Em(y), Em(height));
        let _ = write!(body, "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>");
    }
}

fn line(body: &mut String, from: (f64, f64), to: (f64, f64)) {
    if from == to {
        return;
    }
    let (x1, y1, x2, y2) = (Percent(from.0), Em(from.1), Percent(to.0), Em(to.1));
    let _ = write!(body, "<line class=\"baseline\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>");
}

/// At most [`STEPS`] bins, neighbours summed.
fn joined(bins: &[BinShare]) -> Vec<Cow<'_, BinShare>> {
    if bins.len() <= STEPS {
        return bins.iter().map(Cow::Borrowed).collect();
    }
    bins.chunks(bins.len().div_ceil(STEPS))
        .map(|chunk| match chunk {
            [first, .., last] => {
                let label = match (first.label.split_once(", "), last.label.split_once(", ")) {
                    (Some((lower, _)), Some((_, upper))) => format!("{lower}, {upper}"),
                    _ => format!("{} … {}", first.label, last.label),
                };
                Cow::Owned(summed(label, chunk.iter()))
            }
            single => Cow::Owned(summed(single.iter().map(|b| b.label.as_str()).collect(), single.iter())),
        })
        .collect()
}

/// At most [`CATEGORIES`] categories in their order, the rest summed before the unseen ones.
fn largest(bins: &[BinShare]) -> Vec<Cow<'_, BinShare>> {
    let (named, unseen) = match bins.split_last() {
        Some((last, rest)) if is_unseen(last) => (rest, Some(last)),
        _ => (bins, None),
    };
    let size = |bin: &BinShare| drawable(bin.baseline_share).max(drawable(bin.window_share));
    let named: Vec<&BinShare> = named.iter().filter(|bin| size(bin) > 0.0).collect();
    let mut order: Vec<usize> = (0..named.len()).collect();
    let share = |place: usize| named.get(place).map_or(0.0, |bin| size(bin));
    order.sort_by(|a, b| share(*b).total_cmp(&share(*a)));
    let mut kept = vec![false; named.len()];
    for place in order.into_iter().take(CATEGORIES) {
        if let Some(kept) = kept.get_mut(place) {
            *kept = true;
        }
    }
    let split = |wanted: bool| named.iter().zip(&kept).filter(move |(_, kept)| **kept == wanted).map(|(bin, _)| *bin);
    let mut rows: Vec<Cow<'_, BinShare>> = split(true).map(Cow::Borrowed).collect();
    let rest = split(false).count() as u64;
    if rest > 0 {
        rows.push(Cow::Owned(summed(words::counted(rest, "further one", "further ones"), split(false))));
    }
    rows.extend(unseen.filter(|bin| size(bin) > 0.0).map(Cow::Borrowed));
    rows
}

fn summed<'a>(label: String, bins: impl Iterator<Item = &'a BinShare>) -> BinShare {
    bins.fold(BinShare { label, baseline_share: 0.0, window_share: 0.0 }, |mut sum, bin| {
        sum.baseline_share += drawable(bin.baseline_share);
        sum.window_share += drawable(bin.window_share);
        sum
    })
}

fn is_unseen(bin: &BinShare) -> bool {
    bin.label.starts_with("(unseen")
}

/// For those who do not see the picture: its size, and the greatest change.
fn describe(bins: &[Cow<'_, BinShare>], one: &str, many: &str) -> String {
    let rows = words::counted(bins.len() as u64, one, many);
    let change = |b: &BinShare| (drawable(b.window_share) - drawable(b.baseline_share)).abs();
    match bins.iter().max_by(|a, b| change(a).total_cmp(&change(b))) {
        Some(bin) if change(bin) > 0.0 => {
            let (before, after) = words::percents(bin.baseline_share, bin.window_share);
            format!("{rows}; the greatest change is {}: {before} → {after}.", words::name(&bin.label, 60))
        }
        _ => format!("{rows}; no share changed."),
    }
}
