//! What the benches share: data with fixed seeds, watches, and tables.
//!
//! No floor: this package stands beside the product and nothing links it. It never decides whether a figure is good
//! enough; it prints figures next to what they are to be compared with, measured in the same run. Machines differ and
//! drift, ratios within a run do not.
//!
//! ```
//! use driftd_benches::race::Race;
//!
//! let values = vec![1.0_f64; 1000];
//! let mut race = Race::new(3);
//! race.enter("sum", values.len(), || values.iter().sum::<f64>() as u64);
//! let best = race.run();
//! assert!(best[0].nanos_per_unit() > 0.0);
//! ```

pub mod child;
pub mod columns;
pub mod messages;
pub mod million;
pub mod monitor;
pub mod proc;
pub mod race;
pub mod random;
pub mod report;
pub mod stream;
pub mod twin;
