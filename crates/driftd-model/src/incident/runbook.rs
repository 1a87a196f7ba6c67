//! Where the documentation says what to do about an incident: a section for every kind and every cause.

use crate::{Cause, Incident, IncidentKind};

/// The page, in the folder of driftd's documentation.
pub const RUNBOOKS: &str = "docs/runbooks.md";

/// Names the section of every variant, which the compiler asks for, and lists them for the test of the page.
macro_rules! sections {
    ($type:ident { $($variant:pat => $section:literal),+ $(,)? }) => {
        impl $type {
            /// The sections of the page there are for values of this type.
            pub const SECTIONS: &'static [&'static str] = &[$($section),+];

            /// The section of the page that says what to do.
            #[must_use]
            pub const fn section(&self) -> &'static str {
                match self { $($variant => $section),+ }
            }
        }
    };
}

sections!(Cause {
    Self::NoRows { .. } => "no-rows",
    Self::FewRows { .. } => "few-rows",
    Self::Standstill { .. } => "standstill",
    Self::Uncounted { .. } => "uncounted",
    Self::Unread { .. } => "unread",
    Self::Lost { .. } => "lost",
    Self::Skipped { .. } => "skipped",
    Self::Renewed { .. } => "renewed",
    Self::Lag { .. } => "lag",
    Self::Stalled { .. } => "stalled",
    Self::Rejected { .. } => "rejected",
    Self::OverBudget { .. } => "over-budget",
    Self::StoreAway { .. } => "store-away",
});

sections!(IncidentKind {
    Self::Drift => "drift",
    Self::DataQuality => "data-quality",
    Self::NoData => "no-data",
    Self::Performance => "performance",
    Self::Pipeline => "pipeline",
    Self::Calibration => "calibration",
});

impl Incident {
    /// Where it says what to do: the page with the sections of its causes, or of its kind where it has none.
    #[must_use]
    pub fn runbook(&self) -> String {
        let mut sections: Vec<&str> = self.causes.iter().map(Cause::section).collect();
        sections.dedup();
        if sections.is_empty() {
            sections.push(self.key.kind.section());
        }
        format!("{RUNBOOKS}#{}", sections.join(", #"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_and_every_cause_has_its_section() {
        let page = include_str!("../../../../docs/runbooks.md");
        assert!(RUNBOOKS.ends_with("docs/runbooks.md"));
        let anchors: Vec<&str> =
            page.lines().filter_map(|line| line.strip_prefix("<a id=\"")?.strip_suffix("\"></a>")).collect();
        let distinct: BTreeSet<&str> = anchors.iter().copied().collect();
        assert_eq!(distinct.len(), anchors.len(), "{anchors:?}");
        for section in Cause::SECTIONS.iter().chain(IncidentKind::SECTIONS) {
            let (_, after) = page
                .split_once(&format!("<a id=\"{section}\"></a>\n"))
                .unwrap_or_else(|| panic!("no section {section}"));
            let text = after.trim_start().split("\n<a id=").next().unwrap();
            assert!(text.starts_with('#'), "{section} has no heading");
            // What it means, and what to do.
            assert!(text.contains("**Do.**") && text.len() > 200, "{section}: {text}");
        }
    }
}
