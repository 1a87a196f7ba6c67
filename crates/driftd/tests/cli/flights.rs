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
    assert_snapshot!(fixture.run("config check").shown(), @"");

    let build = format!("baseline build flight-delay {flights}/training-january.parquet");
    assert!(fixture.run(&build).ends(0).out().starts_with("flight-delay@v1 "));
    let dry = format!("replay --monitor flight-delay {flights}/serving-february-december.parquet --dry-run");
    let ran = fixture.run(&dry).ends(0);
    assert_snapshot!(ran.stderr, @"");
    assert_snapshot!(ran.out(), @"");
    assert_snapshot!(fixture.run("incidents list").shown(), @"");

    // January against itself through a stored baseline, with the rules of its monitor.
    let check = format!("check --baseline flight-delay --current {flights}/training-january.parquet --monitor flight-delay");
    assert_eq!(fixture.run(&check).ends(0).stderr, "");
}
