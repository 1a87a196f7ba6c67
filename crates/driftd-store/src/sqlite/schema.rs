//! The migrations of `migrations/sqlite`, embedded.

use crate::schema::Version;

/// In order of their numbers.
pub(super) const VERSIONS: &[Version] = &[
    (1, "stream", include_str!("../../../../migrations/sqlite/0001_stream.sql")),
    (2, "baselines", include_str!("../../../../migrations/sqlite/0002_baselines.sql")),
    (3, "history", include_str!("../../../../migrations/sqlite/0003_history.sql")),
    (4, "incidents", include_str!("../../../../migrations/sqlite/0004_incidents.sql")),
    (5, "views", include_str!("../../../../migrations/sqlite/0005_views.sql")),
    (6, "confirmed_ends", include_str!("../../../../migrations/sqlite/0006_confirmed_ends.sql")),
    (7, "retention", include_str!("../../../../migrations/sqlite/0007_retention.sql")),
    (8, "tending", include_str!("../../../../migrations/sqlite/0008_tending.sql")),
    (9, "notification_log", include_str!("../../../../migrations/sqlite/0009_notification_log.sql")),
];
