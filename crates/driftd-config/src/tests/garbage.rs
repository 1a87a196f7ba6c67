use proptest::prelude::*;

use super::{EXAMPLE, loaded};
use crate::{Config, HttpUrl, Source, StoreUrl};

/// The example with one stretch of it replaced by something else.
fn damaged() -> impl Strategy<Value = String> {
    let characters: Vec<char> = EXAMPLE.chars().collect();
    let length = characters.len();
    let noise = prop_oneof![
        "\\PC{0,8}",
        "[\\[\\]{}='\"#.,\n0-9a-z-]{0,12}",
        Just("1e999".to_owned()),
        Just("-9999999999999999999999999999999999999999999".to_owned()),
        Just("2013-07-01T00:00:00Z".to_owned()),
        Just("{ env = 'X' }".to_owned()),
        Just("[[[[".to_owned()),
    ];
    (0..length, 0usize..40, noise).prop_map(move |(from, cut, noise)| {
        let to = (from + cut).min(length);
        let mut text: String = characters[..from].iter().collect();
        text.push_str(&noise);
        text.extend(&characters[to..]);
        text
    })
}

fn check(text: &str, variable: &str, value: &str) -> Result<(), TestCaseError> {
    let env = [(variable.to_owned(), value.to_owned())];
    match Config::load(&[Source::new("d.toml", text)], env) {
        Ok(config) if config.store == Config::default().store => {
            let shown = config.effective_toml();
            let again = loaded(&shown);
            // Notes have the places of another text; all else is the same.
            prop_assert_eq!(Config { notes: Vec::new(), ..again }, Config { notes: Vec::new(), ..config }, "{}", shown);
        }
        Ok(config) => prop_assert!(!config.effective_toml().starts_with('#')),
        Err(errors) => {
            prop_assert!(!errors.problems().is_empty());
            prop_assert!(errors.problems().iter().all(|p| !p.message.is_empty()));
            prop_assert_eq!(errors.to_string().is_empty(), false);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_a_configuration_or_an_error(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        value in "\\PC{0,20}",
    ) {
        check(&String::from_utf8_lossy(&bytes), "DRIFTD__KAFKA__BROKERS", &value)?;
    }

    #[test]
    fn a_damaged_configuration_is_a_configuration_or_an_error(
        text in damaged(),
        variable in "DRIFTD__[A-Z_]{0,12}(__(URL|LISTEN|GROUP|PROPERTIES__X))?",
        value in "\\PC{0,20}|\\[.{0,10}|\\{.{0,10}",
    ) {
        check(&text, &variable, &value)?;
    }

    #[test]
    fn any_address_is_one_or_an_error(text in "https?://[a-z0-9x.:@/?#\\[\\]%-]{0,24}|\\PC{0,20}") {
        if let Ok(url) = text.parse::<HttpUrl>() {
            prop_assert_eq!(url.as_str(), &text);
            let _ = url.literal();
            if let Ok(base) = url.into_base() {
                prop_assert!(!base.as_str().ends_with('/'));
                prop_assert_eq!(base.as_str().parse(), Ok(base.clone()));
            }
        }
    }

    #[test]
    fn any_label_and_condition_is_one_or_an_error(
        name in "[a-zA-Z0-9_]{0,3}|\\PC{0,6}",
        text in "(=~|!~|!=)?[a-z0-9()\\[\\]{},*+?|.\\\\^$-]{0,12}|\\PC{0,12}",
    ) {
        let key = toml::Value::String(text).to_string();
        let name = toml::Value::String(name).to_string();
        // Multi-line strings are none in keys.
        prop_assume!(!name.starts_with("\"\"\"") && !name.starts_with("'''"));
        let route = "[[receiver]]\nname = 'log'\nlog = {}\n[[route]]\nreceivers = ['log']\n";
        check(&format!("{route}[[route]]\nreceivers = ['log']\nmatch = {{ {name} = {key} }}\n"), "X", "")?;
        check(&format!("{}labels = {{ {name} = {key} }}\n", super::LEAST), "X", "")?;
    }

    #[test]
    fn an_address_never_shows_its_password(user in "[a-z:/?@.]{0,8}", password in "[A-Z0-9@/?:&=]{1,12}") {
        let text = format!("postgres://{user}:{password}@db/drift");
        if let Ok(url) = text.parse::<StoreUrl>() {
            let shown = url.to_string();
            prop_assert!(shown.ends_with(":***@db/drift"), "{}", shown);
        }
    }
}

#[test]
fn deep_nesting_is_an_error_not_a_crash() {
    for text in [
        "a = ".to_owned() + &"[".repeat(100_000),
        "a = ".to_owned() + &"{a=".repeat(100_000),
        "a.".repeat(100_000) + "a = 1",
        format!("[{}a]", "a.".repeat(100_000)),
    ] {
        assert!(Config::load(&[Source::new("d.toml", text.clone())], []).is_err());
        assert!(Config::load(&[], [("DRIFTD__KAFKA__GROUP".to_owned(), "[".repeat(100_000))]).is_ok());
        let deep = format!("DRIFTD__{}X", "A__".repeat(50_000));
        assert!(Config::load(&[], [(deep, "1".to_owned())]).is_err());
    }
}
