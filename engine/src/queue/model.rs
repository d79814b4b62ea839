//! The queue against a model of it: random histories of claims, answers, failures, dead workers, pauses and retries,
//! after each step of which both must agree on every event.

use std::collections::{BTreeMap, HashMap, HashSet};

use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};
use sqlx::PgPool;

use super::{
    Claimed, Outcome, Policy, StageInfo,
    claim::{self, Take},
    lease,
    outcome::{self, Run},
};
use crate::connect;

const STAGE: StageInfo = StageInfo {
    name: "validate",
    workflow: "WF_Validate_Company",
    phase: "enrichment",
    event_types: &["company_created"],
};
const ATTEMPTS: i32 = 2;
const WORKERS: [&str; 2] = ["ada", "bob"];
const BATCHES: [&str; 2] = ["left", "right"];
/// A history is about a dozen steps; more of them is PROPTEST_CASES.
const HISTORIES: u32 = 3_000;

#[derive(Clone, Copy, Debug)]
enum Answer {
    Done,
    Retry,
    Fail,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Insert(usize),
    /// Claim, work and acknowledge in one transaction, as stages with effects in the database do.
    Work(usize, Answer),
    /// As before, and the worker is killed before the commit.
    WorkAndDie(usize, Answer),
    /// Claim and commit the lease, as stages that call out do.
    Lease(usize),
    /// What came back, for everything that the worker believes to hold.
    Answer(usize, Answer),
    /// The worker's heart stood still: somebody takes back what it holds. It does not know.
    Expire(usize),
    Pause(usize),
    Resume(usize),
    RetryFailed,
    /// Somebody sets what is done back to pending.
    Redeliver,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let answer =
        prop_oneof![4 => Just(Answer::Done), 3 => Just(Answer::Retry), 1 => Just(Answer::Fail)];
    let step = prop_oneof![
        4 => (0..2usize).prop_map(Step::Insert),
        3 => (0..2usize, answer.clone()).prop_map(|(worker, answer)| Step::Work(worker, answer)),
        1 => (0..2usize, answer.clone()).prop_map(|(worker, answer)| Step::WorkAndDie(worker, answer)),
        3 => (0..2usize).prop_map(Step::Lease),
        4 => (0..2usize, answer).prop_map(|(worker, answer)| Step::Answer(worker, answer)),
        2 => (0..2usize).prop_map(Step::Expire),
        1 => (0..2usize).prop_map(Step::Pause),
        1 => (0..2usize).prop_map(Step::Resume),
        1 => Just(Step::RetryFailed),
        1 => Just(Step::Redeliver),
    ];
    prop::collection::vec(step, 1..16)
}

#[derive(Clone, Debug, PartialEq)]
enum State {
    Pending { aside: bool },
    Leased { by: usize, lease: i32 },
    Processed,
    Failed,
}

#[derive(Clone, Debug, PartialEq)]
struct Event {
    batch: usize,
    state: State,
    failures: i32,
    limit: i32,
    leases: i32,
    /// Its effects are there.
    done: bool,
}

#[derive(Default)]
struct Model {
    events: BTreeMap<i64, Event>,
    paused: [bool; 2],
    refused: i64,
}

impl Model {
    /// What a claim takes; events of paused batches are put aside.
    fn take(&mut self) -> Vec<i64> {
        let mut taken = Vec::new();
        for (id, event) in &mut self.events {
            if event.state == (State::Pending { aside: false }) {
                if self.paused[event.batch] {
                    event.state = State::Pending { aside: true };
                } else {
                    taken.push(*id);
                }
            }
        }
        taken
    }

    fn settle(&mut self, id: i64, answer: Answer) {
        let Some(event) = self.events.get_mut(&id) else {
            return;
        };
        match answer {
            Answer::Done if event.done => {
                self.refused += 1;
                event.state = State::Processed;
            }
            Answer::Done => {
                event.done = true;
                event.state = State::Processed;
            }
            Answer::Retry | Answer::Fail => {
                event.failures += 1;
                let last = matches!(answer, Answer::Fail) || event.failures >= event.limit;
                event.state = if last {
                    State::Failed
                } else {
                    State::Pending { aside: false }
                };
            }
        }
    }
}

