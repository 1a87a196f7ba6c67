//! What a column is, once every value was seen.

use driftd_model::words;

use super::{Class, Guess, Sample};
use crate::ColumnKind;
use crate::notation::{Affix, FileSigns, Notation};

/// Values below which none is called odd.
const ENOUGH: u64 = 30;
/// Of so many values one may be odd.
const ONE_IN: u64 = 100;

/// What a column holds and how it is read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Settled {
    pub(crate) kind: ColumnKind,
    /// How its numbers are written.
    pub(crate) notation: Notation,
    /// Whether its numbers are whole ones.
    pub(crate) is_whole: bool,
    /// What a person should know about how it is read, to follow the column's name.
    pub(crate) note: Option<String>,
    /// A value of a column that is none of numbers.
    pub(crate) sample: Option<String>,
}

impl Guess {
    /// Whether the column has decimal commas without doubt.
    pub(crate) fn has_decimal_commas(&self, delimiter: Option<u8>) -> bool {
        let settled = self.settle(FileSigns { delimiter, decimal_commas: false });
        settled.kind == ColumnKind::Number && settled.notation.has_decimal_commas()
    }

    /// The kind of the column, and how it is read.
    pub(crate) fn settle(&self, signs: FileSigns) -> Settled {
        let real = self.real();
        let needed = real - allowed(real);
        let (notation, numbers) = self.numbers(signs);
        let kind = if real == 0 {
            ColumnKind::Empty
        } else if self.lists > allowed(real) {
            ColumnKind::Unsupported("lists".to_owned())
        } else if self.is_text || self.is_codes(real) {
            ColumnKind::Text
        } else if numbers >= needed && numbers > 0 {
            ColumnKind::Number
        } else if self.bools >= needed && self.bools > 0 {
            ColumnKind::Bool
        } else if self.times >= needed && self.times > 0 {
            ColumnKind::Time
        } else if self.numbers_each() >= needed && self.numbers_each() > 0 {
            ColumnKind::Unsupported(self.unclear(signs))
        } else {
            ColumnKind::Text
        };
        let note = self.note(&kind, notation, numbers, signs);
        let sample = self.odd(&ColumnKind::Number).filter(|_| kind != ColumnKind::Number);
        let sample = sample.map(|sample| sample.text.clone());
        Settled { kind, notation, is_whole: self.whole > 0 && self.whole >= needed, note, sample }
    }

    /// Values that are no words for none.
    fn real(&self) -> u64 {
        self.values - self.absent.iter().map(|(_, count)| count).sum::<u64>()
    }

    /// The notation most numbers are in, and how many are.
    fn numbers(&self, signs: FileSigns) -> (Notation, u64) {
        let plain = Notation::of(&self.plain, Affix::None, signs);
        let affixed = self.affixed.as_ref().and_then(|(affix, shapes)| Notation::of(shapes, *affix, signs));
        let best = [plain, affixed].into_iter().flatten().rev().max_by_key(|(_, count)| *count);
        let (notation, count) = best.unwrap_or_default();
        // Words are numbers beside plain ones.
        let beside = if count > 0 { self.words } else { 0 };
        (notation, count + beside)
    }

    /// Values that are numbers each for itself, in whatever notation.
    fn numbers_each(&self) -> u64 {
        let affixed = self.affixed.as_ref().map_or(0, |(_, shapes)| shapes.sum(|_| true));
        self.plain.sum(|_| true) + affixed + self.elsewise
    }

    /// Whether leading zeros say that the digits are codes: more than odd ones have them, or all have the same length.
    fn is_codes(&self, real: u64) -> bool {
        let same_length = self.codes + self.whole >= real && self.lengths.is_power_of_two();
        self.codes > if same_length { 0 } else { allowed(real) }
    }

