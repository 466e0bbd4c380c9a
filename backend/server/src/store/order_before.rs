//! What a group of order commands has to know before it decides, in one question: which commands are known, which of the TTNs that were drawn
//! are free, and what customers are told.

use std::collections::{HashMap, HashSet};

use postoffice_domain::{entropy::Entropy, ttn::Ttn};
use postoffice_protocol::orders::CommandId;

use super::{
    commands::{self, KnownCommand},
    connection::Connection,
    error::{StoreError, unexpected},
    messages::from_word,
    orders::{self, ttn_of},
    statement::{Each, list, query},
    wording::{SmsRules, Wording},
    work::{OrderWork, WorkKind},
};

/// See the module.
pub(super) struct Before<'a> {
    pub wording: Wording<'a>,
    pub known: HashMap<CommandId, KnownCommand>,
    /// A free TTN for every order that is registered.
    pub new_ttns: Vec<Ttn>,
}

impl<'a> Before<'a> {
    /// Asks.
    pub async fn load(
        connection: &mut Connection<'_>,
        works: &[OrderWork],
        sms: &'a SmsRules,
        entropy: &dyn Entropy,
    ) -> Result<Self, StoreError> {
        let wanted = works.iter().filter(|work| matches!(work.kind, WorkKind::Create { .. })).count();
        let drawn: Vec<Ttn> = (0..wanted).map(|_| Ttn::draw(entropy)).collect();
        let rows = query(Each {
            sqlite: "SELECT 'command', command_id, digest, answer FROM commands WHERE command_id IN (SELECT value FROM json_each($1))
                     UNION ALL SELECT 'taken', ttn, '', '' FROM orders WHERE ttn IN (SELECT value FROM json_each($2))
                     UNION ALL SELECT 'text', notice, language, text FROM sms_templates",
            postgres: "SELECT 'command', command_id, digest, answer FROM commands WHERE command_id = ANY($1)
                       UNION ALL SELECT 'taken', ttn, '', '' FROM orders WHERE ttn = ANY($2)
                       UNION ALL SELECT 'text', notice, language, text FROM sms_templates",
        })
        .bind(list(works.iter().map(|work| work.command_id.0)))
        .bind(list(&drawn))
        .all(connection)
        .await?;
        let (mut known, mut taken, mut changed) = (HashMap::new(), HashSet::new(), HashMap::new());
        for row in &rows {
            let columns = (row.text(1)?, row.text(2)?, row.text(3)?);
            match (row.text(0)?, columns) {
                ("command", (id, digest, answer)) => known.extend([commands::read(id, digest, answer)?]),
                ("taken", (ttn, ..)) => taken.extend([ttn_of(ttn)?]),
                ("text", (notice, language, text)) => {
                    changed.insert((from_word(notice)?, from_word(language)?), text.to_owned());
                }
                _ => return Err(unexpected("kind of row")),
            }
        }
        let mut new_ttns = Vec::with_capacity(wanted);
        keep_free(&mut new_ttns, drawn, &taken);
        while new_ttns.len() < wanted {
            let drawn: Vec<Ttn> = (new_ttns.len()..wanted).map(|_| Ttn::draw(entropy)).collect();
            let taken = orders::taken(connection, &drawn).await?;
            keep_free(&mut new_ttns, drawn, &taken);
        }
        Ok(Self { wording: Wording::new(sms, changed), known, new_ttns })
    }
}

/// Adds what was drawn, is not taken, and was not drawn before.
fn keep_free(free: &mut Vec<Ttn>, drawn: Vec<Ttn>, taken: &HashSet<Ttn>) {
    for ttn in drawn {
        if !taken.contains(&ttn) && !free.contains(&ttn) {
            free.push(ttn);
        }
    }
}
