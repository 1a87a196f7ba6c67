//! The event loop over a scripted source: no event waits for another.

use super::*;

/// The event loop over a source whose events the test sends.
struct Scripted {
    events: tokio::sync::Mutex<mpsc::UnboundedReceiver<SourceEvent>>,
    closed: AtomicU32,
}

impl Source for Scripted {
    fn next_event(&self) -> BoxFuture<'_, Option<SourceEvent>> {
        Box::pin(async { self.events.lock().await.recv().await })
    }

    fn partition_count<'a>(&'a self, _topic: &'a Topic) -> BoxFuture<'a, Result<usize, SourceError>> {
        Box::pin(std::future::ready(Ok(2)))
    }

    fn log_end_offsets<'a>(&'a self, partitions: &'a [TopicPartition]) -> BoxFuture<'a, Vec<Option<Offset>>> {
        Box::pin(std::future::ready(vec![None; partitions.len()]))
    }

    fn group_offsets<'a>(&'a self, partitions: &'a [TopicPartition]) -> BoxFuture<'a, Vec<Option<Offset>>> {
        Box::pin(std::future::ready(vec![None; partitions.len()]))
    }

    fn report(&self, _partition: &TopicPartition, _next: Offset) {}

    fn close(&self) {
        self.closed.fetch_add(1, Ordering::Relaxed);
    }
}

/// A reply, and where it arrives.
fn reply<T: Send + 'static>() -> (driftd_model::RebalanceReply<T>, tokio::sync::oneshot::Receiver<T>) {
    let (send, arrives) = tokio::sync::oneshot::channel();
    (driftd_model::RebalanceReply::new(move |value| drop(send.send(value))), arrives)
}

/// A claim that hangs on the store delays neither a revocation nor a tick, a landed checkpoint or a stop.
#[tokio::test(start_paused = true)]
async fn no_event_waits_for_a_claim_that_hangs() {
    let scene = Scene::new();
    let (send, events) = mpsc::unbounded_channel();
    let source = Arc::new(Scripted { events: tokio::sync::Mutex::new(events), closed: AtomicU32::new(0) });
    let stopper = Arc::new(scene.stopper);
    let queue = Arc::new(crate::RunQueue::new());
    let registry = Arc::new(TaskRegistry::default());
    let event_loop = EventLoop {
        store: Arc::clone(&scene.store) as _,
        source: Arc::clone(&source) as _,
        clock: Arc::clone(&scene.clock) as _,
        status: Arc::clone(&scene.status),
        owner: "worker".to_owned(),
        plans: BTreeMap::new(),
        drain_timeout: SECOND * 5,
        queue: Arc::clone(&queue),
        registry: Arc::clone(&registry),
        stopper: Arc::clone(&stopper),
    };
    let (reports, reported) = mpsc::unbounded_channel();
    let stop = scene.stop.clone();
    let running = tokio::spawn(async move { event_loop.run(reported, &mut Loops::new(), stop).await });
    let partition = |number| TopicPartition::new(fixtures::topic(), Partition(number));

    let (assigned, claimed) = reply();
    send.send(SourceEvent::Assigned { partitions: vec![partition(0)], reply: assigned }).unwrap();
    assert_eq!(claimed.await.unwrap(), [None]);
    let started = SourceEvent::Started { partition: partition(0), at: Offset(0), reader: Box::new(NoRecords) };
    send.send(started).unwrap();
    pass(SECOND).await;
    let task = registry.all().remove(0);

    scene.store.set_outage(Some(Outage::Hangs));
    let (assigned, never) = reply::<Vec<Option<driftd_model::ResumePoint>>>();
    send.send(SourceEvent::Assigned { partitions: vec![partition(1)], reply: assigned }).unwrap();
    let began = Instant::now();
    // A turn gives the checkpoint that says where the partition begins, and it lands.
    let turn = |what: &str| {
        let task = queue.try_next().unwrap_or_else(|| panic!("nobody has woken the task: {what}"));
        let policy = CheckpointPolicy::shared(1 << 20, 1, Span::ZERO);
        queue.take_turn(task, |task| (task.turn(&policy, clock(1)), false))
    };
    assert!(turn("it was started").checkpoint.is_some());
    pass(Duration::from_millis(250)).await;
    assert!(turn("a tick").checkpoint.is_none(), "one is on its way");
    let landed = Event::Checkpointed { task: task.number(), outcome: CheckpointOutcome::Landed, error: None };
    reports.send(landed).unwrap();
    pass(Duration::from_millis(1)).await;
    assert!(turn("a checkpoint has landed").checkpoint.is_none() && task.in_flight_since().is_none());
    let (revoked, released) = reply();
    send.send(SourceEvent::Revoked { partitions: vec![partition(0)], lost: false, reply: revoked }).unwrap();
    pass(Duration::from_millis(1)).await;
    let why = turn("it drains").released.unwrap();
    reports.send(Event::Released { task: task.number(), why }).unwrap();
    released.await.unwrap();
    assert!(began.elapsed() < SECOND, "{:?}", began.elapsed());
    stopper.ask();
    pass(Duration::from_millis(1)).await;
    assert_eq!(source.closed.load(Ordering::Relaxed), 1, "it leaves the group");
    assert!(never.await.is_err(), "whoever stops takes nothing on");
    drop(send);
    assert_eq!(running.await.unwrap().unwrap(), Ended::Stopped);
    assert!(began.elapsed() < SECOND, "{:?}", began.elapsed());
}
