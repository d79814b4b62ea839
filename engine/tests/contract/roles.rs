//! What the roles of the original set-up may do, whenever they come.

use engine::Engine;
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection, PgPool};
use uuid::Uuid;

use super::{
    CONTACT, MASTER, SLOT, VERIFICATION, run,
    support::{config, count},
};

/// Roles belong to the whole server: tests that take rights away or count grants bring their own.
struct Roles {
    n8n: String,
    dashboard: String,
}

impl Roles {
    async fn create(pool: &PgPool) -> Self {
        let suffix = Uuid::new_v4().simple();
        let roles = Self {
            n8n: format!("n8n_{suffix}"),
            dashboard: format!("dashboard_{suffix}"),
        };
        run(
            pool,
            &format!("CREATE ROLE {}; CREATE ROLE {}", roles.n8n, roles.dashboard),
        )
        .await;
        roles
    }

    async fn grant(&self, pool: &PgPool) -> i32 {
        sqlx::query_scalar("SELECT marketing.grant_roles($1, $2)")
            .bind(&self.n8n)
            .bind(&self.dashboard)
            .fetch_one(pool)
            .await
            .unwrap()
    }

    async fn drop(self, pool: &PgPool) {
        for role in [self.n8n, self.dashboard] {
            run(pool, &format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
        }
    }
}

/// A session of its own, for a role is not given back to the pool.
async fn session(pool: &PgPool, role: &str) -> PgConnection {
    let mut connection = pool.acquire().await.unwrap().detach();
    sqlx::raw_sql(AssertSqlSafe(format!("SET ROLE {role}")))
        .execute(&mut connection)
        .await
        .unwrap();
    connection
}

async fn accepted(session: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(session)
        .await
        .unwrap_or_else(|error| panic!("{sql}\n{error}"));
}

async fn denied(session: &mut PgConnection, sql: &str) {
    let error = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(session)
        .await
        .expect_err(sql);
    assert!(
        error.to_string().contains("permission denied"),
        "{sql}\n{error}"
    );
}

async fn create_named_roles(pool: &PgPool) {
    for role in ["n8n_user", "dashboard_user"] {
        run(pool, &format!("DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN CREATE ROLE {role}; END IF;
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$")).await;
    }
}

const WRITING_FUNCTIONS: [&str; 6] = [
    "SELECT marketing.notify_pipeline_event('t', 'e', '{}')",
    "SELECT marketing.mark_event_processed(1)",
    "SELECT marketing.mark_event_failed(1, 'x')",
    "SELECT marketing.log_pipeline_error('t', '1', 'x')",
    "SELECT marketing.log_pipeline_error('t', 1, 'x')",
    "SELECT marketing.resolve_pipeline_error(1, 'me', 'x')",
];

#[sqlx::test(migrations = "../migrations")]
async fn a_reader_reads_every_table_and_view_and_writes_by_no_way(pool: PgPool) {
    let roles = Roles::create(&pool).await;
    roles.grant(&pool).await;
    let relations: Vec<String> = sqlx::query_scalar(
        "SELECT oid::REGCLASS::TEXT FROM pg_class WHERE relkind IN ('r', 'v')
         AND (relnamespace IN ('marketing'::REGNAMESPACE, 'intake'::REGNAMESPACE) OR relname = 'shq_validation_log')",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert!(
        relations.iter().any(|name| name.ends_with("v_companies")),
        "{relations:?}"
    );
    let mut reader = session(&pool, &roles.dashboard).await;
    for relation in relations {
        accepted(&mut reader, &format!("SELECT * FROM {relation} LIMIT 1")).await;
    }
    for sql in WRITING_FUNCTIONS {
        denied(&mut reader, sql).await;
    }
    for sql in [
        "SELECT marketing.fold_rollups()",
        "SELECT marketing.record_enriched_contacts('{1}')",
        "SELECT marketing.reclaim_unleased_events()",
        "SELECT marketing.restore_events()",
        "SELECT marketing.grant_roles()",
        "UPDATE marketing.pipeline_events SET status = 'failed'",
        "INSERT INTO intake.company_raw_intake (company) VALUES ('x')",
        "DELETE FROM marketing.pipeline_errors",
        "SELECT * FROM app.users",
        "SELECT * FROM app.api_tokens",
        "SELECT * FROM app.identities",
    ] {
        denied(&mut reader, sql).await;
    }
    // No function of ours that runs with its owner's rights is left to everybody.
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
             WHERE p.pronamespace IN ('marketing'::REGNAMESPACE, 'intake'::REGNAMESPACE) AND p.prosecdef AND a.grantee = 0"
        )
        .await,
        0
    );
    drop(reader);
    roles.drop(&pool).await;
}

/// With the rights that the migration gave, and again after the statement that people are told to run.
#[sqlx::test(migrations = "../migrations")]
async fn line_38_a_workflow_does_all_its_writing_as_n8n_user(pool: PgPool) {
    create_named_roles(&pool).await;
    run(&pool, "SELECT marketing.grant_roles()").await;
    let mut workflow = session(&pool, "n8n_user").await;
    for sql in [
        "INSERT INTO intake.company_raw_intake (company, website, import_batch_id) VALUES ('Test Company', 'https://test.example', 'TEST-001') RETURNING id",
        "UPDATE intake.company_raw_intake SET validated = TRUE, validated_at = NOW(), validated_by = 'n8n-auto-validator', validation_notes = 'Valid' WHERE id = 1",
        MASTER,
        SLOT,
        CONTACT,
        CONTACT,
        VERIFICATION,
        "UPDATE marketing.company_slots SET slot_label = 'CFO'",
        "INSERT INTO marketing.company_missing (company_unique_id, reason) VALUES ('04.04.01.84.00001.001', 'x') ON CONFLICT (company_unique_id) DO UPDATE SET reason = EXCLUDED.reason",
        "INSERT INTO marketing.workflow_stats (workflow_name, status, duration_seconds, triggered_by, record_id) VALUES ('WF_Validate_Company', 'ok', 1, 'webhook', '1')",
        "INSERT INTO marketing.pipeline_events (event_type, payload, status) VALUES ('company_created', '{\"record_id\": 1}', 'pending')",
        "INSERT INTO marketing.pipeline_errors (event_type, record_id, error_message) VALUES ('x', '1', 'x')",
        "INSERT INTO public.shq_validation_log (validation_run_id, source_table, target_table) VALUES ('r', 's', 't')",
        "SELECT * FROM marketing.v_workflow_stats_hourly",
        "SELECT * FROM marketing.v_companies",
    ] {
        accepted(&mut workflow, sql).await;
    }
    for sql in WRITING_FUNCTIONS {
        accepted(&mut workflow, sql).await;
    }
    for sql in [
        "DELETE FROM marketing.pipeline_events",
        "UPDATE marketing.rollups SET n = 0",
        "INSERT INTO marketing.pipeline_workers (worker_id) VALUES ('x')",
        "UPDATE intake.import_batches SET status = 'failed'",
        "SELECT marketing.restore_events()",
    ] {
        denied(&mut workflow, sql).await;
    }
    run(&pool, "GRANT USAGE ON SCHEMA marketing TO n8n_user; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA marketing TO n8n_user; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA marketing TO n8n_user").await;
    // Starting the application does not take back what an administrator gave.
    run(&pool, "SELECT marketing.grant_roles()").await;
    accepted(&mut workflow, "DELETE FROM marketing.pipeline_errors").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn roles_may_be_absent_or_come_later_and_see_what_comes_after_them(pool: PgPool) {
    let nobody: i32 =
        sqlx::query_scalar("SELECT marketing.grant_roles('nobody_of_this_name', 'nor_of_this')")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!(nobody, 0);
    let roles = Roles::create(&pool).await;
    assert!(roles.grant(&pool).await > 20);
    assert_eq!(roles.grant(&pool).await, 0, "nothing is granted twice");
    run(&pool, "CREATE VIEW marketing.v_later AS SELECT 1 AS one; CREATE TABLE intake.later (id INT);
        CREATE FUNCTION marketing.later() RETURNS INT LANGUAGE sql SECURITY DEFINER AS 'INSERT INTO intake.later VALUES (1) RETURNING 1'").await;
    let mut reader = session(&pool, &roles.dashboard).await;
    accepted(
        &mut reader,
        "SELECT * FROM marketing.v_later; SELECT * FROM intake.later",
    )
    .await;
    assert_eq!(
        roles.grant(&pool).await,
        1,
        "all that is missing is that PUBLIC loses the function"
    );
    denied(&mut reader, "SELECT marketing.later()").await;
    drop(reader);
    roles.drop(&pool).await;
}

/// The call at each start, and two of them at once.
#[sqlx::test(migrations = false)]
async fn migrating_grants_to_roles_that_came_after_the_last_migration(pool: PgPool) {
    let config = config(pool.connect_options().to_url_lossy().as_str());
    Engine::migrate(&config).await.unwrap();
    create_named_roles(&pool).await;
    run(
        &pool,
        "DROP OWNED BY dashboard_user; REVOKE ALL ON marketing.v_companies FROM dashboard_user",
    )
    .await;
    let (first, second) = tokio::join!(Engine::migrate(&config), Engine::migrate(&config));
    assert_eq!((first.unwrap(), second.unwrap()), (0, 0));
    let mut reader = session(&pool, "dashboard_user").await;
    accepted(&mut reader, "SELECT * FROM marketing.v_companies").await;
}
