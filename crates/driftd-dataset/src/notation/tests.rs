use proptest::prelude::*;

use super::*;

/// The notation of a column, and its values read in it.
fn read(delimiter: u8, texts: &[&str]) -> Option<(Notation, Vec<f64>)> {
    read_beside(FileSigns { delimiter: Some(delimiter), decimal_commas: false }, texts)
}

fn read_beside(signs: FileSigns, texts: &[&str]) -> Option<(Notation, Vec<f64>)> {
    let mut shapes = Shapes::default();
    let affix = Parts::of(texts[0]).affix;
    for text in texts {
        shapes.add(Shape::of(Parts::of(text).body)?);
    }
    let (notation, accepted) = Notation::of(&shapes, affix, signs)?;
    (accepted == texts.len() as u64)
        .then(|| (notation, texts.iter().map(|text| notation.parse(text).unwrap()).collect()))
}

#[test]
fn a_column_says_what_its_signs_are() {
    for (delimiter, texts, notation, numbers) in [
        (b',', &["1.5", "-2", "1e3", "950"][..], "as plain numbers", &[1.5, -2.0, 1000.0, 950.0][..]),
        (b';', &["3520,44", "12", "0,123"], "with decimal commas", &[3520.44, 12.0, 0.123]),
        (b';', &["1,234", "2,500"], "with decimal commas", &[1.234, 2.5]),
        (b',', &["1,234", "950"], "with commas between thousands", &[1234.0, 950.0]),
        (b'\t', &["1,234,567", "1,234"], "with commas between thousands", &[1_234_567.0, 1234.0]),
        (b'\t', &["1,234", "1,23"], "with decimal commas", &[1.234, 1.23]),
        (b';', &["1,234.5", "0.5", "12"], "with commas between thousands", &[1234.5, 0.5, 12.0]),
        (b',', &["12,34,567", "1,234"], "with commas between thousands", &[1_234_567.0, 1234.0]),
        (
            b';',
            &["1.234,5", "950,2", "-1.234"],
            "with points between thousands and decimal commas",
            &[1234.5, 950.2, -1234.0],
        ),
        (
            b';',
            &["1 234", "950", "1\u{a0}234\u{a0}567"],
            "with spaces or apostrophes between thousands",
            &[1234.0, 950.0, 1_234_567.0],
        ),
        (b',', &["1'234.50", "12.5"], "with spaces or apostrophes between thousands", &[1234.5, 12.5]),
        (
            b';',
            &["1 234,5", "12,5"],
            "with spaces or apostrophes between thousands and decimal commas",
            &[1234.5, 12.5],
        ),
        (b',', &["$12", "-$3.50", "$-1", "($2.00)"], "as amounts in $", &[12.0, -3.5, -1.0, -2.0]),
        (b';', &["12,50 €", "3,99 €"], "as amounts in €, with decimal commas", &[12.5, 3.99]),
        (b',', &["EUR 1,234.50", "EUR 12.00"], "as amounts in EUR, with commas between thousands", &[1234.5, 12.0]),
        (b',', &["12%", "7.5 %", "-1 %"], "as percentages, 12 % being 0.12", &[0.12, 0.075, -0.01]),
        (b';', &["1.234,56-", "12,5"], "with points between thousands and decimal commas", &[-1234.56, 12.5]),
    ] {
        let (found, values) = read(delimiter, texts).unwrap_or_else(|| panic!("{texts:?} is unclear"));
        assert_eq!((found.to_string().as_str(), values.as_slice()), (notation, numbers), "{texts:?}");
    }
}

#[test]
fn what_could_be_either_is_unclear() {
    // Thousands or three decimals: nothing tells.
    assert_eq!(read(b'\t', &["1,234", "12"]), None);
    // Each is a number, and no notation has both.
    assert_eq!(read(b';', &["1,5", "1.5"]), None);
    let beside = FileSigns { delimiter: Some(b'\t'), decimal_commas: true };
    assert_eq!(read_beside(beside, &["1,234", "12"]).unwrap().1, [1.234, 12.0]);
    assert_eq!(read_beside(beside, &["1.234", "12"]).unwrap().1, [1234.0, 12.0]);
    assert_eq!(read_beside(beside, &["1.234", "1.5"]).unwrap().1, [1.234, 1.5]);
}

#[test]
fn what_is_no_number_has_no_shape() {
    for text in [
        "",
        "-",
        ".",
        ",",
        "x",
        "1.2.3",
        "192.168.0.1",
        "1,23,4",
        "0,123,456",
        "1 23",
        "1 2345",
        "12-34",
        "10:30",
        "1..2",
        "1,",
        "1.234,",
        "1,234,567.",
        "1 234'567",
        "1/2",
        "2024-03-04",
        "$",
        "%",
        "5 kg",
    ] {
        assert_eq!(Shape::of(Parts::of(text).body), None, "{text:?}");
    }
    for text in ["BUS 12", "ABC 1", "12 kg", "5km", "krona", "Kr"] {
        assert_eq!(Parts::of(text).affix, Affix::None, "{text:?}");
    }
}

#[test]
fn a_value_in_another_notation_is_no_number() {
    let comma = read(b';', &["3520,44"]).unwrap().0;
    for text in ["1.5", "1.234,5", "€ 3,5", "3 %", "NA", "1e5"] {
        assert_eq!(comma.parse(text), None, "{text:?}");
    }
    assert_eq!(Notation::default().parse("1,5"), None);
    assert_eq!(Notation::default().parse(" NaN ").map(f64::is_nan), Some(true));
    assert_eq!(Notation::default().parse("$5"), None);
}

proptest! {
    #[test]
    fn a_number_reads_back_from_every_notation(number in -1_000_000_000_i64..1_000_000_000, decimals in 0_usize..4) {
        let plain = format!("{:.decimals$}", number as f64 / 1000.0);
        let expected: f64 = plain.parse().unwrap();
        let (whole, rest) = plain.split_once('.').map_or((plain.as_str(), None), |(w, r)| (w, Some(r)));
        let digits = whole.trim_start_matches('-');
        let mut grouped = String::new();
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place) % 3 == 0 { grouped.push('_'); }
            grouped.push(digit);
        }
        let sign = if whole.starts_with('-') { "-" } else { "" };
        for (separators, group, point) in [
            (Separators::DecimalComma, "", ","), (Separators::CommaGroups, ",", "."), (Separators::PointGroups, ".", ","),
            (Separators::GapGroups, " ", "."), (Separators::GapGroupsComma, "\u{202f}", ","),
        ] {
            let rest = rest.map(|rest| format!("{point}{rest}")).unwrap_or_default();
            let text = format!("{sign}{}{rest}", grouped.replace('_', group));
            let notation = Notation { separators, affix: Affix::None };
            prop_assert_eq!(notation.parse(&text), Some(expected), "{} {:?}", text, separators);
        }
    }

    #[test]
    fn nothing_panics(text in "[-+0-9.,' %€$A-Z()eE−]{0,12}") {
        let parts = Parts::of(&text);
        let _ = Shape::of(parts.body);
        for separators in Separators::ALL {
            let _ = Notation { separators, affix: parts.affix }.parse(&text);
        }
    }
}
