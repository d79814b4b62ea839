//! Whether what dashboards show equals a recount of the rows.

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::crowd::run;

/// The doctor's recount, and behind the line "compared" its comparison.
const ROLLUPS: &str = include_str!("../../../sql/rollups.sql");

/// What else is kept beside the rows, and the doctor's check of it by the same name.
const INVARIANTS: &str = include_str!("../../../sql/invariants.sql");
const KEPT: [&str; 2] = ["scores", "companies_elsewhere"];

/// Writes of every kind that the counts must follow: new, done, failed, tried again and deleted, a few of each.
pub(super) async fn write_some(connection: &mut PgConnection) {
    let sql = "SET outreach.notify = 'off';
        INSERT INTO intake.company_raw_intake (company, website)
        SELECT 'New ' || n, 'https://n' || n || '.example' FROM generate_series(1, 300) n;
        UPDATE intake.company_raw_intake SET validated = TRUE WHERE company LIKE 'New 1%' AND validated IS NULL;
        UPDATE marketing.pipeline_events SET status = 'processed', processed_at = now()
        WHERE id = ANY(ARRAY(SELECT id FROM marketing.pipeline_events WHERE status = 'pending' LIMIT 300));
        UPDATE marketing.pipeline_events SET status = 'pending', processed_at = NULL
        WHERE id = ANY(ARRAY(SELECT id FROM marketing.pipeline_events WHERE status = 'failed' LIMIT 20));
        INSERT INTO marketing.workflow_stats (workflow_name, status, duration_seconds)
        SELECT 'WF_Validate_Company', CASE WHEN n % 7 = 0 THEN 'error' ELSE 'ok' END, 0.25 * n FROM generate_series(1, 50) n;
        INSERT INTO marketing.workflow_stats (workflow_name, status, created_at) VALUES ('Nobody listed it', 'ok', now());
        DELETE FROM marketing.workflow_stats
        WHERE id = ANY(ARRAY(SELECT id FROM marketing.workflow_stats ORDER BY created_at DESC LIMIT 20));
        UPDATE marketing.pipeline_errors SET resolved = TRUE
        WHERE id = ANY(ARRAY(SELECT id FROM marketing.pipeline_errors WHERE NOT resolved LIMIT 20));
        RESET outreach.notify";
    run(connection, sql).await;
}

/// The counts equal a recount; and every view shows the same over the counts as over the recount in their place.
pub(super) async fn check(url: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let kept = KEPT.map(|name| check_named(INVARIANTS, name));
    for statement in kept.into_iter().chain([check_named(ROLLUPS, "rollups")]) {
        let wrong: Vec<(String, String)> = sqlx::query_as(AssertSqlSafe(format!(
            "SELECT what, record FROM ({statement}) AS wrong"
        )))
        .fetch_all(&mut connection)
        .await
        .unwrap();
        assert_eq!(wrong, []);
    }
    let (counted, _) = ROLLUPS.split_once("-- compared").unwrap();
    // One transaction, so that now() and the rows are the same; it is taken back in the end.
    let mut transaction = connection.begin().await.unwrap();
    run(
        &mut transaction,
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SET LOCAL jit = off",
    )
    .await;
    let views: Vec<String> = sqlx::query_scalar(
        "SELECT viewname::TEXT FROM pg_views WHERE schemaname = 'marketing' AND viewname <> 'v_rollup'
           AND viewname NOT LIKE 'v_companies%'
         ORDER BY 1",
    )
    .fetch_all(&mut *transaction)
    .await
    .unwrap();
    for view in &views {
        let sql = format!("CREATE TABLE marketing.shown_{view} AS SELECT * FROM marketing.{view}");
        run(&mut transaction, &sql).await;
    }
    run(
        &mut transaction,
        &format!(
            "CREATE TABLE marketing.recounted AS {counted} SELECT * FROM counted;
             CREATE INDEX ON marketing.recounted (metric, bucket);
             CREATE OR REPLACE VIEW marketing.v_rollup AS
             SELECT metric, bucket, phase, label, detail, n::BIGINT AS n, timed::BIGINT AS timed,
                    seconds::DOUBLE PRECISION AS seconds FROM marketing.recounted"
        ),
    )
    .await;
    for view in &views {
        // Values are compared and not texts: 0.00 is 0.
        let differing: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!(
            "(SELECT 'over counts ' || c::TEXT FROM (TABLE marketing.shown_{view} EXCEPT ALL SELECT * FROM marketing.{view}) c)
             UNION ALL
             (SELECT 'over rows ' || r::TEXT FROM (SELECT * FROM marketing.{view} EXCEPT ALL TABLE marketing.shown_{view}) r)"
        )))
        .fetch_all(&mut *transaction)
        .await
        .unwrap();
        assert!(differing.is_empty(), "{view}: {differing:?}");
    }
    transaction.rollback().await.unwrap();
}

/// The statement of one check of the doctor's.
fn check_named(file: &'static str, name: &str) -> &'static str {
    let (_, from) = file.split_once(&format!("-- check {name}\n")).unwrap();
    from.split("-- check ")
        .next()
        .unwrap()
        .trim()
        .trim_end_matches(';')
}
