//! Checkpoints beside the pool: written when the store is back, and fenced without another try.

use super::*;

/// A task of the partition that `feeder` has claimed.
fn task_of(feeder: &Feeder) -> Arc<TaskHandle> {
    let claim = driftd_model::Claim {
        epoch: feeder.epoch,
        next_offset: Some(feeder.next),
        mark: feeder.mark,
        topic_since: None,
        log_mark: None,
    };
    let partition = TopicPartition::new(feeder.topic.clone(), Partition(0));
    let spec = TaskSpec { number: TaskId(1), partition, claim, at: feeder.next };
    TaskHandle::new(spec, Vec::new(), Box::new(NoRecords), &Arc::default(), clock(1))
}

/// A checkpoint writer that runs, where turns are handed in, and where it reports.
fn writer(scene: &Scene, source: &Arc<Quiet>) -> (CheckpointQueue, mpsc::UnboundedReceiver<Event>, CheckpointWriting) {
    let (events, reports) = mpsc::unbounded_channel();
    let (pending, to_write) = mpsc::unbounded_channel();
    let (store, clock, status) = (scene.store(), scene.clock(), Arc::clone(&scene.status));
    let writer = CheckpointWriter { store, source: Arc::clone(source) as _, clock, status, events };
    let queue = writer.queue(pending);
    (queue, reports, Box::pin(writer.run(to_write)))
}

type CheckpointWriting = std::pin::Pin<Box<dyn Future<Output = ()>>>;

#[tokio::test(start_paused = true)]
async fn a_checkpoint_is_written_as_soon_as_the_store_is_back_and_counted_once() {
    for (outage, fault, at) in [
        (Some(Outage::Refuses), None, 1_500),
        (Some(Outage::Hangs), None, 1_100),
        (None, Some(Fault::BeforeCommit), 100),
        (None, Some(Fault::AfterCommit), 100),
    ] {
        let (scene, source) = (Scene::new(), quiet());
        let feeder = Feeder::claim(&*scene.store, 0).await;
        let mut checkpoint = feeder.checkpoint(&[], &[], 1);
        checkpoint.to = Offset(30);
        let (queue, mut reports, writing) = writer(&scene, &source);
        scene.store.set_outage(outage);
        if let Some(fault) = fault {
            scene.store.fail_next(Operation::Checkpoint, fault);
        }
        let began = Instant::now();
        queue.accept(&task_of(&feeder), Turn { checkpoint: Some(checkpoint), ..Turn::default() });
        let over = async {
            pass(SECOND).await;
            scene.store.set_outage(None);
            std::future::pending::<()>().await;
        };
        let landed = tokio::select! {
            landed = reports.recv() => landed.unwrap(),
            () = writing => panic!("it writes for ever"),
            () = over => panic!("it waits for ever"),
        };
        let Event::Checkpointed { task, outcome, error } = landed else { panic!("{landed:?}") };
        assert_eq!((task, outcome, error.is_none()), (TaskId(1), CheckpointOutcome::Landed, true));
        assert_eq!(began.elapsed().as_millis(), at, "{outage:?} {fault:?}");
        assert_eq!(scene.status.counted(), 30);
        assert_eq!(source.reported.lock().unwrap().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_checkpoint_of_somebody_who_was_replaced_is_fenced_without_another_try() {
    let (scene, source) = (Scene::new(), quiet());
    let feeder = Feeder::claim(&*scene.store, 0).await;
    let _next = Feeder::claim(&*scene.store, 0).await;
    let (queue, mut reports, writing) = writer(&scene, &source);
    let began = Instant::now();
    let checkpoint = Some(feeder.checkpoint(&[], &[], 1));
    queue.accept(&task_of(&feeder), Turn { checkpoint, ..Turn::default() });
    let fenced = tokio::select! {
        fenced = reports.recv() => fenced.unwrap(),
        () = writing => panic!("it writes for ever"),
    };
    assert!(
        matches!(fenced, Event::Checkpointed { outcome: CheckpointOutcome::Fenced, error: None, .. }),
        "{fenced:?}"
    );
    assert_eq!((began.elapsed(), scene.status.counted()), (Duration::ZERO, 0));
}

#[tokio::test(start_paused = true)]
async fn a_checkpoint_into_a_store_that_went_back_is_given_up_without_another_try() {
    let (scene, source) = (Scene::new(), quiet());
    let mut feeder = Feeder::claim(&*scene.store, 0).await;
    (feeder.next, feeder.is_new) = (Offset(500), false);
    let (queue, mut reports, writing) = writer(&scene, &source);
    let checkpoint = Some(feeder.checkpoint(&[], &[], 1));
    queue.accept(&task_of(&feeder), Turn { checkpoint, ..Turn::default() });
    let refused = tokio::select! {
        refused = reports.recv() => refused.unwrap(),
        () = writing => panic!("it writes for ever"),
    };
    assert!(
        matches!(refused, Event::Checkpointed { outcome: CheckpointOutcome::WentBack, error: None, .. }),
        "{refused:?}"
    );
}
