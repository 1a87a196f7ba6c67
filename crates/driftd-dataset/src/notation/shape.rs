//! What a number looks like, without asking what it means.

/// Separators of a number at most; a longer one is none.
const MOST: usize = 12;

/// The look of a number. `Three` stands for three digits behind the only sign, where it could stand between thousands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `950`: up to three digits.
    Short,
    /// `1200`.
    Long,
    /// `0.5`, `12.25`, `.5`.
    Point,
    /// `1.234`.
    PointThree,
    /// `1234.5`.
    PointLong,
    /// `0,5`, `12,25`.
    Comma,
    /// `1,234`.
    CommaThree,
    /// `1234,5`.
    CommaLong,
    /// `1.234.567`.
    Points,
    /// `1.234,5`.
    PointsComma,
    /// `1,234,567`, `12,34,567`.
    Commas,
    /// `1,234.5`.
    CommasPoint,
    /// `1 234`, `1'234`.
    Gaps,
    /// `1 234.5`.
    GapsPoint,
    /// `1 234,5`.
    GapsComma,
    /// `1e5`, `NaN`, `-inf`.
    Scientific,
}

/// How many numbers have which shape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shapes([u64; Shape::ALL.len()]);

impl Shapes {
    pub(crate) fn add(&mut self, shape: Shape) {
        if let Some(count) = self.0.get_mut(shape as usize) {
            *count += 1;
        }
    }

    pub(crate) fn count(&self, shape: Shape) -> u64 {
        self.0.get(shape as usize).copied().unwrap_or_default()
    }

    /// How many have one of the shapes that `wanted` says.
    pub(crate) fn sum(&self, wanted: impl Fn(Shape) -> bool) -> u64 {
        Shape::ALL.iter().zip(self.0).filter(|(shape, _)| wanted(**shape)).map(|(_, count)| count).sum()
    }
}

/// What separates digits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Point,
    Comma,
    /// A space of any width, or an apostrophe.
    Gap(char),
}

impl Shape {
    /// All, in the order of their numbers.
    const ALL: [Self; 16] = [
        Self::Short,
        Self::Long,
        Self::Point,
        Self::PointThree,
        Self::PointLong,
        Self::Comma,
        Self::CommaThree,
        Self::CommaLong,
        Self::Points,
        Self::PointsComma,
        Self::Commas,
        Self::CommasPoint,
        Self::Gaps,
        Self::GapsPoint,
        Self::GapsComma,
        Self::Scientific,
    ];

    /// The shape of a number without a sign before it; nothing where it looks like none.
    pub(crate) fn of(body: &str) -> Option<Self> {
        let mut runs = [0_usize; MOST + 1];
        let mut signs = [Sign::Point; MOST];
        let mut found = 0;
        for sign in body.chars() {
            match sign {
                '0'..='9' => *runs.get_mut(found)? += 1,
                '.' => *signs.get_mut(found)? = Sign::Point,
                ',' => *signs.get_mut(found)? = Sign::Comma,
                ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\'' | '’' => *signs.get_mut(found)? = Sign::Gap(sign),
                // A second sign would be the exponent's.
                _ if body.starts_with(['-', '+']) => return None,
                'e' | 'E' | 'i' | 'I' | 'n' | 'N' => return body.parse::<f64>().is_ok().then_some(Self::Scientific),
                _ => return None,
            }
            found += usize::from(!sign.is_ascii_digit());
        }
        let runs = runs.get(..=found)?;
        Self::of_runs(runs, signs.get(..found)?, body.starts_with('0'))
    }

    /// The shape of runs of digits with signs between them.
    fn of_runs(runs: &[usize], signs: &[Sign], leading_zero: bool) -> Option<Self> {
        let (first, behind) = runs.split_first()?;
        let groups = (1..=3).contains(first) && !leading_zero;
        match (signs, behind) {
            ([], _) if *first == 0 => None,
            ([], _) => Some(if *first <= 3 { Self::Short } else { Self::Long }),
            ([Sign::Point], [3]) if groups => Some(Self::PointThree),
            ([Sign::Point], [last]) if first + last > 0 => Some(if *first > 3 { Self::PointLong } else { Self::Point }),
            ([Sign::Comma], [3]) if groups => Some(Self::CommaThree),
            ([Sign::Comma], [last]) if *last > 0 => Some(if *first > 3 { Self::CommaLong } else { Self::Comma }),
            ([Sign::Gap(_)], [3]) if groups => Some(Self::Gaps),
            ([group, .., last], [inner @ .., end]) if groups => {
                let (grouped, decimals) = if group == last { (behind, None) } else { (inner, Some((last, *end))) };
                let between = signs.get(..grouped.len())?;
                let is_grouped = between.iter().all(|sign| sign == group) && in_groups(grouped, *group == Sign::Comma);
                match (group, decimals) {
                    _ if !is_grouped => None,
                    (Sign::Point, None) => Some(Self::Points),
                    (Sign::Comma, None) => Some(Self::Commas),
                    (Sign::Gap(_), None) => Some(Self::Gaps),
                    (_, Some((_, 0))) => None,
                    (Sign::Point, Some((Sign::Comma, _))) => Some(Self::PointsComma),
                    (Sign::Comma, Some((Sign::Point, _))) => Some(Self::CommasPoint),
                    (Sign::Gap(_), Some((Sign::Point, _))) => Some(Self::GapsPoint),
                    (Sign::Gap(_), Some((Sign::Comma, _))) => Some(Self::GapsComma),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

/// Whether runs of digits are groups of three; with commas also the Indian lakhs and crores, which are groups of two
/// before the last one.
fn in_groups(runs: &[usize], with_commas: bool) -> bool {
    let Some((last, before)) = runs.split_last() else { return false };
    let of = |size: usize| before.iter().all(|run| *run == size);
    *last == 3 && (of(3) || with_commas && of(2))
}
