//! Views of lists that people keep.

use domain::{
    model::saved_view::{MOST_VIEWS, NewView, SavedView},
    role::{Actor, Role},
};
use engine::{Engine, EngineError};
use sqlx::PgPool;

use crate::support::{count, engine};

fn view(name: &str, query: &str, shared: bool) -> NewView {
    NewView {
        path: "/events".into(),
        name: name.into(),
        query: query.into(),
        shared,
    }
}

async fn person(engine: &Engine, name: &str, role: Role) -> Actor {
    engine
        .put_user(name, "correct horse battery", role, &Actor::system())
        .await
        .unwrap()
}

async fn seen(engine: &Engine, by: &Actor) -> Vec<SavedView> {
    engine.saved_views(by).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn views_are_kept_shared_made_the_default_and_deleted(pool: PgPool) {
    let engine = engine(&pool);
    let ada = person(&engine, "ada", Role::Operator).await;
    let bob = person(&engine, "bob", Role::Viewer).await;
    let eve = person(&engine, "eve", Role::Admin).await;
    let own = view(" My failures ", "status=failed", false);
    let id = engine.save_view(&own, &ada).await.unwrap();
    let shared = engine
        .save_view(&view("Everybody's", "status=pending&older=10m", true), &ada)
        .await
        .unwrap();
    let again = view("My failures", "status=failed&attempts=3", false);
    assert_eq!(engine.save_view(&again, &ada).await.unwrap(), id);

    let hers = seen(&engine, &ada).await;
    let told: Vec<_> = hers
        .iter()
        .map(|one| (one.name.as_str(), one.target(), one.own, one.shared))
        .collect();
    assert_eq!(
        told,
        [
            (
                "Everybody's",
                "/events?status=pending&older=10m".to_owned(),
                true,
                true
            ),
            (
                "My failures",
                "/events?status=failed&attempts=3".to_owned(),
                true,
                false
            ),
        ]
    );
    let his = seen(&engine, &bob).await;
    assert_eq!(his.len(), 1);
    assert_eq!(
        (his[0].id, his[0].owner.as_str(), his[0].own),
        (shared, "ada", false)
    );

    // Somebody else's own view is none for others: neither to be followed nor to be deleted, also by an admin.
    for (id, by) in [(id, &bob), (id, &eve), (shared, &bob)] {
        let refused = engine.delete_view(id, by).await;
        assert!(matches!(refused, Err(EngineError::NotFound(_))), "{id}");
    }
    let refused = engine.set_default_view(id, true, &bob).await;
    assert!(matches!(refused, Err(EngineError::NotFound(_))));

    for (id, by) in [(shared, &bob), (shared, &ada), (id, &ada)] {
        engine.set_default_view(id, true, by).await.unwrap();
    }
    let default = async |by| {
        let all = seen(&engine, by).await.into_iter();
        all.filter(|one| one.is_default)
            .map(|one| one.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(default(&ada).await, [id], "one a page");
    assert_eq!(default(&bob).await, [shared]);
    engine.set_default_view(id, false, &ada).await.unwrap();
    assert_eq!(default(&ada).await, [0_i64; 0]);
    // No longer shared, it leads nobody else any more.
    engine
        .save_view(&view("Everybody's", "status=pending", false), &ada)
        .await
        .unwrap();
    assert_eq!(seen(&engine, &bob).await, []);
    engine
        .save_view(&view("Everybody's", "status=pending", true), &ada)
        .await
        .unwrap();
    engine.delete_view(shared, &eve).await.unwrap();
    engine.delete_view(id, &ada).await.unwrap();
    assert_eq!(seen(&engine, &ada).await, []);
    let logged = "SELECT count(*) FROM marketing.audit_log WHERE action LIKE 'view.%' AND actor IN ('ada', 'eve')";
    assert_eq!(count(&pool, logged).await, 7);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_no_view_is_refused(pool: PgPool) {
    let engine = engine(&pool);
    let ada = person(&engine, "ada", Role::Viewer).await;
    let long = "x".repeat(2_001);
    let other = NewView {
        path: "/sign-in".into(),
        ..view("a", "b=c", false)
    };
    for nonsense in [
        view(" ", "a=b", false),
        view(&"ä".repeat(61), "a=b", false),
        view("a", "", false),
        view("a", &long, false),
        other,
    ] {
        let refused = engine.save_view(&nonsense, &ada).await;
        assert!(
            matches!(refused, Err(EngineError::Invalid(_))),
            "{nonsense:?}"
        );
    }
    for n in 0..MOST_VIEWS {
        engine
            .save_view(&view(&n.to_string(), "a=b", false), &ada)
            .await
            .unwrap();
    }
    let refused = engine.save_view(&view("more", "a=b", false), &ada).await;
    assert!(matches!(refused, Err(EngineError::Invalid(_))));
    // One that is there may still be changed.
    engine
        .save_view(&view("7", "a=c", false), &ada)
        .await
        .unwrap();
    assert_eq!(
        count(&pool, "SELECT count(*) FROM app.saved_views").await,
        MOST_VIEWS
    );
}
