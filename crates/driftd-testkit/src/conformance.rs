//! The laws of the store port: one suite for every database.
//!
//! A store is what the port's documentation says *and* what these laws check; a backend instantiates all of them with
//! one line and has to pass them unchanged:
//!
//! ```ignore
//! driftd_testkit::store_conformance!(TemporaryFile::new());
//! ```
//!
//! The expression is evaluated once a law and gives a [`Place`] of its own, empty at first.

pub mod activations;
pub mod baselines;
pub mod checkpoints;
pub mod claims;
pub mod counting;
pub mod durability;
pub mod history;
pub mod incidents;
pub mod late;
pub mod logs;
pub mod memories;
pub mod outbox;
pub mod pages;
pub mod reconciling;
pub mod repairs;
pub mod retention;
pub mod seals;
pub mod silences;
pub mod steps;

use driftd_model::{BoxFuture, SharedStore};

use crate::services::Skip;

/// Where a store lives: a file, a schema of a server.
pub trait Place: Send + Sync {
    /// Opens the store: empty the first time, with everything that was committed each time after.
    fn open(&self) -> BoxFuture<'_, SharedStore>;

    /// Why there is no such place on this machine, if there is none: its laws are then skipped, loudly.
    fn skip(&self) -> Option<Skip> {
        None
    }
}

