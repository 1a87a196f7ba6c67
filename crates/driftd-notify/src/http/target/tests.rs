use super::*;

#[test]
fn only_the_site_is_ever_shown() {
    let target = Target::parse("https://hooks.slack.com/services/T000/B000/XXXXXXXXXXXX?k=secretsecret#x").unwrap();
    assert_eq!(format!("{target} {target:?}"), "https://hooks.slack.com Target(https://hooks.slack.com/***)");
    assert_eq!(target.path_and_query(), "/services/T000/B000/XXXXXXXXXXXX?k=secretsecret");
    assert_eq!(target.authority(), "hooks.slack.com");
    for secret in ["XXXXXXXXXXXX", "secretsecret", "/services/T000/B000/XXXXXXXXXXXX"] {
        assert!(target.secrets().iter().any(|s| s == secret), "{secret}");
    }
}

#[test]
fn hosts_are_read_as_the_network_would() {
    let literal = |text: &str| Target::parse(text).unwrap().literal().map(|ip| ip.to_string());
    assert_eq!(literal("http://2852039166/"), Some("169.254.169.254".to_owned()));
    assert_eq!(literal("http://0xa9.0xfe.0xa9.0xfe/"), Some("169.254.169.254".to_owned()));
    assert_eq!(literal("http://[::ffff:169.254.169.254]/"), Some("::ffff:169.254.169.254".to_owned()));
    assert_eq!(literal("http://example.com/"), None);
    let six = Target::parse("http://[::1]:9093/am/").unwrap();
    assert_eq!((six.host().as_str(), six.authority().as_str(), six.port()), ("::1", "[::1]:9093", 9093));
    assert_eq!(six.below("/api/v2/alerts").path_and_query(), "/am/api/v2/alerts");
    assert_eq!(Target::parse("https://x").unwrap().below("/a").path_and_query(), "/a");
}

#[test]
fn what_is_no_address_is_not_repeated() {
    for text in
        ["", "x", "ftp://x/secret", "file:///etc/passwd", "http://", "http://a b", "http://a/\nb", "http://x:0/"]
    {
        assert_eq!(Target::parse(text), Err(BadTarget::Form), "{text:?}");
    }
    assert_eq!(Target::parse("https://me:secret@x/"), Err(BadTarget::Credentials));
    assert!(!BadTarget::Credentials.to_string().contains("me:"));
}
