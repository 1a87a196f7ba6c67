//! What a column of a text file holds, by all of its values.
//!
//! A column is numeric, boolean or a point in time when all of its values are, and text otherwise. Two things do not make
//! text of it:
//!
//! - **words for no value** ([`NullWords`]), however many there are: they are missing values;
//! - **odd values**, up to one in a hundred, or one alone in a column of at least thirty: an odd value is mistyped and
//!   counted as such, wherever the column is compared. Below thirty values nothing is called odd.
//!
//! Digits with leading zeros are codes, such as postal codes, and make text of a column of whole numbers (where they are
//! no odd values themselves). Text that is mixed with many numbers stays text, and a column of which half of the first ten
//! thousand values are text is not looked at any further. Whatever was not taken as it stands is said in a note with a
//! value and its line, so that no single value changes what a column is without a word.

mod settled;

use std::str::from_utf8;

use driftd_window::{boolean_word, is_code, number_word, quoted_number};

pub(crate) use self::settled::Settled;
use crate::NullWords;
use crate::notation::{Affix, Parts, Shape, Shapes};
use crate::point_in_time::is_point_in_time;

/// Different words for no value that are told apart in a note.
const WORDS: usize = 4;
/// Values after which a column that is half text is one of text.
const LOOKED_AT: u64 = 10_000;
/// Letters that words for no value, booleans, names of months and codes of currencies have at most.
const LETTERS: usize = 9;
/// Characters of a value that is shown.
const SHOWN: usize = 40;

/// What was seen of a column so far. Nothing depends on the order of its values but which of them are shown, and in long
/// columns which of them come first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guess {
    /// Values that are not empty.
    values: u64,
    /// Words for no value, by word; the last counts all further ones.
    absent: Vec<(String, u64)>,
    /// Numbers with nothing around them.
    plain: Shapes,
    /// Numbers with the first percent sign or currency that was seen around one.
    affixed: Option<(Affix, Shapes)>,
    /// Numbers with another one.
    elsewise: u64,
    /// Numbers without a fraction.
    whole: u64,
    /// A bit for every length of whole numbers and codes.
    lengths: u64,
    codes: u64,
    bools: u64,
    times: u64,
    /// Words for numbers that JSON does not have.
    words: u64,
    lists: u64,
    /// Values that are none of this.
    texts: u64,
    /// Half of the first values are text: the others are no longer looked at.
    is_text: bool,
    /// The first value of every class.
    first: [Option<Sample>; CLASSES],
}

/// A value that is shown to people, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sample {
    text: String,
    line: u64,
}

/// What a value is by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Number,
    /// A number that is not written as programs write it.
    Written,
    Code,
    Bool,
    Time,
    Text,
    List,
}

const CLASSES: usize = 7;

impl Guess {
    /// Adds a CSV field of that line; an empty one says nothing.
    pub(crate) fn see_field(&mut self, field: &[u8], line: u64, nulls: &NullWords) {
        if field.is_empty() || self.is_text {
            return;
        }
        self.values += 1;
        self.is_text = self.values == LOOKED_AT && self.texts > LOOKED_AT / 2;
        if let Some(shape) = self.plain_shape(field) {
            self.plain.add(shape);
            return self.keep(Class::Number, line, || from_utf8(field).unwrap_or_default());
        }
        let text = from_utf8(field).unwrap_or_default();
        if nulls.contains(text) {
            return self.see_absent(text);
        }
        let class = if boolean_word(text).is_some() {
            self.bools += 1;
            Class::Bool
        } else {
            self.see_text(text)
        };
        self.texts += u64::from(class == Class::Text);
        self.keep(class, line, || text);
    }

    /// Adds a JSON string.
    pub(crate) fn see_string(&mut self, text: &str, line: u64) {
        self.values += 1;
        let class = if quoted_number(text).is_some() {
            self.whole += u64::from(!text.contains(['.', 'e', 'E']));
            self.plain.add(Shape::Scientific);
            Class::Number
        } else if number_word(text).is_some() {
            self.words += 1;
            Class::Number
        } else if is_point_in_time(text) {
            self.times += 1;
            Class::Time
        } else {
            Class::Text
        };
        self.keep(class, line, || text);
    }

