//! The mapping step: which column of the file goes where, with the first rows to judge by.

use domain::{
    csv::{check_mapping, name_columns},
    model::{
        import::{Field, Mapping, Preview},
        live::Topic,
    },
    role::Permission,
};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::imports::{import_preview, start_import},
    live::Live,
    parts::notice::problem_line,
    problem::Problem,
    session,
};

/// Enough to judge a column by; the button stays in sight.
const ROWS_SHOWN: usize = 5;

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
            <noscript><p class="problem">"Choosing columns needs JavaScript. Without it, run: server import FILE"</p></noscript>
            {move || match preview.get() {
                None => view! { <p class="loading needs-script">"Reading the file…"</p> }.into_any(),
                Some(Err(problem)) => problem_line(problem),
                Some(Ok(preview)) => view! { <Form preview=preview /> }.into_any(),
            }}
        </section>
    }
}

#[component]
fn Form(preview: Preview) -> impl IntoView {
    let live = Live::expect();
    let may = session::may(Permission::Import);
    let mapping = RwSignal::new(preview.mapping.clone());
    let has_header = RwSignal::new(preview.has_header);
    let busy = RwSignal::new(false);
    let failed = RwSignal::new(None::<Problem>);
    let batch_id = preview.batch_id.clone();
    let format = format!("{}, separated by {}", preview.encoding, preview.delimiter);
    let shown = Memo::new(move |_| grid(&preview, has_header.get()));
    let start = move |_| {
        let batch_id = batch_id.clone();
        let mapping = shown_part(mapping.get_untracked(), &shown.get_untracked().0);
        busy.set(true);
        failed.set(None);
        spawn_local(async move {
            match start_import(batch_id, mapping, has_header.get_untracked()).await {
                Ok(()) => live.stale(Topic::Imports),
                Err(problem) => {
                    let _ = failed.try_set(Some(problem));
                }
            }
            let _ = busy.try_set(false);
        });
    };
    let refused = Memo::new(move |_| {
        let names = shown.get().0;
        check_mapping(&shown_part(mapping.get(), &names), &names).err()
    });
    view! {
        <p class="muted">{format} ". Columns that go nowhere are kept with the row, as extras."</p>
        <div class="row">
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=has_header
                    checked=has_header.get_untracked()
                    disabled=!may
                    on:change=move |event| has_header.set(event_target_checked(&event))
                />
                "The first line holds the names of the columns"
            </label>
            <span class="grow"></span>
            {may.then(|| {
                view! {
                    <button class="btn primary" disabled=move || busy.get() || refused.with(Option::is_some) on:click=start>
                        {move || if busy.get() { "Starting…" } else { "Import" }}
                    </button>
                }
            })}
        </div>
        // What cannot be imported, at once and in the server's words; what may be a mistake, otherwise.
        <div role="status">
            {move || {
                refused
                    .get()
                    .or_else(|| warning(&mapping.read()).map(str::to_owned))
                    .map(|text| view! { <p class="problem">{text}</p> })
            }}
        </div>
        {move || failed.get().map(problem_line)}
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
                            .take(ROWS_SHOWN)
                            .map(|row| {
                                let cells = row.into_iter().map(|cell| view! { <td class="clip">{cell}</td> }).collect_view();
                                view! { <tr>{cells}</tr> }
                            })
                            .collect_view()
                    }}
                </tbody>
            </table>
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
            disabled=!session::may(Permission::Import)
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

/// The other columns keep what they have: a field that two of them take is refused with both names, since only the person
/// knows which one was meant.
fn assign(mapping: &mut Mapping, column: usize, field: Option<Field>) {
    if mapping.len() <= column {
        mapping.resize(column + 1, None);
    }
    mapping[column] = field;
}

/// Without the columns that went away with the switch of the header line.
fn shown_part(mut mapping: Mapping, names: &[String]) -> Mapping {
    mapping.truncate(names.len());
    mapping
}

fn warning(mapping: &Mapping) -> Option<&'static str> {
    let has = |field: Field| mapping.contains(&Some(field));
    if !has(Field::Website) {
        Some("No column gives the website: every row will be rejected by validation.")
    } else if !has(Field::Company) {
        Some("No column gives the company's name: every row will be rejected by validation.")
    } else {
        None
    }
}

/// Headings and rows as they read with or without a header line, whatever the guess was.
fn grid(preview: &Preview, has_header: bool) -> (Vec<String>, Vec<Vec<String>>) {
    let data = preview.rows.iter().skip(usize::from(!preview.has_header));
    let mut first = preview.first_row.clone();
    if has_header {
        return (name_columns(&first, true), data.cloned().collect());
    }
    let all = std::iter::once(&first).chain(data);
    let rows: Vec<Vec<String>> = all.cloned().collect();
    let widest = rows.iter().map(Vec::len).max().unwrap_or(0);
    first.resize(widest, String::new());
    (name_columns(&first, false), rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    /// Of a file with these lines.
    fn preview(has_header: bool, lines: &[&[&str]]) -> Preview {
        let lines: Vec<Vec<String>> = lines.iter().map(|line| cells(line)).collect();
        Preview {
            batch_id: "b".into(),
            file_name: "f.csv".into(),
            size_bytes: 1,
            encoding: "UTF-8".into(),
            delimiter: "comma".into(),
            headers: name_columns(&lines[0], has_header),
            has_header,
            mapping: vec![None, None],
            first_row: lines[0].clone(),
            rows: lines[usize::from(has_header)..].to_vec(),
        }
    }

    #[test]
    fn the_header_line_moves_between_headings_and_rows() {
        let lines: [&[&str]; 2] = [&["Name", "", "Name"], &["Acme", "acme.example", "", "more"]];
        for guess in [true, false] {
            let (headings, rows) = grid(&preview(guess, &lines), false);
            assert_eq!(headings, ["Column 1", "Column 2", "Column 3", "Column 4"]);
            assert_eq!(rows, [cells(lines[0]), cells(lines[1])]);
            let (headings, rows) = grid(&preview(guess, &lines), true);
            assert_eq!(headings, ["Name", "Column 2", "Name (2)"]);
            assert_eq!(rows, [cells(lines[1])]);
        }
    }

    #[test]
    fn a_field_with_two_columns_is_refused_and_not_taken_from_the_other() {
        let headers = cells(&["Name", "URL", "Homepage"]);
        let mut mapping = vec![Some(Field::Company), Some(Field::Website)];
        assign(&mut mapping, 2, Some(Field::Website));
        assert_eq!(mapping[1..], [Some(Field::Website), Some(Field::Website)]);
        let refused = check_mapping(&mapping, &headers).unwrap_err();
        assert!(refused.contains("\"URL\" and \"Homepage\""), "{refused}");
        assign(&mut mapping, 1, None);
        assert!(check_mapping(&mapping, &headers).is_ok());
    }

    #[test]
    fn a_mapping_that_rejects_every_row_is_called_out() {
        assert!(warning(&vec![Some(Field::Company), Some(Field::Website)]).is_none());
        for mapping in [vec![Some(Field::Company)], vec![Some(Field::Website)]] {
            assert!(warning(&mapping).is_some(), "{mapping:?}");
        }
    }
}
