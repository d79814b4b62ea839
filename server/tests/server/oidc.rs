//! Sign-in by OpenID Connect: the whole way through a real provider, and what becomes of the people who come by it.

mod issuer;
pub(crate) mod provider;
mod tokens;

use domain::{
    model::user::{Invitation, SignInWay, UserRow},
    role::{Actor, Role},
};
use sqlx::PgPool;

use crate::app::{App, PASSWORD, Visitor, header, location, options};
use provider::{Provider, begin, settings};

const ROLES: &str = "outreach-admins=admin outreach-team=operator";

async fn app(pool: &PgPool, provider: &Provider, roles: &str) -> App {
    let mut options = options();
    options.oidc = Some(settings(&provider.issuer, roles, ""));
    options.limits.actor_memory = std::time::Duration::ZERO;
    App::start_with(pool.clone(), options).await
}

async fn in_as(provider: &Provider, app: &App, name: &str) -> Visitor {
    let visitor = app.visitor();
    let answer = provider.sign_in(&visitor, name).await;
    assert_eq!(
        (answer.status().as_u16(), location(&answer)),
        (303, "/companies"),
        "{name}"
    );
    visitor
}

/// The page that says why somebody does not come in.
async fn turned_away(answer: reqwest::Response, status: u16) -> String {
    assert_eq!(answer.status(), status);
    let policy = header(&answer, "content-security-policy").to_owned();
    assert!(policy.contains("'nonce-"), "a page of the app: {policy}");
    answer.text().await.unwrap()
}

