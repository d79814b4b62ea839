//! P2: the pipeline beside what is physically possible: a script of statements that do a whole stage at once.
//!
//! Both begin with the same copy of a database in which companies wait, and end with the same rows. The script is told the
//! providers' answers, which a first run of the pipeline left.

use std::time::{Duration, Instant};

use engine::Engine;
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool, query_scalar, raw_sql};

use crate::{
    Bench, burn, config,
    figure::{Figure, Rounds},
    traffic::{Process, drain, insert_companies},
};

const OURS: &str = "pipeline";
const SCRIPT: &str = "script";

/// What the first run found, by the keys that every run gives again.
const ANSWERS: [(&str, &str); 7] = [
    (
        "intake",
        "SELECT id, validation_notes, validated_by FROM intake.company_raw_intake",
    ),
    (
        "masters",
        "SELECT company_unique_id, source_system, source_record_id, data_quality_score FROM marketing.company_master",
    ),
    (
        "slots",
        "SELECT company_slot_unique_id, company_unique_id, slot_type, slot_label FROM marketing.company_slots",
    ),
    ("contacts", "SELECT * FROM marketing.contact_enrichment"),
    ("people", "SELECT * FROM marketing.people_master"),
    (
        "verifications",
        "SELECT v.*, c.company_slot_unique_id FROM marketing.email_verification v
                       JOIN marketing.contact_enrichment c ON c.id = v.enrichment_id",
    ),
    (
        "workflows",
        "SELECT DISTINCT e.event_type, s.workflow_name, s.phase FROM marketing.workflow_stats s
                   JOIN marketing.pipeline_events e ON e.id = s.event_id",
    ),
];

/// The rows of a run, without what each run numbers and times for itself.
const ROWS: &str = "SELECT md5(concat(
    (SELECT string_agg(concat_ws('|', id, validated, validation_notes, validated_by), ',' ORDER BY id) FROM intake.company_raw_intake),
    (SELECT string_agg(concat_ws('|', company_unique_id, company_name, website_url, data_quality_score), ',' ORDER BY company_unique_id)
     FROM marketing.company_master),
    (SELECT string_agg(concat_ws('|', company_slot_unique_id, company_unique_id, slot_label), ',' ORDER BY company_slot_unique_id)
     FROM marketing.company_slots),
    (SELECT string_agg(concat_ws('|', company_slot_unique_id, full_name, title, email, enrichment_status, email_status, enrichment_data), ','
                       ORDER BY company_slot_unique_id) FROM marketing.contact_enrichment),
    (SELECT string_agg(concat_ws('|', email, verification_status, verification_result), ',' ORDER BY email, verification_result::TEXT)
     FROM marketing.email_verification),
    (SELECT string_agg(concat_ws('|', unique_id, full_name, email, email_verified), ',' ORDER BY unique_id) FROM marketing.people_master),
    (SELECT string_agg(concat_ws('|', event_type, status, n), ',' ORDER BY event_type, status)
     FROM (SELECT event_type, status, count(*) AS n FROM marketing.pipeline_events GROUP BY 1, 2) AS e),
    (SELECT string_agg(concat_ws('|', workflow_name, status, n), ',' ORDER BY workflow_name, status)
     FROM (SELECT workflow_name, status, count(*) AS n FROM marketing.workflow_stats GROUP BY 1, 2) AS s)))";

pub(crate) async fn run(bench: &Bench) -> Vec<Figure> {
    let companies = bench.size(5_000, 60);
    let waiting = bench.database("waiting").await;
    let pool = PgPool::connect(&waiting).await.unwrap();
    insert_companies(&pool, companies as i64).await;
    raw_sql("VACUUM (ANALYZE)").execute(&pool).await.unwrap();
    pool.close().await;
    leave_answers(bench).await;

    let mut rates = Rounds::default();
    let mut rows = Vec::new();
    for _ in 0..bench.rounds() {
        for arm in [OURS, SCRIPT] {
            let url = bench.copy("waiting", "cascade").await;
            let seconds = match arm {
                OURS => pipeline(&url).await,
                _ => script(&url).await,
            };
            println!("P2 {arm}: {seconds:.2} s");
            rates.add(arm, companies as f64 / seconds);
            let mut database = PgConnection::connect(&url).await.unwrap();
            let found: String = query_scalar(ROWS).fetch_one(&mut database).await.unwrap();
            rows.push(found);
        }
    }
    rows.dedup();
    assert_eq!(rows.len(), 1, "the script and the pipeline make other rows");
    let cascade = Figure {
        arm: "P2",
        what: format!(
            "{companies} companies from intake to verified, of a hand-written set-based script"
        ),
        aim: ">= 0.35",
        reached: rates.ratio(OURS, SCRIPT).to_string(),
        from: format!(
            "{} / {} companies a second",
            rates.of(OURS),
            rates.of(SCRIPT)
        ),
    };
    vec![burn::limit(bench).await, cascade]
}

/// Runs the pipeline once and keeps what the providers said, in the database that every round copies.
async fn leave_answers(bench: &Bench) {
    let url = bench.copy("waiting", "answered").await;
    pipeline(&url).await;
    let mut waiting = bench.cluster.admin("waiting").await;
    let mut answered = bench.cluster.admin("answered").await;
    raw_sql("CREATE SCHEMA bench")
        .execute(&mut answered)
        .await
        .unwrap();
    raw_sql("CREATE SCHEMA bench")
        .execute(&mut waiting)
        .await
        .unwrap();
    for (table, sql) in ANSWERS {
        raw_sql(AssertSqlSafe(format!(
            "CREATE TABLE bench.{table} AS {sql}"
        )))
        .execute(&mut answered)
        .await
        .unwrap();
        let columns: String = query_scalar(
            "SELECT string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum)
             FROM pg_attribute WHERE attrelid = ('bench.' || $1)::REGCLASS AND attnum > 0",
        )
        .bind(table)
        .fetch_one(&mut answered)
        .await
        .unwrap();
        let rows: String = query_scalar(AssertSqlSafe(format!(
            "SELECT coalesce(json_agg(t), '[]')::TEXT FROM bench.{table} t"
        )))
        .fetch_one(&mut answered)
        .await
        .unwrap();
        raw_sql(AssertSqlSafe(format!(
            "CREATE TABLE bench.{table} ({columns})"
        )))
        .execute(&mut waiting)
        .await
        .unwrap();
        sqlx::query(AssertSqlSafe(format!(
            "INSERT INTO bench.{table} SELECT * FROM json_populate_recordset(NULL::bench.{table}, $1::JSON)"
        )))
        .bind(rows)
        .execute(&mut waiting)
        .await
        .unwrap();
    }
    raw_sql("VACUUM (ANALYZE)")
        .execute(&mut waiting)
        .await
        .unwrap();
}

/// Seconds until nothing waits.
async fn pipeline(url: &str) -> f64 {
    let engine = Engine::start(config(url, 20)).await.unwrap();
    let pool = PgPool::connect(url).await.unwrap();
    let started = Instant::now();
    let process = Process::start(&engine).await;
    drain(&pool, Duration::from_millis(20)).await;
    let seconds = started.elapsed().as_secs_f64();
    process.stop().await;
    engine.close().await;
    pool.close().await;
    seconds
}

async fn script(url: &str) -> f64 {
    let mut database = PgConnection::connect(url).await.unwrap();
    let started = Instant::now();
    let mut transaction = database.begin().await.unwrap();
    raw_sql(include_str!("limit.sql"))
        .execute(&mut *transaction)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    started.elapsed().as_secs_f64()
}
