//! Which categories have names, free of the bias of choosing them.
//!
//! Choosing the most frequent categories by the very counts that are compared afterwards makes them look more frequent
//! than they are. So some values of the baseline vote for names, and the others are compared. Who votes is a coin that
//! hangs on the category and its count alone: not on the order of rows, files or merges.

use super::fingerprint::fnv1a;

/// Slots that categories without a name are counted in.
pub(crate) const BUCKETS: usize = 32;
/// Every category of a baseline that has at least so many values each is named, if all fit.
const PLENTY: u64 = 50;
/// Fewest votes for a name.
const FEWEST_VOTES: u64 = 5;

/// How many of the `count` values of a category of that FNV-1a hash vote for its name: the ones among the first `count`
/// bits of splitmix64(hash + block), block = 0, 1, …, low bits first.
pub(crate) fn votes(hash: u64, count: u64) -> u64 {
    let word = |block: u64| splitmix64(hash.wrapping_add(block));
    let whole: u64 = (0..count / 64).map(|block| u64::from(word(block).count_ones())).sum();
    let rest = word(count / 64) & ((1_u64 << (count % 64)) - 1);
    whole + u64::from(rest.count_ones())
}

/// The bucket of a category of that FNV-1a hash: the upper five bits of another hash, which no count chose.
pub(crate) fn bucket(hash: u64) -> usize {
    (splitmix64(!hash) >> 59) as usize
}

/// The finalizer of SplitMix64: Steele, Lea & Flood (2014), "Fast splittable pseudorandom number generators".
const fn splitmix64(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// The names of a dictionary, and the baseline's counts to compare with.
#[derive(Debug, PartialEq)]
pub(crate) struct Named {
    /// Names and counts, the counts without voters; by votes (or counts) descending, ties by bytes.
    pub(crate) names: Vec<(String, u64)>,
    /// Counts of categories without a name, without voters; `None` where every category is named and every value
    /// compared.
    pub(crate) buckets: Option<[u64; BUCKETS]>,
    /// The categories without a name, in no order.
    pub(crate) unnamed: Vec<String>,
}

struct Candidate {
    category: String,
    hash: u64,
    votes: u64,
    compared: u64,
}

/// Chooses up to `top` names. Where every category has at least 50 values and all fit, or they are all there can be, all
/// are named and every value is compared. Otherwise a category needs five votes, and those with most get names.
pub(crate) fn choose(mut counts: Vec<(String, u64)>, top: usize, is_complete: bool) -> Named {
    let plenty = !counts.is_empty() && counts.iter().all(|(_, count)| *count >= PLENTY);
    if (plenty || is_complete) && counts.len() <= top {
        counts.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.as_bytes().cmp(b.0.as_bytes())));
        return Named { names: counts, buckets: None, unnamed: Vec::new() };
    }
    let mut candidates = Vec::new();
    let mut rest = Vec::new();
    for (category, count) in counts {
        let hash = fnv1a(category.as_bytes());
        let votes = votes(hash, count);
        let list = if votes >= FEWEST_VOTES { &mut candidates } else { &mut rest };
        list.push(Candidate { category, hash, votes, compared: count - votes });
    }
    candidates
        .sort_unstable_by(|a, b| b.votes.cmp(&a.votes).then_with(|| a.category.as_bytes().cmp(b.category.as_bytes())));
    rest.extend(candidates.split_off(top.min(candidates.len())));
    let mut buckets = [0_u64; BUCKETS];
    for category in &rest {
        if let Some(sum) = buckets.get_mut(bucket(category.hash)) {
            *sum = sum.saturating_add(category.compared);
        }
    }
    Named {
        names: candidates.into_iter().map(|candidate| (candidate.category, candidate.compared)).collect(),
        buckets: Some(buckets),
        unnamed: rest.into_iter().map(|candidate| candidate.category).collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn hash(category: &str) -> u64 {
        fnv1a(category.as_bytes())
    }

    #[test]
    fn a_vote_is_a_fair_coin_for_every_value() {
        let total: u64 = (0..2_000).map(|i| votes(hash(&format!("category {i}")), 100)).sum();
        // 200,000 coins: 100,000 ± 224.
        assert!((99_100..100_900).contains(&total), "{total}");
        assert_eq!((votes(hash(""), 0), votes(hash("ü"), 0)), (0, 0));
    }

    #[test]
    fn buckets_are_even() {
        let mut counts = [0_u32; BUCKETS];
        (0..32_000).for_each(|i| counts[bucket(hash(&i.to_string()))] += 1);
        assert!(counts.iter().all(|count| (850..1_150).contains(count)), "{counts:?}");
    }

    #[test]
    fn forty_nine_values_are_too_few_and_too_many_categories_do_not_fit() {
        let named = |counts: &[(&str, u64)], top| {
            choose(counts.iter().map(|(c, n)| ((*c).to_owned(), *n)).collect(), top, false)
        };
        assert_eq!(named(&[("a", 50), ("b", 70)], 2).names, [("b".into(), 70), ("a".into(), 50)]);
        assert!(named(&[("a", 49), ("b", 70)], 2).buckets.is_some());
        assert!(named(&[("a", 50), ("b", 70)], 1).buckets.is_some());
        assert_eq!(named(&[("a", 50), ("b", 70)], 1).names.len(), 1);
        assert!(named(&[], 1).names.is_empty());
        assert!(named(&[("", 4)], 9).names.is_empty(), "four values have at most four votes");
    }

    proptest! {
        /// More values never take a vote away: a baseline that grows keeps its voters.
        #[test]
        fn votes_only_grow(category in ".*", count in 0_u64..300, more in 0_u64..300) {
            prop_assert!(votes(hash(&category), count) <= votes(hash(&category), count + more));
            prop_assert!(votes(hash(&category), count + more) <= votes(hash(&category), count) + more);
        }

        /// The order in which categories come does not matter, and nothing is lost but the voters.
        #[test]
        fn names_hang_on_counts_alone(counts in proptest::collection::btree_map("[a-z]{0,2}", 1_u64..80, 0..60), top in 1_usize..20) {
            let forward: Vec<(String, u64)> = counts.clone().into_iter().collect();
            let backward = forward.iter().rev().cloned().collect();
            let (one, other) = (choose(forward, top, false), choose(backward, top, false));
            prop_assert_eq!((&one.names, &one.buckets), (&other.names, &other.buckets));
            let compared = one.names.iter().map(|(_, count)| count).sum::<u64>()
                + one.buckets.iter().flatten().sum::<u64>();
            let voters: u64 = one.buckets.map_or(0, |_| counts.iter().map(|(c, n)| votes(hash(c), *n)).sum());
            prop_assert_eq!(compared + voters, counts.values().sum::<u64>());
            let named: BTreeMap<_, _> = one.names.iter().cloned().collect();
            prop_assert_eq!(named.len() + one.unnamed.len(), counts.len());
        }
    }
}
