//! What setting and resetting a text have in common.

use postoffice_domain::{language::Language, order::CustomerNotice};
use postoffice_protocol::{
    orders::CommandId,
    problem::{Problem, ProblemCode},
    session::Nothing,
    templates::Templates,
};

use super::get;
use crate::{
    context::Context,
    store::{TemplateAnswer, TemplateWork},
};

/// Changes a text (`None`: back to the default) with its line in the audit, and gives all of them.
pub(super) async fn change(
    context: &Context,
    command_id: CommandId,
    notice: CustomerNotice,
    language: Language,
    text: Option<String>,
) -> Result<Templates, Problem> {
    let work = TemplateWork {
        command_id,
        actor: context.actor.clone(),
        request_id: context.request_id.clone(),
        now: context.now(),
        notice,
        language,
        text,
    };
    match context.services.store.write_template(work).await.map_err(|error| error.to_problem())? {
        TemplateAnswer::Done => get::handle(context, Nothing {}).await,
        TemplateAnswer::IdReused => {
            Err(Problem::new(ProblemCode::IdReused, "the command id was used for another command"))
        }
    }
}
