//! The SQL contract: what people are told to type into psql, with no application running unless said so.
//!
//! Each file holds one group of it; the numbers in names are lines of the checklist that people were given.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

mod events;
mod indexes;
mod lineage;
mod migrating;
mod queue;
mod roles;
mod rollback;
mod statements;
#[path = "../support/mod.rs"]
mod support;

use sqlx::{AssertSqlSafe, PgPool};

/// Runs statements as psql does, all of them in one go.
async fn run(pool: &PgPool, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(pool)
        .await
        .unwrap_or_else(|error| panic!("{sql}\n{error}"));
}

/// The first column of all rows.
async fn column(pool: &PgPool, sql: &'static str) -> Vec<String> {
    sqlx::query_scalar(sql)
        .fetch_all(pool)
        .await
        .unwrap_or_else(|error| panic!("{sql}\n{error}"))
}

/// Types of all events, oldest first.
async fn event_types(pool: &PgPool) -> Vec<String> {
    column(
        pool,
        "SELECT event_type FROM marketing.pipeline_events ORDER BY id",
    )
    .await
}

async fn insert_test_company(pool: &PgPool) -> i64 {
    sqlx::query_scalar(
        "INSERT INTO intake.company_raw_intake (company, website, import_batch_id)
         VALUES ('Test Company', 'https://test.example', 'TEST-001') RETURNING id",
    )
    .fetch_one(pool)
    .await
    .unwrap()
}

/// The statements of the workflows, as their guide prints them.
const MASTER: &str = "INSERT INTO marketing.company_master
    (company_unique_id, company_name, website_url, import_batch_id, source_system, promoted_from_intake_at, created_at)
    VALUES ('04.04.01.84.00001.001', 'Test Company', 'https://test.example', 'TEST-001', 'webhook-promotion', NOW(), NOW())
    ON CONFLICT (company_unique_id) DO NOTHING";
const SLOT: &str = "INSERT INTO marketing.company_slots
    (company_slot_unique_id, company_unique_id, slot_type, slot_label, created_at)
    VALUES ('04.04.01.84.00001.001', '04.04.01.84.00001.001', 'executive', 'CEO', NOW())
    ON CONFLICT (company_slot_unique_id) DO NOTHING";
const CONTACT: &str = "INSERT INTO marketing.contact_enrichment
    (company_slot_unique_id, linkedin_url, full_name, email, phone, enrichment_status, enrichment_source, enrichment_data, created_at)
    VALUES ('04.04.01.84.00001.001', 'https://l.example', 'Ada Test', 'ada@test.example', NULL, 'completed', 'apify', '{}', NOW())
    ON CONFLICT (company_slot_unique_id) DO UPDATE SET enrichment_status = EXCLUDED.enrichment_status, enriched_at = NOW()";
const VERIFICATION: &str = "INSERT INTO marketing.email_verification
    (enrichment_id, email, verification_status, verification_service, verification_result, verified_at, created_at)
    SELECT id, email, 'valid', 'millionverifier', '{}', NOW(), NOW() FROM marketing.contact_enrichment";

async fn insert_contact(pool: &PgPool) {
    run(pool, MASTER).await;
    run(pool, SLOT).await;
    run(pool, CONTACT).await;
}
