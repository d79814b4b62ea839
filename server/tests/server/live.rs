//! The live feed.

use std::time::Duration;

use domain::{model::live::LiveMessage, role::Role};
use futures::StreamExt;
use server::web::Site;
use sqlx::PgPool;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message, client::IntoClientRequest, protocol::frame::coding::CloseCode},
};

use crate::app::{App, PASSWORD, Visitor, header, options};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The visitor's session as a cookie, by signing in once more.
async fn cookie(visitor: &Visitor, name: &str) -> String {
    let answer = visitor.sign_in(name, PASSWORD, "/").await;
    header(&answer, "set-cookie")
        .split(';')
        .next()
        .unwrap()
        .to_owned()
}

async fn connect(
    app: &App,
    query: &str,
    cookie: Option<&str>,
) -> Result<Socket, tungstenite::Error> {
    let url = format!("{}/ws/events{query}", app.url.replace("http://", "ws://"));
    let mut request = url.into_client_request().unwrap();
    request
        .headers_mut()
        .insert("origin", app.url.parse().unwrap());
    if let Some(cookie) = cookie {
        request
            .headers_mut()
            .insert("cookie", cookie.parse().unwrap());
    }
    connect_async(request).await.map(|(socket, _)| socket)
}

async fn next(socket: &mut Socket) -> Message {
    loop {
        let message = timeout(Duration::from_secs(10), socket.next())
            .await
            .expect("a message within 10 s");
        match message.expect("an open socket").unwrap() {
            Message::Ping(_) | Message::Pong(_) => {}
            message => return message,
        }
    }
}

async fn next_live(socket: &mut Socket) -> LiveMessage {
    match next(socket).await {
        Message::Text(text) => serde_json::from_str(&text).unwrap(),
        other => panic!("not a live message: {other:?}"),
    }
}

async fn close_code(socket: &mut Socket) -> CloseCode {
    loop {
        if let Message::Close(frame) = next(socket).await {
            return frame.expect("a reason").code;
        }
    }
}

/// A company's intake row, whose trigger records an event and notifies; returns the event's id and the record's.
async fn add_company(pool: &PgPool) -> (i64, String) {
    sqlx::query("INSERT INTO intake.company_raw_intake (company, website) VALUES ('Acme', 'https://acme.example')")
        .execute(pool)
        .await
        .unwrap();
    sqlx::query_as(
        "SELECT id, payload->>'record_id' FROM marketing.pipeline_events ORDER BY id DESC LIMIT 1",
    )
    .fetch_one(pool)
    .await
    .unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn says_hello_replays_and_then_tells_what_changes(pool: PgPool) {
    let app = App::start(pool.clone()).await;
    let viewer = app.person(Role::Viewer).await;
    let cookie = cookie(&viewer, "viewer").await;
    let (missed, _) = add_company(&pool).await;

    let mut socket = connect(&app, "?after=0", Some(&cookie)).await.unwrap();
    assert!(
        matches!(next_live(&mut socket).await, LiveMessage::Hello { last_id, .. } if last_id == missed)
    );
    let LiveMessage::Changed { events, .. } = next_live(&mut socket).await else {
        panic!("the replay")
    };
    assert!(events.iter().any(|event| event.id == missed));

    let (live, record) = add_company(&pool).await;
    loop {
        if let LiveMessage::Changed { events, .. } = next_live(&mut socket).await
            && events
                .iter()
                .any(|event| event.id == live && event.record_id.as_ref() == Some(&record))
        {
            break;
        }
    }
}

/// By these a page notices after a restart that it is older than the server.
#[sqlx::test(migrations = "../migrations")]
async fn names_the_build_that_pages_are_rendered_with(pool: PgPool) {
    let app = App::start(pool).await;
    let viewer = app.person(Role::Viewer).await;
    let page = viewer.visit("/").await.text().await.unwrap();
    let rendered = page
        .split("data-build=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .map(str::to_owned);
    let cookie = cookie(&viewer, "viewer").await;
    let mut socket = connect(&app, "", Some(&cookie)).await.unwrap();
    let LiveMessage::Hello { build, .. } = next_live(&mut socket).await else {
        panic!("the greeting")
    };
    assert_eq!(build, rendered);
    assert!(
        build.is_some() || Site::find().missing().is_some(),
        "only a site that was not built has none"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn is_for_signed_in_people_only(pool: PgPool) {
    let app = App::start(pool).await;
    let Err(tungstenite::Error::Http(answer)) = connect(&app, "", None).await else {
        panic!("no refusal")
    };
    assert_eq!(answer.status(), 401);
}

#[sqlx::test(migrations = "../migrations")]
async fn ends_with_the_session_and_with_the_role(pool: PgPool) {
    let mut options = options();
    options.limits.socket_recheck = Duration::from_millis(200);
    options.limits.actor_memory = Duration::ZERO;
    let app = App::start_with(pool.clone(), options).await;
    let viewer = app.person(Role::Viewer).await;
    let ours = cookie(&viewer, "viewer").await;
    let mut socket = connect(&app, "", Some(&ours)).await.unwrap();
    sqlx::query("UPDATE app.users SET role = 'operator'")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(close_code(&mut socket).await, CloseCode::Policy);

    let mut socket = connect(&app, "", Some(&ours)).await.unwrap();
    viewer.request("POST", "/session/end").send().await.unwrap();
    assert_eq!(close_code(&mut socket).await, CloseCode::Policy);
}

#[sqlx::test(migrations = "../migrations")]
async fn gives_signs_of_life_and_a_goodbye(pool: PgPool) {
    let mut options = options();
    options.limits.socket_ping = Duration::from_millis(100);
    options.limits.sockets = 1;
    let app = App::start_with(pool, options).await;
    let viewer = app.person(Role::Viewer).await;
    let cookie = cookie(&viewer, "viewer").await;
    let mut socket = connect(&app, "", Some(&cookie)).await.unwrap();
    let mut pings = 0;
    while pings < 5 {
        pings += i32::from(matches!(
            next_live(&mut socket).await,
            LiveMessage::Ping { .. }
        ));
    }
    let Err(tungstenite::Error::Http(answer)) = connect(&app, "", Some(&cookie)).await else {
        panic!("one too many")
    };
    assert_eq!(answer.status(), 503);
    let stopping = tokio::spawn(app.web.stop(Duration::from_secs(5)));
    assert_eq!(close_code(&mut socket).await, CloseCode::Away);
    timeout(Duration::from_secs(5), stopping)
        .await
        .expect("the server stops")
        .unwrap();
}
