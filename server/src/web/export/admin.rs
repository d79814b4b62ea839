//! The tables of admins, of which some are about people: users, tokens, webhooks, the audit log.

use app::query::{
    AUDIT_READERS, DELIVERY_READERS, Params, Readers, TOKEN_READERS, USER_READERS, WEBHOOK_READERS,
    audit_query, delivery_filter, system_search, token_query, user_filter, webhook_state,
};
use domain::model::{
    audit::{AuditEntry, AuditQuery},
    system::{SettingShown, TableSize},
    token::{TokenQuery, TokenRow},
    user::{UserFilter, UserRow},
    webhook::{DeliveryQuery, DeliveryRow, WebhookRow, WebhookState},
};
use engine::store::Piece;

use super::{App, Problem, Table};

pub(crate) struct Audit;

impl Table for Audit {
    type Query = AuditQuery;
    type Row = AuditEntry;
    const NAME: &'static str = "audit_log";
    const FILTERS: &'static [&'static str] = &[
        "actor",
        "action",
        "target_kind",
        "target",
        "newer",
        "from",
        "until",
    ];
    const READERS: &Readers = &AUDIT_READERS;

    fn query(params: &Params) -> Result<AuditQuery, Problem> {
        Ok(AuditQuery {
            cursor: None,
            ..audit_query(params)
        })
    }

    fn go_on(query: &mut AuditQuery, cursor: String) {
        query.cursor = Some(cursor);
    }

    async fn piece(app: &App, query: &AuditQuery) -> engine::Result<Piece<AuditEntry>> {
        app.engine.audit_piece(query).await
    }
}

pub(crate) struct Users;

impl Table for Users {
    type Query = UserFilter;
    type Row = UserRow;
    const NAME: &'static str = "users";
    const FILTERS: &'static [&'static str] = &["q", "role", "state"];
    const READERS: &Readers = &USER_READERS;

    fn query(params: &Params) -> Result<UserFilter, Problem> {
        Ok(user_filter(params))
    }

    async fn piece(app: &App, filter: &UserFilter) -> engine::Result<Piece<UserRow>> {
        Ok((app.engine.users(filter).await?, None))
    }
}

pub(crate) struct Tokens;

impl Table for Tokens {
    type Query = TokenQuery;
    type Row = TokenRow;
    const NAME: &'static str = "api_tokens";
    const FILTERS: &'static [&'static str] = &["state"];
    const READERS: &Readers = &TOKEN_READERS;

    fn query(params: &Params) -> Result<TokenQuery, Problem> {
        Ok(TokenQuery {
            cursor: None,
            ..token_query(params)
        })
    }

    fn go_on(query: &mut TokenQuery, cursor: String) {
        query.cursor = Some(cursor);
    }

    async fn piece(app: &App, query: &TokenQuery) -> engine::Result<Piece<TokenRow>> {
        app.engine.api_tokens_piece(query).await
    }
}

pub(crate) struct Webhooks;

impl Table for Webhooks {
    type Query = Option<WebhookState>;
    type Row = WebhookRow;
    const NAME: &'static str = "webhooks";
    const FILTERS: &'static [&'static str] = &["state"];
    const READERS: &Readers = &WEBHOOK_READERS;

    fn query(params: &Params) -> Result<Option<WebhookState>, Problem> {
        Ok(webhook_state(params))
    }

    async fn piece(app: &App, state: &Option<WebhookState>) -> engine::Result<Piece<WebhookRow>> {
        let mut rows = app.engine.webhooks().await?;
        rows.retain(|row| state.is_none_or(|state| row.state == state));
        Ok((rows, None))
    }
}

pub(crate) struct Deliveries;

impl Table for Deliveries {
    type Query = DeliveryQuery;
    type Row = DeliveryRow;
    const NAME: &'static str = "webhook_deliveries";
    const FILTERS: &'static [&'static str] = &["webhook", "status", "type", "newer"];
    const READERS: &Readers = &DELIVERY_READERS;

    fn query(params: &Params) -> Result<DeliveryQuery, Problem> {
        let webhook = params.get_str("webhook").and_then(|id| id.parse().ok());
        let none = || Problem::invalid("Say of which webhook: webhook=1");
        Ok(DeliveryQuery {
            webhook: webhook.ok_or_else(none)?,
            filter: delivery_filter(params),
            cursor: None,
        })
    }

    fn go_on(query: &mut DeliveryQuery, cursor: String) {
        query.cursor = Some(cursor);
    }

    async fn piece(app: &App, query: &DeliveryQuery) -> engine::Result<Piece<DeliveryRow>> {
        app.engine.webhook_deliveries_piece(query).await
    }
}

pub(crate) struct TableSizes;

impl Table for TableSizes {
    type Query = Option<String>;
    type Row = TableSize;
    const NAME: &'static str = "table_sizes";
    const FILTERS: &'static [&'static str] = &["q"];

    fn query(params: &Params) -> Result<Option<String>, Problem> {
        Ok(system_search(params))
    }

    async fn piece(app: &App, search: &Option<String>) -> engine::Result<Piece<TableSize>> {
        let mut rows = app.engine.system().await?.tables;
        rows.retain(|row| row.mentions(search.as_deref()));
        Ok((rows, None))
    }
}

/// As the page shows them, which masks what is secret.
pub(crate) struct Settings;

impl Table for Settings {
    type Query = Option<String>;
    type Row = SettingShown;
    const NAME: &'static str = "settings";
    const FILTERS: &'static [&'static str] = &["q"];

    fn query(params: &Params) -> Result<Option<String>, Problem> {
        Ok(system_search(params))
    }

    async fn piece(app: &App, search: &Option<String>) -> engine::Result<Piece<SettingShown>> {
        let mut rows = app.installation.settings.clone();
        rows.retain(|row| row.mentions(search.as_deref()));
        Ok((rows, None))
    }
}
