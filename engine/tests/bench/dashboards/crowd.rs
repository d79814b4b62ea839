//! Sixty days of a pipeline, made set by set: what workers would leave behind in weeks.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// Events of one company, from its row in a file to three verified addresses.
const CHAIN: usize = 12;
/// Rows that one statement makes.
const STEP: usize = 100_000;
/// The statements, by table; what they make is told at the top of the file.
const PARTS: &str = include_str!("crowd.sql");
/// Tables whose rows get numbers of ours; the next come after these.
const NUMBERED: [&str; 7] = [
    "intake.company_raw_intake",
    "marketing.company_master",
    "marketing.company_slots",
    "marketing.contact_enrichment",
    "marketing.email_verification",
    "marketing.pipeline_events",
    "marketing.workflow_stats",
];
const SCORES: &str =
    "SELECT marketing.keep_scores(ARRAY(SELECT company_id FROM marketing.ple_results
    UNION SELECT company_id FROM marketing.bit_signals)); ANALYZE marketing.company_scores";
/// Connections that fill and index side by side.
const HANDS: usize = 2;

/// Fills an empty database with so many events and all that belongs to them. Nothing is counted yet.
pub(super) async fn fill(url: &str, events: usize) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let now: String = sqlx::query_scalar("SELECT now()::TEXT")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    let parts: Vec<Part> = parts(events, &now).collect();
    let tables: Vec<&str> = parts.iter().map(|part| part.table.as_str()).collect();
    let indexes = drop_indexes(&mut connection, &tables).await;
    for part in &parts {
        all(url, part.statements()).await;
    }
    all(url, indexes).await;
    for table in NUMBERED {
        let sql = format!(
            "SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
        );
        run(&mut connection, &sql).await;
    }
    // What triggers would have kept, now that there are indexes again.
    run(&mut connection, SCORES).await;
    // As autovacuum would have done by and by.
    let vacuum = tables.iter().map(|table| format!("VACUUM ANALYZE {table}"));
    all(url, vacuum.collect()).await;
}

struct Part {
    table: String,
    /// Whether FIRST and LAST count events, companies or nothing.
    total: usize,
    step: usize,
    sql: String,
}

fn parts(events: usize, now: &str) -> impl Iterator<Item = Part> {
    let companies = events / CHAIN;
    PARTS.split("-- into ").skip(1).map(move |text| {
        let (head, sql) = text.split_once('\n').unwrap();
        let (table, unit) = head.split_once(" by ").unwrap();
        let total = match unit {
            "event" => events,
            "company" => companies,
            _ => 1,
        };
        Part {
            table: table.into(),
            total,
            step: STEP / if unit == "company" { CHAIN } else { 1 },
            sql: sql
                .replace("EVENTS", &events.to_string())
                .replace("COMPANIES", &companies.to_string())
                .replace("NOW", &format!("'{now}'::TIMESTAMPTZ")),
        }
    })
}

impl Part {
    fn statements(&self) -> Vec<String> {
        (1..=self.total)
            .step_by(self.step)
            .map(|first| {
                let last = self.total.min(first + self.step - 1);
                self.sql
                    .replace("FIRST", &first.to_string())
                    .replace("LAST", &last.to_string())
            })
            .collect()
    }
}

/// Filling a table and then building its indexes takes a third of the time that filling an indexed one does. Returns
/// what builds them.
async fn drop_indexes(connection: &mut PgConnection, tables: &[&str]) -> Vec<String> {
    let indexes: Vec<(String, String)> = sqlx::query_as(
        "SELECT i.indexrelid::REGCLASS::TEXT, pg_get_indexdef(i.indexrelid) FROM pg_index i
         WHERE i.indrelid = ANY($1::TEXT[]::REGCLASS[])
           AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)",
    )
    .bind(tables)
    .fetch_all(&mut *connection)
    .await
    .unwrap();
    for (name, _) in &indexes {
        run(connection, &format!("DROP INDEX {name}")).await;
    }
    indexes.into_iter().map(|(_, sql)| sql).collect()
}

/// Runs the statements in their order, by as many hands as there are; each its own transaction.
async fn all(url: &str, statements: Vec<String>) {
    let statements = Arc::new(statements);
    let next = Arc::new(AtomicUsize::new(0));
    let failed = Arc::new(Mutex::new(None));
    let hands = (0..HANDS).map(|_| {
        let (url, statements) = (url.to_owned(), statements.clone());
        let (next, failed) = (next.clone(), failed.clone());
        async move {
            let mut connection = PgConnection::connect(&url).await.unwrap();
            // Triggers would make the events a second time, and what is lost in a crash is made anew.
            let settings = "SET session_replication_role = replica; SET synchronous_commit = off;
                SET maintenance_work_mem = '512MB'";
            run(&mut connection, settings).await;
            while let Some(sql) = statements.get(next.fetch_add(1, Ordering::Relaxed)) {
                if let Err(error) = sqlx::raw_sql(AssertSqlSafe(sql.clone()))
                    .execute(&mut connection)
                    .await
                {
                    *failed.lock().unwrap() = Some(format!("{error}: {sql}"));
                }
            }
        }
    });
    futures::future::join_all(hands).await;
    if let Some(message) = failed.lock().unwrap().take() {
        panic!("{message}");
    }
}

pub(super) async fn run(connection: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(connection)
        .await
        .unwrap_or_else(|error| panic!("{error}: {sql}"));
}