/// Instantiates every law as a test. Needs `tokio` with `macros` and `rt-multi-thread`.
#[macro_export]
macro_rules! store_conformance {
    ($place:expr) => {
        $crate::store_laws!(
            $place,
            claims {
                a_first_claim_starts_at_epoch_one_with_nothing_read,
                every_claim_takes_over_where_the_last_owner_stopped,
                a_claim_forgets_that_the_end_was_reached,
                partitions_and_topics_are_apart,
                concurrent_claims_get_epochs_of_their_own,
            }
        );
        $crate::store_laws!(
            $place,
            counting {
                a_monitor_is_sealed_only_as_far_as_it_was_counted,
                what_was_not_counted_whole_is_passed_over,
                a_monitor_that_is_added_begins_with_a_whole_pane,
                nothing_is_passed_over_where_nothing_was_read,
                another_plan_is_another_count,
                a_plan_takes_over_what_was_counted_beside_it,
            }
        );
        $crate::store_laws!(
            $place,
            checkpoints {
                a_lost_epoch_is_fenced,
                gaps_and_overlaps_are_fenced,
                a_partition_nobody_claimed_is_fenced,
                a_store_that_went_back_says_so,
                a_first_checkpoint_may_start_anywhere,
                a_claim_says_since_when_its_topic_is_read,
                a_checkpoint_that_landed_cannot_land_twice,
                a_fenced_checkpoint_leaves_no_trace,
                a_checkpoint_cannot_go_back,
                a_mark_never_moves_back,
                the_end_of_a_partition_is_remembered_until_records_come,
                rejects_add_up,
                of_two_concurrent_checkpoints_one_wins,
                splitting_and_order_do_not_change_sealed_panes,
            }
        );
        $crate::store_laws!(
            $place,
            logs {
                the_last_counted_record_is_remembered,
                another_log_is_counted_from_its_beginning,
                what_happened_to_a_log_is_kept,
                a_partition_that_cannot_be_read_is_noted,
                partitions_that_are_gone_hold_nothing_back,
            }
        );
        $crate::store_laws!(
            $place,
            seals {
                nothing_is_sealed_before_its_time,
                a_seal_is_final,
                every_pane_is_sealed_once_in_order,
                concurrent_seals_never_double,
                segments_are_sealed_apart,
                monitors_are_sealed_apart,
                counts_of_another_plan_are_left_out_and_late,
                ranges_of_sealed_panes_are_half_open,
            }
        );
        $crate::store_laws!(
            $place,
            steps {
                a_sealer_sees_one_snapshot,
                a_quiet_stretch_is_crossed_window_by_window,
                a_gap_is_one_step_however_long,
                only_the_marks_of_the_monitors_topics_count,
                a_frontier_never_goes_back,
                a_sealer_that_cannot_merge_leaves_nothing_behind,
            }
        );
        $crate::store_laws!(
            $place,
            memories {
                a_window_is_added_once,
                what_lasts_is_judged_from_the_second_window_on,
                what_lasts_opens_an_incident_and_ends_it,
                a_seal_that_fails_remembers_nothing,
                memories_outlive_the_process,
                another_baseline_begins_with_nothing,
                a_long_silence_is_forgotten_over,
                sliding_windows_are_taken_without_overlap,
                small_windows_are_remembered,
                segments_are_remembered_apart,
                who_does_not_ask_remembers_nothing,
                alarms_beyond_the_budget_are_noticed,
            }
        );
        $crate::store_laws!(
            $place,
            late {
                nothing_is_late_before_the_first_seal,
                late_records_are_counted_once,
                late_records_of_an_empty_pane_are_no_data,
                every_record_is_sealed_open_or_late,
                concurrent_sweeps_count_once,
            }
        );
        $crate::store_laws!(
            $place,
            baselines {
                what_was_never_stored_is_not_found,
                a_baseline_reads_back_as_it_was,
                equal_content_is_not_stored_twice,
                only_the_newest_version_is_compared,
                versions_are_listed_by_name,
                only_stored_versions_are_activated,
            }
        );
        $crate::store_laws!(
            $place,
            activations {
                an_activation_begins_behind_what_was_counted,
                counts_of_a_superseded_plan_are_refused,
                late_records_find_a_plan,
                a_plan_without_a_term_is_not_asked,
            }
        );
        $crate::store_laws!(
            $place,
            history { rows_are_what_the_seal_decided, rows_come_in_order, every_filter_filters }
        );
        $crate::store_laws!(
            $place,
            pages {
                windows_are_what_the_seal_decided,
                every_filter_of_windows_filters,
                pages_of_windows_add_up,
                the_newest_windows_are_the_last,
                pages_of_the_history_add_up,
                pages_of_incidents_add_up_newest_first,
                every_filter_of_incidents_filters,
                frontiers_are_listed_by_monitor,
            }
        );
        $crate::store_laws!(
            $place,
            incidents {
                a_critical_window_opens_and_good_ones_resolve,
                a_warning_that_goes_away_leaves_no_trace,
                an_identity_has_one_unresolved_incident,
                a_unique_prefix_finds_an_incident,
                people_change_what_they_have_read,
                of_two_people_one_is_first,
                people_never_undo_what_a_seal_found,
                notified_incidents_are_open_or_lately_over,
                incidents_are_listed_oldest_first_and_by_monitor,
            }
        );
        $crate::store_laws!(
            $place,
            reconciling {
                a_tender_is_shown_what_it_has_to_look_after,
                what_a_tender_decides_is_written,
                where_nothing_is_due_nothing_is_written,
                a_monitor_that_was_never_sealed_is_tended,
                trouble_that_goes_away_leaves_no_trace,
                what_a_silence_suppressed_is_told_when_it_ends,
                what_people_did_is_told,
                a_seal_tells_an_end_that_is_owed,
                people_never_undo_what_was_told,
                tenders_at_once_tell_once,
                people_tenders_and_seals_at_once_lose_nothing,
            }
        );
        $crate::store_laws!(
            $place,
            silences {
                silences_keep_what_they_were_given,
                silences_are_found_until_they_end,
                a_silence_ends_once,
                a_silenced_incident_runs_unheard,
            }
        );
        $crate::store_laws!(
            $place,
            outbox {
                every_receiver_hears_of_everything_that_is_told,
                receivers_have_queues_of_their_own,
                a_lease_is_exclusive_until_it_ends,
                leases_are_limited_and_what_is_due_longest_comes_first,
                concurrent_leases_are_disjoint,
                a_delivered_entry_never_comes_back,
                a_retry_waits_for_its_time,
                a_dead_entry_stays_dead,
                a_lost_lease_settles_nothing,
                an_end_never_overtakes_its_beginning,
                many_senders_keep_the_order_of_every_incident,
                a_message_that_is_given_up_is_written_into_its_incident,
            }
        );
        $crate::store_laws!(
            $place,
            retention {
                open_panes_are_kept,
                young_counts_are_kept,
                late_records_of_forgotten_counts_are_counted_once,
                what_was_not_swept_is_kept_until_it_is,
                late_records_of_forgotten_panes_are_counted_once,
                sealing_goes_on_as_if_nothing_was_forgotten,
                the_past_is_forgotten_by_its_age,
                what_somebody_waits_for_is_kept,
                an_open_incident_is_kept,
                a_silent_monitor_stays_an_old_one,
                what_another_deployment_needs_is_kept,
                forgetting_does_not_disturb_those_who_write,
            }
        );
        $crate::store_laws!(
            $place,
            repairs {
                every_partition_is_listed_with_its_owner,
                who_reads_a_partition_that_is_set_is_fenced,
                going_back_counts_open_panes_once,
                going_back_into_a_checkpoint_takes_all_of_it_back,
                going_forward_takes_nothing_back,
                records_of_sealed_panes_are_late_when_they_are_read_again,
                a_topic_begun_anew_keeps_what_was_counted,
                nothing_waits_for_a_partition_that_is_forgotten,
                a_frontier_set_back_seals_anew_with_what_came_late,
                a_frontier_set_forward_leaves_what_is_between_unjudged,
                a_frontier_is_not_set_back_behind_counts_that_were_dropped,
                a_repair_of_what_is_not_there_changes_nothing,
            }
        );
        $crate::store_laws!(
            $place,
            durability {
                everything_is_there_after_opening_again,
                a_new_process_goes_on_where_the_old_one_stopped,
                a_store_measures_itself
            }
        );
    };
}

/// Laws of one module as tests; [`store_conformance!`] names them all.
#[doc(hidden)]
#[macro_export]
macro_rules! store_laws {
    ($place:expr, $module:ident { $($law:ident),+ $(,)? }) => {
        mod $module {
            #[allow(unused_imports, reason = "the place may be named by its full path")]
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $law() {
                    let place = $place;
                    if let Some(skip) = $crate::conformance::Place::skip(&place) {
                        return skip.announce(concat!(stringify!($module), "::", stringify!($law)));
                    }
                    $crate::conformance::$module::$law(&place).await;
                }
            )+
        }
    };
}
