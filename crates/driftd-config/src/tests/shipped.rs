use super::loaded;
use crate::Config;

const EXAMPLE: &str = include_str!("../../../../examples/flights/driftd.toml");
const COMPOSE: &str = include_str!("../../../../deploy/compose/driftd.toml");

fn monitors(config: &Config) -> Vec<&str> {
    config.monitors.iter().map(|monitor| monitor.id.as_str()).collect()
}

#[test]
fn the_files_that_are_shipped_are_good() {
    for text in [EXAMPLE, COMPOSE] {
        assert_eq!(loaded(text).notes, []);
    }
}

#[test]
fn the_containers_watch_what_the_example_watches() {
    let (example, compose) = (loaded(EXAMPLE), loaded(COMPOSE));
    assert_eq!(monitors(&example), monitors(&compose));
    for (of_files, of_records) in example.monitors.iter().zip(&compose.monitors) {
        // Records have the event time where driftd's own shape has it, files in a column that is no feature.
        let column = of_files.shape.event_time.column();
        let mut features = of_records.features.clone();
        assert!(features.remove(&column.as_str().into()).is_some_and(|rules| rules.ignore), "{column}");
        assert_eq!(of_records.shape.event_time.as_str(), "/ts");
        assert_eq!(features, of_files.features);
        assert_eq!((&of_records.windows, of_records.pane), (&of_files.windows, of_files.pane));
        assert_eq!(of_records.baseline, of_files.baseline);
    }
}
