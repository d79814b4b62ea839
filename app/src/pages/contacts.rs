//! The list of contacts: everybody who was looked for, found or not, and what is known of their address.

use domain::{
    model::{
        Page,
        bulk::Records,
        contact::{ContactFilter, ContactRow, EmailState, EnrichmentStatus},
        live::Topic,
    },
    role::Permission,
    slot::ExecutiveRole,
};
use leptos::prelude::*;

use crate::{
    api::contacts::contacts,
    hydration::Apart,
    live::Live,
    parts::{
        badge,
        columns::{ColumnChoice, Columns},
        export::ExportLink,
        filter::{BatchSelect, Choice, SearchField, Select, unread},
        header::PageHeader,
        import_link::ImportLink,
        loaded::Loaded,
        notice::Empty,
        pager::{Pager, counted},
        rows::rows,
        selection::{Chosen, ContactId},
        table::{CHOOSE, Heading, sorted_table},
        time,
        time_filter::TimeFilter,
    },
    query::{CONTACT_READERS, WINDOW, carry, company_path, contact_filter, link, use_query},
    session,
};

const PATH: &str = "/contacts";

const COLUMNS: [Heading; 9] = [
    ("Person", ""),
    ("Title", ""),
    ("Role", ""),
    ("Company", ""),
    ("E-mail", ""),
    ("State", ""),
    ("Enrichment", ""),
    ("Source", ""),
    ("Since", ""),
];

#[component]
pub(crate) fn ContactsPage() -> impl IntoView {
    let live = Live::expect();
    let params = use_query();
    let filter = Memo::new(move |_| contact_filter(&params.read()));
    let people = live.resource(&[Topic::Pipeline], move || filter.get(), contacts);
    let chosen = Chosen::of(move || ContactFilter {
        cursor: None,
        sort: Default::default(),
        ..filter.get()
    });
    view! {
        <PageHeader title="Contacts" subtitle="Everybody who was looked for, and what is known of their address" own_search=true views=PATH>
            <ExportLink table="contacts" />
        </PageHeader>
        <main id="main">
            <Apart>
                <div class="filters">
                    <SearchField label="Name, e-mail, company" name="q" cursor="after" main=true />
                    <Select label="E-mail" name="email" cursor="after" any="any state" choices=email_choices() />
                    <Select label="Role" name="role" cursor="after" any="any role" choices=role_choices() />
                    <Select label="Enrichment" name="status" cursor="after" any="any status" choices=status_choices() />
                    <BatchSelect />
                    <TimeFilter label="Since" keys=&WINDOW />
                    <ColumnChoice of=&COLUMNS />
                </div>
            </Apart>
            <CompanyChip filter=filter />
            {unread(&CONTACT_READERS)}
            <Columns of=&COLUMNS>
                <Loaded resource=people view=move |page| list(&filter.get_untracked(), chosen, page) />
            </Columns>
        </main>
    }
}

/// The page of a company leads to its own people.
#[component]
fn CompanyChip(filter: Memo<ContactFilter>) -> impl IntoView {
    let params = use_query();
    move || {
        let company = filter.read().company.clone()?;
        let href = link(PATH, &params.read(), &[("company", None), ("after", None)]);
        Some(view! {
            <p class="chips">
                <span class="chip">
                    "of company " <b>{company}</b>
                    <a class="chip-remove" href=href data-noscroll="" aria-label="Remove the filter">"×"</a>
                </span>
            </p>
        })
    }
}

fn email_choices() -> Vec<Choice> {
    let text = |state: EmailState| match state {
        EmailState::Pending => "no verdict yet",
        EmailState::None => "no address",
        verdict => verdict.name(),
    };
    let choice = |state: EmailState| (state.name().to_owned(), text(state).to_owned());
    EmailState::ALL.into_iter().map(choice).collect()
}

fn role_choices() -> Vec<Choice> {
    let choice = |role: ExecutiveRole| (role.label().to_owned(), role.label().to_owned());
    ExecutiveRole::ALL.into_iter().map(choice).collect()
}

