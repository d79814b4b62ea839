//! The list of companies: search, filter by batch and state, older ones by key.

use domain::{
    format::count,
    model::{
        Page,
        bulk::Records,
        company::{Attention, CompanyFilter, CompanyRow, CompanyState},
        live::Topic,
    },
    role::Permission,
};
use leptos::prelude::*;

use crate::{
    api::companies::companies,
    hydration::Apart,
    live::Live,
    parts::{
        badge,
        columns::{ColumnChoice, Columns},
        export::ExportLink,
        filter::{BatchSelect, SearchField, Select, unread},
        header::PageHeader,
        import_link::ImportLink,
        loaded::Loaded,
        notice::Empty,
        pager::{Pager, counted},
        rows::rows,
        selection::{Chosen, CompanyKey},
        table::{CHOOSE, Heading, sorted_table},
        time,
        time_filter::TimeFilter,
    },
    query::{COMPANY_READERS, WINDOW, carry, company_filter, company_path, link, use_query},
    session,
};

const COLUMNS: [Heading; 9] = [
    ("Company", ""),
    ("Website", ""),
    ("State", ""),
    ("Barton ID", ""),
    ("Batch", ""),
    ("People", "n"),
    ("Valid e-mails", "n"),
    ("Open errors", "n"),
    ("Imported", ""),
];

#[component]
pub(crate) fn CompaniesPage() -> impl IntoView {
    let live = Live::expect();
    let params = use_query();
    let filter = Memo::new(move |_| company_filter(&params.read()));
    let rows = live.resource(
        &[Topic::Pipeline, Topic::Imports],
        move || filter.get(),
        companies,
    );
    let chosen = Chosen::of(move || CompanyFilter {
        cursor: None,
        sort: Default::default(),
        ..filter.get()
    });
    view! {
        <PageHeader title="Companies" subtitle="Every imported row and how far it has come" own_search=true views="/companies">
            <ExportLink table="companies" />
            <ImportLink />
        </PageHeader>
        <main id="main">
            <Apart>
                <div class="filters">
                    <SearchField label="Name, website or Barton ID" name="q" cursor="after" main=true />
                    <BatchSelect />
                    <Select label="Attention" name="attention" cursor="after" any="any" choices=attention_choices() />
                    <TimeFilter label="Imported" keys=&WINDOW />
                    <ColumnChoice of=&COLUMNS />
                </div>
            </Apart>
            <Apart>
                <StateChips filter=filter />
            </Apart>
            <ReachedChip filter=filter />
            {unread(&COMPANY_READERS)}
            <Columns of=&COLUMNS>
                <Loaded resource=rows view=move |page| list(&filter.get_untracked(), chosen, page) />
            </Columns>
        </main>
    }
}

/// One chip per state; the one in force is marked, and "any" takes it off.
#[component]
fn StateChips(filter: Memo<CompanyFilter>) -> impl IntoView {
    let params = use_query();
    let chip = move |state: Option<CompanyState>| {
        let name = state.map(CompanyState::name);
        let href = move || {
            link(
                "/companies",
                &params.read(),
                &[("state", name), ("after", None)],
            )
        };
        let current = move || (filter.read().state == state).then_some("true");
        view! {
            <li>
                <a class="chip" href=href data-noscroll="" aria-current=current>{name.unwrap_or("any state")}</a>
            </li>
        }
    };
    view! {
        <nav aria-label="State">
            <ul class="chips">
                {chip(None)} {CompanyState::ALL.map(|state| chip(Some(state))).collect_view()}
            </ul>
        </nav>
    }
}

/// Where a figure of the overview counts everything from a state on, the list behind it does so, too.
#[component]
fn ReachedChip(filter: Memo<CompanyFilter>) -> impl IntoView {
    let params = use_query();
    move || {
        let state = filter.read().reached?;
        let href = link(
            "/companies",
            &params.read(),
            &[("reached", None), ("after", None)],
        );
        Some(view! {
            <p class="chips">
                <span class="chip">
                    "at least " <b>{state.name()}</b>
                    <a class="chip-remove" href=href data-noscroll="" aria-label="Remove the filter">"×"</a>
                </span>
            </p>
        })
    }
}

