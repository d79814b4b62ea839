//! Barton IDs have five digits for the number; the hundred-thousandth company needs one of its own too.

use sqlx::PgPool;

use super::{
    column, run,
    support::{count, drain, engine, worker},
};

#[sqlx::test(migrations = "../migrations")]
async fn numbers_past_99_999_make_ids_of_their_own_with_two_workers_at_once(pool: PgPool) {
    let engine = engine(&pool);
    // Ids whose last five digits are equal, and a run across the limit.
    run(&pool, "INSERT INTO company_raw_intake (id, company, website)
        SELECT id, 'C' || id, 'https://c' || id || '.example' FROM (VALUES (7), (99999), (100000), (100007), (200007), (9999999)) AS v (id)").await;
    run(
        &pool,
        "ALTER TABLE company_raw_intake ALTER COLUMN id RESTART WITH 99900",
    )
    .await;
    let (first, second) = (worker(&engine).await, worker(&engine).await);
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let pool = pool.clone();
        writers.spawn(async move {
            for _ in 0..5 {
                run(&pool, "INSERT INTO company_raw_intake (company, website)
                    SELECT 'N', 'https://n' || gen_random_uuid() || '.example' FROM generate_series(1, 5) ON CONFLICT DO NOTHING").await;
            }
        });
    }
    while let Some(written) = writers.join_next().await {
        // The run of numbers meets 99999, 100000 and 100007, which are taken: those inserts lose all five rows.
        written.unwrap();
    }
    drain(&pool).await;
    first.stop().await;
    second.stop().await;
    let rows = count(&pool, "SELECT count(*) FROM company_raw_intake").await;
    assert!(rows > 190, "{rows}");
    assert_eq!(
        count(
            &pool,
            "SELECT count(DISTINCT source_record_id) FROM company_master"
        )
        .await,
        rows
    );
    assert_eq!(
        count(
            &pool,
            "SELECT count(DISTINCT company_slot_unique_id) FROM company_slots"
        )
        .await,
        3 * rows
    );
    // The number and the version are those of the intake id, for each of them.
    assert_eq!(
        column(
            &pool,
            "SELECT source_record_id || ' ' || company_unique_id FROM company_master
             WHERE company_unique_id <> format('04.04.01.84.%s.%s', lpad((source_record_id::BIGINT % 100000)::TEXT, 5, '0'),
                                               lpad((1 + source_record_id::BIGINT / 100000)::TEXT, 3, '0'))"
        )
        .await,
        [""; 0]
    );
    assert_eq!(
        column(&pool, "SELECT company_unique_id FROM company_master WHERE source_record_id IN ('7', '100007', '200007') ORDER BY 1").await,
        ["04.04.01.84.00007.001", "04.04.01.84.00007.002", "04.04.01.84.00007.003"]
    );
}
