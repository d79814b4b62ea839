//! Filters that live in the URL: they work as plain forms, and without a page load once the page is alive.

use domain::model::live::Topic;
use leptos::{ev, prelude::*};
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};

use crate::{
    api::imports::import_batches,
    live::Live,
    parts::loaded::Settled,
    query::{Change, Params, Readers, WindowKeys, link, use_query},
};

/// Characters of a day: 2026-03-02.
const DAY: usize = 10;

/// One entry of a select: value in the URL and text.
pub(crate) type Choice = (String, String);

/// Choices that never change.
pub(crate) fn fixed<const N: usize>(choices: [(&str, &str); N]) -> Signal<Vec<Choice>> {
    let owned = choices.map(|(value, text)| (value.to_owned(), text.to_owned()));
    Signal::stored(owned.to_vec())
}

/// The query that the last change leads to, until the page is there: the next change, made meanwhile, adds to it.
#[derive(Clone, Copy)]
pub(crate) struct Changing(StoredValue<Option<Params>>);

impl Changing {
    /// Within the router.
    pub(crate) fn provide() {
        let changing = Self(StoredValue::new(None));
        let location = use_location();
        Effect::new(move || {
            location.pathname.track();
            location.search.track();
            changing.0.set_value(None);
        });
        provide_context(changing);
    }
}

/// Goes to the present page with changes to its query; for event handlers.
pub(crate) fn use_change() -> impl Fn(&[Change<'_>]) + Clone {
    let navigate = use_navigate();
    let location = use_location();
    let present = use_query();
    let changing: Changing = expect_context();
    move |changes: &[Change<'_>]| {
        let path = location.pathname.get_untracked();
        let before = changing.0.get_value();
        let before = before.unwrap_or_else(|| present.get_untracked());
        let url = link(&path, &before, changes);
        let wanted = url.split_once('?').map_or("", |(_, query)| query);
        changing.0.set_value(Some(Params::parse(wanted)));
        let stay = NavigateOptions {
            scroll: false,
            ..Default::default()
        };
        navigate(&url, stay);
    }
}

/// The other parameters of the page, so that a plain form submission does not lose them.
fn hidden_fields(except: Vec<&'static str>) -> AnyView {
    let present = use_query();
    let fields = move || {
        present
            .read()
            .iter()
            .filter(|(key, _)| !except.contains(key))
            .map(|(key, value)| {
                view! { <input type="hidden" name=key.to_owned() value=value.to_owned() /> }
            })
            .collect_view()
    };
    view! { {fields} }.into_any()
}

/// Says which filter in the URL cannot be read.
pub(crate) fn unread(readers: &'static Readers) -> AnyView {
    let present = use_query();
    let told = move || readers.unread(&present.read());
    view! { {move || told().map(|text| view! { <p class="problem" role="alert">{text}</p> })} }
        .into_any()
}

/// A search field as a form of its own. `cursor` is the paging key that a new search starts without.
#[component]
pub(crate) fn SearchField(
    #[prop(into)] label: String,
    name: &'static str,
    cursor: &'static str,
    /// Marks the field that the shortcut `/` goes to.
    #[prop(optional)]
    main: bool,
) -> impl IntoView {
    let present = use_query();
    let change = use_change();
    let value = move || present.read().get(name).unwrap_or_default();
    let input = NodeRef::<leptos::html::Input>::new();
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if let Some(input) = input.get() {
            change(&[(name, Some(input.value().trim())), (cursor, None)]);
        }
    };
    view! {
        <form class="search" role="search" aria-label=label.clone() on:submit=submit>
            {hidden_fields(vec![name, cursor])}
            <input
                type="search"
                name=name
                node_ref=input
                placeholder=label.clone()
                aria-label=label.clone()
                prop:value=value
                value=value
                data-search=main.then_some("main")
                autocomplete="off"
            />
            {main.then(|| view! { <kbd aria-hidden="true">"/"</kbd> })}
        </form>
    }
}

/// The first and the last day of a time, in UTC, as the browser lets people choose them. Of a moment in the URL its day is
/// shown.
#[component]
pub(crate) fn DayFields(keys: &'static WindowKeys) -> impl IntoView {
    let field = |label: &'static str, name: &'static str| {
        let present = use_query();
        let change = use_change();
        let value = move || {
            let known = present.read().get(name).unwrap_or_default();
            known.get(..DAY).unwrap_or(&known).to_owned()
        };
        let choose = move |event| {
            let day = event_target_value(&event);
            change(&[(name, Some(&day)), (keys.newer, None), (keys.cursor, None)]);
        };
        view! {
            <label class="select">
                <span>{label}</span>
                <input type="date" name=name prop:value=value value=value on:change=choose />
            </label>
        }
    };
    let fields = view! {
        {field("From", keys.from)}
        {field("Until", keys.until)}
    };
    plain_form(
        vec![keys.newer, keys.from, keys.until, keys.cursor],
        fields.into_any(),
    )
}

/// Fields whose choices go to the URL at once, and before the page is alive with a button.
fn plain_form(keys: Vec<&'static str>, fields: AnyView) -> AnyView {
    view! {
        <form class="filter" on:submit=|event| event.prevent_default()>
            {hidden_fields(keys)}
            {fields}
            <noscript><button class="btn small">"Show"</button></noscript>
        </form>
    }
    .into_any()
}

/// The batches to choose from, by the newest.
#[component]
pub(crate) fn BatchSelect() -> impl IntoView {
    let batches = Live::expect().resource(
        &[Topic::Imports],
        || (),
        |()| import_batches(Default::default()),
    );
    let choices = Signal::derive(move || {
        let page = batches.get().and_then(Result::ok);
        let batches = page.map(|page| page.rows).unwrap_or_default();
        batches
            .into_iter()
            .map(|batch| (batch.batch_id.clone(), batch.batch_id))
            .collect::<Vec<_>>()
    });
    view! {
        <Settled>
            <Select label="Batch" name="batch" cursor="after" any="any batch" choices=choices />
        </Settled>
    }
}

/// A select whose choice goes to the URL at once.
#[component]
pub(crate) fn Select(
    #[prop(into)] label: String,
    name: &'static str,
    cursor: &'static str,
    /// Text of the choice that filters nothing.
    any: &'static str,
    #[prop(into)] choices: Signal<Vec<Choice>>,
) -> impl IntoView {
    let present = use_query();
    let change = use_change();
    let chosen = Memo::new(move |_| present.read().get(name).unwrap_or_default());
    // A value that is in the URL but not in the list would otherwise be shown as "any".
    let listed = move || {
        let mut list = choices.get();
        let now = chosen.get();
        if !now.is_empty() && !list.iter().any(|(value, _)| *value == now) {
            list.push((now.clone(), now));
        }
        list
    };
    let field = view! {
        <label class="select">
            <span>{label}</span>
            <select
                name=name
                on:change=move |event| change(&[(name, Some(&event_target_value(&event))), (cursor, None)])
                prop:value=move || {
                    choices.track();
                    chosen.get()
                }
            >
                <option value="">{any}</option>
                {move || {
                    listed()
                        .into_iter()
                        .map(|(value, text)| {
                            let selected = value == chosen.get();
                            view! { <option value=value selected=selected>{text}</option> }
                        })
                        .collect_view()
                }}
            </select>
        </label>
    };
    plain_form(vec![name, cursor], field.into_any())
}
