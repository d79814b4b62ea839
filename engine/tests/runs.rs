//! The list of runs: what each filter finds, its pages, its counts, and the figures that lead to it.

use std::collections::BTreeSet;

use domain::{
    model::{
        run::{RunFilter, RunQuery, RunRow, RunStatus, RunStatuses},
        trends::TimeRange,
        window::Window,
    },
    phase::Phase,
};
use engine::{Engine, EngineError, export::csv};
use sqlx::{AssertSqlSafe, PgPool};

use crate::support::engine;

/// Runs of four workflows over three days: ids in another order than times, all ends, three runs of one time, and every
/// seventh in a phase that its workflow's name does not tell. The last four stand at the edges of what is counted by the
/// minute.
const RUNS: &str = "SET LOCAL outreach.notify = 'off';
    INSERT INTO marketing.workflow_stats (id, workflow_name, status, duration_seconds, error_message, record_id, phase, created_at)
    SELECT 50000 - n, (ARRAY['WF_Validate_Company', 'PLE Scoring', 'Write Messages', 'Nobody listed it'])[n % 4 + 1],
           (ARRAY['ok', 'ok', 'error', 'timeout', 'cancelled'])[n % 5 + 1], 0.25 * n, CASE WHEN n % 5 = 2 THEN 'No answer' END, n,
           CASE WHEN n % 7 = 0 THEN 'delivery' END, now() - n / 3 * INTERVAL '32 minutes'
    FROM generate_series(1, 400) n;
    INSERT INTO marketing.workflow_stats (workflow_name, status, created_at)
    SELECT 'WF_Validate_Company', 'error', date_trunc('minute', now() - ago, 'UTC') + past
    FROM unnest(ARRAY['1 hour', '24 hours']::INTERVAL[]) ago, unnest(ARRAY['0', '-1 microsecond']::INTERVAL[]) past;
    ANALYZE marketing.workflow_stats";

async fn make(pool: &PgPool) {
    sqlx::raw_sql(RUNS).execute(pool).await.unwrap();
}

/// What a plain statement finds, in the order of the list.
async fn expected(pool: &PgPool, condition: &str) -> Vec<i64> {
    sqlx::query_scalar(AssertSqlSafe(format!(
        "SELECT id FROM marketing.workflow_stats WHERE {condition} ORDER BY created_at DESC, id DESC"
    )))
    .fetch_all(pool)
    .await
    .unwrap()
}

/// All pages of a list, one after the other; each counts the same.
async fn listed(engine: &Engine, filter: &RunFilter) -> Vec<RunRow> {
    let mut query = RunQuery {
        filter: filter.clone(),
        cursor: None,
    };
    let mut all: Vec<RunRow> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut counts = BTreeSet::new();
    loop {
        let page = engine.runs(&query).await.unwrap();
        counts.insert((page.count.n, page.count.capped));
        for row in &page.rows {
            assert!(seen.insert(row.id), "{} stands twice: {filter:?}", row.id);
        }
        let size = page.rows.len();
        all.extend(page.rows);
        query.cursor = page.next;
        if query.cursor.is_none() {
            let counted = BTreeSet::from([(all.len() as i64, false)]);
            assert_eq!(counts, counted, "{filter:?}");
            return all;
        }
        assert_eq!(size, 50, "{filter:?}");
    }
}

fn any() -> RunFilter {
    RunFilter::default()
}

fn of_phase(phase: Phase) -> RunFilter {
    RunFilter {
        phase: Some(phase),
        ..any()
    }
}

fn of_workflow(name: &str) -> RunFilter {
    RunFilter {
        workflow: Some(name.into()),
        ..any()
    }
}

fn of_status(status: RunStatus) -> RunFilter {
    RunFilter {
        statuses: Some(RunStatuses::Only(status)),
        ..any()
    }
}

fn failed(filter: RunFilter) -> RunFilter {
    RunFilter {
        statuses: Some(RunStatuses::Failed),
        ..filter
    }
}