    /// Adds a JSON number.
    pub(crate) fn see_number(&mut self, is_whole: bool) {
        self.values += 1;
        self.whole += u64::from(is_whole);
        self.plain.add(Shape::Scientific);
    }

    /// Adds a JSON boolean.
    pub(crate) fn see_bool(&mut self, value: bool, line: u64) {
        (self.values, self.bools) = (self.values + 1, self.bools + 1);
        self.keep(Class::Bool, line, || if value { "true" } else { "false" });
    }

    /// Adds a JSON array.
    pub(crate) fn see_list(&mut self, line: u64) {
        (self.values, self.lists) = (self.values + 1, self.lists + 1);
        self.keep(Class::List, line, || "[…]");
    }

    /// The shape of what most numbers look like: digits with a point at most; also counts what is whole.
    fn plain_shape(&mut self, field: &[u8]) -> Option<Shape> {
        let digits = field.strip_prefix(b"-").unwrap_or(field);
        let mut point = None;
        for (place, byte) in digits.iter().enumerate() {
            match byte {
                b'0'..=b'9' => {}
                b'.' if point.is_none() => point = Some(place),
                // Signs, exponents, words, spaces: rare enough for the real thing.
                _ => return None,
            }
        }
        let before = point.unwrap_or(digits.len());
        let leading_zero = digits.first() == Some(&b'0');
        match point {
            _ if digits.len() == usize::from(point.is_some()) => None,
            None if leading_zero && digits.len() > 1 => None,
            None => {
                self.whole += 1;
                self.lengths |= 1 << before.min(63);
                Some(if before <= 3 { Shape::Short } else { Shape::Long })
            }
            Some(_) if before > 3 => Some(Shape::PointLong),
            Some(point) if digits.len() - point == 4 && before > 0 && !leading_zero => Some(Shape::PointThree),
            Some(_) => Some(Shape::Point),
        }
    }

    fn see_absent(&mut self, text: &str) {
        let text = text.trim();
        let known = self.absent.len();
        match self.absent.iter_mut().find(|(word, _)| word == text) {
            Some((_, count)) => *count += 1,
            None if known < WORDS => self.absent.push((text.to_owned(), 1)),
            None => self.absent.last_mut().into_iter().for_each(|(_, count)| *count += 1),
        }
    }

    fn see_text(&mut self, text: &str) -> Class {
        if text.bytes().take_while(u8::is_ascii_alphabetic).count() > LETTERS {
            return Class::Text;
        }
        let Parts { affix, body, .. } = Parts::of(text);
        if is_code(text) {
            self.codes += 1;
            self.lengths |= 1 << text.len().min(63);
            return Class::Code;
        }
        if let Some(shape) = Shape::of(body) {
            match (affix, &mut self.affixed) {
                (Affix::None, _) => self.plain.add(shape),
                (_, Some((known, shapes))) if *known == affix => shapes.add(shape),
                (_, Some(_)) => self.elsewise += 1,
                (_, none) => {
                    let mut shapes = Shapes::default();
                    shapes.add(shape);
                    *none = Some((affix, shapes));
                }
            }
            let is_plain = affix == Affix::None && text.trim().parse::<f64>().is_ok();
            return if is_plain { Class::Number } else { Class::Written };
        }
        if is_point_in_time(text) {
            self.times += 1;
            return Class::Time;
        }
        Class::Text
    }

    /// Keeps the first value of a class.
    fn keep<'t>(&mut self, class: Class, line: u64, text: impl FnOnce() -> &'t str) {
        let Some(first) = self.first.get_mut(class as usize) else { return };
        if first.is_none() {
            let text = text();
            let mut shown: String = text.chars().take(SHOWN).collect();
            if shown.len() < text.len() {
                shown.push('…');
            }
            *first = Some(Sample { text: shown, line });
        }
    }
}

/// The number a text stands for: decimal or scientific, `NaN`, `inf` or `infinity` in any case, spaces around it.
pub(crate) fn parse_number(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests;
