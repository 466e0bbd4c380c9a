//! `application/x-www-form-urlencoded`, both ways.

use std::fmt::Write;

use serde_json::{Map, Value};

/// A form as an object of texts; null when there is nothing in it.
pub(crate) fn read(body: &[u8]) -> Value {
    let text = String::from_utf8_lossy(body);
    let pairs: Map<String, Value> = text
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decoded(name), Value::String(decoded(value))))
        .collect();
    if pairs.is_empty() { Value::Null } else { Value::Object(pairs) }
}

/// An object as a form; only its texts and numbers.
pub(super) fn write(fields: &Value) -> String {
    let pairs = fields.as_object().into_iter().flatten().filter_map(|(name, value)| {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        Some(format!("{}={}", encoded(name), encoded(&text)))
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// A text as it may stand in a query or a form.
pub(super) fn encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut all, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            all.push(char::from(byte));
        } else {
            // Writing into a String cannot fail.
            write!(all, "%{byte:02X}").ok();
        }
        all
    })
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        let hex = tail.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match (first, hex.and_then(|two| u8::from_str_radix(two, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            (b'+', _) => bytes.push(b' '),
            (byte, _) => bytes.push(*byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let fields = json!({ "To": "+380671234567", "Body": "Посилку 8123 & «далі» = 100%" });
        let form = write(&fields);
        assert!(form.is_ascii() && form.contains("To=%2B380671234567"), "{form}");
        assert_eq!(read(form.as_bytes()), fields);
    }

    #[test]
    fn nonsense_is_read_as_far_as_it_goes() {
        assert_eq!(read(b""), Value::Null);
        assert_eq!(read(b"a"), Value::Null);
        assert_eq!(read(b"a=%4&b=%zz&c=x+y&d=%"), json!({ "a": "%4", "b": "%zz", "c": "x y", "d": "%" }));
    }
}
