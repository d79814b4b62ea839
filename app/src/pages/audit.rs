//! The audit log: who did what, when and from where, with the state before and after.

use domain::{
    model::{
        Page,
        audit::{AuditEntry, AuditQuery},
    },
    role::Permission,
};
use leptos::prelude::*;

use crate::{
    api::audit::audit_log,
    live::Live,
    parts::{
        export::ExportLink,
        filter::{SearchField, Select, fixed, unread},
        header::PageHeader,
        loaded::Loaded,
        notice::Empty,
        pager::{Pager, counted},
        rows::rows,
        table::{json, table},
        time,
        time_filter::TimeFilter,
    },
    query::{AUDIT_READERS, WINDOW, audit_query, use_query},
};

const PATH: &str = "/audit";
/// The beginnings of what may stand there; the log itself knows more exact ones.
const ACTIONS: [(&str, &str); 15] = [
    ("event.", "events"),
    ("action.", "bulk actions"),
    ("stage.", "stages"),
    ("batch.", "batches"),
    ("schedule.", "schedules"),
    ("import.", "imports"),
    ("error", "errors"),
    ("record.", "replays"),
    ("retention.", "retention"),
    ("rollups.", "counts"),
    ("user.", "users"),
    ("session.", "sign-outs elsewhere"),
    ("token.", "tokens"),
    ("webhook.", "webhooks"),
    ("view.", "saved views"),
];

#[component]
pub(crate) fn AuditPage() -> impl IntoView {
    let (live, params) = (Live::expect(), use_query());
    let query = Memo::new(move |_| audit_query(&params.read()));
    let rows = live.resource(
        &[],
        move || (query.get(), live.tick()),
        |(query, _)| audit_log(query),
    );
    view! {
        <PageHeader title="Audit log" subtitle="Who did what, when and from where" own_search=true views="/audit">
            <ExportLink table="audit" needs=Permission::Edit />
        </PageHeader>
        <main id="main">
            <div class="filters">
                <SearchField label="Who (whole name)" name="actor" cursor="after" main=true />
                <Select label="About" name="action" cursor="after" any="everything" choices=fixed(ACTIONS) />
                <SearchField label="Target" name="target" cursor="after" />
                <TimeFilter label="Time" keys=&WINDOW />
            </div>
            {unread(&AUDIT_READERS)}
            <Loaded resource=rows view=move |page| list(&query.get_untracked(), page) />
        </main>
    }
}

fn list(query: &AuditQuery, page: Page<AuditEntry>) -> AnyView {
    if page.rows.is_empty() {
        let all = (*query != AuditQuery::default())
            .then(|| view! { <a class="btn" href=PATH>"Show the whole log"</a> });
        return view! {
            <Empty title="Nothing is on record" detail="Every act of a person, and what the system did for itself, is written here for 400 days.">
                {all}
            </Empty>
        }
        .into_any();
    }
    let headings = vec![
        ("Time", ""),
        ("Who", ""),
        ("From", ""),
        ("What", ""),
        ("Target", ""),
        ("Before and after", ""),
    ];
    let body = rows(page.rows, |row| row.id.to_string(), line);
    view! {
        <p class="list-count">{counted(page.count, "entry", "entries")}</p>
        {table("Audit log", headings, body)}
        <Pager label="Pages of the audit log" next=page.next />
    }
    .into_any()
}

fn line(row: AuditEntry) -> AnyView {
    let told = row.before.is_some() || row.after.is_some() || row.details.is_some();
    let change = told.then(|| {
        view! {
            <details>
                <summary>"Show"</summary>
                {json("Before", row.before)}
                {json("After", row.after)}
                {json("Details", row.details)}
            </details>
        }
    });
    view! {
        <tr>
            <td data-label="Time" class="nowrap">{time::stamp(row.at)}</td>
            <th scope="row" data-label="Who">{row.actor}</th>
            <td data-label="From" class="mono">{row.origin}</td>
            <td data-label="What" class="mono">{row.action}</td>
            <td data-label="Target">{row.target_kind} " " {row.target}</td>
            <td data-label="Before and after">{change}</td>
        </tr>
    }
    .into_any()
}
