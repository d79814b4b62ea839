//! The overview: four phases, and for the chosen one its pipeline, queue, health, throughput and live feed.

pub(super) mod cards;
mod feed;
pub(super) mod health;
mod queue;
mod snipers;
mod strip;
mod tabs;
mod throughput;
mod vitals;

use domain::{
    model::{
        live::Topic,
        overview::{Overview, PhaseCard},
    },
    phase::Phase,
};
use leptos::prelude::*;

use crate::{
    PRODUCT,
    api::{
        events::events,
        overview::{event_counts, overview, sniper_targets, throughput_chart},
    },
    hydration::{Apart, apart},
    live::Live,
    parts::{
        export::{ExportLink, export_icon},
        header::PageHeader,
        icon::{PRINTER, icon},
        import_link::ImportLink,
        loaded::{Loaded, Settled},
        notice::Empty,
        samples::LoadSamples,
        time,
        tour::TourOffer,
    },
    problem::Problem,
    query::{carry, report_path, tab, use_query},
};

#[component]
pub(crate) fn OverviewPage() -> impl IntoView {
    let live = Live::expect();
    let params = use_query();
    let phase = Memo::new(move |_| tab(&params.read()));
    let report = move || carry(&report_path(phase.get()), &params.read());
    let figures = live.resource(
        &[Topic::Pipeline, Topic::Errors, Topic::Imports],
        || (),
        |()| overview(),
    );
    let counted = live.resource(&[], move || live.seldom(), |_| event_counts());
    // A day's bar does not change visibly within half a minute.
    let chart = live.resource(&[], move || live.tick(), |_| throughput_chart());
    let recent = live.resource(&[], || (), |()| events(Default::default()));
    let snipers = live.resource(&[], move || live.tick(), |_| sniper_targets());
    view! {
        <PageHeader title=PRODUCT subtitle="Event-driven pipeline monitoring" views="/">
            <AsOf figures=figures />
            <ExportLink table="phase-stats" />
            <a class="btn" href=report title="Figures and errors of this phase, for paper or PDF">
                {icon(PRINTER)}
                <span class="long">"Report"</span>
            </a>
            <ImportLink />
        </PageHeader>
        <main id="main">
            <Loaded resource=figures view=move |figures| top(&figures, counted) />
            <tabs::Tabs phase=phase />
            {move || match phase.get() {
                Phase::Enrichment => {
                    view! {
                        <Loaded resource=figures view=|figures| strip::strip(&figures) />
                        <div class="grid">
                            <div class="column">
                                <Apart>
                                    <throughput::Throughput figures=figures chart=chart />
                                </Apart>
                                <Apart>
                                    <section class="card" aria-labelledby="health">
                                        <h2 id="health">"Workflow health" <small>"last hour"</small> {export_icon("workflow-health", "the workflow health")}</h2>
                                        <Loaded resource=figures view=|figures| health::health(&figures) />
                                    </section>
                                </Apart>
                            </div>
                            <div class="column">
                                <Apart>
                                    <section class="card" aria-labelledby="queue">
                                        <h2 id="queue">"Event queue" <small>"waiting now"</small> {export_icon("event-queue", "the event queue")}</h2>
                                        <Loaded resource=figures view=|figures| queue::queue(&figures) />
                                    </section>
                                </Apart>
                                <Apart>
                                    <feed::Feed recent=recent />
                                </Apart>
                            </div>
                        </div>
                    }
                        .into_any()
                }
                Phase::Intelligence => {
                    view! {
                        <Loaded resource=figures view=|figures| large(&figures, Phase::Intelligence) />
                        <section class="card" aria-labelledby="snipers">
                            <h2 id="snipers">"Sniper targets" <small>"PLE or BIT above 0.75, first 50"</small> {export_icon("sniper-targets", "the sniper targets")}</h2>
                            <Loaded resource=snipers view=snipers::table />
                        </section>
                    }
                        .into_any()
                }
                Phase::Messaging => view! { <Loaded resource=figures view=|figures| large(&figures, Phase::Messaging) /> }.into_any(),
                Phase::Delivery => view! { <Loaded resource=figures view=|figures| large(&figures, Phase::Delivery) /> }.into_any(),
            }}
        </main>
    }
}

#[component]
fn AsOf(figures: Resource<Result<Overview, Problem>>) -> impl IntoView {
    view! {
        <p class="as-of">
            <Settled>
                {move || figures.get().and_then(Result::ok).map(|figures| view! { "as of " {time::clock(figures.as_of)} })}
            </Settled>
        </p>
    }
}

/// What is above the tabs: where the data comes from, what to do first, the four cards.
fn top(figures: &Overview, counted: vitals::Counted) -> AnyView {
    let (as_of, vitals) = (figures.as_of, figures.vitals);
    let cards = figures.cards.clone().into_iter();
    view! {
        {figures
            .demo
            .then(|| {
                view! {
                    <p class="banner">
                        <b>"Sandbox data. "</b>
                        "People and addresses are invented by a built-in provider; no account is used and nobody is written to."
                        <TourOffer />
                    </p>
                }
            })}
        {figures.empty.then(|| start(figures.demo))}
        {apart(move || vitals::vitals(&vitals, counted, as_of))}
        <section class="cards" aria-label="Phases">{cards.map(|card| apart(move || cards::card(&card, as_of))).collect_view()}</section>
    }
    .into_any()
}

fn start(demo: bool) -> AnyView {
    view! {
        <Empty
            title="Nothing has been imported yet"
            detail="Import a CSV file of companies and watch each one pass validation, promotion, slots, enrichment and verification."
        >
            <ImportLink />
            {demo.then(|| view! { <LoadSamples /> })}
        </Empty>
    }
    .into_any()
}

/// A phase's own figures, larger, each with the reason where there is none.
fn large(figures: &Overview, phase: Phase) -> AnyView {
    let card = figures.cards.iter().find(|card| card.phase == phase);
    card.map(|card| {
        view! {
            <section class="card large" aria-label=phase.title()>
                {cards::main_figures(card)}
                {cards::own_figures(card)}
                {explain(card)}
            </section>
        }
    })
    .into_any()
}

/// Honest about what is not there yet: each reason once.
fn explain(card: &PhaseCard) -> Option<AnyView> {
    let mut reasons: Vec<&str> = card
        .metrics
        .iter()
        .filter_map(|metric| metric.reason.as_deref())
        .collect();
    reasons.dedup();
    (!reasons.is_empty()).then(|| {
        let reasons = reasons
            .into_iter()
            .map(|reason| view! { <li>{reason.to_owned()}</li> })
            .collect_view();
        view! {
            <div class="notice">
                <p class="notice-title">"Why some figures are missing"</p>
                <ul>{reasons}</ul>
            </div>
        }
        .into_any()
    })
}
