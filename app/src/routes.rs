//! Every page on one screen: its path, its title, the permission that its data asks for.

use domain::role::Permission;
use leptos::prelude::*;
use leptos_router::{
    SsrMode,
    components::{Outlet, ParentRoute, Route, Routes},
    path,
};

use crate::{
    chunk::lazy_page,
    pages::{
        account::AccountPage,
        actions::{ActionPage, ActionsPage},
        audit::AuditPage,
        companies::CompaniesPage,
        company::CompanyPage,
        contacts::ContactsPage,
        dead_letters::DeadLettersPage,
        error_group::ErrorGroupPage,
        errors::ErrorsPage,
        event::EventPage,
        events::EventsPage,
        help::HelpPage,
        import::ImportPage,
        imports::ImportsPage,
        lineage::LineagePage,
        not_found::NotFoundPage,
        overview::OverviewPage,
        report::ReportPage,
        schedules::SchedulesPage,
        sign_in::SignInPage,
        stages::StagesPage,
        styleguide::StyleGuidePage,
        system::SystemPage,
        tokens::TokensPage,
        trends::TrendsPage,
        users::UsersPage,
        workers::WorkersPage,
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
        ..page("/system", "System")
    },
];

/// Pages are sent whole, so that they serve people and programs without JavaScript.
#[component]
pub(crate) fn Pages() -> impl IntoView {
    view! {
        <Routes fallback=|| view! { <Frame><NotFoundPage /></Frame> }>
            <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async />
            <ParentRoute path=path!("") view=|| view! { <Frame><Outlet /></Frame> } ssr=SsrMode::Async>
                <Route path=path!("/") view=OverviewPage ssr=SsrMode::Async />
                <Route path=path!("/account") view=lazy_page!(account, AccountPage) ssr=SsrMode::Async />
                <Route path=path!("/companies") view=lazy_page!(companies, CompaniesPage) ssr=SsrMode::Async />
                <Route path=path!("/companies/:key") view=lazy_page!(company, CompanyPage) ssr=SsrMode::Async />
                <Route path=path!("/contacts") view=lazy_page!(contacts, ContactsPage) ssr=SsrMode::Async />
                <Route path=path!("/imports") view=lazy_page!(imports, ImportsPage) ssr=SsrMode::Async />
                <Route path=path!("/imports/:batch") view=lazy_page!(import, ImportPage) ssr=SsrMode::Async />
                <Route path=path!("/errors") view=lazy_page!(errors, ErrorsPage) ssr=SsrMode::Async />
                <Route path=path!("/errors/:key") view=lazy_page!(error_group, ErrorGroupPage) ssr=SsrMode::Async />
                <Route path=path!("/events") view=lazy_page!(events, EventsPage) ssr=SsrMode::Async />
                <Route path=path!("/events/:id") view=lazy_page!(event, EventPage) ssr=SsrMode::Async />
                <Route path=path!("/lineage") view=lazy_page!(lineage, LineagePage) ssr=SsrMode::Async />
                <Route path=path!("/dead-letters") view=lazy_page!(dead_letters, DeadLettersPage) ssr=SsrMode::Async />
                <Route path=path!("/actions") view=lazy_page!(actions, ActionsPage) ssr=SsrMode::Async />
                <Route path=path!("/actions/:id") view=lazy_page!(action, ActionPage) ssr=SsrMode::Async />
                <Route path=path!("/reports/:phase") view=lazy_page!(report, ReportPage) ssr=SsrMode::Async />
                <Route path=path!("/stages") view=lazy_page!(stages, StagesPage) ssr=SsrMode::Async />
                <Route path=path!("/schedules") view=lazy_page!(schedules, SchedulesPage) ssr=SsrMode::Async />
                <Route path=path!("/workers") view=lazy_page!(workers, WorkersPage) ssr=SsrMode::Async />
                <Route path=path!("/help") view=lazy_page!(help, HelpPage) ssr=SsrMode::Async />
                <Route path=path!("/styleguide") view=lazy_page!(style_guide, StyleGuidePage) ssr=SsrMode::Async />
                <Route path=path!("/audit") view=lazy_page!(audit, AuditPage) ssr=SsrMode::Async />
                <Route path=path!("/trends") view=lazy_page!(trends, TrendsPage) ssr=SsrMode::Async />
                <Route path=path!("/users") view=lazy_page!(users, UsersPage) ssr=SsrMode::Async />
                <Route path=path!("/tokens") view=lazy_page!(tokens, TokensPage) ssr=SsrMode::Async />
                <Route path=path!("/system") view=lazy_page!(system, SystemPage) ssr=SsrMode::Async />
            </ParentRoute>
        </Routes>
    }
}
