//! Tokens with which programs act on behalf of a person: made, told once, looked after, revoked. For admins.

use domain::{
    model::{
        Page,
        live::Topic,
        token::{
            CreatedToken, LIFETIMES, LONGEST_NAME, NewToken, TokenQuery, TokenRow, TokenState,
        },
    },
    role::{Permission, Role},
};
use leptos::{ev, html, prelude::*, task::spawn_local};

use crate::{
    api::tokens::{api_tokens, create_api_token, revoke_api_token},
    browser,
    live::Live,
    parts::{
        ask::{Question, ask_button},
        badge::{Tone, badge},
        export::ExportLink,
        filter::{Select, fixed, unread},
        header::PageHeader,
        loaded::Loaded,
        notice::{Empty, problem_line},
        pager::{Pager, counted},
        rows::rows,
        table::table,
        time,
        told::{Told, ToldOnce, told_once},
    },
    problem::Problem,
    query::{TOKEN_READERS, token_query, use_query},
};

pub(crate) const PATH: &str = "/tokens";
/// Where the form goes without JavaScript.
const MAKE: &str = "/tokens/make";

#[component]
pub(crate) fn TokensPage() -> impl IntoView {
    let live = Live::expect();
    let params = use_query();
    let query = Memo::new(move |_| token_query(&params.read()));
    let told: Told = RwSignal::new(None);
    let page = live.resource(
        &[Topic::Settings],
        move || (query.get(), live.tick()),
        |(query, _)| api_tokens(query),
    );
    let states = fixed([
        (TokenState::Live.name(), "live"),
        (TokenState::Expired.name(), "expired"),
        (TokenState::Revoked.name(), "revoked"),
    ]);
    view! {
        <PageHeader title="Tokens" subtitle="Programs that act on behalf of a person">
            <ExportLink table="tokens" needs=Permission::Edit />
        </PageHeader>
        <main id="main">
            <Make told=told />
            {told_once(told)}
            <div class="filters">
                <Select label="State" name="state" cursor="after" any="any state" choices=states />
            </div>
            {unread(&TOKEN_READERS)}
            <Loaded resource=page view=move |page| list(&query.get_untracked(), page) />
        </main>
    }
}