/// The queue, the model, and what each worker believes to hold.
struct History {
    pool: PgPool,
    model: Model,
    believed: [Vec<Claimed>; 2],
}

impl History {
    async fn step(&mut self, step: Step) -> sqlx::Result<()> {
        match step {
            Step::Insert(batch) => self.insert(batch).await,
            Step::Work(worker, answer) => self.work(worker, answer, true).await,
            Step::WorkAndDie(worker, answer) => self.work(worker, answer, false).await,
            Step::Lease(worker) => self.lease(worker).await,
            Step::Answer(worker, answer) => self.answer(worker, answer).await,
            Step::Expire(worker) => self.expire(worker).await,
            Step::Pause(batch) => self.pause(batch).await,
            Step::Resume(batch) => self.resume(batch).await,
            Step::RetryFailed => self.retry().await,
            Step::Redeliver => self.redeliver().await,
        }
    }

    async fn insert(&mut self, batch: usize) -> sqlx::Result<()> {
        let id = sqlx::query_scalar(
            "INSERT INTO marketing.pipeline_events (event_type, payload, batch_id, correlation_id)
             VALUES ('company_created', '{\"record_id\": 1}', $1, gen_random_uuid()) RETURNING id",
        )
        .bind(BATCHES[batch])
        .fetch_one(&self.pool)
        .await?;
        let event = Event {
            batch,
            state: State::Pending { aside: false },
            failures: 0,
            limit: ATTEMPTS,
            leases: 0,
            done: false,
        };
        self.model.events.insert(id, event);
        Ok(())
    }

    async fn work(&mut self, worker: usize, answer: Answer, commits: bool) -> sqlx::Result<()> {
        let mut transaction = connect::begin(&self.pool).await?;
        let locked = claim::lock(
            &mut transaction,
            &Take::Next("company_created", 99),
            &self.paused(),
        )
        .await?;
        // The real lane settles a refused event alone; so does this one, event by event.
        let done = claim::done_before(&mut transaction, &locked.events).await?;
        for event in &locked.events {
            let event = std::slice::from_ref(event);
            if matches!(answer, Answer::Done) && done.contains(&event[0].id) {
                outcome::refuse(&mut transaction, run(worker), event).await?;
            } else {
                outcome::settle(&mut transaction, run(worker), event, &[told(answer)]).await?;
            }
        }
        if !commits {
            return transaction.rollback().await;
        }
        transaction.commit().await?;
        for id in self.model.take() {
            self.model.settle(id, answer);
        }
        Ok(())
    }

    async fn lease(&mut self, worker: usize) -> sqlx::Result<()> {
        let mut transaction = connect::begin(&self.pool).await?;
        let mut locked = claim::lock(
            &mut transaction,
            &Take::Next("company_created", 99),
            &self.paused(),
        )
        .await?;
        let done = claim::done_before(&mut transaction, &locked.events).await?;
        let (again, fresh): (Vec<_>, Vec<_>) = locked
            .events
            .drain(..)
            .partition(|event| done.contains(&event.id));
        let mut fresh = fresh;
        outcome::refuse(&mut transaction, run(worker), &again).await?;
        claim::lease(&mut transaction, &mut fresh, WORKERS[worker]).await?;
        transaction.commit().await?;
        for id in self.model.take() {
            let event = self
                .model
                .events
                .get_mut(&id)
                .ok_or(sqlx::Error::RowNotFound)?;
            if event.done {
                self.model.settle(id, Answer::Done);
            } else {
                event.leases += 1;
                event.state = State::Leased {
                    by: worker,
                    lease: event.leases,
                };
            }
        }
        self.believed[worker].extend(fresh);
        Ok(())
    }

