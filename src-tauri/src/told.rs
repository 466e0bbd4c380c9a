//! What the server tells this session alone about locks, and who in the core it is for.

use std::sync::Arc;

use postoffice_protocol::{locks::LockTold, problem::Problem};

use crate::core::Core;

/// Hears it.
pub(crate) fn hear(core: &Arc<Core>, told: LockTold) {
    match told {
        LockTold::Asked { ask } => core.questions.hear(core, ask, None),
        LockTold::AskEnded { ttn } => core.questions.end(core, ttn),
        LockTold::Kept { ttn, ask_again_in_ms } => core.line.kept(core, ttn, ask_again_in_ms),
        LockTold::Granted { ttn } => core.line.granted(core, ttn),
        LockTold::Lost { ttn, holder, how } => {
            core.editors.lost(core, ttn, Problem::lock_lost(Some(holder)), Some(how));
            // It may have been kept for us and not opened yet.
            core.line.again_soon(ttn);
        }
    }
}
