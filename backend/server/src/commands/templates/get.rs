//! `templates.get`: the texts as they are now.

use postoffice_domain::sms_text::{SAMPLE_TTN, default_template, measure, render, texts};
use postoffice_protocol::{
    problem::Problem,
    session::Nothing,
    templates::{Template, Templates},
};

use crate::context::Context;

/// Gives every text, the default ones too.
///
/// # Errors
/// The store's own.
pub async fn handle(context: &Context, _: Nothing) -> Result<Templates, Problem> {
    let services = &context.services;
    let changed = services.store.changed_templates().await.map_err(|error| error.to_problem())?;
    let tracking_url = services.config.tracking_url.clone();
    let template = |(notice, language)| {
        let default_text = default_template(notice, language).to_owned();
        let changed = changed.iter().find(|changed| (changed.notice, changed.language) == (notice, language));
        let text = changed.map_or_else(|| default_text.clone(), |changed| changed.text.clone());
        Template {
            notice,
            language,
            size: measure(&render(&text, SAMPLE_TTN, &tracking_url)),
            text,
            default_text,
            changed_at: changed.map(|changed| changed.at),
            changed_by: changed.map(|changed| changed.by.clone()),
        }
    };
    let templates = texts().map(template).collect();
    Ok(Templates { templates, max_segments: services.config.sms.max_segments, tracking_url })
}
