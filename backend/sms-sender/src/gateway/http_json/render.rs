//! Filling placeholders in. In one pass: what stands for a placeholder is never looked at again, so a text with `{secret}` in it stays that.

use serde_json::Value;

/// What stands for every placeholder.
pub(super) struct Words<'a>(pub(super) Vec<(&'a str, String)>);

/// All placeholders there are.
pub(super) const PLACEHOLDERS: [&str; 10] =
    ["account", "secret", "basic", "from", "phone", "phone_digits", "text", "reference", "ttn", "reports_url"];

impl Words<'_> {
    /// A text with its placeholders filled in; what stands for them goes through `encode`.
    pub(super) fn fill(&self, template: &str, encode: fn(&str) -> String) -> String {
        let mut filled = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let word = after.split_once('}').and_then(|(name, tail)| {
                let (_, word) = self.0.iter().find(|(known, _)| *known == name)?;
                Some((word, tail))
            });
            if let Some((word, tail)) = word {
                filled.push_str(&encode(word));
                rest = tail;
            } else {
                filled.push('{');
                rest = after;
            }
        }
        filled.push_str(rest);
        filled
    }

    /// A structure with the placeholders in its texts filled in.
    pub(super) fn fill_all(&self, template: &Value) -> Value {
        match template {
            Value::String(text) => Value::String(self.fill(text, str::to_owned)),
            Value::Array(items) => items.iter().map(|item| self.fill_all(item)).collect(),
            Value::Object(fields) => fields
                .iter()
                .map(|(name, value)| (name.clone(), self.fill_all(value)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
            other => other.clone(),
        }
    }
}

/// The first placeholder of a text that does not exist.
pub(super) fn unknown_placeholder(template: &str) -> Option<&str> {
    template
        .split('{')
        .skip(1)
        .filter_map(|after| after.split_once('}').map(|(name, _)| name))
        .find(|name| !PLACEHOLDERS.contains(name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::super::form::encoded, *};

    #[test]
    fn one_pass_and_encoded_where_it_must_be() {
        let words = Words(vec![("text", "a {secret} & \"b\"".to_owned()), ("secret", "canary".to_owned())]);
        assert_eq!(words.fill("{text}", str::to_owned), "a {secret} & \"b\"");
        assert_eq!(
            words.fill("https://x/?t={text}&k={secret}{", encoded),
            "https://x/?t=a%20%7Bsecret%7D%20%26%20%22b%22&k=canary{"
        );
        assert_eq!(words.fill("{other} {text", str::to_owned), "{other} {text");
        assert_eq!(words.fill_all(&json!({ "a": ["{secret}", 7, null] })), json!({ "a": ["canary", 7, null] }));
        assert_eq!(unknown_placeholder("{text} {sekret}"), Some("sekret"));
        assert_eq!(unknown_placeholder("{text} {secret}"), None);
    }
}
