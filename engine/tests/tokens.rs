//! Tokens of programs: made, used, ended.

use domain::{
    model::token::{CreatedToken, NewToken, TokenQuery, TokenRefusal, TokenRow, TokenState},
    role::{Actor, Role},
};
use engine::{Engine, EngineError, store::token_secret::TokenSecret};
use sqlx::PgPool;

use crate::support::{count, engine};

const PASSWORD: &str = "correct horse battery staple";
const HERE: &str = "192.0.2.7";

async fn person(engine: &Engine, name: &str, role: Role) -> Actor {
    engine
        .put_user(name, PASSWORD, role, &Actor::system())
        .await
        .unwrap()
}

fn wanted(name: &str, role: Role) -> NewToken {
    NewToken {
        name: name.into(),
        role,
        days: 30,
    }
}

async fn make(engine: &Engine, name: &str, role: Role, maker: &Actor) -> CreatedToken {
    engine
        .create_api_token(&wanted(name, role), &maker.name, maker)
        .await
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

async fn refused(engine: &Engine, wanted: &NewToken, maker: &str) -> String {
    let by = Actor::system();
    match engine.create_api_token(wanted, maker, &by).await {
        Err(EngineError::Invalid(why) | EngineError::NotFound(why)) => why,
        Err(error) => panic!("{error}"),
        Ok(made) => panic!("{} was made", made.name),
    }
}

async fn using(engine: &Engine, made: &CreatedToken) -> Result<Actor, TokenRefusal> {
    let secret = TokenSecret::parse(&made.secret).unwrap();
    let answer = engine.actor_of_token(&secret, HERE).await.unwrap();
    answer.map(|(_, actor)| actor)
}

async fn rows(engine: &Engine, state: Option<TokenState>) -> Vec<TokenRow> {
    let query = TokenQuery {
        state,
        cursor: None,
    };
    let page = engine.api_tokens(&query).await.unwrap();
    assert_eq!(page.rows.len() as i64, page.count.n);
    page.rows
}

async fn run(pool: &PgPool, sql: &'static str) {
    sqlx::raw_sql(sql).execute(pool).await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_works_until_it_is_revoked_and_is_on_record_without_its_secret(pool: PgPool) {
    let engine = engine(&pool);
    let ada = person(&engine, "ada", Role::Admin).await;
    let made = make(&engine, " n8n ", Role::Operator, &ada).await;
    assert_eq!((made.name.as_str(), made.role), ("n8n", Role::Operator));
    let actor = using(&engine, &made).await.unwrap();
    assert_eq!(
        (
            actor.user_id,
            actor.name.as_str(),
            actor.role,
            actor.origin.as_str()
        ),
        (ada.user_id, "ada via n8n", Role::Operator, HERE)
    );
    let stranger = TokenSecret::random();
    let answer = engine.actor_of_token(&stranger, HERE).await.unwrap();
    assert_eq!(answer, Err(TokenRefusal::Unknown));

    let listed = rows(&engine, None).await;
    let row = &listed[0];
    assert!(made.secret.starts_with(&row.prefix) && row.prefix.len() == 12);
    assert_eq!((row.state, row.maker.as_str()), (TokenState::Live, "ada"));
    assert_eq!((row.expires_at - row.created_at).num_days(), 30);
    assert_eq!(
        row.last_used.as_ref().map(|used| used.from.as_str()),
        Some(HERE)
    );

    let id = engine.live_api_token("N8N").await.unwrap();
    assert_eq!(
        engine.role_of_token(id).await.unwrap(),
        Some(Role::Operator)
    );
    assert_eq!(engine.revoke_api_token(id, &ada).await.unwrap(), "n8n");
    assert!(matches!(
        using(&engine, &made).await,
        Err(TokenRefusal::Revoked(_))
    ));
    assert_eq!(engine.role_of_token(id).await.unwrap(), None);
    let again = engine.revoke_api_token(id, &ada).await;
    assert!(matches!(again, Err(EngineError::Invalid(_))));
    let none = engine.revoke_api_token(id + 1, &ada).await;
    assert!(matches!(none, Err(EngineError::NotFound(_))));
    assert!(engine.live_api_token("n8n").await.is_err());
    let listed = rows(&engine, Some(TokenState::Revoked)).await;
    assert_eq!(
        listed[0]
            .revoked
            .as_ref()
            .map(|revoked| revoked.by.as_str()),
        Some("ada")
    );

    let logged: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT action, target, actor FROM marketing.audit_log WHERE target_kind = 'token' ORDER BY id",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let entry = |action: &str| (action.to_owned(), "n8n".to_owned(), "ada".to_owned());
    assert_eq!(logged, [entry("token.create"), entry("token.revoke")]);
    let hash: String = secret_hash(&made);
    for kept in ["marketing.audit_log", "app.api_tokens"] {
        let rows: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
            "SELECT to_jsonb(t)::TEXT FROM {kept} t"
        )))
        .fetch_all(&pool)
        .await
        .unwrap();
        assert!(!rows.is_empty());
        for row in rows {
            assert!(!row.contains(&made.secret), "{kept} holds the secret");
            let holds_hash = row.contains(&hash);
            assert_eq!(holds_hash, kept == "app.api_tokens", "{kept}: {row}");
        }
    }
}