#[component]
fn Make(told: Told) -> impl IntoView {
    let live = Live::expect();
    let name = NodeRef::<html::Input>::new();
    let (role, days) = (
        NodeRef::<html::Select>::new(),
        NodeRef::<html::Select>::new(),
    );
    let busy = RwSignal::new(false);
    let failed = RwSignal::new(None::<Problem>);
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let (Some(name), Some(role), Some(days)) = (name.get(), role.get(), days.get()) else {
            return;
        };
        let wanted = NewToken {
            name: name.value(),
            role: Role::parse(&role.value()).unwrap_or_default(),
            // The field is required; what is none of the choices is refused.
            days: days.value().parse().unwrap_or_default(),
        };
        busy.set(true);
        failed.set(None);
        spawn_local(async move {
            match create_api_token(wanted).await {
                Ok(made) => {
                    name.set_value("");
                    let _ = told.try_set(Some(once(made)));
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
    let lifetime =
        |days: i32| view! { <option value=days.to_string()>{format!("{days} days")}</option> };
    view! {
        <form class="card filters new" method="post" action=MAKE on:submit=submit aria-labelledby="new">
            <h2 id="new">"Make a token"</h2>
            <label class="field">
                <span>"Name"</span>
                <input
                    type="text"
                    name="name"
                    node_ref=name
                    required
                    maxlength=LONGEST_NAME.to_string()
                    autocomplete="off"
                    spellcheck="false"
                />
            </label>
            <label class="field">
                <span>"May do what this role may"</span>
                <select name="role" node_ref=role>{Role::ALL.map(choice).collect_view()}</select>
            </label>
            <label class="field">
                <span>"Works for"</span>
                <select name="days" node_ref=days required>
                    <option value="">"Choose…"</option>
                    {LIFETIMES.map(lifetime).collect_view()}
                </select>
            </label>
            <button class="btn primary" type="submit" disabled=busy>"Make a token"</button>
        </form>
        {move || failed.get().map(problem_line)}
    }
}

pub(crate) fn once(made: CreatedToken) -> ToldOnce {
    let until = made.expires_at.format("%-d %B %Y");
    ToldOnce {
        title: format!(
            "{} works as {} until {until} (UTC)",
            made.name,
            made.role.name()
        ),
        advice: "The token is shown only this once: give it to the program now. Whoever has it may do what the program may.",
        label: "The token",
        secret: made.secret,
    }
}

fn list(query: &TokenQuery, page: Page<TokenRow>) -> AnyView {
    if page.rows.is_empty() {
        return nothing(query);
    }
    let headings = vec![
        ("Token", ""),
        ("May", ""),
        ("State", ""),
        ("Made by", ""),
        ("Expires", ""),
        ("Last used", ""),
        ("", ""),
    ];
    let body = rows(page.rows, |row| format!("{row:?}"), line);
    view! {
        <p class="list-count">{counted(page.count, "token", "tokens")}</p>
        {table("Tokens", headings, body)}
        <Pager label="Pages of tokens" next=page.next />
        <details>
            <summary>"How a program uses its token"</summary>
            {example()}
        </details>
    }
    .into_any()
}

fn line(row: TokenRow) -> AnyView {
    let may = if row.effective == row.role {
        row.role.name().to_owned()
    } else {
        format!(
            "{}, made as {}: no more than {} may",
            row.effective.name(),
            row.role.name(),
            row.maker
        )
    };
    let used = row.last_used.clone().map(|used| {
        view! { {time::stamp(used.at)} " from " <span class="mono">{used.from}</span> }.into_any()
    });
    let used = used.unwrap_or_else(|| "never".into_any());
    let revoked = row
        .revoked
        .as_ref()
        .map(|revoked| view! { <p class="muted small-text">"by " {revoked.by.clone()} ", " {time::stamp(revoked.at)}</p> });
    let revoke = (row.state == TokenState::Live).then(|| revoke(&row));
    view! {
        <tr data-token=row.id>
            <th scope="row" data-label="Token">
                <div>
                    {row.name.clone()}
                    <div class="mono muted small-text">{row.prefix.clone()} "…"</div>
                </div>
            </th>
            <td data-label="May">{may}</td>
            <td data-label="State"><div>{state_badge(&row)} {revoked}</div></td>
            <td data-label="Made by">{row.maker} ", " {time::day(row.created_at)}</td>
            <td data-label="Expires" class="nowrap">{time::day(row.expires_at)}</td>
            <td data-label="Last used">{used}</td>
            <td class="row-actions">{revoke}</td>
        </tr>
    }
    .into_any()
}

fn state_badge(row: &TokenRow) -> AnyView {
    match row.state {
        TokenState::Live if row.maker_disabled => {
            badge(Tone::Warning, format!("{} is disabled", row.maker))
        }
        TokenState::Live => badge(Tone::Good, "live"),
        TokenState::Expired | TokenState::Revoked => badge(Tone::Quiet, row.state.name()),
    }
}

fn revoke(row: &TokenRow) -> Option<AnyView> {
    let id = row.id;
    let label = format!("Revoke {}", row.name);
    let used = match &row.last_used {
        Some(used) => format!(
            "It was last used on {} from {}",
            used.at.format("%-d %B %Y at %H:%M UTC"),
            used.from
        ),
        None => "It was never used".to_owned(),
    };
    let question = Question::new(
        label.clone(),
        format!(
            "{} ({}…) stops working at once, wherever a program has it. {used}.",
            row.name, row.prefix
        ),
        "Revoke",
        move |_| async move {
            let name = revoke_api_token(id).await?;
            Ok(format!("{name} does not work any more"))
        },
    );
    ask_button("Revoke…", label, Permission::Edit, question)
}

fn nothing(query: &TokenQuery) -> AnyView {
    if *query != TokenQuery::default() {
        return view! {
            <Empty title="No token matches" detail="None is in this state.">
                <a class="btn" href=PATH>"Show all"</a>
            </Empty>
        }
        .into_any();
    }
    view! {
        <Empty
            title="No program has a token yet"
            detail="With a token a program, such as an n8n workflow or a script, does what a person with a role does here: it reads, imports, retries, resolves and exports, and the audit log says so. It does not need anybody's password."
        />
        {example()}
    }
    .into_any()
}

/// A call as it is typed, to the address at which the page was found.
fn example() -> AnyView {
    let address = RwSignal::new("https://ADDRESS".to_owned());
    Effect::new(move || address.set(browser::origin()));
    let call = move || {
        format!(
            "curl {}/api/fn/error_groups \\\n  -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\\n  -d '{{\"query\":{{\"states\":\"to_do\",\"sort\":\"last_seen\"}}}}'\n\ncurl -OJ \"{}/export/errors.csv?e_severity=critical\" \\\n  -H \"Authorization: Bearer $TOKEN\"",
            address.get(),
            address.get()
        )
    };
    view! { <pre class="json" tabindex="0" role="region" aria-label="Example">{call}</pre> }
        .into_any()
}
