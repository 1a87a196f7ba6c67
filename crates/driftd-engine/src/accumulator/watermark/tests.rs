use driftd_model::RecordShape;

use super::*;

fn monitor(name: &str, place: &str, skew: u32) -> Monitor {
    Monitor {
        shape: RecordShape { event_time: Pointer::new(place).unwrap(), ..RecordShape::default() },
        out_of_orderness: Span::ZERO,
        max_future_skew: Span::from_secs(skew),
        oldest: EventTime::from_micros(i64::MIN),
        ..Monitor::new(name.parse().unwrap(), "t".into())
    }
}

/// The clock stands at 1000 s; newest times in seconds.
fn advance(front: &mut WatermarkGenerator, newest: [Option<i64>; 2]) -> Option<i64> {
    let newest = newest.into_iter().map(|secs| secs.map(|secs| EventTime::from_micros(secs * 1_000_000)));
    let front = front.advance(newest, Timestamp::from_micros(1_000_000_000));
    front.map(|at| at.as_micros() / 1_000_000)
}

#[test]
fn monitors_that_share_a_clock_need_not_see_every_record() {
    let (a, b) = (monitor("a", "/ts", 60), monitor("b", "/ts", 60));
    let mut front = WatermarkGenerator::new([&a, &b].into_iter());
    assert_eq!(advance(&mut front, [None, None]), None);
    assert_eq!(advance(&mut front, [Some(100), Some(50)]), Some(100));
    assert_eq!(advance(&mut front, [Some(200), None]), Some(200), "the other monitor's filter lets nothing through");
    assert_eq!(advance(&mut front, [None, Some(150)]), Some(150), "older records; the mark itself never moves back");
}

#[test]
fn a_slower_clock_is_not_overrun_by_records_that_do_not_have_it() {
    let (fast, slow) = (monitor("fast", "/received", 60), monitor("slow", "/created", 60));
    let mut front = WatermarkGenerator::new([&fast, &slow].into_iter());
    assert_eq!(advance(&mut front, [Some(100), None]), Some(100), "never seen, so it holds nothing up");
    assert_eq!(advance(&mut front, [Some(140), Some(100)]), Some(100));
    assert_eq!(advance(&mut front, [Some(150), None]), Some(110), "still forty seconds behind");
    assert_eq!(advance(&mut front, [None, Some(120)]), Some(120));
    assert_eq!(advance(&mut front, [Some(900), None]), Some(870), "gone for good, it delays and does not hold");
}

#[test]
fn no_record_moves_the_mark_beyond_the_clock() {
    let (patient, strict) = (monitor("patient", "/ts", 3_600), monitor("strict", "/ts", 5));
    let mut front = WatermarkGenerator::new([&patient, &strict].into_iter());
    assert_eq!(advance(&mut front, [Some(1_500), None]), Some(1_000), "five minutes ahead");
    assert_eq!(
        advance(&mut front, [Some(990), Some(990)]),
        Some(990),
        "older records; the mark itself never moves back"
    );
    let later = [Some(EventTime::from_micros(1_400_000_000)), None];
    let front = front.advance(later.into_iter(), Timestamp::from_micros(1_600_000_000));
    assert_eq!(front, Some(EventTime::from_micros(1_400_000_000)));
    let mut file = WatermarkGenerator::new([&patient].into_iter()).complete();
    assert_eq!(advance(&mut file, [Some(1_500), None]), Some(1_500), "nothing more will come of a file");
}
