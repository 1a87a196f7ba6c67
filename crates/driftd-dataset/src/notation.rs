//! Numbers as people write them: decimal commas, groups of thousands, currencies, percent.
//!
//! One number alone does not say what its comma is: `1,234` is a thousand to some and little more than one to others. A
//! column does, mostly. So every value is known by its [`Shape`], the shapes of a column are counted, and the
//! [`Notation`] is the one in which nearly all of them are numbers:
//!
//! - what is a plain number is read as one, so `1.234` alone is never a thousand, unless another column of the file has
//!   decimal commas;
//! - `3520,44` has a decimal comma and `1,234.50`, `1,234,567` have commas between thousands; where every comma has three
//!   digits behind it (`1,234`), it is decimal between semicolons and a thousand between commas, because nobody who writes
//!   decimal commas separates fields by them; between tabs it stays unclear unless another column has decimal commas, and
//!   where nothing separates fields it is a thousand unless another column has;
//! - `1.234,50` has points between thousands, `1 234` and `1'234` have spaces and apostrophes, with either decimal sign;
//! - a currency or a percent sign has to stand at every value, and the same one; `12 %` is 0.12.
//!
//! A column whose values are numbers each for itself and not in any one notation is unclear, and never guessed.

mod affix;
mod shape;

use std::fmt;

pub(crate) use self::affix::{Affix, Parts};
pub(crate) use self::shape::{Shape, Shapes};

/// How the numbers of a column are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Notation {
    separators: Separators,
    affix: Affix,
}

/// Which signs stand between thousands and before the decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Separators {
    /// `1234.5`.
    Plain,
    /// `1234,5`.
    DecimalComma,
    /// `1,234.5`.
    CommaGroups,
    /// `1.234,5`.
    PointGroups,
    /// `1 234.5`, `1'234.5`.
    GapGroups,
    /// `1 234,5`, `1'234,5`.
    GapGroupsComma,
}

/// What the file says about the signs of all its columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileSigns {
    /// What separates its fields; nothing where values do not stand in lines.
    pub(crate) delimiter: Option<u8>,
    /// Whether a column has decimal commas without doubt.
    pub(crate) decimal_commas: bool,
}

impl Default for Notation {
    fn default() -> Self {
        Self { separators: Separators::Plain, affix: Affix::None }
    }
}

impl Notation {
    /// The notation in which most numbers of these shapes are numbers, and how many of them are; nothing where several
    /// read them differently.
    pub(crate) fn of(shapes: &Shapes, affix: Affix, signs: FileSigns) -> Option<(Self, u64)> {
        let accepted = |separators: &Separators| shapes.sum(|shape| separators.accepts(shape));
        let most = Separators::ALL.iter().map(accepted).max().unwrap_or_default();
        let mut best = Separators::ALL.into_iter().filter(|separators| accepted(separators) == most);
        let mut separators = best.next()?;
        let rival = best.next();
        // Commas with three digits behind each of them, and nothing that tells what they are.
        if separators == Separators::DecimalComma && rival == Some(Separators::CommaGroups) {
            separators = match signs.delimiter {
                Some(b';') => separators,
                Some(b',') => Separators::CommaGroups,
                _ if signs.decimal_commas => separators,
                None => Separators::CommaGroups,
                _ => return None,
            };
        }
        // Points with three digits behind each of them, beside columns with decimal commas.
        let points = shapes.count(Shape::PointThree);
        let is_thousands = signs.decimal_commas && points > 0;
        if separators == Separators::Plain && is_thousands && accepted(&Separators::PointGroups) == most {
            separators = Separators::PointGroups;
        }
        Some((Self { separators, affix }, most))
    }

    /// Whether it has decimal commas.
    pub(crate) fn has_decimal_commas(self) -> bool {
        matches!(self.separators, Separators::DecimalComma | Separators::PointGroups | Separators::GapGroupsComma)
    }

    /// Whether these are numbers as programs write them, which need no word.
    pub(crate) fn is_plain(self) -> bool {
        self == Self::default()
    }

    /// The number that `text` is, if it is one in this notation.
    pub(crate) fn parse(self, text: &str) -> Option<f64> {
        if self.is_plain() {
            return text.trim().parse().ok();
        }
        let parts = Parts::of(text);
        let is_written_so = parts.affix == self.affix && self.separators.accepts(Shape::of(parts.body)?);
        if !is_written_so {
            return None;
        }
        let decimal = if self.has_decimal_commas() { ',' } else { '.' };
        let mut plain = String::with_capacity(parts.body.len() + 4);
        plain.extend(parts.body.chars().filter_map(|sign| match sign {
            sign if sign == decimal => Some('.'),
            '0'..='9' => Some(sign),
            // Words and exponents have no groups.
            sign if sign.is_ascii_alphabetic() || matches!(sign, '+' | '-') => Some(sign),
            _ => None,
        }));
        if self.affix == Affix::Percent {
            // As part of the text, so that the result is the nearest float and not the nearest to a rounded one.
            plain.push_str("e-2");
        }
        let number: f64 = plain.parse().ok()?;
        Some(if parts.is_negative { -number } else { number })
    }
}

impl Separators {
    /// Earlier ones are taken where others would do as well.
    const ALL: [Self; 6] =
        [Self::Plain, Self::DecimalComma, Self::CommaGroups, Self::PointGroups, Self::GapGroups, Self::GapGroupsComma];

    /// Whether a number of that shape is one with these separators.
    const fn accepts(self, shape: Shape) -> bool {
        use Shape::{
            Comma, CommaLong, CommaThree, Commas, CommasPoint, Gaps, GapsComma, GapsPoint, Long, Point, PointLong,
            PointThree, Points, PointsComma, Scientific, Short,
        };
        let point = matches!(shape, Point | PointThree | PointLong);
        let comma = matches!(shape, Comma | CommaThree | CommaLong);
        matches!(shape, Short | Long)
            || match self {
                Self::Plain => point || matches!(shape, Scientific),
                Self::DecimalComma => comma,
                Self::CommaGroups => point || matches!(shape, CommaThree | Commas | CommasPoint),
                Self::PointGroups => comma || matches!(shape, PointThree | Points | PointsComma),
                Self::GapGroups => point || matches!(shape, Gaps | GapsPoint),
                Self::GapGroupsComma => comma || matches!(shape, Gaps | GapsComma),
            }
    }
}

impl fmt::Display for Notation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signs = match self.separators {
            Separators::Plain => None,
            Separators::DecimalComma => Some("decimal commas"),
            Separators::CommaGroups => Some("commas between thousands"),
            Separators::PointGroups => Some("points between thousands and decimal commas"),
            Separators::GapGroups => Some("spaces or apostrophes between thousands"),
            Separators::GapGroupsComma => Some("spaces or apostrophes between thousands and decimal commas"),
        };
        let affix = match self.affix {
            Affix::None => None,
            Affix::Percent => Some("as percentages, 12 % being 0.12".to_owned()),
            Affix::Currency(sign) => Some(format!("as amounts in {sign}")),
        };
        match (signs, affix) {
            (None, None) => f.write_str("as plain numbers"),
            (Some(signs), None) => write!(f, "with {signs}"),
            (None, Some(affix)) => f.write_str(&affix),
            (Some(signs), Some(affix)) => write!(f, "{affix}, with {signs}"),
        }
    }
}

#[cfg(test)]
mod tests;
