//! What runs here, how large it has become and how it is set up: for admins.

use domain::{
    event::EventStatus,
    format::{age, bytes, count},
    model::{
        event::EventFilter,
        system::{Installation, Listening, SettingShown, System, SystemFigures, TableSize},
    },
    role::Permission,
};
use leptos::prelude::*;

use super::retention::Retention;
use crate::{
    api::system::system,
    live::Live,
    parts::{
        badge::{Tone, badge},
        export::export_icon_for,
        filter::SearchField,
        header::PageHeader,
        loaded::Loaded,
        table::{fact, table},
        time,
    },
    query::{Params, events_path, link, system_search, use_query},
};

#[component]
pub(crate) fn SystemPage() -> impl IntoView {
    let live = Live::expect();
    let params = use_query();
    let search = Memo::new(move |_| system_search(&params.read()));
    let all = live.resource(&[], move || live.tick(), |_| system());
    view! {
        <PageHeader title="System" subtitle="What runs here, how large it has become, how it is set up" own_search=true />
        <main id="main">
            <div class="filters">
                <SearchField label="Search the largest tables and the settings" name="q" cursor="after" main=true />
            </div>
            <Loaded resource=all view=move |system| show(search.get().as_deref(), system) />
            <Retention />
        </main>
    }
}

fn show(search: Option<&str>, system: System) -> AnyView {
    let System {
        installation,
        figures,
    } = system;
    view! {
        <p class="list-count">"As of " {time::clock(figures.as_of)}</p>
        {summary(&installation, &figures)}
        <section aria-labelledby="tables">
            <h2 id="tables">"The largest tables" {file("table-sizes", search, "the largest tables")}</h2>
            {tables(search, figures.tables)}
        </section>
        <section aria-labelledby="settings">
            <h2 id="settings">"Settings in effect" {file("settings", search, "the settings")}</h2>
            {settings(search, installation.settings)}
            <p class="muted">
                "Of the process that answers. Each is a variable of the environment and an option; a change takes effect with the next start."
            </p>
        </section>
    }
    .into_any()
}

fn file(table: &str, search: Option<&str>, what: &'static str) -> Option<AnyView> {
    let path = link(
        &format!("/export/{table}.csv"),
        &Params::default(),
        &[("q", search)],
    );
    export_icon_for(Permission::Edit, path, what)
}

fn summary(installation: &Installation, figures: &SystemFigures) -> AnyView {
    let version = match &installation.build {
        Some(build) => format!("{}, build {build}", installation.version),
        None => installation.version.clone(),
    };
    let connections = figures.connections;
    let migration = figures.newest_migration.as_ref().map(|newest| {
        let text = format!("{} ({})", newest.description, newest.version);
        view! { {text} ", " {time::stamp(newest.applied_at)} }
    });
    let waiting = EventFilter {
        status: Some(EventStatus::Pending),
        ..EventFilter::default()
    };
    let workers = format!(
        "{} of {}",
        count(figures.workers_alive),
        count(figures.workers)
    );
    let open = format!("{} of {}", connections.used, connections.limit);
    let pool = format!("{} of {}", connections.pool_used, connections.pool_limit);
    view! {
        <section class="card" aria-labelledby="installation">
            <h2 id="installation">"This installation"</h2>
            <dl class="facts">
                {fact("Version", Some(version))}
                {fact("PostgreSQL", Some(figures.postgres.clone()))}
                {fact("Migrations applied", Some(count(figures.migrations)))}
                {fact("Newest migration", migration)}
                {fact("Size of the database", Some(bytes(figures.database_bytes)))}
                {fact("Connections of the server", Some(open))}
                {fact("Connections of this process", Some(pool))}
                {fact("Workers alive", Some(view! { <a href="/workers">{workers}</a> }))}
                {fact("Events waiting", Some(view! { <a href=events_path(&waiting)>{count(figures.waiting)}</a> }))}
                {fact("Events in work", Some(count(figures.working)))}
                {fact("Oldest event waits for", Some(figures.oldest_waiting_minutes.map_or_else(|| "–".to_owned(), age)))}
                {fact("Live feed", Some(feed(figures.listening, figures)))}
            </dl>
        </section>
    }
    .into_any()
}

fn feed(listening: Listening, figures: &SystemFigures) -> AnyView {
    let state = if listening.connected {
        badge(Tone::Good, "connected")
    } else {
        badge(Tone::Bad, "lost")
    };
    let heard = match listening.heard_at {
        Some(at) => view! { " last notification " {time::ago(figures.as_of, at)} }.into_any(),
        None => " no notification yet".into_any(),
    };
    view! { {state} {heard} }.into_any()
}

fn tables(search: Option<&str>, mut all: Vec<TableSize>) -> AnyView {
    all.retain(|row| row.mentions(search));
    if all.is_empty() {
        return none("table");
    }
    let headings = vec![("Table", ""), ("Rows, about", "n"), ("With indexes", "n")];
    let line = |row: TableSize| {
        view! {
            <tr>
                <th scope="row" data-label="Table" class="mono message">{row.name}</th>
                <td data-label="Rows, about" class="n">{count(row.rows)}</td>
                <td data-label="With indexes" class="n">{bytes(row.bytes)}</td>
            </tr>
        }
    };
    let body = all.into_iter().map(line).collect_view().into_any();
    table("Largest tables", headings, body)
}

fn settings(search: Option<&str>, mut all: Vec<SettingShown>) -> AnyView {
    all.retain(|row| row.mentions(search));
    if all.is_empty() {
        return none("setting");
    }
    let headings = vec![("Setting", ""), ("In effect", ""), ("Meaning", "")];
    let line = |row: SettingShown| {
        view! {
            <tr>
                <th scope="row" data-label="Setting" class="mono message">{row.name}</th>
                <td data-label="In effect" class="mono message">{row.value}</td>
                <td data-label="Meaning">{row.help}</td>
            </tr>
        }
    };
    let body = all.into_iter().map(line).collect_view().into_any();
    table("Settings", headings, body)
}

fn none(what: &str) -> AnyView {
    view! { <p class="muted">{format!("No {what} says this.")}</p> }.into_any()
}
