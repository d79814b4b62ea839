//! How far a batch is, stage by stage.

use serde::{Deserialize, Serialize};

use crate::stage::StageName;

/// The batch's events, and what else its end depends on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BatchProgress {
    /// Its file is still being read.
    pub reading: bool,
    /// Its events are put aside until somebody resumes it.
    pub paused: bool,
    /// All stages in their order.
    pub stages: Vec<BatchStage>,
}

/// One stage: the batch's events of the type that it works on, by status, and the pace at which it works for everybody.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BatchStage {
    pub stage: StageName,
    pub done: i64,
    pub waiting: i64,
    pub processing: i64,
    pub failed: i64,
    /// Nothing is taken from the stage.
    pub paused: bool,
    /// Everybody's events that wait in the stage or are in work: the queue is shared.
    pub queued: i64,
    /// Events a second that went through, over the last [`PACE_MINUTES`] minutes in which any did.
    pub rate: f64,
}

/// Minutes back over which a stage's pace is taken.
pub const PACE_MINUTES: i32 = 5;

impl BatchStage {
    /// Events that the stage still has to work on.
    pub fn open(&self) -> i64 {
        self.waiting + self.processing
    }

    /// Events that the batch made of this type, without those that were cancelled.
    pub fn made(&self) -> i64 {
        self.done + self.open() + self.failed
    }
}
