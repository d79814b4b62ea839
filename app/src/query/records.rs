//! The filters of companies and of imports, to the query string and back.

use domain::model::{
    company::{Attention, CompanyFilter, CompanyState},
    import::{ImportFilter, ImportStatus},
};

use super::{
    Params,
    lists::{sort, text},
    readers::Readers,
    window::{WINDOW, Written, window},
};

pub static COMPANY_READERS: Readers = Readers::within(
    &WINDOW,
    &[
        ("state", |text| CompanyState::parse(text).is_some()),
        ("reached", |text| CompanyState::parse(text).is_some()),
        ("attention", |text| Attention::parse(text).is_some()),
    ],
);
pub static IMPORT_READERS: Readers = Readers::within(
    &WINDOW,
    &[("status", |text| ImportStatus::parse(text).is_some())],
);

pub fn company_filter(params: &Params) -> CompanyFilter {
    CompanyFilter {
        search: text(params, "q"),
        batch: text(params, "batch"),
        state: text(params, "state").and_then(|name| CompanyState::parse(&name)),
        reached: text(params, "reached").and_then(|name| CompanyState::parse(&name)),
        attention: text(params, "attention").and_then(|name| Attention::parse(&name)),
        window: window(params, &WINDOW),
        sort: sort(params),
        cursor: text(params, "after"),
    }
}

pub fn companies_path(filter: &CompanyFilter) -> String {
    let made = Written::of(filter.window, &WINDOW);
    made.path(
        "/companies",
        [
            ("q", filter.search.as_deref()),
            ("batch", filter.batch.as_deref()),
            ("state", filter.state.map(CompanyState::name)),
            ("reached", filter.reached.map(CompanyState::name)),
            ("attention", filter.attention.map(Attention::name)),
            ("sort", filter.sort.text().as_deref()),
            ("after", filter.cursor.as_deref()),
        ],
    )
}

pub fn import_filter(params: &Params) -> ImportFilter {
    ImportFilter {
        search: text(params, "q"),
        status: text(params, "status").and_then(|name| ImportStatus::parse(&name)),
        window: window(params, &WINDOW),
        sort: sort(params),
        cursor: text(params, "after"),
    }
}

pub fn imports_path(filter: &ImportFilter) -> String {
    let made = Written::of(filter.window, &WINDOW);
    made.path(
        "/imports",
        [
            ("q", filter.search.as_deref()),
            ("status", filter.status.map(ImportStatus::name)),
            ("sort", filter.sort.text().as_deref()),
            ("after", filter.cursor.as_deref()),
        ],
    )
}

#[cfg(test)]
mod tests {
    use domain::model::{company::CompanyColumn, sort::Sort, window::Window};

    use super::*;
    use crate::query::params;

    #[test]
    fn company_filters_survive_the_url() {
        let mut filters = vec![CompanyFilter::default()];
        for state in CompanyState::ALL {
            filters.push(CompanyFilter {
                search: Some("O'Reilly & Söhne = 100 %?#/+".into()),
                batch: Some("20251120-TX-01".into()),
                state: Some(state),
                reached: Some(state),
                attention: Some(Attention::Errors),
                window: Window {
                    newer_than: "3d".parse().ok(),
                    ..Window::default()
                },
                sort: Sort::default().clicked(CompanyColumn::Name),
                cursor: Some("2026-11-21T03:00:00+00:00~17".into()),
            });
        }
        for filter in filters {
            assert_eq!(company_filter(&params(&companies_path(&filter))), filter);
        }
    }

    #[test]
    fn what_is_no_state_is_no_filter_and_is_named() {
        let nonsense = params("/x?state=flying&status=+&q=");
        assert_eq!(company_filter(&nonsense), CompanyFilter::default());
        assert_eq!(import_filter(&nonsense), ImportFilter::default());
        let named = COMPANY_READERS.unread(&nonsense).unwrap_or_default();
        assert!(named.contains("“flying”"), "{named}");
        assert_eq!(IMPORT_READERS.unread(&nonsense), None);
        assert!(IMPORT_READERS.unread(&params("/x?status=flying")).is_some());
    }
}