async fn who(visitor: &Visitor) -> Actor {
    let answer = visitor.call("/api/fn/current_user", "{}").await;
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

async fn logged(pool: &PgPool, target: &str) -> Vec<(String, String, String)> {
    sqlx::query_as(
        "SELECT action, actor, origin FROM marketing.audit_log WHERE target = $1 ORDER BY id",
    )
    .bind(target)
    .fetch_all(pool)
    .await
    .unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn somebody_comes_by_the_provider_and_is_who_they_are_there(pool: PgPool) {
    let provider = Provider::start();
    let app = app(&pool, &provider, ROLES).await;
    let page = app.visitor().visit("/sign-in?next=%2Fstages").await;
    let page = page.text().await.unwrap();
    assert!(
        page.contains("Company sign-in") && page.contains("/sign-in/oidc?next=%2Fstages"),
        "{page}"
    );

    let visitor = app.visitor();
    let answer = visitor.visit("/sign-in/oidc?next=/companies").await;
    let cookie = header(&answer, "set-cookie").to_owned();
    assert!(cookie.contains("Max-Age=600"), "{cookie}");
    let url = location(&answer).to_owned();
    for part in [
        "code_challenge_method=S256",
        "scope=openid+profile+email",
        "redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fsign-in%2Foidc%2Fcallback",
        "state=",
        "nonce=",
    ] {
        assert!(url.contains(part), "{part} is missing in {url}");
    }
    assert!(!url.contains("secret"), "{url}");
    let back = provider.answer(&url, Some("ada")).await;
    let answer = visitor.visit(&back).await;
    assert_eq!(
        (answer.status().as_u16(), location(&answer)),
        (303, "/companies")
    );
    let renewed = header(&answer, "set-cookie");
    let id = |cookie: &str| cookie.split(';').next().unwrap().to_owned();
    assert_ne!(id(renewed), id(&cookie), "an id known before means nothing");
    assert!(renewed.contains("Max-Age=43"), "{renewed}");

    let ada = who(&visitor).await;
    assert_eq!((&*ada.name, ada.role), ("ada@corp.example", Role::Admin));
    assert_eq!(
        logged(&pool, "ada@corp.example").await,
        [(
            "user.add".into(),
            "ada@corp.example".into(),
            "127.0.0.1".into()
        )]
    );
    let page = visitor.visit("/account").await.text().await.unwrap();
    assert!(page.contains(&provider.issuer) && !page.contains("current-password"));
    let listed: Vec<UserRow> = visitor
        .call("/api/fn/users", r#"{"filter":{}}"#)
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].way, SignInWay::Provider(provider.issuer.clone()));

    // Neither the code nor the state opens anything twice, nor the session of before.
    for other in [&visitor, &app.visitor()] {
        let page = turned_away(other.visit(&back).await, 400).await;
        assert!(page.contains("This sign-in cannot be finished"), "{page}");
    }
    let old = app.visitor().request("GET", "/export/errors.csv");
    let old = old.header("cookie", id(&cookie)).send().await.unwrap();
    assert_eq!(old.status(), 401);
    // Without a password none fits, not even the one that stands in for it.
    let other = app.visitor();
    for password in ["no password is this", "", PASSWORD] {
        let answer = other.sign_in("ada@corp.example", password, "/").await;
        assert!(location(&answer).contains("problem=credentials"));
    }
    let again = in_as(&provider, &app, "ada").await;
    assert_eq!(who(&again).await.user_id, ada.user_id);
    assert_eq!(
        location(&again.visit("/sign-in/oidc?next=/stages").await),
        "/stages",
        "whoever is signed in goes on"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn the_groups_give_the_role_with_every_sign_in(pool: PgPool) {
    let provider = Provider::start();
    let first = app(&pool, &provider, ROLES).await;
    let ada = in_as(&provider, &first, "ada").await;
    let grace = in_as(&provider, &first, "grace").await;
    assert_eq!(who(&grace).await.role, Role::Operator);
    let answer = ada
        .call(
            "/api/fn/change_role",
            r#"{"name":"grace@corp.example","role":"viewer"}"#,
        )
        .await;
    assert_eq!(answer.status(), 422);
    let why = answer.text().await.unwrap();
    assert!(why.contains("change them there"), "{why}");

    let otto = refused(&provider, &first, "otto").await;
    assert!(otto.contains("You have no role here"), "{otto}");
    // Whoever says that an address is theirs, and is not believed, gets neither its account nor its name.
    let uma = in_as(&provider, &first, "uma").await;
    assert_eq!(who(&uma).await.name, "uma");

    let second = app(&pool, &provider, "outreach-team=viewer, everybody=operator").await;
    let again = in_as(&provider, &second, "grace").await;
    assert_eq!(who(&again).await.role, Role::Viewer);
    assert_eq!(
        who(&grace).await.role,
        Role::Viewer,
        "also where they are signed in"
    );
    let last = logged(&pool, "grace@corp.example").await;
    let last = last.last().unwrap();
    assert_eq!((&*last.0, &*last.1), ("user.role", "grace@corp.example"));
    // Ada is an operator by now, and the only admin.
    let page = refused(&provider, &second, "ada").await;
    assert!(page.contains("You are the last admin"), "{page}");
    assert_eq!(who(&ada).await.role, Role::Admin);
    second.person(Role::Admin).await;
    let demoted = in_as(&provider, &second, "ada").await;
    assert_eq!(who(&demoted).await.role, Role::Operator);

    let mut lenient = options();
    lenient.oidc = Some(settings(&provider.issuer, ROLES, "viewer"));
    let third = App::start_with(pool, lenient).await;
    let otto = in_as(&provider, &third, "otto").await;
    assert_eq!(who(&otto).await.role, Role::Viewer);
}

async fn refused(provider: &Provider, app: &App, name: &str) -> String {
    let visitor = app.visitor();
    let page = turned_away(provider.sign_in(&visitor, name).await, 403).await;
    assert_eq!(visitor.get("/export/errors.csv").await.status(), 401);
    page
}

#[sqlx::test(migrations = "../migrations")]
async fn an_account_that_was_made_for_them_is_theirs_and_its_password_ends(pool: PgPool) {
    let provider = Provider::start();
    let app = app(&pool, &provider, ROLES).await;
    let admin = app.person(Role::Admin).await;
    let invite = async |name: &str| -> Invitation {
        let arguments = format!(r#"{{"name":"{name}","role":"viewer"}}"#);
        let answer = admin.call("/api/fn/invite_user", &arguments).await;
        answer.json().await.unwrap()
    };
    let invited = invite("Grace@Corp.example").await;
    invite("uma").await;
    let before = app.visitor();
    let answer = before.sign_in(&invited.name, &invited.password, "/").await;
    assert_eq!(location(&answer), "/");
    let id = who(&before).await.user_id;

    let grace = in_as(&provider, &app, "grace").await;
    let now = who(&grace).await;
    assert_eq!((now.user_id, now.role), (id, Role::Operator));
    assert_eq!(before.get("/export/errors.csv").await.status(), 401);
    let answer = before.sign_in(&invited.name, &invited.password, "/").await;
    assert!(location(&answer).contains("problem=credentials"));
    let actions: Vec<String> = logged(&pool, &invited.name)
        .await
        .into_iter()
        .map(|(action, _, _)| action)
        .collect();
    assert_eq!(actions, ["user.add", "user.link", "user.role"]);

    // A name that is no verified address proves nothing.
    let page = refused(&provider, &app, "uma").await;
    assert!(
        page.contains("There is an account called uma here"),
        "{page}"
    );

    // A password makes the account one of ours again, until they come by the provider.
    let name = r#"{"name":"grace@corp.example"}"#;
    let given = admin.call("/api/fn/reset_password", name).await;
    let given: Invitation = given.json().await.unwrap();
    assert_eq!(grace.get("/export/errors.csv").await.status(), 401);
    let answer = grace.sign_in(&given.name, &given.password, "/").await;
    assert_eq!(location(&answer), "/");
    let way = grace.call("/api/fn/own_sign_in", "{}").await;
    assert_eq!(way.json::<SignInWay>().await.unwrap(), SignInWay::Password);
    assert_eq!(admin.call("/api/fn/enable_user", name).await.status(), 422);
    let again = in_as(&provider, &app, "grace").await;
    assert_eq!(who(&again).await.user_id, id);

    // Disabled people stay out, by whichever way.
    assert_eq!(admin.call("/api/fn/disable_user", name).await.status(), 200);
    assert_eq!(again.get("/export/errors.csv").await.status(), 401);
    let page = refused(&provider, &app, "grace").await;
    assert!(page.contains("Your account here is disabled"), "{page}");
    assert_eq!(admin.call("/api/fn/enable_user", name).await.status(), 200);
    in_as(&provider, &app, "grace").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_does_not_come_from_the_provider_in_time_is_turned_away(pool: PgPool) {
    let provider = Provider::start();
    let app = app(&pool, &provider, ROLES).await;
    let visitor = app.visitor();
    let begun = begin(&visitor, "/companies").await;
    let back = provider.answer(&begun, None).await;
    assert!(back.contains("error=access_denied"), "{back}");
    let page = turned_away(visitor.visit(&back).await, 403).await;
    assert!(page.contains("You cancelled there"), "{page}");

    let begun = begin(&visitor, "/companies").await;
    let back = provider.answer(&begun, Some("ada")).await;
    let (path, state) = back.split_once("state=").unwrap();
    let wrong = [
        "/sign-in/oidc/callback".to_owned(),
        "/sign-in/oidc/callback?code=x&state=".to_owned(),
        format!("{path}state=x{state}"),
        format!("{path}state=another"),
    ];
    for wrong in wrong {
        let page = turned_away(visitor.visit(&wrong).await, 400).await;
        assert!(page.contains("This sign-in cannot be finished"), "{wrong}");
    }
    let told = visitor.get("/sign-in/oidc/callback?error=<b>").await;
    assert_eq!(told.status(), 400);
    let told: serde_json::Value = told.json().await.unwrap();
    assert_eq!(told["kind"], "invalid", "a program gets no page");
    // As if they had stayed there for eleven minutes; the row itself lives on for longer.
    let stale = sqlx::query(
        "UPDATE app.sessions SET expires_at = now() + interval '1 hour', data = convert_to(jsonb_set(d, '{oidc,at,secs_since_epoch}',
             to_jsonb((d #>> '{oidc,at,secs_since_epoch}')::bigint - 660))::text, 'utf8')
         FROM (SELECT id AS of, convert_from(data, 'utf8')::jsonb AS d FROM app.sessions) s WHERE of = id",
    );
    assert_eq!(stale.execute(&pool).await.unwrap().rows_affected(), 1);
    turned_away(visitor.visit(&back).await, 400).await;
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM app.sessions")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(left, 0, "what was begun ends with its first answer");
    // A wrong answer in between does not end what was begun.
    let begun = begin(&visitor, "//evil.example").await;
    let back = provider.answer(&begun, Some("ada")).await;
    turned_away(visitor.visit("/sign-in/oidc/callback?state=x").await, 400).await;
    let answer = visitor.visit(&back).await;
    assert_eq!((answer.status().as_u16(), location(&answer)), (303, "/"));
}

#[sqlx::test(migrations = "../migrations")]
async fn without_the_provider_passwords_go_on(pool: PgPool) {
    let mut options = options();
    options.oidc = Some(settings("http://127.0.0.1:1", ROLES, ""));
    let app = App::start_with(pool, options).await;
    app.person(Role::Viewer).await;
    let visitor = app.visitor();
    let answer = visitor.visit("/sign-in/oidc?next=/stages").await;
    assert_eq!(
        (answer.status().as_u16(), location(&answer)),
        (303, "/sign-in?problem=provider&next=%2Fstages")
    );
    let page = visitor.visit(location(&answer)).await.text().await.unwrap();
    assert!(
        page.contains("The sign-in provider cannot be reached"),
        "{page}"
    );
    let answer = visitor.sign_in("viewer", PASSWORD, "/stages").await;
    assert_eq!(location(&answer), "/stages");
    // Whoever tries again and again waits, as with passwords.
    let other = app.visitor();
    let mut led_to = Vec::new();
    for _ in 0..30 {
        led_to.push(location(&other.visit("/sign-in/oidc").await).to_owned());
    }
    assert_eq!(led_to[0], "/sign-in?problem=provider&next=%2F");
    assert!(led_to.contains(&"/sign-in?problem=throttled&next=%2F".to_owned()));
}

/// What the browser is shown when it leaves.
async fn leave(visitor: &Visitor) -> reqwest::Response {
    let request = visitor.request("POST", "/session/end");
    request.header("accept", "text/html").send().await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_leaves_is_led_to_the_provider_to_leave_there_too(pool: PgPool) {
    let provider = Provider::start();
    let app = app(&pool, &provider, ROLES).await;
    let ada = in_as(&provider, &app, "ada").await;
    let answer = leave(&ada).await;
    assert_eq!(answer.status(), 200);
    assert!(header(&answer, "set-cookie").contains("Max-Age=0"));
    let page = answer.text().await.unwrap();
    let (_, url) = page.split_once("content=\"0;url=").unwrap();
    let (url, _) = url.split_once('"').unwrap();
    let url = url.replace("&amp;", "&");
    let parsed = url::Url::parse(&url).unwrap();
    let pairs: Vec<_> = parsed.query_pairs().into_owned().collect();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        pairs,
        [
            pair("client_id", "occ"),
            pair("post_logout_redirect_uri", "http://127.0.0.1:9/sign-in")
        ],
        "and no token"
    );
    assert_eq!(ada.get("/export/errors.csv").await.status(), 401);
    // The provider takes it: it asks the person, and says so if the address is one that it does not know.
    let asked = reqwest::get(&url).await.unwrap();
    assert_eq!(asked.status(), 200);
    let stranger = url.replace("sign-in", "elsewhere");
    assert_eq!(reqwest::get(&stranger).await.unwrap().status(), 400);
    // No session keeps a token of theirs.
    let again = in_as(&provider, &app, "ada").await;
    let kept: String =
        sqlx::query_scalar("SELECT string_agg(convert_from(data, 'utf8'), ' ') FROM app.sessions")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert!(!kept.contains("eyJ"), "{kept}");

    // Programs and people with a password are led to the form.
    let answer = again.request("POST", "/session/end").send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), location(&answer)),
        (303, "/sign-in")
    );
    let viewer = app.person(Role::Viewer).await;
    assert_eq!(location(&leave(&viewer).await), "/sign-in");
    assert_eq!(location(&leave(&viewer).await), "/sign-in", "once more");
    // A provider that is gone, or another one by now, keeps nobody from leaving.
    for issuer in [provider.issuer.as_str(), "http://127.0.0.1:1"] {
        let ada = in_as(&provider, &app, "ada").await;
        let mut options = options();
        options.oidc = Some(settings("http://127.0.0.1:1", ROLES, ""));
        let other = App::start_with(pool.clone(), options).await;
        sqlx::query("UPDATE app.identities SET issuer = $1")
            .bind(issuer)
            .execute(&pool)
            .await
            .unwrap();
        let ada = Visitor {
            client: ada.client,
            url: other.url.clone(),
        };
        let request = ada
            .request("POST", "/session/end")
            .header("accept", "text/html");
        let request = request.header("origin", &other.url);
        let answer = request.send().await.unwrap();
        assert_eq!(location(&answer), "/sign-in", "{issuer}");
        sqlx::query("UPDATE app.identities SET issuer = $1")
            .bind(&provider.issuer)
            .execute(&pool)
            .await
            .unwrap();
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_provider_without_an_end_of_sessions_is_left_alone(pool: PgPool) {
    let issuer = issuer::Issuer::start().await;
    let mut options = options();
    options.oidc = Some(settings(&issuer.url, ROLES, ""));
    let app = App::start_with(pool.clone(), options).await;
    let viewer = app.person(Role::Viewer).await;
    sqlx::query(
        "INSERT INTO app.identities (issuer, subject, user_id) SELECT $1, 'x', id FROM app.users",
    )
    .bind(&issuer.url)
    .execute(&pool)
    .await
    .unwrap();
    assert_eq!(location(&leave(&viewer).await), "/sign-in");
}

#[sqlx::test(migrations = "../migrations")]
async fn where_it_is_not_set_up_there_is_nothing_of_it(pool: PgPool) {
    let app = App::start(pool).await;
    let visitor = app.visitor();
    for path in ["/sign-in/oidc", "/sign-in/oidc/callback?code=x&state=y"] {
        assert_eq!(visitor.visit(path).await.status(), 404, "{path}");
    }
    let page = visitor.visit("/sign-in").await.text().await.unwrap();
    assert!(!page.contains("oidc"), "{page}");
}
