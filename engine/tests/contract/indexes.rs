//! Indexes under the names that people know, and what they must never refuse.

use sqlx::PgPool;

use super::{column, run, support::count};

#[sqlx::test(migrations = "../migrations")]
async fn line_31_the_short_tables_and_their_indexes_are_there_already(pool: PgPool) {
    let relations = "SELECT count(*) FROM pg_class WHERE relnamespace IN ('marketing'::REGNAMESPACE, 'intake'::REGNAMESPACE, 'public'::REGNAMESPACE)";
    let before = count(&pool, relations).await;
    for sql in [
        "CREATE TABLE IF NOT EXISTS marketing.pipeline_events (id SERIAL PRIMARY KEY, event_type TEXT NOT NULL, payload JSONB NOT NULL, status TEXT DEFAULT 'pending', created_at TIMESTAMP DEFAULT NOW(), processed_at TIMESTAMP)",
        "CREATE TABLE IF NOT EXISTS marketing.pipeline_errors (id SERIAL PRIMARY KEY, event_type TEXT NOT NULL, record_id BIGINT, error_message TEXT NOT NULL)",
        "CREATE INDEX IF NOT EXISTS idx_pipeline_events_status ON marketing.pipeline_events(status, created_at)",
        "CREATE INDEX IF NOT EXISTS idx_pipeline_events_type ON marketing.pipeline_events(event_type)",
        "CREATE INDEX IF NOT EXISTS idx_pipeline_errors_resolved ON marketing.pipeline_errors(resolved, created_at)",
        "CREATE INDEX IF NOT EXISTS idx_intake_batch_id ON intake.company_raw_intake(import_batch_id)",
        "CREATE INDEX IF NOT EXISTS idx_workflow_stats_triggered_by ON marketing.workflow_stats(triggered_by)",
    ] {
        run(&pool, sql).await;
    }
    assert_eq!(
        count(&pool, relations).await,
        before,
        "nothing was created twice"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn the_listed_indexes_exist_by_name_and_leading_column(pool: PgPool) {
    let indexes = column(
        &pool,
        "SELECT i.indexrelid::REGCLASS || ' ' || pg_get_indexdef(i.indexrelid, 1, TRUE) FROM pg_index i
         JOIN pg_class c ON c.oid = i.indrelid
         WHERE c.relnamespace IN ('marketing'::REGNAMESPACE, 'intake'::REGNAMESPACE, 'public'::REGNAMESPACE)",
    )
    .await;
    for expected in [
        "idx_intake_batch_id import_batch_id",
        "idx_intake_validated validated",
        "idx_intake_state state_abbrev",
        "idx_company_raw_intake_website website",
        "idx_company_raw_intake_industry industry",
        "idx_company_raw_intake_state company_state",
        "idx_company_master_company_name company_name",
        "idx_company_master_industry industry",
        "idx_company_master_source_system source_system",
        "idx_company_master_promoted_at promoted_from_intake_at",
        "idx_master_batch_id import_batch_id",
        "idx_company_slots_company_id company_unique_id",
        "idx_enrichment_status enrichment_status",
        "contact_enrichment_company_slot_unique_id_key company_slot_unique_id",
        "idx_verification_status verification_status",
        "idx_verification_email email",
        "idx_people_master_company_id company_unique_id",
        "idx_people_master_slot_id company_slot_unique_id",
        "idx_people_master_full_name full_name",
        "idx_people_master_email email",
        "idx_people_master_title title",
        "idx_people_master_source_system source_system",
        "idx_people_master_promoted_at promoted_from_intake_at",
        "idx_people_email_verified email",
        "idx_validation_log_source source_table",
        "idx_validation_log_executed executed_at",
        "idx_pipeline_events_status status",
        "idx_pipeline_events_type event_type",
        "pipeline_events_record (payload ->> 'record_id'::text)",
        "pipeline_events_company (payload ->> 'company'::text)",
        "idx_pipeline_errors_event event_type",
        "idx_pipeline_errors_record record_id",
        "idx_pipeline_errors_resolved resolved",
        "idx_pipeline_errors_severity severity",
        "idx_workflow_stats_name workflow_name",
        "idx_workflow_stats_name_created workflow_name",
        "idx_workflow_stats_status status",
        "idx_workflow_stats_created created_at",
        "idx_workflow_stats_batch batch_id",
        "idx_workflow_stats_triggered_by triggered_by",
    ] {
        assert!(
            indexes
                .iter()
                .any(|index| index == expected || index.ends_with(&format!(".{expected}"))),
            "{expected} of {indexes:#?}"
        );
    }
}

/// A B-tree entry ends at 2704 bytes; what a file holds does not.
#[sqlx::test(migrations = "../migrations")]
async fn no_index_refuses_the_long_texts_of_a_file(pool: PgPool) {
    run(
        &pool,
        "INSERT INTO company_raw_intake (company, website, industry, company_state, state_abbrev, extra)
         SELECT long, 'https://' || long, long, long, 'NY', '{\"a\": 1}'
         FROM (SELECT string_agg(md5(n::TEXT), '') AS long FROM generate_series(1, 1000) n) t",
    )
    .await;
    assert_eq!(
        column(
            &pool,
            "SELECT concat_ws(' ', length(company), length(website), website_domain IS NULL, length(industry), length(company_state),
                state_abbrev, length(extra ->> 'industry'), extra ->> 'a', extra ? 'state_abbrev') FROM company_raw_intake"
        )
        .await,
        ["32000 32008 t 250 250 NY 32000 1 f"]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_website_has_the_domain_that_duplicates_are_found_by(pool: PgPool) {
    for (website, expected) in [
        ("https://www.Acme.com/about?x=1", Some("acme.com")),
        ("  HTTP://user:pw@WWW.acme.com:8080#top ", Some("acme.com")),
        ("acme.com.", Some("acme.com")),
        ("ftp+x://acme.com", Some("acme.com")),
        ("1http://acme.com", Some("1http")),
        ("mailto:a@acme.com", Some("acme.com")),
        ("www.", None),
        ("https://", None),
        ("", None),
    ] {
        let domain: Option<String> = sqlx::query_scalar("SELECT intake.website_domain($1)")
            .bind(website)
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(domain.as_deref(), expected, "{website:?}");
    }
}
