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
    ");

    let build = format!("baseline build flight-delay {flights}/training-january.parquet");
    assert!(fixture.run(&build).ends(0).out().starts_with("flight-delay@v1 "));
    let dry = format!("replay --monitor flight-delay {flights}/serving-february-december.parquet --dry-run");
    let ran = fixture.run(&dry).ends(0);
    assert_snapshot!(ran.stderr, @"309,772 records counted, 335 windows judged");
    assert_snapshot!(ran.out(), @"
    ID            MONITOR       SEGMENT  KIND   SEVERITY  STATE     OPENED (UTC)      RESOLVED (UTC)    WINDOWS  FEATURES
    [ID]  flight-delay  all      drift  warning   resolved  2013-02-12 02:00  2013-02-26 02:00       20  predicted_late
    [ID]  flight-delay  all      drift  critical  resolved  2013-03-09 02:00  2013-03-17 02:00       14  predicted_late, dep_delay, arr_delay, air_time
    [ID]  flight-delay  all      drift  critical  resolved  2013-03-25 02:00  2013-04-07 02:00       19  predicted_late, arr_delay, dep_delay
    [ID]  flight-delay  all      drift  critical  resolved  2013-04-26 02:00  2013-06-06 02:00       41  predicted_late, arr_delay, air_time, dep_delay
                                                                                                                 and 1 more
    [ID]  flight-delay  all      drift  critical  resolved  2013-06-20 02:00  2013-11-30 02:00      168  arr_delay, dep_delay, predicted_late, air_time
                                                                                                                 and 2 more
    [ID]  flight-delay  all      drift  critical  open      2013-12-11 02:00                         24  arr_delay, dep_delay, predicted_late, late and 1
                                                                                                                 more
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
