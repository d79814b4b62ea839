//! The pages whose code is fetched with them: each is a chunk, by its name.

use leptos::prelude::*;

use super::{
    account::AccountPage, actions::ActionPage, actions::ActionsPage, audit::AuditPage,
    companies::CompaniesPage, company::CompanyPage, contacts::ContactsPage,
    dead_letters::DeadLettersPage, error_group::ErrorGroupPage, errors::ErrorsPage,
    event::EventPage, events::EventsPage, help::HelpPage, import::ImportPage, imports::ImportsPage,
    lineage::LineagePage, report::ReportPage, runs::RunsPage, schedules::SchedulesPage,
    stages::StagesPage, styleguide::StyleGuidePage, system::SystemPage, tokens::TokensPage,
    trends::TrendsPage, users::UsersPage, webhooks::WebhookPage, webhooks::WebhooksPage,
    workers::WorkersPage,
};
use crate::chunk::{LazyPage, lazy_pages};

lazy_pages! {
    ACCOUNT = account: AccountPage,
    COMPANIES = companies: CompaniesPage,
    COMPANY = company: CompanyPage,
    CONTACTS = contacts: ContactsPage,
    IMPORTS = imports: ImportsPage,
    IMPORT = import: ImportPage,
    ERRORS = errors: ErrorsPage,
    ERROR_GROUP = error_group: ErrorGroupPage,
    EVENTS = events: EventsPage,
    EVENT = event: EventPage,
    RUNS = runs: RunsPage,
    LINEAGE = lineage: LineagePage,
    DEAD_LETTERS = dead_letters: DeadLettersPage,
    ACTIONS = actions: ActionsPage,
    ACTION = action: ActionPage,
    REPORT = report: ReportPage,
    STAGES = stages: StagesPage,
    SCHEDULES = schedules: SchedulesPage,
    WORKERS = workers: WorkersPage,
    HELP = help: HelpPage,
    STYLE_GUIDE = style_guide: StyleGuidePage,
    AUDIT = audit: AuditPage,
    TRENDS = trends: TrendsPage,
    USERS = users: UsersPage,
    TOKENS = tokens: TokensPage,
    WEBHOOKS = webhooks: WebhooksPage,
    WEBHOOK = webhook: WebhookPage,
    SYSTEM = system: SystemPage,
}
