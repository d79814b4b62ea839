//! One import: its mapping to confirm, its progress, its outcome with every row that was not accepted.

use domain::{
    format::{bytes, count, percent},
    model::{
        Page,
        company::CompanyState,
        import::{ImportBatch, ImportReject, ImportStatus},
        live::Topic,
    },
    role::Permission,
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use super::{batch_stages::Stages, company::of_batch, mapping::MappingStep};
use crate::{
    api::imports::{cancel_import, import_batch, import_rejects},
    live::Live,
    parts::{
        ask::{Question, ask_button},
        badge,
        header::PageHeader,
        loaded::{Loaded, Settled},
        pager::{Pager, counted},
        time,
    },
    problem::Problem,
    query::{carry, segment, use_query},
    session,
};

#[component]
pub(crate) fn ImportPage() -> impl IntoView {
    let live = Live::expect();
    let (params, present) = (use_params_map(), use_query());
    let id = Memo::new(move |_| params.read().get("batch").unwrap_or_default());
    let batch = live.resource(&[Topic::Imports], move || id.get(), import_batch);
    let rejects = {
        let params = use_query();
        let cursor = Memo::new(move |_| params.read().get("after"));
        live.resource(
            &[Topic::Imports],
            move || (id.get(), cursor.get()),
            |(id, cursor)| import_rejects(id, cursor),
        )
    };
    view! {
        <PageHeader title="Import" subtitle="From file to companies" />
        <main id="main">
            <nav class="crumbs" aria-label="Path"><a href=move || carry("/imports", &present.read())>"Imports"</a></nav>
            <Loaded resource=batch view=summary />
            <Settled>
                <Mapping batch=batch id=id />
            </Settled>
            <Settled>
                <Stages batch=batch id=id />
            </Settled>
            <Settled>
                <Rejects batch=batch rejects=rejects />
            </Settled>
        </main>
    }
}

type Answer<T> = Resource<Result<T, Problem>>;

/// The mapping step holds what the person has chosen, so it is made once and not with every refresh.
#[component]
fn Mapping(batch: Answer<ImportBatch>, id: Memo<String>) -> impl IntoView {
    let uploaded = Memo::new(move |_| {
        let batch = batch.get().and_then(Result::ok);
        batch.is_some_and(|batch| batch.status == ImportStatus::Uploaded)
    });
    move || {
        uploaded
            .get()
            .then(|| view! { <MappingStep batch_id=id.get() /> })
    }
}

fn summary(batch: ImportBatch) -> AnyView {
    let name = batch
        .file_name
        .clone()
        .unwrap_or_else(|| batch.batch_id.clone());
    let title = name.clone();
    view! {
        <Title text=title />
        <section class="card" aria-labelledby="import-name">
            <div class="company-head">
                <h2 id="import-name">{name}</h2>
                {badge::import_status(batch.status)}
                <span class="grow"></span>
                {actions(&batch)}
            </div>
            <p class="muted">
                "Batch " <span class="mono">{batch.batch_id.clone()}</span> ", " {bytes(batch.size_bytes)} ", by "
                {batch.importer.clone()} ", " {time::stamp(batch.created_at)}
            </p>
            {batch.message.clone().map(|message| view! { <p class="import-message">{message}</p> })}
            {match batch.status {
                ImportStatus::Uploaded => ().into_any(),
                ImportStatus::Importing => progress(&batch),
                _ => ().into_any(),
            }}
            {(batch.status != ImportStatus::Uploaded).then(|| figures(&batch))}
        </section>
    }
    .into_any()
}

fn progress(batch: &ImportBatch) -> AnyView {
    let share = 100.0 * batch.bytes_read as f64 / batch.size_bytes.max(1) as f64;
    view! {
        <div class="progress">
            <progress class="bar" aria-label="Import" max=batch.size_bytes.max(1) value=batch.bytes_read></progress>
            <p>{percent(share.round())} " of the file read"</p>
        </div>
    }
    .into_any()
}

fn figures(batch: &ImportBatch) -> AnyView {
    let figure = |label: &'static str, n: i64, href: Option<String>| {
        let number = match href.filter(|_| n > 0) {
            Some(href) => {
                let name = format!("{} {label}", count(n));
                view! { <a href=href aria-label=name>{count(n)}</a> }.into_any()
            }
            None => count(n).into_any(),
        };
        view! {
            <div>
                <dt>{label}</dt>
                <dd>{number}</dd>
            </div>
        }
    };
    let id = &batch.batch_id;
    let invalid = of_batch(id, Some(CompanyState::Rejected));
    view! {
        <dl class="figs wide">
            {figure("Rows", batch.total_rows, None)}
            {figure("Accepted", batch.accepted, Some(of_batch(id, None)))}
            {figure("Duplicates", batch.duplicates, None)}
            {figure("Rejected", batch.rejected, None)}
            {figure("Rejected by validation", batch.invalid, Some(invalid))}
        </dl>
    }
    .into_any()
}

