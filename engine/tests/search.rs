//! The search of the command palette.

use domain::model::search::{HITS, HitTarget};
use sqlx::PgPool;

use crate::support::{drain, engine, worker};

#[sqlx::test(migrations = "../migrations")]
async fn records_are_found_by_name_and_number(pool: PgPool) {
    let engine = engine(&pool);
    sqlx::raw_sql(
        "INSERT INTO intake.company_raw_intake (company, website, import_batch_id)
         SELECT 'Zebra 100% ' || n, 'https://zebra-' || n || '.example', 'herd' FROM generate_series(1, 9) n;
         INSERT INTO intake.import_batches (import_batch_id, file_name, importer, status) VALUES ('herd', 'zebras.csv', 'ada', 'completed');
         INSERT INTO marketing.pipeline_errors (event_type, error_message) VALUES ('x', 'A zebra crossed'), ('x', 'A zebra slept');
         UPDATE marketing.pipeline_errors SET resolved = TRUE WHERE error_message LIKE '%slept'",
    )
    .execute(&pool)
    .await
    .unwrap();
    let process = worker(&engine).await;
    drain(&pool).await;
    process.stop().await;
    let kinds = async |text: &str| {
        let found = engine.search(text).await.unwrap();
        assert!(found.complete);
        let kinds: Vec<&str> = found.hits.iter().map(|hit| hit.target.kind()).collect();
        (kinds, found.hits)
    };
    let (found, _) = kinds("zebra").await;
    let of = |kind: &str| found.iter().filter(|one| **one == kind).count() as i64;
    assert_eq!(
        [of("Batch"), of("Error"), of("Company")],
        [1, 1, HITS],
        "a few of each kind, and resolved errors left out: {found:?}"
    );
    assert!(of("Contact") <= HITS);

    let (person, company): (String, String) = sqlx::query_as(
        "SELECT full_name, company_unique_id FROM marketing.contact_enrichment
         JOIN marketing.company_slots USING (company_slot_unique_id) WHERE full_name IS NOT NULL ORDER BY contact_enrichment.id DESC LIMIT 1",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    let (_, hits) = kinds(&person).await;
    assert!(
        hits.iter()
            .any(|hit| hit.target == HitTarget::Contact(company.clone()) && hit.title == person)
    );
    let (found, hits) = kinds(&company).await;
    assert_eq!(found, ["Company"]);
    assert!(hits[0].detail.starts_with(&company), "{}", hits[0].detail);

    for text in ["3", "#3"] {
        assert_eq!(kinds(text).await.1[0].target, HitTarget::Event(3), "{text}");
    }
    // What stands for anything in SQL stands for itself.
    assert_eq!(kinds("Zebra 100% 4").await.0, ["Company"]);
    for nothing in ["", "  ", "%%%", "99999999"] {
        assert!(kinds(nothing).await.0.is_empty(), "{nothing:?}");
    }
}
