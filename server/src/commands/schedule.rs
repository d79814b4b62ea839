//! `server schedule`.

use std::time::Duration;

use anyhow::bail;
use chrono::{DateTime, Utc};
use domain::model::schedule::{RunStatus, Schedule, ScheduleRun};
use engine::Engine;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::{cli::ScheduleCommand, config::Config, database::Surroundings, signals};

pub(super) async fn schedule(config: &Config, command: ScheduleCommand) -> anyhow::Result<()> {
    let surroundings = Surroundings::enter(config).await?;
    let done = async {
        let engine = surroundings.start_engine().await?;
        let done = obey(&engine, command).await;
        engine.close().await;
        done
    };
    let done = done.await;
    surroundings.leave().await?;
    done
}

async fn obey(engine: &Engine, command: ScheduleCommand) -> anyhow::Result<()> {
    let actor = super::actor();
    match command {
        ScheduleCommand::List => {
            for schedule in engine.schedules().await? {
                print(&schedule);
            }
        }
        ScheduleCommand::History { name } => {
            let runs = engine.schedule_runs(&name).await?;
            if runs.is_empty() {
                println!("{name} has not run yet.");
            }
            for run in &runs {
                println!("{}", line(run));
            }
        }
        ScheduleCommand::Run { name } => {
            engine.request_schedule_run(&name, &actor).await?;
            let run = finish(engine, &name, &signals::stop_token()?).await?;
            println!("{}", line(&run));
            if run.status != RunStatus::Ok {
                bail!("the run is {}", run.status.name());
            }
        }
        ScheduleCommand::Pause { name, reason } => {
            print(&engine.pause_schedule(&name, &reason, &actor).await?);
        }
        ScheduleCommand::Resume { name } => print(&engine.resume_schedule(&name, &actor).await?),
        ScheduleCommand::Set {
            name,
            cron,
            zone,
            dry_run,
        } => {
            let times = engine.preview_cron(&cron, &zone)?;
            let before = engine.schedule(&name).await?;
            if dry_run {
                print(&before);
            } else {
                print(&engine.change_schedule(&name, &cron, &zone, &actor).await?);
            }
            println!("\"{cron}\" in {zone} comes at");
            for time in times {
                println!("  {}", moment(Some(time)));
            }
        }
    }
    Ok(())
}

/// Does the run that was asked for, or waits for the process of the server that took it first.
async fn finish(
    engine: &Engine,
    name: &str,
    stop: &CancellationToken,
) -> anyhow::Result<ScheduleRun> {
    loop {
        engine.run_due_schedules(stop).await?;
        let schedule = engine.schedule(name).await?;
        let begun = schedule.run_requested_by.is_none();
        if begun
            && schedule.status != Some(RunStatus::Running)
            && let Some(run) = engine.schedule_runs(name).await?.into_iter().next()
        {
            return Ok(run);
        }
        if stop.is_cancelled() {
            bail!("no longer waited for; `server schedule history {name}` tells how it ended");
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

fn print(schedule: &Schedule) {
    println!("{:<20} {}", schedule.name, schedule.title);
    println!("  when   {} ({})", schedule.cron, schedule.zone);
    match &schedule.pause {
        Some(pause) => println!(
            "  paused by {} at {}: {}",
            pause.by,
            moment(Some(pause.at)),
            pause.reason
        ),
        None => println!("  next   {}", moment(schedule.next_run_at)),
    }
    let status = schedule.status.map_or("", RunStatus::name);
    println!(
        "  last   {} {status} {}",
        moment(schedule.last_run_at),
        counts(schedule.last_result.as_ref())
    );
}

fn line(run: &ScheduleRun) -> String {
    let took = run
        .finished_at
        .map(|at| format!("{:.1} s", (at - run.started_at).as_seconds_f64()));
    let words = [
        moment(Some(run.started_at)),
        format!("{:<7}", run.status.name()),
        took.unwrap_or_default(),
        counts(run.result.as_ref()),
        run.error.clone().unwrap_or_default(),
        format!("by {}", run.triggered_by),
    ];
    let words = words.iter().filter(|word| !word.is_empty());
    words.map(String::as_str).collect::<Vec<_>>().join("  ")
}

fn moment(at: Option<DateTime<Utc>>) -> String {
    match at {
        Some(at) => at.format("%Y-%m-%d %H:%M:%S UTC").to_string(),
        None => "-".into(),
    }
}

/// What a run did, as "events 12, runs 12".
fn counts(result: Option<&Value>) -> String {
    match result {
        Some(Value::Object(counts)) => {
            let counts = counts.iter().map(|(what, n)| match n {
                Value::String(text) => format!("{what} {text}"),
                other => format!("{what} {other}"),
            });
            counts.collect::<Vec<_>>().join(", ")
        }
        _ => String::new(),
    }
}