fn actions(batch: &ImportBatch) -> AnyView {
    let id = batch.batch_id.clone();
    match batch.status {
        ImportStatus::Uploaded | ImportStatus::Importing => cancel_button(batch).into_any(),
        ImportStatus::Completed | ImportStatus::Failed | ImportStatus::Cancelled => {
            let report = format!("/export/import/{}.csv", segment(&id));
            let imported = batch.accepted > 0;
            let any_refused = batch.duplicates + batch.rejected + batch.invalid > 0;
            let refused = format!("{report}?rows=refused");
            view! {
                {imported.then(|| view! { <a class="btn primary" href=of_batch(&id, None)>"Show its companies"</a> })}
                {session::may(Permission::Export)
                    .then(|| view! { <a class="btn" href=report download="" rel="external">"Report of every row"</a> })}
                {(any_refused && session::may(Permission::Export)).then(|| {
                    let title = "The rows that were not accepted, each with its reason, to be mended and imported again";
                    view! { <a class="btn" href=refused download="" rel="external" title=title>"Refused rows"</a> }
                })}
            }
            .into_any()
        }
    }
}

/// Discards a file that waits, or ends an import under way.
fn cancel_button(batch: &ImportBatch) -> Option<AnyView> {
    let name = batch.file_name.as_deref().unwrap_or(&batch.batch_id);
    let (text, title, consequence, confirm, done) = if batch.status == ImportStatus::Uploaded {
        (
            "Discard the file…",
            format!("Discard {name}"),
            format!(
                "The file of {} is deleted. Nothing of it was imported.",
                bytes(batch.size_bytes)
            ),
            "Discard",
            format!("{name} is discarded"),
        )
    } else {
        (
            "Cancel the import…",
            format!("Cancel the import of {name}"),
            format!(
                "The rest of the file is not read. Rows that are in stay: {} up to now.",
                count(batch.accepted)
            ),
            "Cancel the import",
            format!("The import of {name} is cancelled"),
        )
    };
    let batch_id = batch.batch_id.clone();
    let question = Question::new(title.clone(), consequence, confirm, move |_| {
        let (batch_id, done) = (batch_id.clone(), done.clone());
        async move {
            cancel_import(batch_id).await?;
            Ok(done)
        }
    });
    ask_button(text, title, Permission::Import, question)
}

/// The rows that did not become companies, with the reason for each.
#[component]
fn Rejects(batch: Answer<ImportBatch>, rejects: Answer<Page<ImportReject>>) -> impl IntoView {
    let some = Memo::new(move |_| {
        let batch = batch.get().and_then(Result::ok);
        batch.is_some_and(|batch| batch.duplicates + batch.rejected > 0)
    });
    let rows = move || rejects.get().and_then(Result::ok).map(list);
    view! {
        <section hidden=move || !some.get()>
            <h2>"Rows that were not accepted"</h2>
            {rows}
        </section>
    }
}

fn list(page: Page<ImportReject>) -> AnyView {
    view! {
        <p class="list-count">{counted(page.count, "row", "rows")}</p>
        <div class="table-wrap card flush" role="region" aria-label="Rows that were not accepted" tabindex="0">
            <table class="table stack">
                <thead>
                    <tr>
                        <th scope="col" class="n">"Line"</th>
                        <th scope="col">"Outcome"</th>
                        <th scope="col">"Reason"</th>
                        <th scope="col">"Row"</th>
                    </tr>
                </thead>
                <tbody>{page.rows.into_iter().map(line).collect_view()}</tbody>
            </table>
        </div>
        <Pager label="Pages of rows" next=page.next />
    }
    .into_any()
}

fn line(row: ImportReject) -> AnyView {
    let tone = if row.outcome == "duplicate" {
        badge::Tone::Quiet
    } else {
        badge::Tone::Warning
    };
    view! {
        <tr>
            <td data-label="Line" class="n">{count(row.line)}</td>
            <td data-label="Outcome">{badge::badge(tone, row.outcome)}</td>
            <td data-label="Reason">{row.reason}</td>
            <td data-label="Row" class="mono clip">{row.fields.join(" · ")}</td>
        </tr>
    }
    .into_any()
}
