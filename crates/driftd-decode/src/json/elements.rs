//! The elements of an array whose text was accepted by the parser, one after the other and without keeping them.

use crate::cell::Span;

/// The element that comes first in `rest`, a range of `text` that begins with an element or behind one and ends where
/// the last one does.
#[inline]
pub(crate) fn next_element(text: &str, rest: Span) -> Option<Span> {
    let bytes = text.as_bytes().get(rest.start as usize..rest.end as usize)?;
    let start = bytes.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b','))?;
    let bytes = bytes.get(start..)?;
    let len = match bytes.first()? {
        b'"' => text_len(bytes),
        b'{' | b'[' => nested_len(bytes),
        _ => bytes.iter().position(|byte| matches!(byte, b',' | b' ' | b'\t' | b'\n' | b'\r')).unwrap_or(bytes.len()),
    };
    let start = rest.start as usize + start;
    Some(Span::new(start, start + len))
}

/// Length of the text in quotes that `bytes` begin with.
fn text_len(bytes: &[u8]) -> usize {
    let mut len = 1;
    while let Some(byte) = bytes.get(len) {
        match byte {
            b'"' => return len + 1,
            b'\\' => len += 2,
            _ => len += 1,
        }
    }
    bytes.len()
}

/// Length of the object or array that `bytes` begin with.
fn nested_len(bytes: &[u8]) -> usize {
    let (mut len, mut depth) = (0, 0_usize);
    while let Some(byte) = bytes.get(len) {
        match byte {
            b'"' => len += text_len(bytes.get(len..).unwrap_or_default()),
            b'{' | b'[' => (len, depth) = (len + 1, depth + 1),
            b'}' | b']' if depth <= 1 => return len + 1,
            b'}' | b']' => (len, depth) = (len + 1, depth - 1),
            _ => len += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::value::RawValue;

    use super::*;

    fn elements(content: &str) -> Vec<&str> {
        let mut rest = Span::new(0, content.len());
        let mut found = Vec::new();
        while let Some(element) = next_element(content, rest) {
            found.push(element.of(content));
            rest.start = element.end;
        }
        found
    }

    #[test]
    fn elements_end_where_their_values_do() {
        assert_eq!(
            elements(r#"1 , "a,]\"\\" ,[1,"]",{"}":2}], {"a":[]},null"#),
            ["1", r#""a,]\"\\""#, r#"[1,"]",{"}":2}]"#, r#"{"a":[]}"#, "null"]
        );
        assert_eq!(elements(""), Vec::<&str>::new());
        for broken in ["[1", "\"a", "\"\\", "{\"a", "]", "}", ","] {
            elements(broken);
        }
    }

    fn value() -> impl Strategy<Value = String> {
        let single = prop_oneof![
            any::<i32>().prop_map(|x| x.to_string()),
            "[ -~é]{0,6}".prop_map(|text| serde_json::to_string(&text).unwrap()),
            Just("null".to_owned()),
            Just("\"\\u005d\\\\\"".to_owned()),
        ];
        single.prop_recursive(4, 24, 4, |inner| {
            let list = prop::collection::vec(inner.clone(), 0..4);
            prop_oneof![
                list.clone().prop_map(|list| format!("[ {} ]", list.join(" ,\t"))),
                list.prop_map(|list| {
                    let members: Vec<String> =
                        list.iter().enumerate().map(|(i, v)| format!("\"{i}}}\": {v}")).collect();
                    format!("{{{}}}", members.join(","))
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn they_are_those_that_the_parser_finds(list in prop::collection::vec(value(), 0..6), comma in "[ \t\n]?,[ \r]?") {
            let content = list.join(&comma);
            let json = format!("[{content}]");
            let parsed: Vec<&RawValue> = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(elements(&content), parsed.iter().map(|raw| raw.get()).collect::<Vec<_>>());
        }
    }
}
