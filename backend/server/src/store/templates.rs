//! Table `sms_templates`: the texts that an admin wrote. What is not in it has its default.

use postoffice_domain::{clock::Timestamp, language::Language, order::CustomerNotice, people::Actor};
use postoffice_protocol::orders::{CommandId, Doer};
use sha2::{Digest, Sha256};

use super::{
    audit, commands,
    connection::Connection,
    error::{StoreError, unexpected},
    hex::hex,
    messages::{from_word, word},
    row::Row,
    statement::query,
    together::Together,
    work::StoredAnswer,
};

/// A text that an admin wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedTemplate {
    /// What it tells.
    pub notice: CustomerNotice,
    /// In which language.
    pub language: Language,
    /// The text.
    pub text: String,
    /// When it was written.
    pub at: Timestamp,
    /// By whom.
    pub by: Doer,
}

/// A change of a text.
#[derive(Debug, Clone)]
pub struct TemplateWork {
    /// Client-made id: the same one never has a second effect.
    pub command_id: CommandId,
    /// Who.
    pub actor: Actor,
    /// The id in all logs.
    pub request_id: String,
    /// Server time.
    pub now: Timestamp,
    /// What it tells.
    pub notice: CustomerNotice,
    /// In which language.
    pub language: Language,
    /// The text, good already; `None`: back to the default.
    pub text: Option<String>,
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemplateAnswer {
    /// It was done, now or when it came first.
    Done,
    /// The command id was used for another command.
    IdReused,
}

/// The texts that an admin wrote.
pub(super) async fn changed(connection: &mut Connection<'_>) -> Result<Vec<ChangedTemplate>, StoreError> {
    let found =
        query("SELECT notice, language, text, changed_at, changed_by FROM sms_templates").all(connection).await?;
    found.iter().map(template).collect()
}

fn template(row: &Row) -> Result<ChangedTemplate, StoreError> {
    Ok(ChangedTemplate {
        notice: from_word(row.text(0)?)?,
        language: from_word(row.text(1)?)?,
        text: row.string(2)?,
        at: row.at(3)?,
        by: serde_json::from_str(row.text(4)?)?,
    })
}

/// Writes a change with its line in the audit; a repeat changes nothing.
pub(super) async fn write(connection: &mut Connection<'_>, work: &TemplateWork) -> Result<TemplateAnswer, StoreError> {
    let digest = hex(&Sha256::digest(serde_json::to_vec(&("template", work.notice, work.language, &work.text))?));
    if let Some(known) = commands::known(connection, std::iter::once(work.command_id)).await?.remove(&work.command_id) {
        return match known.answer {
            _ if known.digest != digest => Ok(TemplateAnswer::IdReused),
            StoredAnswer::Noted => Ok(TemplateAnswer::Done),
            StoredAnswer::Done { .. } | StoredAnswer::Refused(_) => {
                Err(unexpected("answer of another kind of command"))
            }
        };
    }
    let (notice, language) = (word(&work.notice)?, word(&work.language)?);
    let before = query("SELECT text FROM sms_templates WHERE notice = $1 AND language = $2")
        .bind(&notice)
        .bind(&language)
        .optional(connection)
        .await?;
    let before = before.map(|row| row.string(0)).transpose()?;
    let doer =
        Doer { name: work.actor.name.clone(), branch: work.actor.branch.clone(), station: work.actor.station.clone() };
    let write = match &work.text {
        Some(text) => query(
            "INSERT INTO sms_templates (notice, language, text, changed_at, changed_by) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (notice, language) DO UPDATE SET text = excluded.text, changed_at = excluded.changed_at, changed_by = excluded.changed_by",
        )
        .bind(&notice)
        .bind(&language)
        .bind(text)
        .bind(work.now)
        .bind(serde_json::to_string(&doer)?),
        None => query("DELETE FROM sms_templates WHERE notice = $1 AND language = $2").bind(&notice).bind(&language),
    };
    write.run(connection).await?;
    let detail = serde_json::json!({ "notice": notice, "language": language, "before": before, "after": work.text });
    let line = audit::NewLine {
        at: work.now,
        actor: &work.actor,
        action: if work.text.is_some() { audit::TEMPLATE_CHANGED } else { audit::TEMPLATE_RESET },
        ttn: None,
        detail: detail.to_string(),
        request_id: &work.request_id,
    };
    let mut writes = Together::on(connection);
    audit::insert(&mut writes, line).await?;
    let answer = StoredAnswer::Noted;
    let command = commands::NewCommand { command_id: work.command_id, digest, answer, at: work.now };
    commands::insert(&mut writes, &[command]).await?;
    writes.end().await?;
    Ok(TemplateAnswer::Done)
}
