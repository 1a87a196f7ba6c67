use proptest::prelude::*;

use super::*;
use crate::ColumnKind;
use crate::notation::FileSigns;

fn settled(delimiter: u8, fields: &[&str]) -> Settled {
    let (mut guess, nulls) = (Guess::default(), NullWords::default());
    for (line, field) in (2..).zip(fields) {
        guess.see_field(field.as_bytes(), line, &nulls);
    }
    guess.settle(FileSigns { delimiter: Some(delimiter), decimal_commas: false })
}

fn kind_of(fields: &[&str]) -> ColumnKind {
    settled(b',', fields).kind
}

/// `count` values of which the first ones are `odd`.
fn with_odd<'a>(count: usize, odd: &[&'a str], usual: &'a str) -> Vec<&'a str> {
    odd.iter().copied().chain(std::iter::repeat_n(usual, count - odd.len())).collect()
}

#[test]
fn few_values_of_several_kinds_are_text() {
    assert_eq!(kind_of(&["1", "", "-2.5", "1e3", "NaN", "-inf", " 7 "]), ColumnKind::Number);
    assert_eq!(kind_of(&["1", "2", "x"]), ColumnKind::Text);
    assert_eq!(kind_of(&["true", "False", ""]), ColumnKind::Bool);
    assert_eq!(kind_of(&["true", "1"]), ColumnKind::Text);
    assert_eq!(kind_of(&["2013-01-01", "2013-01-01T05:00:00Z"]), ColumnKind::Time);
    assert_eq!(kind_of(&["2013-01-01", "later"]), ColumnKind::Text);
    assert_eq!(kind_of(&["", ""]), ColumnKind::Empty);
    assert_eq!(kind_of(&["NaN"]), ColumnKind::Number);
    assert_eq!(kind_of(&["04/03/2024", "31/12/2023 10:00"]), ColumnKind::Time);
}

