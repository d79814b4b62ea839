//! What people are told without asking, and what of it they want to hear.

use chrono::{DateTime, Duration, Utc};
use domain::{
    model::{
        import::ImportStatus,
        news::{News, NewsItem, NewsKind},
        overview::{QUEUE_CRITICAL_MINUTES, QUEUE_WARNING_MINUTES},
    },
    role::Actor,
};
use serde_json::json;

use super::audit::{self, Act};
use crate::{Engine, Result};

/// Pieces of news of one kind that are told together; the lists have the rest.
const MOST: i64 = 5;
/// What was begun before the last question and committed after it is told, too; whoever asks knows it by its key.
const OVERLAP: Duration = Duration::seconds(5);

impl Engine {
    /// What happened since `since`, of what the person wants to hear; without a moment, what is the matter now.
    ///
    /// # Errors
    /// [`crate::EngineError::Database`].
    pub async fn news(&self, since: Option<DateTime<Utc>>, actor: &Actor) -> Result<News> {
        let as_of: DateTime<Utc> = sqlx::query_scalar("SELECT now()")
            .fetch_one(&self.pool)
            .await?;
        let told = self.news_choices(actor).await?;
        let mut items = Vec::new();
        if told.contains(&NewsKind::Queue) {
            items.extend(self.late_queues().await?);
        }
        if let Some(since) = since.map(|since| since - OVERLAP) {
            let errors = self.errors_since(since).await?;
            items.extend(errors.into_iter().filter(|item| match item {
                NewsItem::Regression { .. } => told.contains(&NewsKind::Regressions),
                _ => told.contains(&NewsKind::NewErrors),
            }));
            if told.contains(&NewsKind::Imports) {
                items.extend(self.imports_ended_since(since, actor).await?);
            }
        }
        Ok(News {
            as_of,
            wanted: !told.is_empty(),
            items,
        })
    }

    /// What the person wants to be told of.
    ///
    /// # Errors
    /// [`crate::EngineError::Database`].
    pub async fn news_choices(&self, actor: &Actor) -> Result<Vec<NewsKind>> {
        let told: Option<Vec<String>> =
            sqlx::query_scalar("SELECT told FROM app.users WHERE id = $1")
                .bind(actor.user_id)
                .fetch_optional(&self.pool)
                .await?;
        let told = told.unwrap_or_default();
        Ok(told
            .iter()
            .filter_map(|name| NewsKind::parse(name))
            .collect())
    }

    /// Chooses for the person themselves.
    ///
    /// # Errors
    /// [`crate::EngineError::Database`].
    pub async fn choose_news(&self, actor: &Actor, told: &[NewsKind]) -> Result<()> {
        let names: Vec<&str> = told.iter().map(|kind| kind.name()).collect();
        let mut transaction = self.transaction().await?;
        let before: Option<Vec<String>> =
            sqlx::query_scalar("SELECT told FROM app.users WHERE id = $1 FOR UPDATE")
                .bind(actor.user_id)
                .fetch_optional(&mut *transaction)
                .await?;
        sqlx::query("UPDATE app.users SET told = $2 WHERE id = $1")
            .bind(actor.user_id)
            .bind(&names)
            .execute(&mut *transaction)
            .await?;
        let act = Act::new("user.notifications", "user", &actor.name)
            .changed(Some(json!({"told": before})), Some(json!({"told": names})));
        audit::record(&mut transaction, actor, act).await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn late_queues(&self) -> Result<Vec<NewsItem>> {
        let rows: Vec<(String, i64, f64)> = sqlx::query_as(
            "SELECT event_type, pending_count, oldest_age_minutes::FLOAT8 FROM marketing.v_event_queue_status
             WHERE oldest_age_minutes > $1 ORDER BY oldest_age_minutes DESC LIMIT $2",
        )
        .bind(QUEUE_WARNING_MINUTES)
        .bind(MOST)
        .fetch_all(&self.pool)
        .await?;
        let item = |(event_type, waiting, age)| NewsItem::Queue {
            event_type,
            waiting,
            critical: age > QUEUE_CRITICAL_MINUTES,
        };
        Ok(rows.into_iter().map(item).collect())
    }

    /// Groups that nobody knew, and groups that were resolved and of which the first open error is of this time.
    async fn errors_since(&self, since: DateTime<Utc>) -> Result<Vec<NewsItem>> {
        let rows: Vec<(String, String, DateTime<Utc>, bool)> = sqlx::query_as(
            "WITH recent AS MATERIALIZED (
                 SELECT group_key, min(created_at) AS at FROM marketing.pipeline_errors
                 WHERE created_at > $1 AND NOT resolved GROUP BY group_key
             )
             SELECT g.group_key, g.message, r.at, g.first_seen > $1
             FROM recent r JOIN marketing.error_groups g USING (group_key)
             WHERE (g.ignored_at IS NULL
                    OR (SELECT v.state FROM marketing.v_error_groups v WHERE v.group_key = g.group_key) <> 'ignored')
               AND (g.first_seen > $1 OR (g.resolved_at < r.at AND NOT EXISTS (
                 SELECT FROM marketing.pipeline_errors e
                 WHERE e.group_key = g.group_key AND NOT e.resolved AND e.created_at <= $1)))
             ORDER BY r.at LIMIT $2",
        )
        .bind(since)
        .bind(MOST)
        .fetch_all(&self.pool)
        .await?;
        let item = |(group, message, at, new)| {
            if new {
                NewsItem::NewErrors { group, message }
            } else {
                NewsItem::Regression { group, message, at }
            }
        };
        Ok(rows.into_iter().map(item).collect())
    }

    async fn imports_ended_since(
        &self,
        since: DateTime<Utc>,
        actor: &Actor,
    ) -> Result<Vec<NewsItem>> {
        type Row = (String, Option<String>, String, i64, i64);
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT import_batch_id, file_name, status, accepted, duplicates + rejected FROM intake.import_batches
             WHERE importer = $2 AND finished_at > $1 ORDER BY finished_at LIMIT $3",
        )
        .bind(since)
        .bind(&actor.name)
        .bind(MOST)
        .fetch_all(&self.pool)
        .await?;
        let item = |(batch, file, status, accepted, left_out): Row| {
            Some(NewsItem::Import {
                status: ImportStatus::parse(&status)?,
                batch,
                file,
                accepted,
                left_out,
            })
        };
        Ok(rows.into_iter().filter_map(item).collect())
    }
}
