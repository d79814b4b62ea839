//! The stages of the pipeline, one file each.

mod enrich;
mod promote;
mod slots;
mod validate;
mod verify;

use std::sync::Arc;

use crate::{integrations::sandbox::Sandbox, queue::Lanes};

/// Every stage. Without providers, what calls out is left to workflows outside.
pub(crate) fn add_all(lanes: &mut Lanes, sandbox: Option<&Sandbox>) {
    lanes.local(validate::Validate);
    lanes.local(promote::Promote);
    lanes.local(slots::Slots);
    let Some(sandbox) = sandbox else { return };
    lanes.remote(enrich::Enrich {
        finder: Arc::new(sandbox.clone()),
    });
    lanes.remote(verify::Verify {
        verifier: Arc::new(sandbox.clone()),
    });
}
