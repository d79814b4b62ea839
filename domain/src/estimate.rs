//! When a batch will be through, from the pace of the last minutes.

use crate::{
    model::batch::{BatchProgress, BatchStage},
    stage::StageName,
};

/// When all stages will be done with a batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Estimate {
    /// Nothing of it waits or is in work.
    Through,
    /// Seconds from now.
    In(f64),
    Unknown(NoEstimate),
}

/// Why nothing can be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoEstimate {
    /// Nobody knows yet how many rows there are.
    Reading,
    BatchPaused,
    StagePaused(StageName),
    /// Nothing went through a stage that has work.
    NoPace(StageName),
}

/// Stages work side by side, so the slowest one decides. Each has to do what waits in it, and what will come out of the
/// stages before it: everybody's, since the queue is shared. How many events come of one is told by the batch itself. What
/// waits in stages that all of the batch has left behind comes after it, and does not count.
pub fn estimate(batch: &BatchProgress) -> Estimate {
    use NoEstimate::{BatchPaused, NoPace, Reading, StagePaused};
    if batch.reading {
        return Estimate::Unknown(Reading);
    }
    if batch.stages.iter().all(|stage| stage.open() == 0) {
        return Estimate::Through;
    }
    if batch.paused {
        return Estimate::Unknown(BatchPaused);
    }
    let ahead = batch.stages.iter().skip_while(|stage| stage.open() == 0);
    let (mut longest, mut work) = (0.0_f64, 0.0);
    let mut before: Option<&BatchStage> = None;
    for stage in ahead {
        let arriving = before.map_or(0.0, |before| work * made_of_one(before, stage));
        work = stage.queued as f64 + arriving;
        before = Some(stage);
        if stage.paused {
            return Estimate::Unknown(StagePaused(stage.stage));
        }
        if stage.rate <= 0.0 {
            return Estimate::Unknown(NoPace(stage.stage));
        }
        longest = longest.max(work / stage.rate);
    }
    Estimate::In(longest)
}

/// Events of a stage that come of one event of the stage before; one, as long as nothing tells.
fn made_of_one(before: &BatchStage, stage: &BatchStage) -> f64 {
    if before.done == 0 || stage.made() == 0 {
        return 1.0;
    }
    stage.made() as f64 / before.done as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Done, waiting, queued by everybody, rate.
    type Figures = (i64, i64, i64, f64);

    fn batch(stages: [Figures; 5]) -> BatchProgress {
        let stage = |(stage, (done, waiting, queued, rate)): (StageName, Figures)| BatchStage {
            stage,
            done,
            waiting,
            processing: 0,
            failed: 0,
            paused: false,
            queued,
            rate,
        };
        BatchProgress {
            reading: false,
            paused: false,
            stages: StageName::ALL.into_iter().zip(stages).map(stage).collect(),
        }
    }

    const IDLE: Figures = (0, 0, 0, 0.0);

    #[test]
    fn the_slowest_stage_decides() {
        let done = (100, 0, 0, 0.0);
        let table = [
            ("nothing was ever made", [IDLE; 5], Estimate::Through),
            ("all is through", [done; 5], Estimate::Through),
            (
                "one stage alone",
                [done, done, done, done, (100, 60, 60, 0.5)],
                Estimate::In(120.0),
            ),
            (
                "others wait in the same stage",
                [done, done, done, done, (100, 60, 600, 0.5)],
                Estimate::In(1_200.0),
            ),
            (
                // 300 of Enrich, each of which makes two for Verify, beside the 100 that wait there.
                "what comes out of one stage waits in the next",
                [
                    done,
                    done,
                    done,
                    (100, 300, 300, 10.0),
                    (100, 100, 100, 1.0),
                ],
                Estimate::In(700.0),
            ),
            (
                "what waits in stages that the batch left behind comes after it",
                [(100, 0, 5_000, 0.0), done, done, done, (90, 10, 10, 1.0)],
                Estimate::In(10.0),
            ),
            (
                "nothing says how fast a stage is that will have work",
                [
                    (50, 50, 50, 10.0),
                    (50, 0, 0, 10.0),
                    (50, 0, 0, 10.0),
                    IDLE,
                    IDLE,
                ],
                Estimate::Unknown(NoEstimate::NoPace(StageName::Enrich)),
            ),
        ];
        for (name, stages, expected) in table {
            assert_eq!(estimate(&batch(stages)), expected, "{name}");
        }
    }

    #[test]
    fn what_stands_still_has_no_estimate() {
        let done = (100, 0, 0, 1.0);
        let running = || batch([done, done, done, (50, 50, 50, 1.0), done]);
        let mut reading = running();
        reading.reading = true;
        let mut paused = running();
        paused.paused = true;
        let mut verifying = running();
        verifying.stages[4].paused = true;
        let mut behind = running();
        behind.stages[0].paused = true;
        let table = [
            (reading, Estimate::Unknown(NoEstimate::Reading)),
            (paused, Estimate::Unknown(NoEstimate::BatchPaused)),
            (
                verifying,
                Estimate::Unknown(NoEstimate::StagePaused(StageName::Verify)),
            ),
            (behind, Estimate::In(100.0)),
        ];
        for (batch, expected) in table {
            assert_eq!(estimate(&batch), expected, "{batch:?}");
        }
    }
}
