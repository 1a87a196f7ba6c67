//! Texts that name rows instead of describing them.

use driftd_model::Reason;
use driftd_stats::CategoryCounts;

use super::number_census::says_time;
use crate::point_in_time::{is_date_number, is_point_in_time};

/// Values below which different ones may just be rare.
const ENOUGH: u64 = 30;
/// Distinct values from which a smaller share of them is enough, because chance no longer explains it.
const MANY: usize = 1000;
/// Share of distinct values from which texts are identifiers, with few and with many of them.
const SHARE_OF_FEW: f64 = 0.95;
const SHARE_OF_MANY: f64 = 0.9;
/// The same for texts that machines make up: each stands for somebody or something, who may have several rows.
const SHARE_OF_MACHINES: f64 = 0.2;

/// Why a column of these texts is no feature, if it is none.
pub(super) fn reason(counts: &CategoryCounts, name: &str) -> Option<Reason> {
    if is_time(counts, name) {
        return Some(Reason::PointInTime);
    }
    is_identifier(counts).then_some(Reason::IdentifierLike)
}

/// Whether (nearly) every value is a different one, or the texts are UUIDs or hashes of many things.
pub(super) fn is_identifier(counts: &CategoryCounts) -> bool {
    let (distinct, total) = (counts.distinct(), counts.total());
    let share = distinct as f64 / total.max(1) as f64;
    if total < ENOUGH {
        return false;
    }
    let needed = if distinct >= MANY { SHARE_OF_MANY } else { SHARE_OF_FEW };
    share > needed || share > SHARE_OF_MACHINES && distinct as u64 >= ENOUGH && nearly_all(counts, is_made_up)
}

/// Whether the texts are points in time. A file without types may have dates as digits.
fn is_time(counts: &CategoryCounts, name: &str) -> bool {
    let is_date = |text: &str| text.bytes().all(|b| b.is_ascii_digit()) && text.parse().is_ok_and(is_date_number);
    let several = counts.distinct() >= 3 || says_time(name);
    counts.total() > 0 && nearly_all(counts, |text| is_point_in_time(text) || several && is_date(text))
}

/// Whether so many texts are that the others are odd ones.
fn nearly_all(counts: &CategoryCounts, is: impl Fn(&str) -> bool) -> bool {
    let mut left = counts.total() / 1000;
    counts.iter().all(|(text, count)| {
        let fits = is(text);
        let rest = if fits { Some(left) } else { left.checked_sub(count) };
        left = rest.unwrap_or_default();
        rest.is_some()
    })
}

/// A UUID, or a hash of at least 64 bits in hexadecimal digits.
fn is_made_up(text: &str) -> bool {
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let bare = text.trim_start_matches("0x").trim_matches(['{', '}']);
    let parts: Vec<&str> = bare.split('-').collect();
    let is_uuid = parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12]) && parts.iter().all(|part| is_hex(part));
    let mixed =
        || bare.bytes().any(|byte| byte.is_ascii_digit()) && bare.bytes().any(|byte| byte.is_ascii_alphabetic());
    is_uuid || bare.len() >= 16 && is_hex(bare) && mixed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: impl Iterator<Item = String>) -> Option<Reason> {
        let mut counts = CategoryCounts::new();
        texts.for_each(|text| counts.add(&text, 1));
        reason(&counts, "x")
    }

    #[test]
    fn texts_that_name_rows_are_identifiers_from_some_tens_on() {
        let identifier = Some(Reason::IdentifierLike);
        assert_eq!(of((0..40).map(|i| format!("order {i}"))), identifier);
        assert_eq!(of((0..20).map(|i| format!("order {i}"))), None);
        assert_eq!(of((0..240).map(|i| format!("order {}", i % 235))), identifier);
        assert_eq!(of((0..240).map(|i| format!("city {}", i % 200))), None);
        let user = |i: u64| format!("{:08x}-12ab-4cd3-8ef0-{:012x}", i * 7_919, i);
        assert_eq!(of((0..300).map(|i| user(i % 100))), identifier);
        assert_eq!(
            of((0..300).map(|i| format!("{:016x}", (i % 100_u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)))),
            identifier
        );
        // Few of them are categories, whatever they look like.
        assert_eq!(of((0..300).map(|i| user(i % 20))), None);
    }

    #[test]
    fn texts_that_are_times_are_no_identifiers() {
        let time = Some(Reason::PointInTime);
        assert_eq!(of((1..29).map(|day| format!("{day:02}/03/2024 10:00"))), time);
        assert_eq!(of((0..90).map(|i| format!("202403{:02}", i % 28 + 1))), time);
        assert_eq!(of((0..90).map(|_| "20240304".to_owned())), None);
        assert_eq!(
            of((0..2_000).map(|i| if i == 9 { "never".into() } else { format!("2024-03-{:02}", i % 28 + 1) })),
            time
        );
        assert_eq!(of((0..90).map(|i| format!("2024-{:02}-x", i % 12))), None);
    }
}
