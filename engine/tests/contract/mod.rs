//! The SQL contract: what people are told to type into psql, with no application running unless said so.
//!
//! The checklist that people were given, line by line, and the tests that hold it. Lines 19, 20, 25 and 39 to 42 concern
//! tables of later phases.
//!
//! | Line | Test |
//! |---|---|
//! | 1 | `events::line_1_triggers_are_listed` |
//! | 2, 3 | `monitoring::lines_2_3_tables_and_error_views_answer_also_unqualified` |
//! | 4, 12 | `events::lines_4_12_validating_a_row_makes_its_events` |
//! | 5 | `records::line_5_events_are_marked_by_number` |
//! | 6 | `records::line_6_errors_are_logged_with_quoted_and_bare_records` |
//! | 7, 8 | `records::lines_7_8_masters_and_slots_are_inserted_once` |
//! | 9, 10 | `records::lines_9_10_contacts_are_upserted_by_slot_and_verified_repeatedly` |
//! | 11, 13 | `events::lines_11_13_an_insert_notifies_a_listening_session` |
//! | 14 | `events::line_14_the_events_of_a_record_are_created_validated_and_processed` |
//! | 15 to 18, 23, 24 | `monitoring::lines_15_to_18_and_23_24_monitoring_queries_answer` |
//! | 21, 22 | `records::lines_21_22_the_value_of_a_contact_names_its_company` |
//! | 26, 27 | `monitoring::lines_26_27_retention_deletes_and_vacuums` |
//! | 28 | `queue::line_28_a_manual_event_is_picked_up_without_a_notification` |
//! | 29, 30 | `records::lines_29_30_contacts_are_exported_and_erased` |
//! | 31 | `indexes::line_31_the_short_tables_and_their_indexes_are_there_already` |
//! | 32 | the migrations of this repository take the place of the three files: every test runs them |
//! | 33 | `monitoring::line_33_views_are_listed` |
//! | 34 | `events::line_34_the_trigger_test_shows_one_created_and_one_updated` |
//! | 35 to 37 | `monitoring::lines_35_to_37_phases_are_always_four` |
//! | 38 | `roles::line_38_a_workflow_does_all_its_writing_as_n8n_user` |
//! | 43 | `rollback::line_43_the_operations_test_and_the_full_rollback` |
//! | 44 | `monitoring::line_44_every_binding_of_the_dashboard_has_its_columns` |

mod barton_ids;
mod events;
mod indexes;
mod lineage;
mod migrating;
mod monitoring;
mod pooler;
mod queue;
mod records;
mod roles;
mod rollback;

use crate::support;

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
