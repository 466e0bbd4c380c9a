//! `templates.set`: an admin writes a text.

use postoffice_domain::sms_text::read_template;
use postoffice_protocol::{
    problem::Problem,
    templates::{SetTemplate, Templates},
};

use super::change::change;
use crate::context::Context;

/// Measures the text as it would be sent and keeps it; messages from now on have it. Gives all texts.
///
/// # Errors
/// `invalid_fields` (`text`: `empty`, `bad_text`, `too_long`, `unknown_placeholder`, `ttn_missing`, `too_many_segments`), `id_reused`; the
/// store's own.
pub async fn handle(context: &Context, params: SetTemplate) -> Result<Templates, Problem> {
    let config = &context.services.config;
    let read = read_template(params.notice, &params.text, &config.tracking_url, usize::from(config.sms.max_segments));
    let (text, _) = read.map_err(|refusal| Problem::invalid_fields(vec![refusal.at("text")]))?;
    change(context, params.command_id, params.notice, params.language, Some(text)).await
}
