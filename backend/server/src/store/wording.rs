//! The text of a message, written in the transaction of its event: from the template as it is at that moment, in the customer's language.

use std::collections::HashMap;

use postoffice_domain::{
    clock::Timestamp,
    language::Language,
    order::{CustomerNotice, Order},
    phone::Phone,
    sms_text::{default_template, render},
};
use postoffice_protocol::stream::Notify;

use super::{connection::Connection, error::StoreError, templates};
use crate::config::SmsSettings;

const MS_PER_HOUR: i64 = 3_600_000;

/// How texts to customers are written.
#[derive(Debug, Clone)]
pub struct SmsRules {
    /// Address of the public tracking page as it stands in the texts, without scheme.
    pub tracking_url: String,
    /// What a text may take, and how long it is of use.
    pub settings: SmsSettings,
}

impl Default for SmsRules {
    fn default() -> Self {
        let config = crate::config::Config::default();
        Self { tracking_url: config.tracking_url, settings: config.sms }
    }
}

/// The templates of this moment, and the rules.
pub(super) struct Wording<'a> {
    rules: &'a SmsRules,
    changed: HashMap<(CustomerNotice, Language), String>,
}

impl<'a> Wording<'a> {
    /// The templates that an admin changed: at most six short texts.
    pub(super) const fn new(rules: &'a SmsRules, changed: HashMap<(CustomerNotice, Language), String>) -> Self {
        Self { rules, changed }
    }

    /// Loads them.
    pub(super) async fn load(connection: &mut Connection<'_>, rules: &'a SmsRules) -> Result<Self, StoreError> {
        let changed = templates::changed(connection).await?;
        let changed = changed.into_iter().map(|template| ((template.notice, template.language), template.text));
        Ok(Self::new(rules, changed.collect()))
    }

    /// What to tell whom.
    pub(super) fn notify(&self, order: &Order, notice: CustomerNotice, phone: Phone, now: Timestamp) -> Notify {
        let language = order.language;
        let changed = self.changed.get(&(notice, language)).map(String::as_str);
        let template = changed.unwrap_or_else(|| default_template(notice, language));
        Notify {
            phone,
            notice,
            language,
            text: render(template, &order.ttn.grouped(), &self.rules.tracking_url),
            expires_at: now.plus_millis(i64::from(self.rules.settings.ttl_hours.of(notice)) * MS_PER_HOUR),
        }
    }
}
