//! The reports of the phases: each error and each workflow is on one of them, or on all.

use domain::{
    model::{
        error_group::{GroupState, Ignore},
        overview::WorkflowHealth,
        report::{PhaseReport, REPORT_ERRORS, REPORT_OTHER_ERRORS, Rest, TopErrors},
    },
    phase::Phase,
};
use engine::Engine;
use sqlx::PgPool;

use crate::support::{engine, operator};

async fn fail(pool: &PgPool, event_type: &str, message: &str, number: i32) {
    sqlx::query(
        "INSERT INTO marketing.pipeline_errors (event_type, record_id, error_message)
         SELECT $1, n::TEXT, $2 FROM generate_series(1, $3) n",
    )
    .bind(event_type)
    .bind(message)
    .bind(number)
    .execute(pool)
    .await
    .unwrap();
}

async fn run(pool: &PgPool, workflow: &str, phase: Option<&str>, statuses: &[&str]) {
    sqlx::query(
        "INSERT INTO marketing.workflow_stats (workflow_name, phase, status, duration_seconds)
         SELECT $1, $2, status, 1 FROM unnest($3::TEXT[]) status",
    )
    .bind(workflow)
    .bind(phase)
    .bind(statuses)
    .execute(pool)
    .await
    .unwrap();
}

async fn reports(engine: &Engine) -> [PhaseReport; 4] {
    let [enrichment, intelligence, messaging, delivery] = Phase::ALL;
    let report = async |phase| engine.phase_report(phase).await.unwrap();
    [
        report(enrichment).await,
        report(intelligence).await,
        report(messaging).await,
        report(delivery).await,
    ]
}

fn told(errors: &TopErrors) -> Vec<(&str, &str, i64)> {
    let groups = errors.groups.iter();
    groups
        .map(|group| (&*group.event_type, &*group.message, group.open))
        .collect()
}

fn names(rows: &[WorkflowHealth]) -> Vec<&str> {
    rows.iter().map(|row| &*row.workflow_name).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn each_error_is_on_the_report_of_its_phase_or_on_all(pool: PgPool) {
    let engine = engine(&pool);
    for (event_type, message, number) in [
        ("email_verified", "No row of this address", 2),
        ("company_created", "No website", 3),
        ("person.promotion", "Nobody of this name", 1),
        ("message_sent", "The mail server is full", 500),
        ("message_sent", "Resolved long ago", 4),
        ("reply_received", "Nobody asked for this", 6),
        ("invoice_paid", "No such invoice", 7),
    ] {
        fail(&pool, event_type, message, number).await;
    }
    sqlx::query(
        "UPDATE marketing.pipeline_errors SET resolved = TRUE WHERE error_message LIKE 'Resolved%'",
    )
    .execute(&pool)
    .await
    .unwrap();
    let reports = reports(&engine).await;
    let expected: [&[_]; 4] = [
        &[
            ("company_created", "No website", 3),
            ("email_verified", "No row of this address", 2),
        ],
        &[("person.promotion", "Nobody of this name", 1)],
        &[("message_sent", "The mail server is full", 500)],
        &[("reply_received", "Nobody asked for this", 6)],
    ];
    for (report, expected) in reports.iter().zip(expected) {
        assert_eq!(told(&report.errors), expected);
        assert_eq!(
            told(&report.other_errors),
            [("invoice_paid", "No such invoice", 7)]
        );
        assert_eq!(report.errors.rest, Rest::default());
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn causes_beyond_the_most_frequent_are_counted(pool: PgPool) {
    let engine = engine(&pool);
    let letters = ('a'..='n').zip(1..);
    for (letter, number) in letters.clone() {
        fail(&pool, "message_sent", &format!("Cause {letter}"), number).await;
    }
    for (letter, number) in letters.take(5) {
        fail(&pool, "invoice_paid", &format!("Cause {letter}"), number).await;
    }
    let report = engine.phase_report(Phase::Messaging).await.unwrap();
    assert_eq!(report.errors.groups.len(), REPORT_ERRORS);
    assert_eq!(
        told(&report.errors)[..2],
        [
            ("message_sent", "Cause n", 14),
            ("message_sent", "Cause m", 13)
        ]
    );
    // The causes a to d.
    assert_eq!(
        report.errors.rest,
        Rest {
            groups: 4,
            errors: 1 + 2 + 3 + 4
        }
    );
    assert_eq!(report.other_errors.groups.len(), REPORT_OTHER_ERRORS);
    assert_eq!(
        report.other_errors.rest,
        Rest {
            groups: 2,
            errors: 1 + 2
        }
    );

    // Who ignores a cause has not resolved it.
    let key = &report.errors.groups[0].key;
    let ignore = Ignore {
        why: "Known".into(),
        ..Ignore::default()
    };
    engine
        .ignore_error_group(key, &ignore, &operator())
        .await
        .unwrap();
    let report = engine.phase_report(Phase::Messaging).await.unwrap();
    let first = &report.errors.groups[0];
    assert_eq!(
        (&first.key, first.state, first.open),
        (key, GroupState::Ignored, 14)
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn each_workflow_is_on_the_report_of_its_phase_or_on_all(pool: PgPool) {
    let engine = engine(&pool);
    run(
        &pool,
        "Campaign mails",
        None,
        &["ok", "ok", "error", "timeout"],
    )
    .await;
    run(&pool, "Nightly tidying", None, &["ok"]).await;
    // A run that names its phase is of that one, and a phase that does not exist is none.
    run(&pool, "Nightly calls", Some("delivery"), &["ok"]).await;
    run(&pool, "Nightly bills", Some("billing"), &["ok"]).await;
    let reports = reports(&engine).await;
    for (report, expected) in reports.iter().zip([
        &[
            "WF_Validate_Company",
            "WF_Promote_Company",
            "WF_Create_Slots",
            "WF_Enrich_Contacts",
            "WF_Verify_Emails",
        ][..],
        &[],
        &["Campaign mails"],
        &["Nightly calls"],
    ]) {
        assert_eq!(names(&report.health), expected);
        assert_eq!(
            names(&report.other_health),
            ["Nightly bills", "Nightly tidying"]
        );
    }

    let [_, intelligence, messaging, delivery] = &reports;
    let sum = |report: &PhaseReport| {
        let hours = report.runs.hours.iter();
        hours.fold((0, 0, 0), |(ok, errors, timeouts), runs| {
            (ok + runs.ok, errors + runs.errors, timeouts + runs.timeouts)
        })
    };
    assert_eq!(sum(messaging), (2, 1, 1));
    assert_eq!(sum(delivery), (1, 0, 0));
    assert!(messaging.runs.chart.contains("<svg"));
    assert_eq!(
        (sum(intelligence), intelligence.runs.chart.as_str()),
        ((0, 0, 0), "")
    );
    // 24 hours, which begin and end within one.
    assert!((24..=25).contains(&intelligence.runs.hours.len()));
}
