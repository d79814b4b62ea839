//! Files on their way in: upload, and every batch so far.

use domain::{
    format::{bytes, count},
    model::{
        Page,
        bulk::Records,
        import::{ImportBatch, ImportFilter, ImportStatus},
        live::Topic,
    },
    role::Permission,
};
use leptos::prelude::*;

use crate::{
    api::{imports::import_batches, overview::overview},
    live::Live,
    parts::{
        badge,
        columns::{ColumnChoice, Columns},
        export::ExportLink,
        filter::{SearchField, Select, unread},
        header::PageHeader,
        loaded::{Loaded, Settled},
        notice::Empty,
        pager::{Pager, counted},
        rows::rows,
        samples::LoadSamples,
        selection::{BatchId, Chosen},
        table::{CHOOSE, Heading, sorted_table},
        time,
        time_filter::TimeFilter,
        upload::UploadZone,
    },
    query::{IMPORT_READERS, WINDOW, import_filter, import_path, use_query},
    session,
};

const COLUMNS: [Heading; 9] = [
    ("Batch", ""),
    ("File", ""),
    ("State", ""),
    ("Rows", "n"),
    ("Accepted", "n"),
    ("Duplicates", "n"),
    ("Rejected", "n"),
    ("By", ""),
    ("Started", ""),
];

#[component]
pub(crate) fn ImportsPage() -> impl IntoView {
    let live = Live::expect();
    let params = use_query();
    let filter = Memo::new(move |_| import_filter(&params.read()));
    let batches = live.resource(&[Topic::Imports], move || filter.get(), import_batches);
    let chosen = Chosen::of(move || ImportFilter {
        cursor: None,
        sort: Default::default(),
        ..filter.get()
    });
    let states = ImportStatus::ALL
        .map(|status| (status.name().to_owned(), status.name().to_owned()))
        .to_vec();
    let about = live.resource(&[], || (), |()| overview());
    let demo = move || {
        about
            .get()
            .and_then(Result::ok)
            .is_some_and(|overview| overview.demo)
    };
    view! {
        <PageHeader title="Imports" subtitle="CSV files of companies: every row is kept, with its reason" own_search=true views="/imports">
            <ExportLink table="imports" />
        </PageHeader>
        <main id="main">
            {if session::may(Permission::Import) {
                view! {
                    <section class="card" aria-label="Upload">
                        <UploadZone />
                        <Settled>
                            {move || {
                                demo()
                                    .then(|| {
                                        view! {
                                            <div class="row samples">
                                                <span class="muted">"No file at hand?"</span>
                                                <LoadSamples />
                                            </div>
                                        }
                                    })
                            }}
                        </Settled>
                    </section>
                }
                    .into_any()
            } else {
                view! { <p class="notice">"Your role can look at imports but not start one. Ask an operator or an admin."</p> }
                    .into_any()
            }}
            <section>
                <h2>"Batches"</h2>
                <div class="filters">
                    <SearchField label="File, batch or importer" name="q" cursor="after" main=true />
                    <Select label="State" name="status" cursor="after" any="any state" choices=Signal::stored(states) />
                    <TimeFilter label="Started" keys=&WINDOW />
                    <ColumnChoice of=&COLUMNS />
                </div>
                {unread(&IMPORT_READERS)}
                <Columns of=&COLUMNS>
                    <Loaded resource=batches view=move |page| list(&filter.get_untracked(), chosen, page) />
                </Columns>
            </section>
        </main>
    }
}

fn list(filter: &ImportFilter, chosen: Chosen<BatchId>, page: Page<ImportBatch>) -> AnyView {
    let unfiltered = ImportFilter {
        sort: filter.sort,
        ..ImportFilter::default()
    };
    if page.rows.is_empty() && *filter != unfiltered {
        return view! {
            <Empty title="No import matches" detail="Try fewer letters or any state.">
                <a class="btn" href="/imports">"Show all imports"</a>
            </Empty>
        }
        .into_any();
    }
    if page.rows.is_empty() {
        return view! { <Empty title="No imports yet" detail="Drop a CSV file above; nothing is imported before you have seen its columns." /> }
            .into_any();
    }
    let present = use_query().get_untracked();
    let may = session::may(Permission::Retry) && IMPORT_READERS.unread(&present).is_none();
    let found = counted(page.count, "batch", "batches");
    let mut headings = COLUMNS.to_vec();
    if may {
        headings.insert(0, CHOOSE);
    }
    let all = Records::BatchesThatMatch(ImportFilter {
        cursor: None,
        ..filter.clone()
    });
    let batch = |row: &ImportBatch| BatchId(row.batch_id.clone());
    let ids = page.rows.iter().map(batch).collect();
    let body = rows(page.rows, key, move |row| line(row, may.then_some(chosen)));
    view! {
        <p class="list-count">{found.clone()}</p>
        {may.then(|| chosen.record_bar(all, found, ids))}
        {sorted_table("Batches", "/imports", &headings, filter.sort, body)}
        <Pager label="Pages of batches" next=page.next />
    }
    .into_any()
}

fn key(batch: &ImportBatch) -> String {
    let figures = [batch.total_rows, batch.accepted, batch.duplicates];
    format!("{} {} {figures:?}", batch.batch_id, batch.status.name())
}

fn line(batch: ImportBatch, chosen: Option<Chosen<BatchId>>) -> AnyView {
    let choose = chosen.map(|chosen| {
        let id = batch.batch_id.clone();
        view! { <td data-label="Choose" class="pick">{chosen.checkbox(BatchId(id.clone()), &format!("batch {id}"))}</td> }
    });

    let figures = !matches!(batch.status, ImportStatus::Uploaded);
    let number = move |n: i64| if figures { count(n) } else { "–".to_owned() };
    let file = batch.file_name.unwrap_or_else(|| "–".to_owned());
    view! {
        <tr>
            {choose}
            <th scope="row" data-label="Batch"><a href=import_path(&batch.batch_id)>{batch.batch_id.clone()}</a></th>
            <td data-label="File" class="clip" title=bytes(batch.size_bytes)>{file}</td>
            <td data-label="State">{badge::import_status(batch.status)}</td>
            <td data-label="Rows" class="n">{number(batch.total_rows)}</td>
            <td data-label="Accepted" class="n">{number(batch.accepted)}</td>
            <td data-label="Duplicates" class="n">{number(batch.duplicates)}</td>
            <td data-label="Rejected" class="n">{number(batch.rejected)}</td>
            <td data-label="By">{batch.importer}</td>
            <td data-label="Started" class="nowrap">{time::stamp(batch.created_at)}</td>
        </tr>
    }
    .into_any()
}
