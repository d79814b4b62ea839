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
        refused::RefusedPage,
        report::ReportPage,
        schedules::SchedulesPage,
        sign_in::SignInPage,
        stages::StagesPage,
        styleguide::StyleGuidePage,
        system::SystemPage,
        tokens::TokensPage,
        trends::TrendsPage,
        users::UsersPage,
        webhooks::{WebhookPage, WebhooksPage},
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
                <Route path=path!("/account") view=AccountPage ssr=SsrMode::Async />
                <Route path=path!("/companies") view=CompaniesPage ssr=SsrMode::Async />
                <Route path=path!("/companies/:key") view=CompanyPage ssr=SsrMode::Async />
                <Route path=path!("/contacts") view=ContactsPage ssr=SsrMode::Async />
                <Route path=path!("/imports") view=ImportsPage ssr=SsrMode::Async />
                <Route path=path!("/imports/:batch") view=ImportPage ssr=SsrMode::Async />
                <Route path=path!("/errors") view=ErrorsPage ssr=SsrMode::Async />
                <Route path=path!("/errors/:key") view=ErrorGroupPage ssr=SsrMode::Async />
                <Route path=path!("/events") view=EventsPage ssr=SsrMode::Async />
                <Route path=path!("/events/:id") view=EventPage ssr=SsrMode::Async />
                <Route path=path!("/lineage") view=LineagePage ssr=SsrMode::Async />
                <Route path=path!("/dead-letters") view=DeadLettersPage ssr=SsrMode::Async />
                <Route path=path!("/actions") view=ActionsPage ssr=SsrMode::Async />
                <Route path=path!("/actions/:id") view=ActionPage ssr=SsrMode::Async />
                <Route path=path!("/reports/:phase") view=ReportPage ssr=SsrMode::Async />
                <Route path=path!("/stages") view=StagesPage ssr=SsrMode::Async />
                <Route path=path!("/schedules") view=SchedulesPage ssr=SsrMode::Async />
                <Route path=path!("/workers") view=WorkersPage ssr=SsrMode::Async />
                <Route path=path!("/help") view=HelpPage ssr=SsrMode::Async />
                <Route path=path!("/styleguide") view=StyleGuidePage ssr=SsrMode::Async />
                <Route path=path!("/audit") view=AuditPage ssr=SsrMode::Async />
                <Route path=path!("/trends") view=TrendsPage ssr=SsrMode::Async />
                <Route path=path!("/users") view=UsersPage ssr=SsrMode::Async />
                <Route path=path!("/tokens") view=TokensPage ssr=SsrMode::Async />
                <Route path=path!("/webhooks") view=WebhooksPage ssr=SsrMode::Async />
                <Route path=path!("/webhooks/:id") view=WebhookPage ssr=SsrMode::Async />
                <Route path=path!("/system") view=SystemPage ssr=SsrMode::Async />
            </ParentRoute>
        </Routes>
    }
}
