//! Every page on one screen: its path, its title, the permission that its data asks for.

use domain::role::Permission;
use leptos::prelude::*;
use leptos_router::{
    SsrMode,
    components::{Outlet, ParentRoute, Route, Routes},
    path,
};

use crate::{
    pages::{
        lazy, not_found::NotFoundPage, overview::OverviewPage, refused::RefusedPage,
        sign_in::SignInPage,
    },
    parts::frame::Frame,
};

/// A page for people who are signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRoute {
    pub path: &'static str,
    pub title: &'static str,
    pub permission: Permission,
}

const fn page(path: &'static str, title: &'static str) -> PageRoute {
    PageRoute {
        path,
        title,
        permission: Permission::View,
    }
}

/// The one page for people who are not.
pub const SIGN_IN: &str = "/sign-in";

/// Leads to the provider of OpenID Connect, where there is one.
pub const SIGN_IN_BY_PROVIDER: &str = "/sign-in/oidc";

/// Where the provider sends browsers back to. It shows a page only when nobody was signed in by it.
pub const PROVIDER_ANSWER: &str = "/sign-in/oidc/callback";

/// Has a section for each page, by the name that [`crate::parts::help`] makes of its path.
pub(crate) const HELP: &str = "/help";

/// Not found where the server does not put [`crate::mode::StyleGuide`] into the context.
pub const STYLE_GUIDE: &str = "/styleguide";

pub const PAGES: &[PageRoute] = &[
    page("/", "Overview"),
    page("/account", "Account"),
    page("/trends", "Trends"),
    page("/companies", "Companies"),
    page("/companies/:key", "Company"),
    page("/contacts", "Contacts"),
    page("/imports", "Imports"),
    page("/imports/:batch", "Import"),
    page("/errors", "Errors"),
    page("/errors/:key", "Error group"),
    page("/events", "Events"),
    page("/events/:id", "Event"),
    page("/runs", "Runs"),
    page("/lineage", "Lineage"),
    page("/dead-letters", "Dead letters"),
    page("/actions", "Actions"),
    page("/actions/:id", "Action"),
    page("/reports/:phase", "Report"),
    page("/stages", "Stages"),
    page("/schedules", "Schedules"),
    page("/workers", "Workers"),
    page(HELP, "Help"),
    page(STYLE_GUIDE, "Style guide"),
    PageRoute {
        permission: Permission::Edit,
        ..page("/audit", "Audit log")
    },
    PageRoute {
        permission: Permission::Edit,
        ..page("/users", "Users")
    },
    PageRoute {
        permission: Permission::Edit,
        ..page("/tokens", "Tokens")
    },
    PageRoute {
        permission: Permission::Edit,
        ..page("/webhooks", "Webhooks")
    },
    PageRoute {
        permission: Permission::Edit,
        ..page("/webhooks/:id", "Webhook")
    },
    PageRoute {
        permission: Permission::Edit,
        ..page("/system", "System")
    },
];

/// Pages are sent whole, so that they serve people and programs without JavaScript.
#[component]
pub(crate) fn Pages() -> impl IntoView {
    view! {
        <Routes fallback=|| view! { <Frame><NotFoundPage /></Frame> }>
            <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async />
            <Route path=path!("/sign-in/oidc/callback") view=RefusedPage ssr=SsrMode::Async />
            <ParentRoute path=path!("") view=|| view! { <Frame><Outlet /></Frame> } ssr=SsrMode::Async>
                <Route path=path!("/") view=OverviewPage ssr=SsrMode::Async />
                <Route path=path!("/account") view=lazy::ACCOUNT ssr=SsrMode::Async />
                <Route path=path!("/companies") view=lazy::COMPANIES ssr=SsrMode::Async />
                <Route path=path!("/companies/:key") view=lazy::COMPANY ssr=SsrMode::Async />
                <Route path=path!("/contacts") view=lazy::CONTACTS ssr=SsrMode::Async />
                <Route path=path!("/imports") view=lazy::IMPORTS ssr=SsrMode::Async />
                <Route path=path!("/imports/:batch") view=lazy::IMPORT ssr=SsrMode::Async />
                <Route path=path!("/errors") view=lazy::ERRORS ssr=SsrMode::Async />
                <Route path=path!("/errors/:key") view=lazy::ERROR_GROUP ssr=SsrMode::Async />
                <Route path=path!("/events") view=lazy::EVENTS ssr=SsrMode::Async />
                <Route path=path!("/events/:id") view=lazy::EVENT ssr=SsrMode::Async />
                <Route path=path!("/runs") view=lazy::RUNS ssr=SsrMode::Async />
                <Route path=path!("/lineage") view=lazy::LINEAGE ssr=SsrMode::Async />
                <Route path=path!("/dead-letters") view=lazy::DEAD_LETTERS ssr=SsrMode::Async />
                <Route path=path!("/actions") view=lazy::ACTIONS ssr=SsrMode::Async />
                <Route path=path!("/actions/:id") view=lazy::ACTION ssr=SsrMode::Async />
                <Route path=path!("/reports/:phase") view=lazy::REPORT ssr=SsrMode::Async />
                <Route path=path!("/stages") view=lazy::STAGES ssr=SsrMode::Async />
                <Route path=path!("/schedules") view=lazy::SCHEDULES ssr=SsrMode::Async />
                <Route path=path!("/workers") view=lazy::WORKERS ssr=SsrMode::Async />
                <Route path=path!("/help") view=lazy::HELP ssr=SsrMode::Async />
                <Route path=path!("/styleguide") view=lazy::STYLE_GUIDE ssr=SsrMode::Async />
                <Route path=path!("/audit") view=lazy::AUDIT ssr=SsrMode::Async />
                <Route path=path!("/trends") view=lazy::TRENDS ssr=SsrMode::Async />
                <Route path=path!("/users") view=lazy::USERS ssr=SsrMode::Async />
                <Route path=path!("/tokens") view=lazy::TOKENS ssr=SsrMode::Async />
                <Route path=path!("/webhooks") view=lazy::WEBHOOKS ssr=SsrMode::Async />
                <Route path=path!("/webhooks/:id") view=lazy::WEBHOOK ssr=SsrMode::Async />
                <Route path=path!("/system") view=lazy::SYSTEM ssr=SsrMode::Async />
            </ParentRoute>
        </Routes>
    }
}
