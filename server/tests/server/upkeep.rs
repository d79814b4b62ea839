//! Schedules, retention and the doctor through the browser's door.

use domain::role::Role;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::app::{App, Visitor};

async fn ask(visitor: &Visitor, function: &str, arguments: Value) -> (u16, Value) {
    let answer = visitor
        .call(&format!("/api/fn/{function}"), &arguments.to_string())
        .await;
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[sqlx::test(migrations = "../migrations")]
async fn people_look_operators_pause_and_admins_change(pool: PgPool) {
    let app = App::start(pool).await;
    let viewer = app.person(Role::Viewer).await;
    let operator = app.person(Role::Operator).await;
    let admin = app.person(Role::Admin).await;

    let (_, schedules) = ask(&viewer, "schedules", json!({})).await;
    assert_eq!(schedules.as_array().unwrap().len(), 10);
    let pause = json!({"name": "prune_runs", "reason": "audit week"});
    assert_eq!(ask(&viewer, "pause_schedule", pause.clone()).await.0, 403);
    let (_, paused) = ask(&operator, "pause_schedule", pause).await;
    assert_eq!(paused["pause"]["reason"], "audit week");
    let named = json!({"name": "prune_runs"});
    let (_, resumed) = ask(&operator, "resume_schedule", named.clone()).await;
    assert_eq!(resumed["pause"], Value::Null);
    let (_, asked) = ask(&operator, "run_schedule", named.clone()).await;
    assert!(asked["run_requested_by"].is_string(), "{asked}");
    let (_, runs) = ask(&viewer, "schedule_runs", named).await;
    assert_eq!(runs, json!([]), "no process of this test has a runner");

    let change = json!({"name": "prune_runs", "cron": "0 5 * * *", "zone": "Europe/Berlin"});
    assert_eq!(
        ask(&operator, "change_schedule", change.clone()).await.0,
        403
    );
    let (_, changed) = ask(&admin, "change_schedule", change).await;
    assert_eq!(changed["cron"], "0 5 * * *");
    let line = json!({"cron": "0 5 * * *", "zone": "UTC"});
    let (_, times) = ask(&viewer, "preview_cron", line).await;
    assert_eq!(times.as_array().unwrap().len(), 5);
    let wrong = json!({"cron": "often", "zone": "UTC"});
    let (_, problem) = ask(&viewer, "preview_cron", wrong).await;
    assert!(
        problem.to_string().contains("instead of five fields"),
        "{problem}"
    );

    let keep = json!({"what": "events", "keep_days": 14});
    assert_eq!(ask(&operator, "set_retention", keep.clone()).await.0, 403);
    let (_, kept) = ask(&admin, "set_retention", keep).await;
    assert_eq!(
        (&kept[0]["what"], &kept[0]["keep_days"]),
        (&json!("events"), &json!(14))
    );
    let (_, kept) = ask(&viewer, "retention", json!({})).await;
    assert_eq!(kept.as_array().unwrap().len(), 9);

    let (_, examination) = ask(&admin, "examine", json!({})).await;
    assert_eq!(examination["findings"], json!([]));
    assert!(examination["checks"].as_array().unwrap().len() > 20);
}