#[test]
fn words_for_no_value_change_nothing_but_are_text_beside_text() {
    for word in ["NA", "N/A", "null", "None", "-", "?", "\\N", "#N/A"] {
        assert_eq!(kind_of(&["1", word, "2.5", word, word]), ColumnKind::Number, "{word}");
        assert_eq!(kind_of(&["true", word]), ColumnKind::Bool, "{word}");
        assert_eq!(kind_of(&[word, "2013-01-01"]), ColumnKind::Time, "{word}");
        assert_eq!(kind_of(&["a", word]), ColumnKind::Text, "{word}");
        assert_eq!(kind_of(&[word, "", word]), ColumnKind::Empty, "{word}");
    }
    let note = settled(b',', &["1", "NA", "NA", "-", "2"]).note.unwrap();
    insta::assert_snapshot!(note, @r#"has no value where it says so (2 "NA", 1 "-")"#);
    assert_eq!(settled(b',', &["a", "NA"]).note, None);
}

#[test]
fn an_odd_value_does_not_change_a_column_and_is_named() {
    for (usual, kind) in [("1.5", ColumnKind::Number), ("true", ColumnKind::Bool), ("2013-01-01", ColumnKind::Time)] {
        assert_eq!(kind_of(&with_odd(30, &["x"], usual)), kind);
        assert_eq!(kind_of(&with_odd(200, &["x", "y"], usual)), kind);
        assert_eq!(kind_of(&with_odd(30, &["x", "y"], usual)), ColumnKind::Text);
        assert_eq!(kind_of(&with_odd(29, &["x"], usual)), ColumnKind::Text);
        assert_eq!(kind_of(&with_odd(29, &["NA"], usual)), kind);
    }
    let note = |fields: &[&str]| settled(b',', fields).note.unwrap_or_default();
    insta::assert_snapshot!(note(&with_odd(1_000, &["x\u{1b}[2J"], "1")), @r#"has 1 value that is no number, such as "x\u{1b}[2J" in line 2"#);
    insta::assert_snapshot!(note(&with_odd(240, &["B", "C", "B"], "1")), @r#"is read as text: 3 of 240 values are no numbers, such as "B" in line 2"#);
    insta::assert_snapshot!(note(&with_odd(240, &["yes", "no"], "TRUE")), @r#"has 2 values that are no booleans, such as "yes" in line 2"#);
}

#[test]
fn half_text_is_text_whatever_comes_later() {
    let mut fields = with_odd(20_000, &[], "1");
    fields[..6_000].fill("word");
    assert_eq!(kind_of(&fields), ColumnKind::Text);
    fields.extend(std::iter::repeat_n("1", 1_000_000));
    assert_eq!(kind_of(&fields), ColumnKind::Text);
    assert_eq!(settled(b',', &fields).note, None);
}

#[test]
fn leading_zeros_make_codes() {
    assert_eq!(kind_of(&["00501", "10001"]), ColumnKind::Text);
    assert_eq!(kind_of(&["01", "02"]), ColumnKind::Text);
    assert_eq!(kind_of(&["0", "1", "0.5", "-0.5"]), ColumnKind::Number);
    // One code among many of its length is one of them; among numbers of every length it is an odd spelling.
    let zips = with_odd(1_000, &["00501"], "10001");
    assert_eq!(kind_of(&zips), ColumnKind::Text);
    insta::assert_snapshot!(settled(b',', &zips).note.unwrap(), @r#"is read as text: 1 of 1,000 values are digits with leading zeros, such as "00501" in line 2"#);
    let mut numbers = with_odd(1_000, &["007"], "1200");
    numbers[5] = "12";
    assert_eq!(kind_of(&numbers), ColumnKind::Number);
}

#[test]
fn numbers_as_people_write_them_are_numbers_with_a_note() {
    for (delimiter, fields, note) in [
        (b';', &["3520,44", "12"][..], r#"is read with decimal commas, such as "3520,44" in line 2"#),
        (
            b',',
            &["1,234", "NA"],
            r#"is read with commas between thousands, such as "1,234" in line 2; has no value where it says so (1 "NA")"#,
        ),
        (b',', &["5", "$12", "$7"], ""),
        (b',', &["12%", "3 %"], r#"is read as percentages, 12 % being 0.12, such as "12%" in line 2"#),
    ] {
        let settled = settled(delimiter, fields);
        assert_eq!(settled.note.unwrap_or_default(), note, "{fields:?}");
        assert_eq!(settled.kind == ColumnKind::Number, !note.is_empty(), "{fields:?}");
    }
    let unclear = settled(b';', &["1,5", "1.5", "2,25"]).kind.to_string();
    insta::assert_snapshot!(unclear, @r#"numbers whose commas, points or currencies do not go together, such as "1,5" in line 2"#);
    assert!(matches!(kind_of(&["$5", "€5"]), ColumnKind::Unsupported(_)));
}

#[test]
fn json_words_are_numbers_only_beside_numbers() {
    let kind = |guess: &Guess| guess.settle(FileSigns { delimiter: Some(b','), decimal_commas: false }).kind;
    let mut words = Guess::default();
    words.see_string("NaN", 1);
    assert_eq!(kind(&words), ColumnKind::Text);
    words.see_number(true);
    assert_eq!(kind(&words), ColumnKind::Number);
    words.see_string("5", 3);
    assert_eq!(kind(&words), ColumnKind::Number);
    words.see_string("5 km", 3);
    assert_eq!(kind(&words), ColumnKind::Text);
    words.see_list(4);
    assert_eq!(kind(&words), ColumnKind::Unsupported("lists".to_owned()));
}

#[test]
fn an_odd_value_of_json_does_not_change_a_column() {
    let settled = |odd: fn(&mut Guess)| {
        let mut guess = Guess::default();
        (0..50).for_each(|i| guess.see_number(i != 7));
        odd(&mut guess);
        guess.settle(FileSigns { delimiter: Some(b','), decimal_commas: false })
    };
    for odd in
        [|g: &mut Guess| g.see_string("abc", 9), |g: &mut Guess| g.see_bool(true, 9), |g: &mut Guess| g.see_list(9)]
    {
        assert_eq!(settled(odd).kind, ColumnKind::Number);
    }
    let note = settled(|g| g.see_string("abc", 9)).note.unwrap();
    insta::assert_snapshot!(note, @r#"has 1 value that is no number, such as "abc" in line 9"#);
    // Numbers in quotes are numbers like all others, but codes with leading zeros are not.
    let quoted = settled(|g| (0..40).for_each(|line| g.see_string("12", line)));
    assert_eq!((quoted.kind, quoted.is_whole), (ColumnKind::Number, true));
    let codes = settled(|g| (0..40).for_each(|line| g.see_string("012", line)));
    assert_eq!(codes.kind, ColumnKind::Text);
}

proptest! {
    #[test]
    fn the_shape_of_a_number_agrees_with_parsing_it(text in "[-+0-9.eEinfa ]{0,8}") {
        let found = Guess::default().plain_shape(text.as_bytes());
        if let Some(shape) = found {
            prop_assert!(parse_number(&text).is_some(), "{:?}", text);
            prop_assert_eq!(Shape::of(text.trim_start_matches('-')), Some(shape), "{:?}", text);
        }
        let is_number = settled(b',', &[&text]).kind == ColumnKind::Number;
        let code = is_code(text.trim());
        prop_assert!(is_number == (parse_number(&text).is_some() && !code) || text.ends_with('-') || text.contains(' '), "{:?}", text);
    }

    #[test]
    fn the_order_of_values_does_not_matter(
        (fields, shuffled) in prop::collection::vec(prop::sample::select(vec!["1", "2.5", "1,5", "1.234", "x", "NA", "007", "true", "$5", "2024-01-01"]), 1..80)
            .prop_flat_map(|fields| (Just(fields.clone()), Just(fields).prop_shuffle())),
    ) {
        let (one, other) = (settled(b';', &fields), settled(b';', &shuffled));
        prop_assert_eq!((one.notation, one.is_whole), (other.notation, other.is_whole));
        prop_assert_eq!(std::mem::discriminant(&one.kind), std::mem::discriminant(&other.kind));
    }
}
