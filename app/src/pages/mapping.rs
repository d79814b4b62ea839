//! The mapping step: which column of the file goes where, with the first rows to judge by.

use domain::model::{
    import::{Field, Mapping, Preview},
    live::Topic,
};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::imports::{import_preview, start_import},
    live::Live,
    parts::notice::problem_line,
    problem::Problem,
};

/// Read in the browser only: the step needs it anyway.
#[component]
pub(super) fn MappingStep(batch_id: String) -> impl IntoView {
    let preview = RwSignal::new(None::<Result<Preview, Problem>>);
    Effect::new(move || {
        let batch_id = batch_id.clone();
        spawn_local(async move {
            let answer = import_preview(batch_id).await;
            let _ = preview.try_set(Some(answer));
        });
    });
    view! {
        <section class="card" aria-labelledby="mapping">
            <h2 id="mapping">"Columns"</h2>
            {move || match preview.get() {
                None => view! { <p class="loading">"Reading the file…"</p> }.into_any(),
                Some(Err(problem)) => problem_line(problem),
                Some(Ok(preview)) => view! { <Form preview=preview /> }.into_any(),
            }}
        </section>
    }
}

#[component]
fn Form(preview: Preview) -> impl IntoView {
    let live = Live::expect();
    let mapping = RwSignal::new(preview.mapping.clone());
    let has_header = RwSignal::new(preview.has_header);
    let busy = RwSignal::new(false);
    let failed = RwSignal::new(None::<Problem>);
    let batch_id = preview.batch_id.clone();
    let start = move |_| {
        let batch_id = batch_id.clone();
        busy.set(true);
        failed.set(None);
        spawn_local(async move {
            match start_import(
                batch_id,
                mapping.get_untracked(),
                has_header.get_untracked(),
            )
            .await
            {
                Ok(()) => live.stale(Topic::Imports),
                Err(problem) => {
                    let _ = failed.try_set(Some(problem));
                }
            }
            let _ = busy.try_set(false);
        });
    };
    let format = format!("{}, separated by {}", preview.encoding, preview.delimiter);
    let shown = Memo::new(move |_| grid(&preview, has_header.get()));
    view! {
        <p class="muted">{format} ". Columns that go nowhere are kept with the row, as extras."</p>
        <label class="check">
            <input
                type="checkbox"
                prop:checked=has_header
                checked=has_header.get_untracked()
                on:change=move |event| has_header.set(event_target_checked(&event))
            />
            "The first line holds the names of the columns"
        </label>
        <div class="table-wrap" role="region" aria-label="First rows of the file" tabindex="0">
            <table class="table mapping">
                <thead>
                    <tr>
                        {move || {
                            shown
                                .get()
                                .0
                                .into_iter()
                                .enumerate()
                                .map(|(column, name)| view! { <th scope="col">{field_select(mapping, column, name)}</th> })
                                .collect_view()
                        }}
                    </tr>
                </thead>
                <tbody>
                    {move || {
                        shown
                            .get()
                            .1
                            .into_iter()
                            .map(|row| {
                                let cells = row.into_iter().map(|cell| view! { <td class="clip">{cell}</td> }).collect_view();
                                view! { <tr>{cells}</tr> }
                            })
                            .collect_view()
                    }}
                </tbody>
            </table>
        </div>
        {move || warning(&mapping.read()).map(|text| view! { <p class="problem">{text}</p> })}
        {move || failed.get().map(problem_line)}
        <div class="row end">
            <button class="btn primary" disabled=busy on:click=start>
                {move || if busy.get() { "Starting…" } else { "Import" }}
            </button>
        </div>
    }
}

