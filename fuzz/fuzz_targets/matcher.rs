//! Everything that is written on one line by people: matchers, names, references, spans, pointers.

#![no_main]

use driftd_config::MuteTime;
use driftd_model::{BaselineRef, Matcher, MonitorId, Pointer};
use driftd_stats::DriftStatistic;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(matcher) = text.parse::<Matcher>() {
        assert_eq!(matcher.to_string().parse::<Matcher>().as_ref(), Ok(&matcher));
    }
    if let Ok(reference) = text.parse::<BaselineRef>() {
        assert_eq!(reference.to_string().parse::<BaselineRef>().ok().as_ref(), Some(&reference));
    }
    if let Ok(statistic) = text.parse::<DriftStatistic>() {
        assert_eq!(statistic.as_str(), text);
    }
    let _ = (text.parse::<MonitorId>(), text.parse::<MuteTime>(), Pointer::new(text));
});
