//! Fields of forms, and filters that live in the address.

use domain::stage::StageName;
use leptos::prelude::*;

use super::{states, wide};
use crate::{
    parts::{
        filter::{DayFields, SearchField, Select, fixed},
        notice::problem_line,
        time_filter::TimeFilter,
        upload::UploadZone,
    },
    problem::{Problem, ProblemKind},
    query::WINDOW,
};

pub(super) fn fields() -> AnyView {
    view! {
        {wide("Filters, which change the address of this page", filters())}
        {states("Chips", chips())}
        {wide("Fields of a form", form())}
        {states("Boxes to tick", boxes())}
        {wide("A file", view! { <UploadZone /> })}
    }
    .into_any()
}

fn filters() -> AnyView {
    let stages = fixed(StageName::ALL.map(|stage| (stage.name(), stage.title())));
    view! {
        <div class="filters">
            <SearchField label="Search the examples" name="q" cursor="after" />
            <Select label="Stage" name="stage" cursor="after" any="any stage" choices=stages />
            <DayFields keys=&WINDOW />
            <TimeFilter label="Made" keys=&WINDOW />
        </div>
    }
    .into_any()
}

fn chips() -> AnyView {
    view! {
        <a class="chip" href="#fields" rel="external">"any state"</a>
        <a class="chip" href="#fields" rel="external" aria-current="true">"verified"</a>
        <span class="chip">
            "batch " <b>"20260312-TX-01"</b>
            <a class="chip-remove" href="#fields" rel="external" aria-label="Remove the example's filter">"×"</a>
        </span>
    }
    .into_any()
}

fn form() -> AnyView {
    let wrong = Problem::new(
        ProblemKind::Invalid,
        "This cannot be set",
        "The number of attempts is 0, but must be 1 to 100.",
    );
    view! {
        <div class="fields">
            <label class="field">
                <span>"With a value"</span>
                <input type="text" value="Acme Pumps" autocomplete="off" />
            </label>
            <label class="field">
                <span>"Empty, with what holds then"</span>
                <input type="text" placeholder="512" autocomplete="off" />
            </label>
            <label class="field">
                <span>"A password"</span>
                <input type="password" value="invented" autocomplete="off" />
            </label>
            <label class="field">
                <span>"Not at the moment"</span>
                <input type="text" value="Cannot be changed" autocomplete="off" disabled />
            </label>
        </div>
        <label class="field">
            <span>"Longer text"</span>
            <textarea rows="3">"Asked the provider; they answer since 14:30."</textarea>
        </label>
        {problem_line(wrong)}
    }
    .into_any()
}

fn boxes() -> AnyView {
    view! {
        <label class="check">
            <input type="checkbox" checked />
            "Chosen"
        </label>
        <label class="check">
            <input type="checkbox" />
            "Not chosen"
        </label>
        <label class="check">
            <input type="checkbox" disabled />
            "Not at the moment"
        </label>
    }
    .into_any()
}