/// As PostgreSQL writes it.
fn secret_hash(made: &CreatedToken) -> String {
    let hash = TokenSecret::parse(&made.secret).unwrap().hash();
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_never_does_more_than_its_maker_may_at_the_time(pool: PgPool) {
    let engine = engine(&pool);
    let ada = person(&engine, "ada", Role::Admin).await;
    person(&engine, "eve", Role::Admin).await;
    let mut made = Vec::new();
    for role in Role::ALL {
        made.push(make(&engine, role.name(), role, &ada).await);
    }
    for present in Role::ALL {
        engine
            .change_role("ada", present, &Actor::system())
            .await
            .unwrap();
        for token in &made {
            let actor = using(&engine, token).await.unwrap();
            assert_eq!(
                actor.role,
                token.role.lesser(present),
                "{} of {present:?}",
                token.name
            );
        }
        for row in rows(&engine, None).await {
            assert_eq!(row.effective, row.role.lesser(present));
        }
    }
    // Ada is a viewer by now.
    let why = refused(&engine, &wanted("more", Role::Operator), "ada").await;
    assert!(why.contains("ada is viewer"), "{why}");
    make(&engine, "less", Role::Viewer, &ada).await;

    engine.disable_user("ada", &Actor::system()).await.unwrap();
    for token in &made {
        assert_eq!(
            using(&engine, token).await,
            Err(TokenRefusal::MakerDisabled)
        );
    }
    assert!(
        rows(&engine, None)
            .await
            .iter()
            .all(|row| row.maker_disabled)
    );
    let id = engine.live_api_token("admin").await.unwrap();
    assert_eq!(engine.role_of_token(id).await.unwrap(), None);
    refused(&engine, &wanted("other", Role::Viewer), "ada").await;
    refused(&engine, &wanted("other", Role::Viewer), "nobody").await;

    run(&pool, "DELETE FROM app.users WHERE name = 'ada'").await;
    assert_eq!(using(&engine, &made[0]).await, Err(TokenRefusal::Unknown));
    assert_eq!(count(&pool, "SELECT count(*) FROM app.api_tokens").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_expires(pool: PgPool) {
    let engine = engine(&pool);
    let ada = person(&engine, "ada", Role::Admin).await;
    let made = make(&engine, "n8n", Role::Viewer, &ada).await;
    run(
        &pool,
        "UPDATE app.api_tokens SET created_at = now() - INTERVAL '31 days', expires_at = now() - INTERVAL '1 second'",
    )
    .await;
    assert!(matches!(
        using(&engine, &made).await,
        Err(TokenRefusal::Expired(_))
    ));
    assert_eq!(rows(&engine, Some(TokenState::Expired)).await.len(), 1);
    assert!(rows(&engine, Some(TokenState::Live)).await.is_empty());
    assert_eq!(
        rows(&engine, None).await[0].last_used,
        None,
        "a refusal is no use"
    );
    // Its name is free again, and then taken.
    let next = make(&engine, "n8n", Role::Viewer, &ada).await;
    assert!(using(&engine, &next).await.is_ok());
    let why = refused(&engine, &wanted("N8N", Role::Viewer), "ada").await;
    assert!(why.contains("a live token called N8N already"), "{why}");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_last_use_is_written_once_a_minute(pool: PgPool) {
    let engine = engine(&pool);
    let ada = person(&engine, "ada", Role::Admin).await;
    let made = make(&engine, "n8n", Role::Viewer, &ada).await;
    assert_eq!(rows(&engine, None).await[0].last_used, None);
    using(&engine, &made).await.unwrap();
    let first = rows(&engine, None).await[0].last_used.clone().unwrap();
    let secret = TokenSecret::parse(&made.secret).unwrap();
    engine
        .actor_of_token(&secret, "198.51.100.1")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(rows(&engine, None).await[0].last_used, Some(first.clone()));
    run(
        &pool,
        "UPDATE app.api_tokens SET last_used_at = now() - INTERVAL '61 seconds'",
    )
    .await;
    engine
        .actor_of_token(&secret, "198.51.100.1")
        .await
        .unwrap()
        .unwrap();
    let later = rows(&engine, None).await[0].last_used.clone().unwrap();
    assert_eq!(later.from, "198.51.100.1");
    assert!(later.at > first.at);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_cannot_be_a_token_is_refused(pool: PgPool) {
    let engine = engine(&pool);
    person(&engine, "ada", Role::Admin).await;
    for name in ["", "  ", "a\nb", "a\0b", &"x".repeat(61)] {
        let why = refused(&engine, &wanted(name, Role::Viewer), "ada").await;
        assert!(why.contains("1 to 60"), "{name:?}: {why}");
    }
    for days in [-1, 0, 8, 366, i32::MAX] {
        let wanted = NewToken {
            days,
            ..wanted("n8n", Role::Viewer)
        };
        let why = refused(&engine, &wanted, "ada").await;
        assert!(why.contains("7, 30, 90 or 365"), "{days}: {why}");
    }
    let query = TokenQuery {
        state: None,
        cursor: Some("x".into()),
    };
    assert!(matches!(
        engine.api_tokens(&query).await,
        Err(EngineError::Invalid(_))
    ));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_hundred_live_tokens_are_the_most_and_a_name_is_given_once(pool: PgPool) {
    let engine = engine(&pool);
    let ada = person(&engine, "ada", Role::Admin).await;
    let twins = ["Twin", "twin"].map(|name| wanted(name, Role::Viewer));
    let (one, other) = tokio::join!(
        engine.create_api_token(&twins[0], "ada", &ada),
        engine.create_api_token(&twins[1], "ada", &ada),
    );
    assert!(one.is_ok() != other.is_ok(), "one of two at once");
    run(
        &pool,
        "INSERT INTO app.api_tokens (name, hash, prefix, role, created_by, expires_at)
         SELECT 'token ' || n, sha256(convert_to(n::TEXT, 'UTF8')), 'occ_' || n, 'viewer', u.id, now() + INTERVAL '1 day'
         FROM app.users u, generate_series(1, 99) n",
    )
    .await;
    let why = refused(&engine, &wanted("one more", Role::Viewer), "ada").await;
    assert!(why.contains("100 live tokens"), "{why}");
    let id = engine.live_api_token("token 7").await.unwrap();
    engine.revoke_api_token(id, &ada).await.unwrap();
    make(&engine, "one more", Role::Viewer, &ada).await;

    // Newest first, page by page, none twice.
    let mut query = TokenQuery::default();
    let mut ids = Vec::new();
    loop {
        let page = engine.api_tokens(&query).await.unwrap();
        assert_eq!(page.count.n, 101);
        ids.extend(page.rows.iter().map(|row| row.id));
        query.cursor = page.next;
        if query.cursor.is_none() {
            break;
        }
    }
    assert_eq!(ids.len(), 101);
    assert!(ids.windows(2).all(|pair| pair[0] > pair[1]));
}
