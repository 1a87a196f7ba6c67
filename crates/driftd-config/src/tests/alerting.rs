use proptest::prelude::*;

use super::{LEAST, loaded};
use crate::Config;

/// A text as TOML has it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// An inline table of `keys`, whose values are TOML already.
fn inline(keys: impl IntoIterator<Item = (String, String)>) -> String {
    let keys: Vec<String> = keys.into_iter().map(|(key, value)| format!("{key} = {value}")).collect();
    format!("{{ {} }}", keys.join(", "))
}

/// Label names, none of them taken.
fn labels(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    proptest::collection::btree_map("[a-z]{1,2}_[A-Z0-9_]{0,4}", value.prop_map(|text| quoted(&text)), 0..4)
        .prop_map(inline)
}

fn condition() -> impl Strategy<Value = String> {
    ("(=~|!~|!=|)", "[a-z]{0,4}(\\|[a-z]{1,3})?(\\.\\*)?").prop_map(|(operator, text)| operator + &text)
}

fn secret() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-Z_]{1,8}".prop_map(|name| format!("{{ env = {} }}", quoted(&name))),
        "/[a-z \"'/]{1,8}".prop_map(|path| format!("{{ file = {} }}", quoted(&path))),
    ]
}

fn address() -> impl Strategy<Value = String> {
    "https?://[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,3})?(\\.[a-z]{1,3})?(:[1-9][0-9]{0,3})?(/[!-~]{0,8})?"
        .prop_map(|address| quoted(&address))
}

fn span() -> impl Strategy<Value = String> {
    (1u32..30).prop_map(|seconds| format!("\"{seconds}s\""))
}

fn keys(of: Vec<(&'static str, BoxedStrategy<String>, bool)>) -> BoxedStrategy<String> {
    let key = |(name, value, required): (&'static str, BoxedStrategy<String>, bool)| {
        let given = if required { Just(true).boxed() } else { any::<bool>().boxed() };
        (given, value).prop_map(move |(given, value)| given.then(|| (name.to_owned(), value))).boxed()
    };
    of.into_iter().map(key).collect::<Vec<_>>().prop_map(|keys| inline(keys.into_iter().flatten())).boxed()
}

fn channel() -> BoxedStrategy<String> {
    let url = || prop_oneof![address(), secret()].boxed();
    let template = || {
        prop_oneof![Just("\"teams\"".to_owned()), "[a-z/.\"]{1,9}".prop_map(|p| format!("{{ file = {} }}", quoted(&p)))]
    };
    let urls = || proptest::collection::vec(address(), 1..3).prop_map(|urls| format!("[{}]", urls.join(", ")));
    let webhook = keys(vec![
        ("url", url(), true),
        ("secret", secret().boxed(), false),
        ("token", secret().boxed(), false),
        ("heartbeat", span().boxed(), false),
        ("template", template().boxed(), false),
    ]);
    let alertmanager = keys(vec![
        ("urls", urls().boxed(), true),
        ("token", secret().boxed(), false),
        ("interval", span().boxed(), false),
    ]);
    let command = keys(vec![
        ("program", "[!-~]{1,8}".prop_map(|program| quoted(&program)).boxed(), true),
        ("timeout", span().boxed(), false),
    ]);
    prop_oneof![
        webhook.prop_map(|keys| format!("webhook = {keys}")),
        alertmanager.prop_map(|keys| format!("alertmanager = {keys}")),
        command.prop_map(|keys| format!("command = {keys}")),
        Just("log = {}".to_owned()),
    ]
    .boxed()
}

/// Everything that has to do with alerting, in any combination.
fn alerting() -> impl Strategy<Value = String> {
    let base = "(https?://[a-z]{1,5}(:80)?(/[a-z]{0,3}){0,3})?".prop_map(|url| quoted(&url));
    let notify = keys(vec![
        ("allow_commands", Just("true".to_owned()).boxed(), true),
        ("allow_link_local", any::<bool>().prop_map(|yes| yes.to_string()).boxed(), false),
        ("environment", "([!-~][ -~\u{a1}-\u{ff}]{0,6})?".prop_map(|text| quoted(&text)).boxed(), false),
        ("external_url", base.boxed(), false),
    ]);
    let limit = || prop_oneof![span(), Just("\"never\"".to_owned())].boxed();
    let share =
        || prop_oneof![(1u32..=1000).prop_map(|n| (f64::from(n) / 1000.0).to_string()), Just("\"never\"".to_owned())];
    let monitor = (
        labels("[!-~][ -~\u{a1}-\u{ff}]{0,6}"),
        proptest::option::of(address()),
        keys(vec![("lag", limit(), false), ("stall", limit(), false), ("rejected", share().boxed(), false)]),
        keys(vec![("least_volume", share().boxed(), false)]),
        proptest::collection::vec("[a-z]{1,3}", 0..3),
    )
        .prop_map(|(labels, runbook, pipeline, incidents, models)| {
            let runbook = runbook.map(|url| format!("runbook = {url}\n")).unwrap_or_default();
            let models: Vec<String> = models.iter().map(|model| quoted(model)).collect();
            let filter = if models.is_empty() {
                String::new()
            } else {
                format!("filter = {{ model = [{}] }}\n", models.join(", "))
            };
            format!("{LEAST}labels = {labels}\n{runbook}pipeline = {pipeline}\nincidents = {incidents}\n{filter}")
        });
    let receivers = proptest::collection::vec(channel(), 1..4);
    let routes = proptest::collection::vec((labels(condition()), any::<bool>()), 0..3);
    (notify, monitor, receivers, routes).prop_map(|(notify, monitor, receivers, routes)| {
        let receivers = receivers.iter().enumerate();
        let receivers = receivers.map(|(number, channel)| format!("[[receiver]]\nname = 'r{number}'\n{channel}\n"));
        let routes = routes.into_iter().map(|(matchers, continues)| {
            format!("[[route]]\nmatch = {matchers}\nreceivers = ['r0']\ncontinue = {continues}\n")
        });
        let named: String = receivers.chain(routes).collect();
        format!("notify = {notify}\n{monitor}{named}[[route]]\nreceivers = ['r0']\n")
    })
}

proptest! {
    #[test]
    fn whatever_is_written_of_alerting_is_shown_and_read_back(text in alerting()) {
        let config = loaded(&text);
        let shown = config.effective_toml();
        let again = loaded(&shown);
        prop_assert_eq!(again.routing(), config.routing());
        prop_assert_eq!(again.effective_toml(), shown);
        // Notes have the places of another text; all else is the same.
        prop_assert_eq!(Config { notes: Vec::new(), ..again }, Config { notes: Vec::new(), ..config });
    }
}