fn attention_choices() -> Vec<(String, String)> {
    Attention::ALL
        .into_iter()
        .map(|kind| {
            let text = match kind {
                Attention::Errors => "with open errors",
                Attention::Open => "with events under way",
            };
            (kind.name().to_owned(), text.to_owned())
        })
        .collect()
}

fn list(filter: &CompanyFilter, chosen: Chosen<CompanyKey>, page: Page<CompanyRow>) -> AnyView {
    let params = use_query();
    if page.rows.is_empty() {
        return nothing(filter);
    }
    let present = params.get_untracked();
    let may = session::may(Permission::Retry) && COMPANY_READERS.unread(&present).is_none();
    let found = counted(page.count, "company", "companies");
    let mut headings = COLUMNS.to_vec();
    if may {
        headings.insert(0, CHOOSE);
    }
    let all = Records::CompaniesThatMatch(CompanyFilter {
        cursor: None,
        ..filter.clone()
    });
    let keys = page
        .rows
        .iter()
        .map(|row| CompanyKey(row.key.clone()))
        .collect();
    let body = rows(page.rows, key, move |row| {
        line(row, &carry("", &present), may.then_some(chosen))
    });
    view! {
        <p class="list-count">{found.clone()}</p>
        {may.then(|| chosen.record_bar(all, found, keys))}
        {sorted_table("Companies", "/companies", &headings, filter.sort, body)}
        <Pager label="Pages of companies" next=page.next />
    }
    .into_any()
}

fn key(row: &CompanyRow) -> String {
    let figures = [row.slots, row.contacts, row.valid_emails, row.open_errors];
    format!("{} {} {figures:?}", row.key, row.state.name())
}

fn line(row: CompanyRow, carried: &str, chosen: Option<Chosen<CompanyKey>>) -> AnyView {
    let href = format!("{}{carried}", company_path(&row.key));
    let name = row.name.unwrap_or_else(|| "(no name)".to_owned());
    let people = if row.slots > 0 {
        format!("{} of {}", row.contacts, row.slots)
    } else {
        "–".to_owned()
    };
    let errors = if row.open_errors > 0 {
        badge::badge(badge::Tone::Bad, count(row.open_errors))
    } else {
        "0".into_any()
    };
    let choose = chosen.map(|chosen| {
        view! { <td data-label="Choose" class="pick">{chosen.checkbox(CompanyKey(row.key), &name)}</td> }
    });
    view! {
        <tr>
            {choose}
            <th scope="row" data-label="Company"><a href=href>{name}</a></th>
            <td data-label="Website" class="clip">{row.website.unwrap_or_default()}</td>
            <td data-label="State">{badge::company_state(row.state)}</td>
            <td data-label="Barton ID" class="mono nowrap">{row.barton_id.unwrap_or_else(|| "–".to_owned())}</td>
            <td data-label="Batch" class="clip">{row.batch_id.unwrap_or_default()}</td>
            <td data-label="People" class="n">{people}</td>
            <td data-label="Valid e-mails" class="n">{count(row.valid_emails)}</td>
            <td data-label="Open errors" class="n">{errors}</td>
            <td data-label="Imported" class="nowrap">{time::stamp(row.created_at)}</td>
        </tr>
    }
    .into_any()
}

fn nothing(filter: &CompanyFilter) -> AnyView {
    let unfiltered = CompanyFilter {
        sort: filter.sort,
        ..CompanyFilter::default()
    };
    if *filter == unfiltered {
        return view! {
            <Empty title="No companies yet" detail="Import a CSV file: every row becomes a company here, also the ones that are rejected.">
                <ImportLink />
            </Empty>
        }
        .into_any();
    }
    view! {
        <Empty title="No company matches" detail="Try fewer letters, another state or any batch.">
            <a class="btn" href="/companies">"Show all companies"</a>
        </Empty>
    }
    .into_any()
}