    async fn answer(&mut self, worker: usize, answer: Answer) -> sqlx::Result<()> {
        let believed = std::mem::take(&mut self.believed[worker]);
        let mut transaction = connect::begin(&self.pool).await?;
        let held = claim::fence(
            &mut transaction,
            &believed.iter().collect::<Vec<_>>(),
            WORKERS[worker],
        )
        .await?;
        let kept: Vec<Claimed> = believed
            .into_iter()
            .filter(|event| held.contains(&event.lease()))
            .collect();
        let outcomes = vec![told(answer); kept.len()];
        outcome::settle(&mut transaction, run(worker), &kept, &outcomes).await?;
        transaction.commit().await?;
        let of_worker: Vec<i64> = self
            .model
            .events
            .iter()
            .filter(|(_, event)| matches!(event.state, State::Leased { by, .. } if by == worker))
            .map(|(id, _)| *id)
            .collect();
        for id in of_worker {
            self.model.settle(id, answer);
        }
        Ok(())
    }

    async fn expire(&mut self, worker: usize) -> sqlx::Result<()> {
        lease::give_back(&self.pool, &[WORKERS[worker].to_owned()], None, "expired").await?;
        for event in self.model.events.values_mut() {
            if matches!(event.state, State::Leased { by, .. } if by == worker) {
                event.state = State::Pending { aside: false };
            }
        }
        Ok(())
    }

    async fn pause(&mut self, batch: usize) -> sqlx::Result<()> {
        sqlx::query(
            "INSERT INTO marketing.batch_pauses (batch_id, reason, paused_by) VALUES ($1, 'test', 'test') ON CONFLICT DO NOTHING",
        )
        .bind(BATCHES[batch])
        .execute(&self.pool)
        .await?;
        self.model.paused[batch] = true;
        Ok(())
    }

    async fn resume(&mut self, batch: usize) -> sqlx::Result<()> {
        sqlx::query("DELETE FROM marketing.batch_pauses WHERE batch_id = $1")
            .bind(BATCHES[batch])
            .execute(&self.pool)
            .await?;
        sqlx::query(
            "UPDATE marketing.pipeline_events SET next_attempt_at = now()
             WHERE batch_id = $1 AND status = 'pending' AND next_attempt_at = 'infinity'",
        )
        .bind(BATCHES[batch])
        .execute(&self.pool)
        .await?;
        self.model.paused[batch] = false;
        for event in self.model.events.values_mut() {
            if event.batch == batch && event.state == (State::Pending { aside: true }) {
                event.state = State::Pending { aside: false };
            }
        }
        Ok(())
    }

    async fn retry(&mut self) -> sqlx::Result<()> {
        sqlx::query(
            "WITH out AS (DELETE FROM marketing.dead_letters)
             UPDATE marketing.pipeline_events
             SET status = 'pending', next_attempt_at = now(), processed_at = NULL, max_attempts = retry_count + $1
             WHERE status = 'failed'",
        )
        .bind(ATTEMPTS)
        .execute(&self.pool)
        .await?;
        for event in self.model.events.values_mut() {
            if event.state == State::Failed {
                event.state = State::Pending { aside: false };
                event.limit = event.failures + ATTEMPTS;
            }
        }
        Ok(())
    }

    async fn redeliver(&mut self) -> sqlx::Result<()> {
        sqlx::query(
            "UPDATE marketing.pipeline_events SET status = 'pending' WHERE status = 'processed'",
        )
        .execute(&self.pool)
        .await?;
        for event in self.model.events.values_mut() {
            if event.state == State::Processed {
                event.state = State::Pending { aside: false };
            }
        }
        Ok(())
    }

    fn paused(&self) -> HashSet<String> {
        (0..2)
            .filter(|batch| self.model.paused[*batch])
            .map(|batch| BATCHES[batch].to_owned())
            .collect()
    }

