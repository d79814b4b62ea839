//! Takes a table away as a file, with the filter of the page.

use domain::role::Permission;
use leptos::prelude::*;

use crate::{
    parts::icon::{DOWNLOAD, icon},
    query::{link, use_query},
    session,
};

/// The file holds what the page lists, all of it.
#[component]
pub(crate) fn ExportLink(
    /// As in `/export/{table}.csv`.
    table: &'static str,
    #[prop(default = Permission::Export)] needs: Permission,
    /// What the page's path names, as one more parameter.
    #[prop(optional)]
    of: Option<(&'static str, Memo<String>)>,
) -> impl IntoView {
    let present = use_query();
    let path = format!("/export/{table}.csv");
    let href = move || {
        let mut changes = vec![("after", None), ("hide", None)];
        let named = of.map(|(key, value)| (key, value.get()));
        changes.extend(
            named
                .as_ref()
                .map(|(key, value)| (*key, Some(value.as_str()))),
        );
        link(&path, &present.read(), &changes)
    };
    session::may(needs).then(|| {
        view! {
            <a class="btn" href=href download="" rel="external" title="All rows that match, as a CSV file">
                {icon(DOWNLOAD)}
                <span class="long">"Export"</span>
            </a>
        }
    })
}

/// The same for a table within a page, which nothing filters.
pub(crate) fn export_icon(table: &'static str, what: &'static str) -> Option<AnyView> {
    export_icon_for(Permission::Export, format!("/export/{table}.csv"), what)
}

/// The same for those who may see the table; `path` leads to the file.
pub(crate) fn export_icon_for(
    needs: Permission,
    path: String,
    what: &'static str,
) -> Option<AnyView> {
    session::may(needs).then(|| {
        let label = format!("Export {what} as a CSV file");
        view! {
            <a
                class="btn quiet small icon-only export"
                href=path
                download=""
                rel="external"
                aria-label=label.clone()
                title=label
            >
                {icon(DOWNLOAD)}
            </a>
        }
        .into_any()
    })
}
