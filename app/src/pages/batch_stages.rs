//! How far a batch is: each stage with what is done, waits and has failed, and when all of it will be through.

use domain::{
    estimate::{Estimate, NoEstimate, estimate},
    event::EventStatus,
    format::{about, count, percent},
    model::{
        action::Scope,
        batch::{BatchProgress, BatchStage, PACE_MINUTES},
        bulk::{EventAct, EventSelection},
        event::EventFilter,
        import::ImportBatch,
        live::Topic,
    },
};
use leptos::prelude::*;

use crate::{
    api::imports::batch_progress,
    live::Live,
    parts::{
        bulk::{BulkTarget, act_button},
        paused::{pause_batch_button, resume_batch_button},
        process_now::ProcessNowButton,
        rows::rows,
        table::table,
    },
    problem::Problem,
    query::events_path,
};

#[component]
pub(super) fn Stages(
    batch: Resource<Result<ImportBatch, Problem>>,
    id: Memo<String>,
) -> impl IntoView {
    let live = Live::expect();
    let progress = live.resource(
        &[Topic::Pipeline, Topic::Imports, Topic::Settings],
        move || (id.get(), live.tick()),
        |(id, _)| batch_progress(id),
    );
    move || {
        let batch = batch.get().and_then(Result::ok)?;
        let progress = progress.get().and_then(Result::ok)?;
        (batch.accepted > 0).then(|| section(progress, &batch.batch_id))
    }
}

fn section(progress: BatchProgress, batch: &str) -> AnyView {
    let expected = expected(&progress.stages);
    let retry = progress
        .stages
        .iter()
        .any(|stage| stage.failed > 0)
        .then(|| {
            act_button(BulkTarget {
                act: EventAct::Retry,
                selection: EventSelection::Matching(EventFilter {
                    status: Some(EventStatus::Failed),
                    batch: Some(batch.to_owned()),
                    ..Default::default()
                }),
                what: format!("all failed events of batch {batch}"),
            })
        });
    let pause = if progress.paused {
        resume_batch_button(batch)
    } else {
        pause_batch_button(batch)
    };
    let end = end(&progress);
    let key = |(stage, expected): &(BatchStage, i64)| {
        let figures = [
            stage.done,
            stage.waiting,
            stage.processing,
            stage.failed,
            *expected,
        ];
        format!("{} {figures:?}", stage.stage.name())
    };
    let stages = progress.stages.into_iter().zip(expected).collect();
    let id = batch.to_owned();
    let headings = vec![
        ("Stage", ""),
        ("Progress", ""),
        ("Done", "n"),
        ("Waiting", "n"),
        ("In work", "n"),
        ("Failed", "n"),
        ("", ""),
    ];
    view! {
        <section>
            <div class="company-head">
                <h2>"Stages"</h2>
                {retry}
                {pause}
            </div>
            {end}
            {table("Stages of this batch", headings, rows(stages, key, move |(stage, expected)| line(&stage, expected, &id)))}
        </section>
    }
    .into_any()
}

/// When all of it is through, or why nobody can say.
fn end(progress: &BatchProgress) -> AnyView {
    let (figure, text) = match estimate(progress) {
        Estimate::Through => {
            let kept = progress.stages.iter().any(|stage| stage.made() > 0);
            let text = if kept {
                "nothing of this batch waits"
            } else {
                "none of its events is kept any more: what is done goes with age"
            };
            ("Through".to_owned(), text.to_owned())
        }
        Estimate::In(seconds) => (
            about(seconds),
            "until all of it is through, at the pace of the last minutes".to_owned(),
        ),
        Estimate::Unknown(why) => {
            let text = match why {
                NoEstimate::Reading => "no estimate before the whole file is read".to_owned(),
                NoEstimate::BatchPaused => "no estimate until the batch is resumed".to_owned(),
                NoEstimate::StagePaused(stage) => {
                    format!("no estimate until {} is resumed", stage.title())
                }
                NoEstimate::NoPace(stage) => format!(
                    "no estimate: nothing went through {} in the last {PACE_MINUTES} minutes",
                    stage.title()
                ),
            };
            let paused = matches!(why, NoEstimate::BatchPaused | NoEstimate::StagePaused(_));
            let figure = if paused { "Paused" } else { "–" };
            (figure.to_owned(), text)
        }
    };
    view! {
        <p class="batch-end">
            <b data-figure="eta">{figure}</b> " " <span class="muted">{text}</span>
        </p>
    }
    .into_any()
}

