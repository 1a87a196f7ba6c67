//! Which of the forms that an answer has a client likes best (RFC 9110, 12.5.1).

/// JSON.
pub(super) const JSON: &str = "application/json";
/// Comma-separated values.
pub(super) const CSV: &str = "text/csv";

/// The form of `offered` that `accept` likes best, the earlier of two that it likes alike; nothing where it allows none.
/// Whoever says nothing takes the first.
pub(super) fn choose(accept: Option<&str>, offered: &[&'static str]) -> Option<&'static str> {
    let Some(accept) = accept.filter(|accept| !accept.trim().is_empty()) else {
        return offered.first().copied();
    };
    let mut best: Option<(&'static str, f64)> = None;
    for form in offered {
        let quality = quality_of(form, accept);
        if quality > best.map_or(0.0, |(_, quality)| quality) {
            best = Some((form, quality));
        }
    }
    best.map(|(form, _)| form)
}

/// How much `accept` likes a form: what it says of the form itself counts before what it says of its type, and that before
/// what it says of everything.
fn quality_of(form: &str, accept: &str) -> f64 {
    let (kind, _) = form.split_once('/').unwrap_or((form, ""));
    let said = accept.split(',').filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let wanted = parts.next()?.to_ascii_lowercase();
        let precision = match wanted.split_once('/')? {
            _ if wanted == form => 2,
            (wanted, "*") if wanted == kind => 1,
            ("*", "*") => 0,
            _ => return None,
        };
        let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        // What is no number says nothing.
        let quality = quality.map_or(1.0, |text| text.parse().ok().filter(|q| (0.0..=1.0).contains(q)).unwrap_or(0.0));
        Some((precision, quality))
    });
    said.max_by_key(|(precision, _)| *precision).map_or(0.0, |(_, quality)| quality)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_liked_form_is_chosen() {
        let chosen = |accept: &str| choose(Some(accept), &[JSON, CSV]);
        assert_eq!(choose(None, &[JSON, CSV]), Some(JSON));
        for (accept, form) in [
            ("*/*", Some(JSON)),
            ("text/csv", Some(CSV)),
            ("TEXT/CSV; header=present", Some(CSV)),
            ("text/*", Some(CSV)),
            ("text/csv;q=0.5, application/json", Some(JSON)),
            ("application/json;q=0.1, */*;q=0.9", Some(CSV)),
            ("text/html, application/xhtml+xml, */*;q=0.8", Some(JSON)),
            ("application/json;q=0, */*", Some(CSV)),
            ("text/html", None),
            ("text/csv;q=0", None),
            ("text/csv;q=much", None),
            ("", Some(JSON)),
            (",;=/*", None),
        ] {
            assert_eq!(chosen(accept), form, "{accept:?}");
        }
    }
}