    fn unclear(&self, signs: FileSigns) -> String {
        let sample = self.sample(Class::Written);
        let such_as = sample.map_or_else(String::new, |sample| format!(", such as {}", shown(sample, signs)));
        format!("numbers whose commas, points or currencies do not go together{such_as}")
    }

    fn sample(&self, class: Class) -> Option<&Sample> {
        self.first.get(class as usize)?.as_ref()
    }

    /// The first value of a class that a column of that kind should not have.
    fn odd(&self, kind: &ColumnKind) -> Option<&Sample> {
        let classes: &[Class] = match kind {
            ColumnKind::Number => &[Class::Text, Class::Time, Class::Bool, Class::List, Class::Code, Class::Written],
            ColumnKind::Bool => &[Class::Text, Class::Number, Class::Time, Class::List, Class::Code, Class::Written],
            _ => &[Class::Text, Class::Number, Class::Bool, Class::List, Class::Code, Class::Written],
        };
        classes.iter().find_map(|class| self.sample(*class))
    }

    fn note(&self, kind: &ColumnKind, notation: Notation, numbers: u64, signs: FileSigns) -> Option<String> {
        let real = self.real();
        let mut parts = Vec::new();
        let (of_kind, one, many) = match kind {
            ColumnKind::Number => (numbers, "number", "numbers"),
            ColumnKind::Bool => (self.bools, "boolean", "booleans"),
            ColumnKind::Time => (self.times, "point in time", "points in time"),
            ColumnKind::Text => return self.note_of_text(numbers, signs),
            ColumnKind::Empty => return self.note_of_words(),
            ColumnKind::Unsupported(_) => return None,
        };
        if *kind == ColumnKind::Number && !notation.is_plain() {
            let sample = self.sample(Class::Written);
            let such_as = sample.map_or_else(String::new, |sample| format!(", such as {}", shown(sample, signs)));
            parts.push(format!("is read {notation}{such_as}"));
        }
        parts.extend(self.note_of_words());
        let odd = real.saturating_sub(of_kind);
        if let Some(sample) = self.odd(kind).filter(|_| odd > 0) {
            let what = if odd == 1 { format!("is no {one}") } else { format!("are no {many}") };
            let count = words::counted(odd, "value", "values");
            parts.push(format!("has {count} that {what}, such as {}", shown(sample, signs)));
        }
        (!parts.is_empty()).then(|| parts.join("; "))
    }

    /// That words count as missing values.
    fn note_of_words(&self) -> Option<String> {
        if self.absent.is_empty() {
            return None;
        }
        let words: Vec<String> =
            self.absent.iter().map(|(word, count)| format!("{} {word:?}", words::count(*count))).collect();
        Some(format!("has no value where it says so ({})", words.join(", ")))
    }

    /// That few values make text of what else are numbers.
    fn note_of_text(&self, numbers: u64, signs: FileSigns) -> Option<String> {
        if self.is_text {
            return None;
        }
        let real = self.real();
        let few = |count: u64| count > 0 && count <= real / 10;
        let odd = real - numbers.min(real);
        let (count, what, class) = if self.codes > 0 && few(self.codes) {
            (self.codes, "are digits with leading zeros", Class::Code)
        } else if few(odd) && numbers > 0 {
            (odd, "are no numbers", Class::Text)
        } else {
            return None;
        };
        let sample = self.sample(class).or_else(|| self.odd(&ColumnKind::Number))?;
        let (count, all) = (words::count(count), words::count(real));
        Some(format!("is read as text: {count} of {all} values {what}, such as {}", shown(sample, signs)))
    }
}

/// Values that may be odd among so many.
fn allowed(real: u64) -> u64 {
    if real < ENOUGH { 0 } else { (real / ONE_IN).max(1) }
}

fn shown(sample: &Sample, signs: FileSigns) -> String {
    // What does not stand in lines is counted by rows.
    let place = if signs.delimiter.is_some() { "line" } else { "row" };
    format!("{:?} in {place} {}", sample.text, sample.line)
}
