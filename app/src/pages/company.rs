//! One company: facts, roles and people, and everything that happened to it in one timeline.

use domain::{
    model::{
        action::Scope,
        company::{CompanyDetail, CompanyState, ImportSource, SlotDetail},
        contact::ContactFilter,
        live::Topic,
        replay::ReplayTarget,
    },
    role::Permission,
    stage::StageName,
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use super::timeline::timeline;
use crate::{
    api::companies::company,
    live::Live,
    parts::{
        badge,
        header::PageHeader,
        loaded::Loaded,
        process_now::ProcessNowButton,
        replay::{ReplayOffer, replay_button},
    },
    query::{carry, companies_path, contacts_path, import_path, lineage_path, use_query},
    session,
};

#[component]
pub(crate) fn CompanyPage() -> impl IntoView {
    let live = Live::expect();
    let (params, present) = (use_params_map(), use_query());
    let key = Memo::new(move |_| params.read().get("key").unwrap_or_default());
    let detail = live.resource(
        &[Topic::Pipeline, Topic::Errors],
        move || key.get(),
        company,
    );
    view! {
        <PageHeader title="Company" subtitle="From its line in a file to its people" />
        <main id="main">
            <nav class="crumbs" aria-label="Path"><a href=move || carry("/companies", &present.read())>"Companies"</a></nav>
            <Loaded resource=detail view=whole />
        </main>
    }
}

fn whole(detail: CompanyDetail) -> AnyView {
    let name = detail
        .row
        .name
        .clone()
        .unwrap_or_else(|| "(no name)".to_owned());
    let steps = steps(&detail);
    let chain = carry(&lineage_path(&detail.row.key), &use_query().get_untracked());
    let chain = view! { <p><a href=chain>"Lineage: from the file to the last effect"</a></p> };
    view! {
        <Title text=name.clone() />
        <section class="card" aria-labelledby="company-name">
            <div class="company-head">
                <h2 id="company-name">{name.clone()}</h2>
                {badge::company_state(detail.row.state)}
                <span class="grow"></span>
                {steps}
            </div>
            {detail.validation_notes.map(|notes| view! { <p class="muted">"Validation: " {notes}</p> })}
            {detail.source.map(source)}
            {chain}
            <dl class="facts">
                {detail
                    .facts
                    .into_iter()
                    .map(|(label, value)| {
                        view! {
                            <div>
                                <dt>{label}</dt>
                                <dd>{fact(value)}</dd>
                            </div>
                        }
                    })
                    .collect_view()}
            </dl>
        </section>
        <section class="slots" aria-labelledby="people">
            <h2 id="people">"People"</h2>
            {detail.row.barton_id.filter(|_| !detail.slots.is_empty()).map(in_contacts)}
            {people(detail.row.state, detail.slots)}
        </section>
        <section class="card" aria-labelledby="timeline">
            <h2 id="timeline">"Timeline"</h2>
            {timeline(detail.timeline)}
        </section>
    }
    .into_any()
}

/// Links are links, everything else is text.
fn fact(value: String) -> AnyView {
    if value.starts_with("https://") || value.starts_with("http://") {
        view! { <a href=value.clone() rel="external noopener noreferrer" target="_blank">{value.clone()}</a> }.into_any()
    } else {
        value.into_any()
    }
}

fn source(source: ImportSource) -> AnyView {
    let line = source.line.map(|line| format!(", line {line}"));
    let file = source.file_name.unwrap_or_else(|| source.batch_id.clone());
    let href = carry(&import_path(&source.batch_id), &use_query().get_untracked());
    view! {
        <p class="muted">"From " <a href=href>{file}</a> {line}</p>
    }
    .into_any()
}

/// "Process now" for each stage that this company can pass, with the record that the stage works on.
fn steps(detail: &CompanyDetail) -> AnyView {
    let name = detail
        .row
        .name
        .clone()
        .unwrap_or_else(|| "this company".to_owned());
    let buttons = records(detail)
        .into_iter()
        .map(|(stage, record)| {
            view! { <ProcessNowButton stage=stage scope=Scope::Record(record) what=name.clone() text=format!("{}…", stage.title()) /> }
        })
        .collect_view();
    if !session::may(Permission::Retry) {
        return ().into_any();
    }
    let offer = ReplayOffer {
        target: ReplayTarget::Company(detail.row.key.clone()),
        what: name,
        stages: StageName::ALL.to_vec(),
    };
    view! {
        <span class="row">
            <span class="muted">"Run again:"</span>
            {buttons}
            {replay_button(offer)}
        </span>
    }
    .into_any()
}

fn records(detail: &CompanyDetail) -> Vec<(StageName, String)> {
    let mut records = Vec::new();
    if let Some(intake) = detail.intake_id {
        records.push((StageName::Validate, intake.to_string()));
        if !matches!(
            detail.row.state,
            CompanyState::Imported | CompanyState::Rejected
        ) {
            records.push((StageName::Promote, intake.to_string()));
        }
    }
    if let Some(barton_id) = &detail.row.barton_id {
        records.push((StageName::Slots, barton_id.clone()));
    }
    records
}

fn people(state: CompanyState, slots: Vec<SlotDetail>) -> AnyView {
    if slots.is_empty() {
        let text = match state {
            CompanyState::Rejected => {
                "Rejected companies get no roles. Correct the row and import it again."
            }
            _ => "Roles are opened once the company is promoted.",
        };
        return view! { <p class="muted">{text}</p> }.into_any();
    }
    view! { <div class="slot-grid">{slots.into_iter().map(slot).collect_view()}</div> }.into_any()
}

/// The same people as rows, to be filtered or taken away.
fn in_contacts(company: String) -> AnyView {
    let path = contacts_path(&ContactFilter {
        company: Some(company),
        ..Default::default()
    });
    let href = carry(&path, &use_query().get_untracked());
    view! { <p><a href=href>"In the list of contacts"</a></p> }.into_any()
}

fn slot(slot: SlotDetail) -> AnyView {
    // Whoever was found stays; the stage would only say so.
    let open = slot.enrichment_status.as_deref() != Some("completed");
    let sandbox = slot.enrichment_source.as_deref() == Some("sandbox");
    let id = slot.slot_id;
    let contact = slot.enrichment_id.filter(|_| !open && slot.email.is_some());
    let label = slot.label;
    let person = match (slot.full_name, slot.enrichment_status.as_deref()) {
        (Some(name), _) => view! { <p class="person">{name}</p> }.into_any(),
        (None, Some("failed")) if slot.reason.as_deref() == Some("provider_error") => {
            view! { <p class="muted">"The provider failed; the timeline says how"</p> }.into_any()
        }
        (None, Some("failed")) => view! { <p class="muted">"Nobody found"</p> }.into_any(),
        (None, _) => view! { <p class="muted">"Waiting for enrichment"</p> }.into_any(),
    };
    let email = slot.email.map(|email| {
        view! {
            <p class="email">
                <span class="mono">{email}</span>
                {slot.verification_status.as_deref().map(badge::outcome)}
            </p>
        }
    });
    let linkedin = slot
        .linkedin_url
        .map(|url| view! { <p class="clip">{fact(url)}</p> });
    view! {
        <article class="card slot">
            <h3>
                {label.clone()}
                {sandbox.then(|| view! { <span class="badge info" title="Invented by the sandbox provider">"sandbox"</span> })}
            </h3>
            {person}
            {slot.title.map(|title| view! { <p class="muted">{title}</p> })}
            {email}
            {slot.phone.map(|phone| view! { <p>{phone}</p> })}
            {linkedin}
            <div class="row">
                {slot.enrichment_status.as_deref().map(badge::outcome)}
                <span class="grow"></span>
                {open
                    .then(|| {
                        let record = Scope::Record(id);
                        view! { <ProcessNowButton stage=StageName::Enrich scope=record what=label.clone() text="Enrich now…" /> }
                    })}
                {contact
                    .map(|contact| {
                        let record = Scope::Record(contact.to_string());
                        view! { <ProcessNowButton stage=StageName::Verify scope=record what=label.clone() text="Verify again…" /> }
                    })}
            </div>
        </article>
    }
    .into_any()
}

/// The list with one filter, for links from elsewhere.
pub(super) fn of_batch(batch: &str, state: Option<CompanyState>) -> String {
    companies_path(&domain::model::company::CompanyFilter {
        batch: Some(batch.to_owned()),
        state,
        ..Default::default()
    })
}
