//! Who may sign in, and as what: for admins.

use domain::{
    format::count,
    model::{
        live::Topic,
        user::{Invitation, SignInWay, UserRow, UserState},
    },
    role::{Permission, Role},
};
use leptos::{ev, html, prelude::*, task::spawn_local};

use crate::{
    api::users::{change_role, disable_user, enable_user, invite_user, reset_password, users},
    live::Live,
    parts::{
        ask::{Question, ask_button, ask_form},
        badge::{Tone, badge},
        export::ExportLink,
        filter::{SearchField, Select, fixed, unread},
        header::PageHeader,
        loaded::Loaded,
        notice::{Empty, problem_line},
        rows::rows,
        table::table,
        time,
        told::{Told, ToldOnce, told_once},
    },
    problem::Problem,
    query::{USER_READERS, use_query, user_filter},
};

pub(crate) const PATH: &str = "/users";
/// Where the forms go without JavaScript.
const INVITE: &str = "/users/invite";
pub(crate) const NEW_PASSWORD: &str = "/users/password";

#[component]
pub(crate) fn UsersPage() -> impl IntoView {
    let live = Live::expect();
    let params = use_query();
    let filter = Memo::new(move |_| user_filter(&params.read()));
    let told: Told = RwSignal::new(None);
    let all = live.resource(
        &[Topic::Settings],
        move || (filter.get(), live.tick()),
        |(filter, _)| users(filter),
    );
    let roles = fixed(Role::ALL.map(|role| (role.name(), role.name())));
    let states = fixed(UserState::ALL.map(|state| (state.name(), state.name())));
    view! {
        <PageHeader title="Users" subtitle="Who may sign in, and what they may do" own_search=true>
            <ExportLink table="users" needs=Permission::Edit />
        </PageHeader>
        <main id="main">
            <Invite told=told />
            {told_once(told)}
            <div class="filters">
                <SearchField label="Part of a name" name="q" cursor="after" main=true />
                <Select label="Role" name="role" cursor="after" any="any role" choices=roles />
                <Select label="State" name="state" cursor="after" any="any state" choices=states />
            </div>
            {unread(&USER_READERS)}
            <Loaded resource=all view=move |all| list(all, told) />
        </main>
    }
}

#[component]
fn Invite(told: Told) -> impl IntoView {
    let live = Live::expect();
    let (name, role) = (
        NodeRef::<html::Input>::new(),
        NodeRef::<html::Select>::new(),
    );
    let busy = RwSignal::new(false);
    let failed = RwSignal::new(None::<Problem>);
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let (Some(name), Some(role)) = (name.get(), role.get()) else {
            return;
        };
        let wanted = Role::parse(&role.value()).unwrap_or_default();
        busy.set(true);
        failed.set(None);
        spawn_local(async move {
            match invite_user(name.value(), wanted).await {
                Ok(invitation) => {
                    name.set_value("");
                    let _ = told.try_set(Some(once(invitation)));
                    live.stale(Topic::Settings);
                }
                Err(problem) => {
                    let _ = failed.try_set(Some(problem));
                }
            }
            let _ = busy.try_set(false);
        });
    };
    let choice = |role: Role| {
        view! { <option value=role.name() selected=role == Role::Viewer>{role.name()}</option> }
    };
    view! {
        <form class="card filters new" method="post" action=INVITE on:submit=submit aria-labelledby="new">
            <h2 id="new">"Invite somebody"</h2>
            <label class="field">
                <span>"Name"</span>
                <input type="text" name="name" node_ref=name required maxlength="100" autocomplete="off" autocapitalize="none" spellcheck="false" />
            </label>
            <label class="field">
                <span>"Role"</span>
                <select name="role" node_ref=role>{Role::ALL.map(choice).collect_view()}</select>
            </label>
            <button class="btn primary" type="submit" disabled=busy>"Invite"</button>
        </form>
        {move || failed.get().map(problem_line)}
    }
}

pub(crate) fn once(invitation: Invitation) -> ToldOnce {
    ToldOnce {
        title: format!(
            "{} may sign in as {}",
            invitation.name,
            invitation.role.name()
        ),
        advice: "The password is shown only this once: hand it over, and let them change it.",
        label: "The password",
        secret: invitation.password,
    }
}

fn list(all: Vec<UserRow>, told: Told) -> AnyView {
    // Whoever asks is there, so that only a filter leaves nobody.
    if all.is_empty() {
        return view! {
            <Empty title="Nobody matches" detail="Try another part of a name, another role or state.">
                <a class="btn" href=PATH>"Show everybody"</a>
            </Empty>
        }
        .into_any();
    }
    let headings = vec![
        ("Name", ""),
        ("Role", ""),
        ("Signs in", ""),
        ("State", ""),
        ("Last signed in", ""),
        ("Browsers", "n"),
        ("Added", ""),
        ("", ""),
    ];
    let found = match all.len() {
        1 => "1 person".to_owned(),
        n => format!("{} people", count(n as i64)),
    };
    let key = |row: &UserRow| format!("{row:?}");
    let body = rows(all, key, move |row| line(row, told));
    view! {
        <p class="list-count">{found}</p>
        {table("Users", headings, body)}
    }
    .into_any()
}