    /// Where the queue and the model differ.
    async fn differences(&self) -> sqlx::Result<Vec<String>> {
        let rows: Vec<(i64, String, i32, i32, Option<String>, bool, bool, i64)> = sqlx::query_as(
            "SELECT e.id, e.status, e.retry_count, e.attempt, e.locked_by, e.next_attempt_at = 'infinity',
                    EXISTS (SELECT FROM marketing.dead_letters d WHERE d.event_id = e.id),
                    (SELECT count(*) FROM marketing.workflow_stats w WHERE w.event_id = e.id AND w.status = 'ok')
             FROM marketing.pipeline_events e ORDER BY e.id",
        )
        .fetch_all(&self.pool)
        .await?;
        let refused: i64 = sqlx::query_scalar("SELECT count(*) FROM marketing.refused_effects")
            .fetch_one(&self.pool)
            .await?;
        let mut found = Vec::new();
        if refused != self.model.refused {
            found.push(format!("{refused} refused, not {}", self.model.refused));
        }
        let kept: HashMap<i64, _> = rows.into_iter().map(|row| (row.0, row)).collect();
        if kept.len() != self.model.events.len() {
            found.push(format!(
                "{} events, not {}",
                kept.len(),
                self.model.events.len()
            ));
        }
        for (id, event) in &self.model.events {
            let (status, by, aside) = match &event.state {
                State::Pending { aside } => ("pending", None, *aside),
                State::Leased { by, .. } => ("processing", Some(WORKERS[*by]), false),
                State::Processed => ("processed", None, false),
                State::Failed => ("failed", None, false),
            };
            let dead = event.state == State::Failed;
            let Some((_, is, failures, leases, holder, is_aside, is_dead, runs)) = kept.get(id)
            else {
                found.push(format!("event {id} is lost"));
                continue;
            };
            let queue = (
                is.as_str(),
                *failures,
                *leases,
                holder.as_deref(),
                *is_aside,
                *is_dead,
                *runs,
            );
            let model = (
                status,
                event.failures,
                event.leases,
                by,
                aside,
                dead,
                i64::from(event.done),
            );
            if queue != model {
                found.push(format!("event {id}: queue {queue:?}, model {model:?}"));
            }
        }
        Ok(found)
    }
}

fn run(worker: usize) -> Run<'static> {
    Run {
        stage: STAGE,
        policy: Policy {
            attempts: ATTEMPTS,
            base: std::time::Duration::ZERO,
            cap: std::time::Duration::ZERO,
        },
        worker_id: WORKERS[worker],
        each: &[],
        took: std::time::Duration::ZERO,
    }
}

fn told(answer: Answer) -> Outcome {
    match answer {
        Answer::Done => Outcome::Done,
        Answer::Retry => Outcome::Retry("again".into()),
        Answer::Fail => Outcome::Fail("never".into()),
    }
}

async fn follow(pool: PgPool, steps: Vec<Step>) -> sqlx::Result<Option<String>> {
    sqlx::raw_sql(
        "DELETE FROM marketing.pipeline_errors; DELETE FROM marketing.pipeline_events; DELETE FROM marketing.workflow_stats;
         DELETE FROM marketing.refused_effects; DELETE FROM marketing.batch_pauses; DELETE FROM marketing.rollup_deltas",
    )
    .execute(&pool)
    .await?;
    let mut history = History {
        pool,
        model: Model::default(),
        believed: Default::default(),
    };
    for (number, step) in steps.into_iter().enumerate() {
        history.step(step).await?;
        let found = history.differences().await?;
        if !found.is_empty() {
            return Ok(Some(format!(
                "after step {number}, {step:?}: {}",
                found.join("; ")
            )));
        }
    }
    Ok(None)
}

#[sqlx::test(migrations = "../migrations")]
async fn the_queue_does_what_the_model_says(pool: PgPool) {
    let runtime = tokio::runtime::Handle::current();
    let cases = std::env::var("PROPTEST_CASES")
        .map_or(Ok(HISTORIES), |text| text.parse())
        .unwrap();
    let outcome = tokio::task::spawn_blocking(move || {
        let config = Config {
            cases,
            failure_persistence: None,
            ..Config::default()
        };
        TestRunner::new(config).run(&steps(), |steps| {
            match runtime.block_on(follow(pool.clone(), steps)) {
                Ok(None) => Ok(()),
                Ok(Some(difference)) => Err(TestCaseError::fail(difference)),
                Err(error) => Err(TestCaseError::fail(error.to_string())),
            }
        })
    });
    if let Err(error) = outcome.await.unwrap() {
        panic!("{error}");
    }
}
