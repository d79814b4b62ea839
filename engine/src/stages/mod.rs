//! The stages of the pipeline, one file each.

mod enrich;
mod promote;
mod slots;
mod validate;
mod verify;

use std::sync::Arc;

use tokio::task::JoinSet;

use crate::{
    integrations::sandbox::Sandbox,
    queue::{Context, work_locally, work_remotely},
};

/// Lanes of a stage that calls out: while one waits for a slow answer the others go on.
const REMOTE_LANES: usize = 2;

/// Every stage with its lanes. Without providers, what calls out is left to workflows outside.
pub(crate) fn spawn_all(lanes: &mut JoinSet<()>, context: &Context, sandbox: Option<&Sandbox>) {
    lanes.spawn(work_locally(context.clone(), validate::Validate));
    lanes.spawn(work_locally(context.clone(), promote::Promote));
    lanes.spawn(work_locally(context.clone(), slots::Slots));
    let Some(sandbox) = sandbox else { return };
    let enrich = Arc::new(enrich::Enrich {
        finder: Arc::new(sandbox.clone()),
    });
    let verify = Arc::new(verify::Verify {
        verifier: Arc::new(sandbox.clone()),
    });
    for _ in 0..REMOTE_LANES {
        lanes.spawn(work_remotely(context.clone(), enrich.clone()));
        lanes.spawn(work_remotely(context.clone(), verify.clone()));
    }
}