/// Events of each stage when all is through, as far as can be told: those made, and one for each that waits before it.
fn expected(stages: &[BatchStage]) -> Vec<i64> {
    let mut before = 0;
    let one = |stage: &BatchStage| {
        let expected = stage.made() + before;
        before += stage.open();
        expected
    };
    stages.iter().map(one).collect()
}

fn line(stage: &BatchStage, expected: i64, batch: &str) -> AnyView {
    let number = |status: EventStatus, n: i64| {
        let href = events_path(&EventFilter {
            event_type: Some(stage.stage.consumes().to_owned()),
            status: Some(status),
            batch: Some(batch.to_owned()),
            ..Default::default()
        });
        let name = format!("{} {}, {}", count(n), status.name(), stage.stage.title());
        view! { <a href=href aria-label=name data-figure=status.name()>{count(n)}</a> }
    };
    let open = stage.open() + stage.failed > 0;
    let button = open.then(|| {
        view! {
            <ProcessNowButton
                stage=stage.stage
                scope=Scope::Batch(batch.to_owned())
                what=format!("batch {batch}")
                text="Process now…"
            />
        }
    });
    view! {
        <tr data-stage=stage.stage.name()>
            <th scope="row" data-label="Stage">{stage.stage.title()}</th>
            <td data-label="Progress">{bar(stage, expected)}</td>
            <td class="n" data-label="Done">{number(EventStatus::Processed, stage.done)}</td>
            <td class="n" data-label="Waiting">{number(EventStatus::Pending, stage.waiting)}</td>
            <td class="n" data-label="In work">{number(EventStatus::Processing, stage.processing)}</td>
            <td class="n" data-label="Failed">{number(EventStatus::Failed, stage.failed)}</td>
            <td class="row-actions">{button}</td>
        </tr>
    }
    .into_any()
}

/// Done, failed and in hand side by side; what is empty is still to come.
fn bar(stage: &BatchStage, expected: i64) -> AnyView {
    let share = |n: i64| 100.0 * n as f64 / expected.max(1) as f64;
    let text = if expected == 0 {
        format!("{}: nothing yet", stage.stage.title())
    } else {
        format!(
            "{}: {} done of {} so far expected",
            stage.stage.title(),
            percent(share(stage.done)),
            count(expected)
        )
    };
    let mut from = 0.0;
    let parts = [
        ("stack-done", stage.done),
        ("stack-failed", stage.failed),
        ("stack-open", stage.open()),
    ]
    .map(|(class, n)| {
        let (x, width) = (from, share(n));
        from += width;
        view! { <rect class=class x=format!("{x:.2}") y="0" width=format!("{width:.2}") height="10" /> }
    });
    view! {
        <svg class="stack-bar" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label=text>
            {parts.into_iter().collect_view()}
        </svg>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use domain::stage::StageName;

    use super::*;

    #[test]
    fn what_waits_before_a_stage_is_expected_of_it() {
        let stage = |(stage, (done, waiting, failed))| BatchStage {
            stage,
            done,
            waiting,
            processing: 0,
            failed,
            paused: false,
            queued: waiting,
            rate: 0.0,
        };
        let figures = [(60, 40, 0), (50, 10, 0), (40, 8, 2), (0, 0, 0), (0, 0, 0)];
        let stages: Vec<_> = StageName::ALL.into_iter().zip(figures).map(stage).collect();
        assert_eq!(expected(&stages), [100, 100, 100, 58, 58]);
    }
}
