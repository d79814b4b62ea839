//! Exports.

use domain::role::Role;
use sqlx::PgPool;

use crate::app::{App, header};

#[sqlx::test(migrations = "../migrations")]
async fn phase_statistics_are_a_file_with_its_time(pool: PgPool) {
    let app = App::start(pool).await;
    let operator = app.person(Role::Operator).await;
    let answer = operator.get("/export/phase-stats.csv").await;
    assert_eq!(answer.status(), 200);
    let disposition = header(&answer, "content-disposition").to_owned();
    assert!(
        disposition.starts_with("attachment; filename=\"phase_stats_20"),
        "{disposition}"
    );
    assert!(header(&answer, "content-type").starts_with("text/csv"));
    let text = answer.text().await.unwrap();
    assert!(
        text.starts_with("phase,total_runs,errors,error_rate,avg_duration"),
        "{text}"
    );
    assert!(text.lines().count() >= 5, "four phases: {text}");
}

#[sqlx::test(migrations = "../migrations")]
async fn errors_are_filtered_whole_and_harmless(pool: PgPool) {
    let app = App::start(pool.clone()).await;
    let operator = app.person(Role::Operator).await;
    sqlx::query(
        "INSERT INTO marketing.pipeline_errors (event_type, record_id, error_message, severity, resolved)
         SELECT 'test_' || n % 2, n, CASE n WHEN 1 THEN '=cmd()' ELSE 'broken' END, 'error', n > 180
         FROM generate_series(1, 200) n",
    )
    .execute(&pool)
    .await
    .unwrap();
    let rows = async |path: &str| {
        let answer = operator.get(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        let text = answer.text().await.unwrap();
        let rows: Vec<csv::StringRecord> = csv::Reader::from_reader(text.as_bytes())
            .into_records()
            .map(Result::unwrap)
            .collect();
        rows
    };
    let open = rows("/export/errors.csv").await;
    assert_eq!(open.len(), 180, "unresolved ones, over all pages");
    assert!(open.iter().any(|row| &row[5] == "'=cmd()"), "no formula");
    assert_eq!(rows("/export/errors.csv?e_resolved=any").await.len(), 200);
    assert_eq!(
        rows("/export/errors.csv?e_resolved=yes&e_type=test_1")
            .await
            .len(),
        10
    );
    assert_eq!(rows("/export/errors.csv?e_q=cmd").await.len(), 1);
    assert_eq!(
        rows("/export/errors.csv?e_after=x&e_severity=critical")
            .await
            .len(),
        0
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn an_unknown_import_has_no_report(pool: PgPool) {
    let app = App::start(pool).await;
    let operator = app.person(Role::Operator).await;
    assert_eq!(operator.get("/export/import/none.csv").await.status(), 404);
    assert_eq!(operator.get("/export/import/none").await.status(), 404);
}