fn status_choices() -> Vec<Choice> {
    let choice = |status: EnrichmentStatus| (status.name().to_owned(), status.name().to_owned());
    EnrichmentStatus::ALL.into_iter().map(choice).collect()
}

fn list(filter: &ContactFilter, chosen: Chosen<ContactId>, page: Page<ContactRow>) -> AnyView {
    if page.rows.is_empty() {
        return nothing(filter);
    }
    let present = use_query().get_untracked();
    let carried = carry("", &present);
    let may = session::may(Permission::Retry) && CONTACT_READERS.unread(&present).is_none();
    let found = counted(page.count, "contact", "contacts");
    let mut headings = COLUMNS.to_vec();
    if may {
        headings.insert(0, CHOOSE);
    }
    let all = Records::ContactsThatMatch(ContactFilter {
        cursor: None,
        ..filter.clone()
    });
    let ids = page.rows.iter().map(|row| ContactId(row.id)).collect();
    let body = rows(
        page.rows,
        |row| format!("{row:?}"),
        move |row| line(row, &carried, may.then_some(chosen)),
    );
    view! {
        <p class="list-count">{found.clone()}</p>
        {may.then(|| chosen.record_bar(all, found, ids))}
        {sorted_table("Contacts", PATH, &headings, filter.sort, body)}
        <Pager label="Pages of contacts" next=page.next />
    }
    .into_any()
}

fn line(row: ContactRow, carried: &str, chosen: Option<Chosen<ContactId>>) -> AnyView {
    let who = row.who();
    let choose = chosen.map(|chosen| {
        let name = format!("{who}, {}", row.role.as_deref().unwrap_or("no role"));
        view! { <td data-label="Choose" class="pick">{chosen.checkbox(ContactId(row.id), &name)}</td> }
    });
    let company = row
        .company_name
        .unwrap_or_else(|| row.company_id.clone().unwrap_or_default());
    let href = row
        .company_id
        .map(|id| format!("{}{carried}", company_path(&id)));
    // A contact without a company is what a restore left; it leads nowhere.
    let to = move |place: &str, text: String| match &href {
        Some(href) => view! { <a href=format!("{href}{place}")>{text}</a> }.into_any(),
        None => text.into_any(),
    };
    let verdict = row.verified_at.map(|at| {
        let service = row
            .verification_service
            .as_deref()
            .unwrap_or("nobody named");
        format!("{}, by {service}", at.format("%-d %B %Y, %H:%M:%S UTC"))
    });
    let state = match row.email_state {
        EmailState::None => "–".into_any(),
        state => view! { <span title=verdict>{badge::outcome(state.name())}</span> }.into_any(),
    };
    view! {
        <tr>
            {choose}
            <th scope="row" data-label="Person">{to("#people", who)}</th>
            <td data-label="Title" class="clip">{row.title}</td>
            <td data-label="Role" class="nowrap">{row.role}</td>
            <td data-label="Company" class="clip">{to("", company)}</td>
            <td data-label="E-mail" class="clip">{row.email}</td>
            <td data-label="State">{state}</td>
            <td data-label="Enrichment">{badge::outcome(row.status.name())}</td>
            <td data-label="Source">{row.source}</td>
            <td data-label="Since" class="nowrap">{time::stamp(row.created_at)}</td>
        </tr>
    }
    .into_any()
}

fn nothing(filter: &ContactFilter) -> AnyView {
    let unfiltered = ContactFilter {
        sort: filter.sort,
        ..ContactFilter::default()
    };
    if *filter == unfiltered {
        return view! {
            <Empty title="No contacts yet" detail="A person is looked for in each role of a company, once its roles are open; whoever is found, or not, is listed here.">
                <ImportLink />
            </Empty>
        }
        .into_any();
    }
    view! {
        <Empty title="No contact matches" detail="Try fewer letters, another state or any batch.">
            <a class="btn" href=PATH>"Show all contacts"</a>
        </Empty>
    }
    .into_any()
}
