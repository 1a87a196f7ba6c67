//! The example that ships with the program, step by step as the README has it.

use std::path::Path;

use insta::assert_snapshot;

use crate::fixture::Fixture;

#[test]
fn the_example_works_step_by_step() {
    let fixture = Fixture::new();
    let flights = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/flights").canonicalize().unwrap();
    let flights = flights.display();
    fixture.write("driftd.toml", include_str!("../../../../examples/flights/driftd.toml"));
    assert_snapshot!(fixture.run("config check").shown(), @"
    exit 0
    --- out
    the configuration is valid: 2 monitors, 0 receivers
    the largest seal is that of monitor flight-weather: up to 7 kB of memory for every feature (3 windows of 1 segment)
    ");

    let build = format!("baseline build flight-delay {flights}/training-january.parquet");
    assert!(fixture.run(&build).ends(0).out().starts_with("flight-delay@v1 "));
    let dry = format!("replay --monitor flight-delay {flights}/serving-february-december.parquet --dry-run");
    let ran = fixture.run(&dry).ends(0);
    assert_snapshot!(ran.stderr, @r#"
    309,684 records counted, 334 windows judged
    note: healthy data would open at most 3.71 incidents of drift and data quality in these 334 days, on average (false_alarms = "1 per 90d")
    "#);
    assert_snapshot!(ran.out(), @"
    ID            MONITOR       SEGMENT  KIND          SEVERITY  STATE     OPENED (UTC)      RESOLVED (UTC)    WINDOWS  FEATURES
    [ID]  flight-delay  all      data_quality  critical  resolved  2013-02-09 02:00  2013-02-12 02:00        2  dep_delay, dep_time, arr_time, air_time
                                                                                                                        and 2 more
    [ID]  flight-delay  all      drift         critical  resolved  2013-02-10 02:00  2013-02-12 02:00        1  dep_time, arr_time
    [ID]  flight-delay  all      drift         critical  resolved  2013-03-09 02:00  2013-03-11 02:00        1  late, dep_delay
    [ID]  flight-delay  all      drift         critical  open      2013-05-15 02:00                        233  late, dest, distance
    [ID]  flight-delay  all      data_quality  warning   resolved  2013-07-08 02:00  2013-07-10 02:00        2  dest
    [ID]  flight-delay  all      data_quality  warning   resolved  2013-07-15 02:00  2013-07-17 02:00        2  dest
    [ID]  flight-delay  all      data_quality  warning   resolved  2013-07-22 02:00  2013-07-24 02:00        2  dest
    [ID]  flight-delay  all      data_quality  warning   resolved  2013-07-29 02:00  2013-07-31 02:00        2  dest
    [ID]  flight-delay  all      data_quality  warning   resolved  2013-08-05 02:00  2013-08-07 02:00        2  dest
    [ID]  flight-delay  all      calibration   info      open      2013-08-07 02:00                        149
    [ID]  flight-delay  all      data_quality  warning   resolved  2013-08-12 02:00  2013-08-14 02:00        2  dest
    [ID]  flight-delay  all      data_quality  warning   resolved  2013-08-19 02:00  2013-08-21 02:00        2  dest
    [ID]  flight-delay  all      data_quality  warning   resolved  2013-08-25 02:00  2013-08-28 02:00        3  dest
    [ID]  flight-delay  all      data_quality  warning   resolved  2013-09-02 02:00  2013-09-04 02:00        2  dest
    ");
    assert_snapshot!(fixture.run("incidents list").shown(), @"
    exit 0
    --- out
    no incidents
    ");

    // January against itself through a stored baseline, with the rules of its monitor.
    let check =
        format!("check --baseline flight-delay --current {flights}/training-january.parquet --monitor flight-delay");
    assert_eq!(fixture.run(&check).ends(0).stderr, "");
}