fn field_select(mapping: RwSignal<Mapping>, column: usize, name: String) -> AnyView {
    let chosen = move || mapping.read().get(column).copied().flatten();
    let label = format!("Column {name} goes to");
    view! {
        <span class="column-name">{name}</span>
        <select
            aria-label=label
            prop:value=move || chosen().map(Field::column).unwrap_or_default()
            on:change=move |event| {
                let field = Field::parse(&event_target_value(&event));
                mapping.update(|mapping| assign(mapping, column, field));
            }
        >
            <option value="">"(extra)"</option>
            {Field::ALL
                .map(|field| {
                    view! {
                        <option value=field.column() selected=move || chosen() == Some(field)>
                            {field.column().replace('_', " ")}
                        </option>
                    }
                })
                .collect_view()}
        </select>
    }
    .into_any()
}

/// A field takes one column: choosing it again takes it from the other.
fn assign(mapping: &mut Mapping, column: usize, field: Option<Field>) {
    for (index, slot) in mapping.iter_mut().enumerate() {
        if index == column {
            *slot = field;
        } else if field.is_some() && *slot == field {
            *slot = None;
        }
    }
}

fn warning(mapping: &Mapping) -> Option<&'static str> {
    let has = |field: Field| mapping.contains(&Some(field));
    match (has(Field::Company), has(Field::Website)) {
        (true, true) => None,
        (true, false) => {
            Some("No column gives the website: every row will be rejected by validation.")
        }
        (false, true) => {
            Some("No column gives the company's name: every row will be rejected by validation.")
        }
        (false, false) => Some(
            "Neither the company's name nor its website has a column: every row will be rejected.",
        ),
    }
}

/// Headings and rows as they read with or without a header line, whatever the guess was.
fn grid(preview: &Preview, has_header: bool) -> (Vec<String>, Vec<Vec<String>>) {
    let numbered = || {
        (1..=preview.headers.len())
            .map(|n| format!("Column {n}"))
            .collect()
    };
    match (preview.has_header, has_header) {
        (true, true) | (false, false) => (preview.headers.clone(), preview.rows.clone()),
        (true, false) => {
            let first = std::iter::once(preview.headers.clone());
            (
                numbered(),
                first.chain(preview.rows.iter().cloned()).collect(),
            )
        }
        (false, true) => match preview.rows.split_first() {
            Some((first, rest)) => (first.clone(), rest.to_vec()),
            None => (numbered(), Vec::new()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preview(has_header: bool) -> Preview {
        Preview {
            batch_id: "b".into(),
            file_name: "f.csv".into(),
            size_bytes: 1,
            encoding: "UTF-8".into(),
            delimiter: "comma".into(),
            headers: if has_header {
                vec!["Name".into(), "Web".into()]
            } else {
                vec!["Column 1".into(), "Column 2".into()]
            },
            has_header,
            mapping: vec![None, None],
            rows: vec![vec!["Acme".into(), "acme.example".into()]],
        }
    }

    #[test]
    fn the_header_line_moves_between_headings_and_rows() {
        let (headings, rows) = grid(&preview(true), false);
        assert_eq!(headings, ["Column 1", "Column 2"]);
        assert_eq!(rows, [["Name", "Web"], ["Acme", "acme.example"]]);
        let (headings, rows) = grid(&preview(false), true);
        assert_eq!(headings, ["Acme", "acme.example"]);
        assert!(rows.is_empty());
        assert_eq!(grid(&preview(true), true).1.len(), 1);
    }

    #[test]
    fn a_field_takes_one_column() {
        let mut mapping = vec![Some(Field::Company), Some(Field::Website), None];
        assign(&mut mapping, 2, Some(Field::Company));
        assert_eq!(mapping, [None, Some(Field::Website), Some(Field::Company)]);
        assign(&mut mapping, 1, None);
        assert_eq!(mapping, [None, None, Some(Field::Company)]);
    }

    #[test]
    fn a_mapping_that_rejects_every_row_is_called_out() {
        assert!(warning(&vec![Some(Field::Company), Some(Field::Website)]).is_none());
        for mapping in [
            vec![],
            vec![Some(Field::Company)],
            vec![Some(Field::Website)],
        ] {
            assert!(warning(&mapping).is_some(), "{mapping:?}");
        }
    }
}
