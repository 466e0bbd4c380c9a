//! Settings of the gateways.

use std::path::PathBuf;

use postoffice_runtime::config::Secret;
use serde::{Deserialize, Serialize};

use crate::gateway::http_json::mapping::HttpMapping;

/// Which gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GatewayKind {
    /// Prints messages on stdout.
    Log,
    /// Kannel's `sendsms` over HTTP.
    Kannel,
    /// A provider over HTTP: JSON or a form.
    Http,
    /// gammu-smsd's spool: a modem on this machine.
    Spool,
}

/// Where messages go.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GatewaySettings {
    /// `log`, `kannel`, `http` or `spool`.
    pub kind: GatewayKind,
    /// Kannel.
    pub kannel: KannelSettings,
    /// A provider over HTTP.
    pub http: HttpSettings,
    /// gammu-smsd.
    pub spool: SpoolSettings,
}

/// Kannel's smsbox.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KannelSettings {
    /// Address of `sendsms`. Plain http: keep the smsbox on this machine or behind a tunnel.
    pub url: String,
    /// Name of the `sendsms-user`.
    pub username: String,
    /// Its password.
    pub password: Secret,
    /// What the customer sees as the sender: a number or up to 11 letters, as the contract says.
    pub from: String,
    /// Address under which Kannel reaches `reports_listen`. Without it: `http://<reports_listen>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reports_url: Option<String>,
    /// Milliseconds to wait for a connection.
    pub connect_timeout_ms: u64,
    /// Milliseconds to wait for the answer.
    pub answer_timeout_ms: u64,
}

/// Which provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HttpPreset {
    /// `TurboSMS`.
    Turbosms,
    /// Twilio.
    Twilio,
    /// The admin's own mapping.
    Custom,
}

/// A provider over HTTP.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpSettings {
    /// `turbosms`, `twilio` or `custom`.
    pub preset: HttpPreset,
    /// Name of the account, where the provider wants one.
    pub account: String,
    /// Token or password.
    pub secret: Secret,
    /// What the customer sees as the sender.
    pub from: String,
    /// Another scheme and host than the preset's, for example of a proxy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// File with the certificate (PEM) of the authority that must have signed the provider's, for example of a company's proxy. Without it:
    /// the authorities that this machine trusts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// Address under which the provider reaches `reports_listen`. Without it: `http://<reports_listen>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reports_url: Option<String>,
    /// What reports must bring as the parameter `key`; empty: nothing.
    pub report_key: Secret,
    /// Milliseconds to wait for a connection.
    pub connect_timeout_ms: u64,
    /// Milliseconds to wait for the answer.
    pub answer_timeout_ms: u64,
    /// How the provider is spoken to; only with the preset `custom`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mapping: Option<HttpMapping>,
}

/// gammu-smsd.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SpoolSettings {
    /// The folder with `outbox`, `sent` and `error`, as gammu-smsd's configuration names them.
    pub folder: PathBuf,
}

impl Default for GatewaySettings {
    fn default() -> Self {
        Self {
            kind: GatewayKind::Log,
            kannel: KannelSettings::default(),
            http: HttpSettings::default(),
            spool: SpoolSettings::default(),
        }
    }
}

impl Default for KannelSettings {
    fn default() -> Self {
        Self {
            url: "http://127.0.0.1:13013/cgi-bin/sendsms".to_owned(),
            username: "postoffice".to_owned(),
            password: Secret::new(""),
            from: "PostOffice".to_owned(),
            reports_url: None,
            connect_timeout_ms: 3_000,
            answer_timeout_ms: 15_000,
        }
    }
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            preset: HttpPreset::Turbosms,
            account: String::new(),
            secret: Secret::new(""),
            from: "PostOffice".to_owned(),
            base_url: None,
            ca_file: None,
            reports_url: None,
            report_key: Secret::new(""),
            connect_timeout_ms: 3_000,
            answer_timeout_ms: 15_000,
            mapping: None,
        }
    }
}

impl Default for SpoolSettings {
    fn default() -> Self {
        Self { folder: PathBuf::from("/var/spool/gammu") }
    }
}
