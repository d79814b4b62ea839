//! Saved views on the server: viewers keep their own and share none, and the menu leads to the default without a script.

use domain::role::Role;
use sqlx::PgPool;

use crate::app::App;

#[sqlx::test(migrations = "../migrations")]
async fn viewers_keep_views_for_themselves_and_the_menu_follows(pool: PgPool) {
    let app = App::start(pool).await;
    let viewer = app.person(Role::Viewer).await;
    let save = |shared: bool| {
        format!(
            r#"{{"view":{{"path":"/events","name":"Stuck","query":"status=pending&older=10m","shared":{shared}}}}}"#
        )
    };
    let refused = viewer.call("/api/fn/save_view", &save(true)).await;
    assert_eq!(refused.status(), 403);
    let kept = viewer.call("/api/fn/save_view", &save(false)).await;
    assert_eq!(kept.status(), 200);
    let id: i64 = kept.json().await.unwrap();
    let menu = async || viewer.visit("/companies").await.text().await.unwrap();
    let lead = r#"href="/events?status=pending&amp;older=10m""#;
    assert!(!menu().await.contains(lead));
    let wanted = format!(r#"{{"id":{id},"wanted":true}}"#);
    assert_eq!(
        viewer
            .call("/api/fn/set_default_view", &wanted)
            .await
            .status(),
        200
    );
    assert!(menu().await.contains(lead));
    let page = viewer.visit("/events").await.text().await.unwrap();
    assert!(page.contains("Stuck"), "the view stands on its page");
}
