//! Clocks that are wrong, and what is sealed by them.

use driftd_model::ReadStore;
use driftd_testkit::fixtures::{Traffic, hour};
use driftd_window::EventTime;

use super::*;

/// A pane with records in a partition whose end was seen from hour 1 to hour 5: by a clock that shows 5 nothing more is to
/// be expected of it.
async fn quiet_since_one(scene: &Scene) {
    let mut feeder = Feeder::claim(&*scene.store, 0).await;
    let mut checkpoint = feeder.checkpoint(&[&fixtures::plan()], &[Traffic::at(0)], 1);
    checkpoint.mark.reached_end(clock(1));
    checkpoint.mark.reached_end(clock(5));
    feeder.write(&*scene.store, &checkpoint).await.unwrap();
}

async fn sealed_through(scene: &Scene) -> Option<EventTime> {
    scene.store.sealed_through(&fixtures::plan().monitor().id).await.unwrap()
}

fn clock_reason(scene: &Scene) -> Option<String> {
    scene.status.reasons().into_iter().find(|reason| reason.starts_with("clock"))
}

#[tokio::test(start_paused = true)]
async fn time_that_has_passed_seals_what_is_quiet() {
    let (scene, source) = (Scene::new(), quiet());
    quiet_since_one(&scene).await;
    let _running = scene.run(scene.sealing(&source));
    pass(SECOND * 2).await;
    assert_eq!(sealed_through(&scene).await, None);
    scene.clock.advance(Span::from_hours(4));
    pass(SECOND * 2).await;
    assert_eq!((sealed_through(&scene).await, clock_reason(&scene)), (Some(hour(3)), None));
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_jumps_seals_nothing_for_a_while_nor_one_that_the_store_contradicts() {
    let (scene, source) = (Scene::new(), quiet());
    quiet_since_one(&scene).await;
    let _running = scene.run(scene.sealing(&source));
    pass(SECOND * 2).await;
    scene.clock.set_forward(Span::from_hours(4));
    pass(SECOND * 60).await;
    assert_eq!(sealed_through(&scene).await, None);
    let reason = clock_reason(&scene).unwrap();
    assert!(reason.starts_with("clock: this machine's clock has jumped 14,400 seconds ahead"), "{reason}");
    scene.store.set_clock(clock(1));
    scene.clock.advance(Span::from_minutes(16));
    pass(SECOND * 2).await;
    assert_eq!(sealed_through(&scene).await, None);
    let reason = clock_reason(&scene).unwrap();
    assert!(reason.starts_with("clock: this machine's clock is 15,360 seconds ahead of the store's"), "{reason}");
    scene.store.set_clock(clock(5).plus(Span::from_minutes(16)));
    pass(SECOND * 2).await;
    assert_eq!((sealed_through(&scene).await, clock_reason(&scene)), (Some(hour(3)), None));
}
