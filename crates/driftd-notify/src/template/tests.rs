use driftd_config::WebhookTemplate;
use serde_json::Value as Json;

use super::*;

fn sender() -> Sender {
    Sender { receiver: "ops".parse().unwrap(), external_url: String::new(), environment: None }
}

fn read(source: &str, heartbeat: bool) -> Result<BodyTemplate, String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), source).unwrap();
    let read = BodyTemplate::read(&WebhookTemplate::File(file.path().to_owned()), &sender(), heartbeat);
    read.map_err(|why| why.replace(&file.path().display().to_string(), "T"))
}

fn refused(source: &str) -> String {
    read(source, true).err().unwrap()
}

#[test]
fn what_a_template_prints_is_json() {
    let template = read(r#"{"a": {{ title }}, "b": {{ driftd.features }}, "c": {{ text|tojson }}}"#, false).unwrap();
    for (_, mut notification) in samples() {
        notification.incident.key.segment = driftd_window::SegmentKey::from_stored("\"}\n\u{202e}\\<&>".to_owned());
        let view = IncidentView::of(&notification);
        let body: Json = serde_json::from_slice(&template.body(&view).unwrap()).unwrap();
        assert_eq!(body["a"], view.subject);
        assert_eq!(body["c"], text(&view));
    }
}

#[test]
fn the_card_for_teams_makes_every_message() {
    let template = BodyTemplate::read(&WebhookTemplate::Teams, &sender(), true).unwrap();
    for (_, notification) in samples() {
        let view = IncidentView::of(&notification);
        let body: Json = serde_json::from_slice(&template.body(&view).unwrap()).unwrap();
        let card = &body["attachments"][0]["content"];
        assert_eq!(card["body"][0]["inlines"][0]["text"], view.subject);
    }
    let body: Json =
        serde_json::from_slice(&template.heartbeat(Timestamp::from_micros(0), &sender()).unwrap()).unwrap();
    assert_eq!(body["attachments"][0]["content"]["body"].as_array().unwrap().len(), 2);
}

#[test]
fn what_is_wrong_with_a_template_is_said_with_its_line() {
    insta::assert_snapshot!(refused("{\n{{ nobody }}}"), @"file T: makes no body of a message: line 2: undefined value");
    insta::assert_snapshot!(refused("{{ driftd."), @"file T: line 1: syntax error: unexpected end of input, expected identifier or integer");
    insta::assert_snapshot!(refused("{ title: {{ title }} }"), @"file T: makes no body of a message: it is no JSON: key must be a string at line 1 column 3");
    insta::assert_snapshot!(refused("[{{ driftd.features[0].feature }}]"), @"file T: makes no body of a message without features, links and labels: line 1: undefined value");
    insta::assert_snapshot!(refused("[{{ driftd.sentence }}]"), @r#"file T: makes no body of a heartbeat, for which driftd.schema is "driftd.heartbeat/1": line 1: undefined value"#);
}

#[test]
fn a_template_that_does_not_end_is_stopped() {
    let whole = "[{% for a in range(999) %}{% for b in range(999) %}{% endfor %}{% endfor %}]";
    assert!(refused(whole).contains("fuel"));
    assert!(
        refused("[{% for a in range(999) %}{{ text ~ text ~ text ~ text ~ text }}{% endfor %}]").contains("1024 KiB")
    );
}

/// Each operator is one more call of the parser, of the compiler, or of what takes the expression apart again.
#[test]
fn a_template_too_deep_for_the_parser_is_refused_before_it_is_parsed() {
    for deep in [
        format!("{{{{ {}1 }}}}", "-".repeat(40_000)),
        format!("{{{{ {}1 }}}}", "not ".repeat(10_000)),
        format!("{{{{ {}1 }}}}", "- not ".repeat(5_000)),
        format!("{{{{ {}1 }}}}", "+".repeat(40_000)),
        format!("{{{{ 1{} }}}}", "-1".repeat(20_000)),
        format!("{{{{ 2{} }}}}", "**2".repeat(10_000)),
        format!("{{{{ title{} }}}}", ".a".repeat(20_000)),
        format!("{{{{ title{} }}}}", "[0]".repeat(15_000)),
        format!("{{{{ title{} }}}}", "()".repeat(20_000)),
        format!("{{{{ title{} }}}}", "|d".repeat(20_000)),
        format!("{{{{ title{} }}}}", " is d".repeat(9_000)),
        format!("{{{{ 1{} }}}}", " if 1 else 1".repeat(4_000)),
        format!("{{{{ 1{} }}}}", " or 1".repeat(9_000)),
        format!("{{{{ {}1{} }}}}", "[".repeat(20_000), "]".repeat(20_000)),
        format!("{{{{ {}1{} }}}}", "(".repeat(20_000), ")".repeat(20_000)),
        format!("{{% if 1 %}}1{}{{% endif %}}", "{%elif 1%}".repeat(4_000)),
        format!("{}1{}", "{%if 1%}".repeat(2_000), "{%endif%}".repeat(2_000)),
    ] {
        let said = refused(&deep);
        assert!(said.contains("line 1: ") && said.len() < 400, "{said}");
    }
}

/// What is just not refused has stack enough in a build without an optimiser, too.
#[test]
fn the_deepest_template_is_parsed() {
    for deep in [
        format!("{{{{ {}1 }}}}", "-".repeat(1_998)),
        format!("{{{{ {}1 }}}}", "not ".repeat(1_998)),
        format!("{{{{ 1{} }}}}", "-1".repeat(999)),
        format!("{{{{ 1{} }}}}", "-title.x".repeat(450)),
        format!("{{{{ title{} }}}}", ".a".repeat(999)),
        format!("{{{{ title{} }}}}", "|d".repeat(999)),
        format!("{{{{ 1{} }}}}", " if 1 else 1".repeat(499)),
        format!("{{{{ {}1{} }}}}", "-(".repeat(140), ")".repeat(140)),
        format!("{{{{ {}1{} }}}}", "[".repeat(140), "]".repeat(140)),
        format!("{{% if 0 %}}1{}{{% endif %}}", "{%elif 1%}1".repeat(200)),
        format!("{}1{}", "{%if 1%}".repeat(140), "{%endif%}".repeat(140)),
    ] {
        let _ = BodyTemplate::parse("x".to_owned(), deep).map(|made| made.render(context! { title => "x" }));
    }
}

/// What is said of most of them.
const TOO_MANY_PARTS: &str = "an expression that puts more than 500 texts, names and lists together, counting those its \
                              names are made of: make less of it, or print its pieces one after the other";

/// Every way of making much out of little, forty or a hundred times over.
#[test]
fn a_template_that_grows_without_end_is_refused() {
    let again = |line: &str, times: usize| format!("{{% set a = text %}}{}{{{{ a }}}}", line.repeat(times));
    let mut table = String::new();
    for (what, source) in [
        ("~", again("{% set a = a ~ a %}", 40)),
        ("+", again("{% set a = a + a %}", 40)),
        ("list", format!("{{% set a = [text] %}}{}{{{{ a }}}}", "{% set a = a + a %}".repeat(40))),
        ("nested", again("{% set a = [a, a] %}", 40)),
        ("map", again("{% set a = {'x': a, 'y': a} %}", 40)),
        ("with", format!("{}{{{{ text }}}}{}", "{% with text = text ~ text %}".repeat(40), "{% endwith %}".repeat(40))),
        ("for", format!("{}{{{{ text }}}}{}", "{% for text in [text ~ text] %}".repeat(40), "{% endfor %}".repeat(40))),
        (
            "neighbours",
            format!("{}{{{{ loop }}}}{}", "{% for a in [loop, loop] %}".repeat(40), "{% endfor %}".repeat(40)),
        ),
        ("two", again("{% set b = a ~ a %}{% set a = b ~ b %}", 20)),
        ("branches", again("{% if 1 %}{% set a = a ~ a %}{% else %}{% set a = '' %}{% endif %}", 40)),
        ("escapes", again("{% set a = '\"' ~ [a] %}", 100)),
        ("escapes in steps", again("{% set b = [a] %}{% set a = b|string %}", 100)),
        ("escapes in tuples", again("{% set b = a, %}{% set a = b|string %}", 100)),
        ("json", again("{% set a = a|tojson %}", 100)),
        ("capture", again("{% set a %}{{ a }}{{ a }}{% endset %}", 40)),
        ("filter block", "{% filter upper %}{{ text }}{% endfilter %}".to_owned()),
        ("recursion", "{% for a in [text] recursive %}{{ loop([a, a]) }}{% endfor %}".to_owned()),
        ("*", "{{ text * 99999999 }}".to_owned()),
        ("list *", "{{ [text] * 99999999 }}".to_owned()),
        (
            "namespace",
            "{% set n = namespace(a=text) %}{% for i in range(40) %}{% set n.a = n.a ~ n.a %}{% endfor %}".to_owned(),
        ),
        ("letters", again("{% set a = '' ~ a|list %}", 100)),
        ("sorted letters", again("{% set a = '' ~ a|sort %}", 100)),
        ("mapped", "{{ range(999)|map('default', text) }}".to_owned()),
        ("attribute", "{{ range(999)|map(attribute='x', default=text) }}".to_owned()),
        ("join", again("{% set a = driftd.features|map(attribute='feature')|join(a) %}", 100)),
        ("joined", "{% set a = range(1000)|join(text) %}{{ [a,a,a,a]|join(a) }}".to_owned()),
        ("range", "{{ range(99999) }}".to_owned()),
        ("replace", "{{ text|replace('', text) }}".to_owned()),
        ("format", "{{ '%999999999d'|format(1) }}".to_owned()),
        ("indent", "{{ text|indent(999999999) }}".to_owned()),
        ("batch", "{{ [1]|batch(999999999, 1) }}".to_owned()),
        ("pretty", "{{ driftd|tojson(indent=999999999) }}".to_owned()),
        ("texts", format!("{{% set a = '{}' %}}{}", "x".repeat(20_000), "{% set a = a ~ a %}".repeat(4))),
    ] {
        let said = refused(&source).replace('\n', " ");
        let said = said.split_once(": ").unwrap().1;
        let said = said.replace(TOO_MANY_PARTS, "too many parts");
        table.extend([what, ": ", &said, "\n"]);
    }
    insta::assert_snapshot!(table, @"
    ~: line 1: too many parts
    +: line 1: too many parts
    list: line 1: too many parts
    nested: line 1: too many parts
    map: line 1: too many parts
    with: line 1: too many parts
    for: line 1: too many parts
    neighbours: line 1: too many parts
    two: line 1: too many parts
    branches: line 1: too many parts
    escapes: line 1: too many parts
    escapes in steps: line 1: too many parts
    escapes in tuples: line 1: too many parts
    json: makes no body of a message: line 1: invalid operation: it makes more than 256 KiB: let it say less
    capture: line 1: a block cannot be set, as nobody would know how long it gets: put texts together with ~
    filter block: line 1: there is no filter here: templates know if, for, set NAME = … and with
    recursion: line 1: a loop cannot be recursive: write one loop inside another
    *: line 1: there is no * here, as texts and lists grow with it: for shares there is | percent
    list *: line 1: there is no * here, as texts and lists grow with it: for shares there is | percent
    namespace: makes no body of a message: line 1: unknown function: namespace is unknown; docs/operators.md lists what templates know
    letters: makes no body of a message: line 1: invalid operation: a text is no list
    sorted letters: makes no body of a message: line 1: invalid operation: a text is no list
    mapped: makes no body of a message: line 1: too many arguments
    attribute: makes no body of a message: line 1: too many arguments: unknown keyword argument 'default'
    join: line 1: too many parts
    joined: makes no body of a message: line 1: invalid operation: it makes more than 256 KiB: let it say less
    range: makes no body of a message: line 1: invalid operation: a range has at most 1000 numbers
    replace: makes no body of a message: line 1: unknown filter: filter replace is unknown; docs/operators.md lists what templates know
    format: makes no body of a message: line 1: unknown filter: filter format is unknown; docs/operators.md lists what templates know
    indent: makes no body of a message: line 1: unknown filter: filter indent is unknown; docs/operators.md lists what templates know
    batch: makes no body of a message: line 1: unknown filter: filter batch is unknown; docs/operators.md lists what templates know
    pretty: makes no body of a message: line 1: too many arguments
    texts: line 1: too many parts
    ");
}

/// A template may say all that a message needs to be said.
#[test]
fn what_templates_know_is_enough_for_a_message() {
    let template = read(
        r#"{
          {% set facts = [["monitor", driftd.monitor], ["why", driftd.why]] -%}
          {% for name, value in facts if value %}{{ name }}: {{ name|upper ~ ": " ~ value|trim|title }},{% endfor %}
          {% with most = driftd.features|map(attribute="feature")|sort|join(", ") %}"all": {{ most|name(20) }},{% endwith %}
          "n": {{ -(driftd.feature_count - 1) + 2 ** 3 }}, "r": {{ range(3) }}, "q": {{ range(6, 0, -2)|list|last|default(1) }},
          "in": {{ "x" in ["x"] and 1 is number and not none is defined or title is startingwith "[" }}
        }"#,
        true,
    );
    let why = template.err().unwrap();
    assert!(why.contains("heartbeat"), "{why}");
}

#[test]
fn a_file_that_is_none_is_named() {
    let error = BodyTemplate::read(&WebhookTemplate::File("/none/card.json".into()), &sender(), false).err().unwrap();
    insta::assert_snapshot!(error, @"file /none/card.json cannot be read: No such file or directory (os error 2)");
}