fn line(row: UserRow, told: Told) -> AnyView {
    let tone = match row.state() {
        UserState::Active => Tone::Good,
        UserState::Disabled => Tone::Quiet,
    };
    let state = badge(tone, row.state().name());
    let name = row.name;
    let seen = match row.last_sign_in_at {
        Some(at) => time::stamp(at),
        None => "never".into_any(),
    };
    let by_provider = row.way != SignInWay::Password;
    let others = Role::ALL
        .into_iter()
        .filter(|role| *role != row.role && !row.disabled && !by_provider);
    let roles = others.map(|role| make(&name, role)).collect_view();
    let back = if by_provider && row.disabled {
        enable(&name)
    } else {
        renew(&name, row.disabled, by_provider, told)
    };
    view! {
        <tr>
            <th scope="row" data-label="Name">{name.clone()}</th>
            <td data-label="Role">{row.role.name()}</td>
            <td data-label="Signs in">{way(row.way)}</td>
            <td data-label="State">{state}</td>
            <td data-label="Last signed in" class="nowrap">{seen}</td>
            <td data-label="Browsers" class="n">{count(row.sessions)}</td>
            <td data-label="Added" class="nowrap">{time::stamp(row.created_at)}</td>
            <td class="row-actions">
                {roles}
                {back}
                {(!row.disabled).then(|| disable(&name))}
            </td>
        </tr>
    }
    .into_any()
}

fn way(way: SignInWay) -> AnyView {
    match way {
        SignInWay::Password => "with a password".into_any(),
        SignInWay::Provider(issuer) => {
            let title = format!("At {issuer}, whose groups decide the role");
            view! { <span title=title>"by OpenID Connect"</span> }.into_any()
        }
    }
}

fn make(name: &str, role: Role) -> Option<AnyView> {
    let (text, may) = match role {
        Role::Admin => (
            "Make admin…",
            "An admin may do everything, also manage people.",
        ),
        Role::Operator => (
            "Make operator…",
            "An operator may import, retry, resolve and export.",
        ),
        Role::Viewer => (
            "Make viewer…",
            "A viewer sees everything and changes nothing.",
        ),
    };
    let who = name.to_owned();
    let label = format!("Make {name} {}", role.name());
    let question = Question::new(
        label.clone(),
        format!("{may} It holds for {name} within seconds."),
        "Change the role",
        move |_| {
            let who = who.clone();
            async move {
                change_role(who.clone(), role).await?;
                Ok(format!("{who} is {} now", role.name()))
            }
        },
    );
    ask_button(text, label, Permission::Edit, question)
}

fn renew(name: &str, disabled: bool, by_provider: bool, told: Told) -> Option<AnyView> {
    let (text, label) = match (by_provider, disabled) {
        (true, _) => ("Give a password…", format!("Give {name} a password")),
        (false, true) => ("Let in again…", format!("Let {name} in again")),
        (false, false) => ("New password…", format!("New password for {name}")),
    };
    let then = if by_provider {
        "From then on it is the way to sign in, the provider decides the role no more, and an admin does."
    } else {
        "The present password no longer works."
    };
    let who = name.to_owned();
    let question = Question::new(
        label.clone(),
        format!(
            "A password is made up and shown here once. {name} is signed out everywhere. {then}"
        ),
        "Make a password",
        move |_| {
            let who = who.clone();
            async move {
                told.set(Some(once(reset_password(who.clone()).await?)));
                Ok(format!("{who} has a new password"))
            }
        },
    );
    ask_form(
        text,
        label,
        Permission::Edit,
        question,
        (NEW_PASSWORD, "name", name.to_owned()),
    )
}

fn enable(name: &str) -> Option<AnyView> {
    let who = name.to_owned();
    let label = format!("Let {name} in again");
    let question = Question::new(
        label.clone(),
        format!(
            "{name} may sign in by OpenID Connect again, in the role that their groups then give."
        ),
        "Let in again",
        move |_| {
            let who = who.clone();
            async move {
                enable_user(who.clone()).await?;
                Ok(format!("{who} may sign in again"))
            }
        },
    );
    ask_button("Let in again…", label, Permission::Edit, question)
}

fn disable(name: &str) -> Option<AnyView> {
    let who = name.to_owned();
    let question = Question::new(
        format!("Disable {name}"),
        format!(
            "{name} is signed out everywhere and may not sign in any more, and tokens that they made do not work. What they did stays on record."
        ),
        "Disable",
        move |_| {
            let who = who.clone();
            async move {
                disable_user(who.clone()).await?;
                Ok(format!("{who} may not sign in any more"))
            }
        },
    );
    ask_button(
        "Disable…",
        format!("Disable {name}"),
        Permission::Edit,
        question,
    )
}
