//! Everything that is written on one line by people: matchers, names, references, spans, pointers, times, zones.

#![no_main]

use driftd_model::{BaselineRef, LabelName, Labels, Matcher, MonitorId, MuteTime, Pointer};
use driftd_stats::DriftStatistic;
use driftd_window::{EventTime, Span, TimeFormat, Zone, written_time};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(matcher) = text.parse::<Matcher>() {
        assert_eq!(matcher.to_string().parse::<Matcher>().as_ref(), Ok(&matcher));
        assert!(Matcher::on(matcher.label().clone(), &matcher.condition()).is_ok());
        // Whatever the pattern, it has to come to an end.
        let labels: Labels = [(matcher.label().clone(), text.to_owned())].into_iter().collect();
        let _ = (matcher.matches(&labels), matcher.matches(&Labels::default()));
    }
    if let Ok(reference) = text.parse::<BaselineRef>() {
        assert_eq!(reference.to_string().parse::<BaselineRef>().ok().as_ref(), Some(&reference));
    }
    if let Ok(statistic) = text.parse::<DriftStatistic>() {
        assert_eq!(statistic.as_str(), text);
    }
    let _ = (text.parse::<MonitorId>(), text.parse::<LabelName>(), text.parse::<MuteTime>(), Pointer::new(text));
    let _ = (text.parse::<Zone>(), text.parse::<Span>(), text.parse::<EventTime>());
    let _ = text.parse::<TimeFormat>().map(|format| format.read(text));
    let _ = written_time(text).map(|written| written.instant(Zone::UTC));
});
