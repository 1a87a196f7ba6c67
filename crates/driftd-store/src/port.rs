//! The store port over what a backend does: the port's methods say what was being done when something fails.

/// Implements the port for a store whose methods do the work. `bounded` is put around each of them: a function from a
/// future to a future.
macro_rules! store_port {
    ($store:ty, $bounded:expr) => {
        const _: () = {
            use driftd_model::{
                Activation, Baseline, BaselineName, BaselineRef, BaselineSummary, BoxFuture, Checkpoint, Claim,
                HistoryQuery, HistoryRow, Incident, IncidentEvent, IncidentId, IncidentReconciler, IncidentRow,
                IncidentState, MonitorId, OutboxEntry, Partition, PartitionRow, ReceiverName, Retained, Retention,
                SealOutcome, Sealed, SealedPane, Sealer, Settlement, Silence, SilenceId, Step, Store, StoreResult,
                StoredBaseline, Topic,
            };
            use driftd_window::{EventTime, PaneWidth, Timestamp};

            use crate::lease::LeaseEntries as _;

            impl Store for $store {
                fn claim<'a>(
                    &'a self,
                    topic: &'a Topic,
                    partition: Partition,
                    owner: &'a str,
                    now: Timestamp,
                ) -> StoreResult<'a, Claim> {
                    Box::pin(async move {
                        let claimed = $bounded(self.claim_partition(topic, partition, owner, now)).await;
                        claimed.map_err(|e| e.doing(format!("claim {topic}/{partition}")))
                    })
                }

                fn checkpoint<'a>(&'a self, checkpoint: &'a Checkpoint, now: Timestamp) -> StoreResult<'a, ()> {
                    Box::pin(async move {
                        let Checkpoint { topic, partition, from, to, .. } = checkpoint;
                        let written = $bounded(self.write_checkpoint(checkpoint, now)).await;
                        written
                            .map_err(|e| e.doing(format!("checkpoint offsets {from} to {to} of {topic}/{partition}")))
                    })
                }

                fn seal<'a>(&'a self, sealer: &'a dyn Sealer) -> StoreResult<'a, Sealed> {
                    Box::pin(async move {
                        let sealed = $bounded(self.seal_step(sealer)).await;
                        sealed.map_err(|e| e.doing(format!("seal monitor {}", sealer.monitor())))
                    })
                }

                fn reconcile<'a>(&'a self, reconciler: &'a dyn IncidentReconciler) -> StoreResult<'a, SealOutcome> {
                    Box::pin(async move {
                        let reconciled = $bounded(self.reconcile_monitor(reconciler)).await;
                        reconciled.map_err(|e| {
                            e.doing(format!("reconcile the incidents of monitor {}", reconciler.monitor()))
                        })
                    })
                }

                fn sweep_late<'a>(&'a self, monitor: &'a MonitorId) -> StoreResult<'a, u64> {
                    Box::pin(async move {
                        let found = $bounded(self.count_late(monitor)).await;
                        found.map_err(|e| e.doing(format!("count late records of monitor {monitor}")))
                    })
                }

                fn partitions<'a>(&'a self, topic: &'a Topic) -> StoreResult<'a, Vec<PartitionRow>> {
                    Box::pin(async move {
                        let rows = $bounded(self.read_partitions(topic)).await;
                        rows.map_err(|e| e.doing(format!("read the partitions of {topic}")))
                    })
                }

                fn sealed_through<'a>(&'a self, monitor: &'a MonitorId) -> StoreResult<'a, Option<EventTime>> {
                    Box::pin(async move {
                        let frontier = $bounded(self.read_frontier(monitor)).await;
                        frontier.map_err(|e| e.doing(format!("read the frontier of monitor {monitor}")))
                    })
                }

                fn put_baseline<'a>(
                    &'a self,
                    name: &'a BaselineName,
                    baseline: Baseline,
                    now: Timestamp,
                ) -> StoreResult<'a, StoredBaseline> {
                    Box::pin(async move {
                        let stored = $bounded(self.write_baseline(name, baseline, now)).await;
                        stored.map_err(|e| e.doing(format!("store baseline {name}")))
                    })
                }

                fn baseline<'a>(&'a self, reference: &'a BaselineRef) -> StoreResult<'a, Option<StoredBaseline>> {
                    Box::pin(async move {
                        let found = $bounded(self.read_baseline(reference)).await;
                        found.map_err(|e| e.doing(format!("read baseline {reference}")))
                    })
                }

                fn newest_baseline<'a>(&'a self, name: &'a BaselineName) -> StoreResult<'a, Option<StoredBaseline>> {
                    Box::pin(async move {
                        let found = $bounded(self.read_newest_baseline(name)).await;
                        found.map_err(|e| e.doing(format!("read the newest version of baseline {name}")))
                    })
                }

                fn baselines(&self) -> StoreResult<'_, Vec<BaselineSummary>> {
                    Box::pin(
                        async move { $bounded(self.list_baselines()).await.map_err(|e| e.doing("list baselines")) },
                    )
                }

                fn activate_baseline<'a>(
                    &'a self,
                    monitor: &'a MonitorId,
                    reference: &'a BaselineRef,
                    width: PaneWidth,
                ) -> StoreResult<'a, Activation> {
                    Box::pin(async move {
                        let done = $bounded(self.write_activation(monitor, reference, width)).await;
                        done.map_err(|e| e.doing(format!("activate baseline {reference} for monitor {monitor}")))
                    })
                }

                fn activations<'a>(&'a self, monitor: &'a MonitorId) -> StoreResult<'a, Vec<Activation>> {
                    Box::pin(async move {
                        let rows = $bounded(self.read_activations(monitor)).await;
                        rows.map_err(|e| e.doing(format!("read the baselines of monitor {monitor}")))
                    })
                }

                fn sealed_panes<'a>(
                    &'a self,
                    monitor: &'a MonitorId,
                    from: EventTime,
                    to: EventTime,
                ) -> StoreResult<'a, Vec<SealedPane>> {
                    Box::pin(async move {
                        let panes = $bounded(self.read_sealed_panes(monitor, from, to)).await;
                        panes.map_err(|e| e.doing(format!("read the sealed panes of monitor {monitor}")))
                    })
                }

                fn history<'a>(&'a self, query: &'a HistoryQuery) -> StoreResult<'a, Vec<HistoryRow>> {
                    Box::pin(async move {
                        $bounded(self.read_history(query)).await.map_err(|e| e.doing("read the drift history"))
                    })
                }

                fn incidents<'a>(&'a self, monitor: Option<&'a MonitorId>) -> StoreResult<'a, Vec<IncidentRow>> {
                    Box::pin(async move {
                        $bounded(self.list_incidents(monitor)).await.map_err(|e| e.doing("list incidents"))
                    })
                }

                fn incident<'a>(
                    &'a self,
                    id: &'a IncidentId,
                ) -> StoreResult<'a, Option<(Incident, Vec<IncidentEvent>)>> {
                    Box::pin(async move {
                        let found = $bounded(self.read_incident(id)).await;
                        found.map_err(|e| e.doing(format!("read incident {id}")))
                    })
                }

                fn amend_incident<'a>(
                    &'a self,
                    expected: IncidentState,
                    step: &'a Step,
                    silenced: bool,
                    now: Timestamp,
                ) -> StoreResult<'a, bool> {
                    Box::pin(async move {
                        let done = $bounded(self.write_amendment(expected, step, silenced, now)).await;
                        done.map_err(|e| e.doing("amend an incident"))
                    })
                }

                fn add_silence<'a>(&'a self, silence: &'a Silence) -> StoreResult<'a, SilenceId> {
                    Box::pin(async move {
                        $bounded(self.write_silence(silence)).await.map_err(|e| e.doing("add a silence"))
                    })
                }

                fn silences(&self, ending_after: Option<Timestamp>) -> StoreResult<'_, Vec<Silence>> {
                    Box::pin(async move {
                        $bounded(self.read_silences(ending_after)).await.map_err(|e| e.doing("list silences"))
                    })
                }

                fn expire_silence(&self, id: SilenceId, now: Timestamp) -> StoreResult<'_, bool> {
                    Box::pin(async move {
                        let done = $bounded(self.end_silence(id, now)).await;
                        done.map_err(|e| e.doing(format!("end silence {id}")))
                    })
                }

                fn notified_incidents(&self, resolved_after: Timestamp) -> StoreResult<'_, Vec<Incident>> {
                    Box::pin(async move {
                        let found = $bounded(self.read_notified(resolved_after)).await;
                        found.map_err(|e| e.doing("read the incidents that people were told of"))
                    })
                }

                fn lease<'a>(
                    &'a self,
                    owner: &'a str,
                    receiver: &'a ReceiverName,
                    limit: u32,
                    now: Timestamp,
                    until: Timestamp,
                ) -> StoreResult<'a, Vec<OutboxEntry>> {
                    Box::pin(async move {
                        let leased = $bounded(self.lease_entries(owner, receiver, limit, now, until)).await;
                        leased.map_err(|e| e.doing(format!("lease notifications for receiver {receiver}")))
                    })
                }

                fn settle<'a>(
                    &'a self,
                    owner: &'a str,
                    entry: i64,
                    settlement: &'a Settlement,
                    now: Timestamp,
                ) -> StoreResult<'a, bool> {
                    Box::pin(async move {
                        let done = $bounded(self.settle_entry(owner, entry, settlement, now)).await;
                        done.map_err(|e| e.doing(format!("settle notification {entry}")))
                    })
                }

                fn outbox_depth(&self) -> StoreResult<'_, u64> {
                    Box::pin(async move {
                        $bounded(self.count_pending()).await.map_err(|e| e.doing("count pending notifications"))
                    })
                }

                fn retain<'a>(&'a self, policy: &'a Retention, now: Timestamp) -> StoreResult<'a, Retained> {
                    Box::pin(async move {
                        let retained = $bounded(self.drop_old(policy, now)).await;
                        retained.map_err(|e| e.doing("drop what is old"))
                    })
                }

                fn close(&self) -> BoxFuture<'_, ()> {
                    Box::pin(self.close_connections())
                }
            }
        };
    };
}

pub(crate) use store_port;
