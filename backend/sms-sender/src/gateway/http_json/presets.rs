//! Providers that we know, and the check of a mapping that an admin wrote.

use serde_json::Value;

use super::{
    mapping::{HttpMapping, RequestMapping},
    render::unknown_placeholder,
};
use crate::config::{HttpPreset, HttpSettings};

/// Why a provider cannot be spoken to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnfitMapping {
    /// The preset is `custom` and there is no mapping.
    #[error("preset \"custom\" needs [gateway.http.mapping.send] and [gateway.http.mapping.answer]")]
    Missing,
    /// There is a mapping beside a preset that has its own.
    #[error("mapping: only with preset = \"custom\"; a preset has its own")]
    TwoMappings,
    /// A built-in preset cannot be read.
    #[error("the preset: {0}")]
    Preset(String),
    /// A placeholder that does not exist.
    #[error("mapping: there is no placeholder {{{0}}}")]
    Placeholder(String),
    /// The address must be https, or this machine.
    #[error("{0}: an address that begins with https://; http:// only to this machine")]
    Address(&'static str),
    /// The credentials would go to another machine in the clear, or nobody would be told.
    #[error("{0}: must not be empty")]
    Empty(&'static str),
}

/// The mapping in force.
///
/// # Errors
/// It is missing, or not good.
pub fn mapping_of(settings: &HttpSettings) -> Result<HttpMapping, UnfitMapping> {
    let built_in = match settings.preset {
        HttpPreset::Turbosms => Some(include_str!("presets/turbosms.toml")),
        HttpPreset::Twilio => Some(include_str!("presets/twilio.toml")),
        HttpPreset::Custom => None,
    };
    let mut mapping = match (built_in, &settings.mapping) {
        (None, Some(mapping)) => mapping.clone(),
        (None, None) => return Err(UnfitMapping::Missing),
        (Some(_), Some(_)) => return Err(UnfitMapping::TwoMappings),
        (Some(text), None) => toml::from_str(text).map_err(|error| UnfitMapping::Preset(error.to_string()))?,
    };
    if let Some(host) = &settings.base_url {
        mapping.send.url = rebased(&mapping.send.url, host);
        if let Some(look_up) = &mut mapping.look_up {
            look_up.url = rebased(&look_up.url, host);
        }
    }
    check(&mapping)?;
    Ok(mapping)
}

/// Another scheme and host before the same path.
fn rebased(url: &str, base: &str) -> String {
    let path = url.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
    format!("{}/{path}", base.trim_end_matches('/'))
}

fn check(mapping: &HttpMapping) -> Result<(), UnfitMapping> {
    check_request(&mapping.send, "mapping.send.url")?;
    if let Some(look_up) = &mapping.look_up {
        check_request(&look_up.request(), "mapping.look_up.url")?;
        look_up.matches.values().try_for_each(|template| check_text(template))?;
        if look_up.matches.is_empty() {
            return Err(UnfitMapping::Empty("mapping.look_up.matches"));
        }
    }
    Ok(())
}

fn check_request(request: &RequestMapping, key: &'static str) -> Result<(), UnfitMapping> {
    check_text(&request.url)?;
    request.headers.values().try_for_each(|value| check_text(value))?;
    check_body(&request.body)?;
    // A placeholder is no part of an address yet; a word in its place is.
    let plain = request.url.replace(['{', '}'], "");
    let uri: http::Uri = plain.parse().map_err(|_| UnfitMapping::Address(key))?;
    let is_here = matches!(uri.host(), Some("127.0.0.1" | "localhost" | "[::1]"));
    match uri.scheme_str() {
        Some("https") => Ok(()),
        Some("http") if is_here => Ok(()),
        _ => Err(UnfitMapping::Address(key)),
    }
}

fn check_body(body: &Value) -> Result<(), UnfitMapping> {
    match body {
        Value::String(text) => check_text(text),
        Value::Array(items) => items.iter().try_for_each(check_body),
        Value::Object(fields) => fields.values().try_for_each(check_body),
        _ => Ok(()),
    }
}

fn check_text(template: &str) -> Result<(), UnfitMapping> {
    unknown_placeholder(template).map_or(Ok(()), |name| Err(UnfitMapping::Placeholder(name.to_owned())))
}