fn newer_than(span: &str, filter: RunFilter) -> RunFilter {
    RunFilter {
        window: Window {
            newer_than: span.parse().ok(),
            ..Window::default()
        },
        ..filter
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn each_filter_of_runs_finds_what_a_plain_statement_finds(pool: PgPool) {
    make(&pool).await;
    let engine = engine(&pool);
    let until: chrono::DateTime<chrono::Utc> =
        sqlx::query_scalar("SELECT date_trunc('hour', now()) - INTERVAL '5 hours'")
            .fetch_one(&pool)
            .await
            .unwrap();
    let before = RunFilter {
        window: Window {
            from: Some(until - chrono::Duration::hours(20)),
            until: Some(until),
            ..Window::default()
        },
        ..of_phase(Phase::Intelligence)
    };
    let between = "created_at >= date_trunc('hour', now()) - INTERVAL '25 hours' AND created_at < date_trunc('hour', now()) - INTERVAL '5 hours'";
    let between = format!("{between} AND phase = 'intelligence'");
    let bad = "status IN ('error', 'timeout')";
    let table = [
        (any(), "TRUE".into()),
        (
            of_workflow("Nobody listed it"),
            "workflow_name = 'Nobody listed it'".into(),
        ),
        (of_workflow("nobody"), "FALSE".into()),
        (
            of_phase(Phase::Enrichment),
            "workflow_name = 'WF_Validate_Company' AND (record_id IS NULL OR record_id::INT % 7 > 0)".into(),
        ),
        (
            of_phase(Phase::Messaging),
            "workflow_name = 'Write Messages' AND record_id::INT % 7 > 0".into(),
        ),
        (
            of_phase(Phase::Delivery),
            "record_id::INT % 7 = 0".into(),
        ),
        (of_status(RunStatus::Ok), "status = 'ok'".into()),
        (of_status(RunStatus::Timeout), "status = 'timeout'".into()),
        (of_status(RunStatus::Cancelled), "status = 'cancelled'".into()),
        (failed(any()), bad.into()),
        (
            failed(of_phase(Phase::Intelligence)),
            format!("{bad} AND phase = 'intelligence'"),
        ),
        (
            failed(of_workflow("PLE Scoring")),
            format!("{bad} AND workflow_name = 'PLE Scoring'"),
        ),
        (before, between),
    ];
    for (filter, condition) in table {
        let found: Vec<i64> = listed(&engine, &filter)
            .await
            .iter()
            .map(|row| row.id)
            .collect();
        assert_eq!(found, expected(&pool, &condition).await, "{filter:?}");
    }
    assert_eq!(
        engine.run_workflows().await.unwrap(),
        [
            "Nobody listed it",
            "PLE Scoring",
            "WF_Validate_Company",
            "Write Messages"
        ]
    );
    let nonsense = RunQuery {
        cursor: Some("yesterday".into()),
        ..RunQuery::default()
    };
    assert!(matches!(
        engine.runs(&nonsense).await,
        Err(EngineError::Invalid(_))
    ));
}

#[sqlx::test(migrations = "../migrations")]
async fn figures_of_runs_lead_to_lists_of_as_many(pool: PgPool) {
    make(&pool).await;
    let engine = engine(&pool);
    // A minute may end between a figure and its list: then both are looked at again.
    for again in 0.. {
        let told = figures(&engine).await;
        let mut found = Vec::new();
        for (filter, _) in &told {
            found.push((filter.clone(), listed(&engine, filter).await.len() as i64));
        }
        if told == figures(&engine).await || again == 3 {
            assert_eq!(told, found);
            assert!(told.iter().filter(|(_, n)| *n > 0).count() > 12, "{told:?}");
            return;
        }
    }
}

/// What cards, health and trends say, each with the filter of the list that it leads to.
async fn figures(engine: &Engine) -> Vec<(RunFilter, i64)> {
    let mut told = Vec::new();
    for card in engine.phase_cards().await.unwrap() {
        let runs = newer_than("24h", of_phase(card.phase));
        told.push((runs.clone(), card.total_runs));
        told.push((failed(runs), card.errors));
    }
    for tile in engine.workflow_health().await.unwrap() {
        let runs = newer_than("1h", of_workflow(&tile.workflow_name));
        told.push((runs.clone(), tile.total_runs));
        told.push((failed(runs), tile.error_count));
    }
    let range = TimeRange::Last("48h".parse().unwrap());
    let trends = engine.trends(range).await.unwrap();
    for workflow in trends.workflows {
        let runs = RunFilter {
            window: Window {
                from: Some(trends.from),
                until: Some(trends.until),
                ..Window::default()
            },
            ..of_workflow(&workflow.workflow)
        };
        told.push((runs.clone(), workflow.runs));
        told.push((failed(runs), workflow.errors));
    }
    told
}

#[sqlx::test(migrations = "../migrations")]
async fn a_run_without_a_phase_gets_that_of_its_workflow(pool: PgPool) {
    sqlx::raw_sql(
        "INSERT INTO marketing.workflow_stats (workflow_name, status) VALUES ('Send Mail', 'ok'), ('WF_Verify_Emails', 'ok'), ('x', 'ok');
         INSERT INTO marketing.workflow_stats (workflow_name, status, phase) VALUES ('Send Mail', 'ok', 'messaging');
         UPDATE marketing.workflow_stats SET phase = NULL WHERE workflow_name = 'x'",
    )
    .execute(&pool)
    .await
    .unwrap();
    let phases: Vec<String> =
        sqlx::query_scalar("SELECT phase FROM marketing.workflow_stats ORDER BY id")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert_eq!(phases, ["delivery", "enrichment", "other", "messaging"]);
    let counted: Vec<(String, i64)> = sqlx::query_as(
        "SELECT phase, sum(n)::BIGINT FROM marketing.v_rollup WHERE metric = 'run' GROUP BY phase ORDER BY phase",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let one = |phase: &str| (phase.to_owned(), 1);
    assert_eq!(
        counted,
        ["delivery", "enrichment", "messaging", "other"].map(one)
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn pieces_hold_the_runs_of_the_list(pool: PgPool) {
    sqlx::raw_sql(
        "INSERT INTO marketing.workflow_stats (workflow_name, status, duration_seconds, error_message, record_id, created_at)
         SELECT 'WF_Validate_Company', 'error', 0.5, '=A1', n, '2026-03-02T13:00:00Z' FROM generate_series(1, 1100) n",
    )
    .execute(&pool)
    .await
    .unwrap();
    let engine = engine(&pool);
    let mut query = RunQuery::default();
    let mut ids = Vec::new();
    loop {
        let (rows, next) = engine.runs_piece(&query).await.unwrap();
        let text = String::from_utf8(csv(&rows, false).unwrap()).unwrap();
        let line = text.lines().next().unwrap();
        assert!(
            line.contains(
                ",2026-03-02T13:00:00+00:00,WF_Validate_Company,enrichment,error,0.5,'=A1,,,"
            ),
            "{line}"
        );
        ids.extend(rows.iter().map(|row| row.id));
        query.cursor = next;
        if query.cursor.is_none() {
            break;
        }
    }
    assert_eq!(ids, expected(&pool, "TRUE").await);
}
