//! Views of lists that people keep, for themselves or for everybody.

use domain::{
    model::saved_view::{LONGEST_NAME, LONGEST_QUERY, MOST_VIEWS, NewView, SavedView, VIEWED},
    role::{Actor, Permission},
};
use serde_json::json;

use super::audit;
use crate::{Engine, EngineError, Result};

impl Engine {
    /// The actor's own views and those that are shared, by page; own ones first.
    ///
    /// # Errors
    /// [`EngineError::Database`].
    pub async fn saved_views(&self, actor: &Actor) -> Result<Vec<SavedView>> {
        type Row = (i64, String, String, String, String, bool, bool, bool);
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT v.id, v.path, v.name, v.query, u.name, v.owner_id = $1, v.shared, d.view_id IS NOT NULL
             FROM app.saved_views v JOIN app.users u ON u.id = v.owner_id
             LEFT JOIN app.default_views d ON d.user_id = $1 AND d.view_id = v.id
             WHERE v.owner_id = $1 OR v.shared
             ORDER BY v.path, v.owner_id <> $1, v.name, u.name",
        )
        .bind(actor.user_id)
        .fetch_all(&self.pool)
        .await?;
        let row = |(id, path, name, query, owner, own, shared, is_default): Row| SavedView {
            id,
            path,
            name,
            query,
            owner,
            own,
            shared,
            is_default,
        };
        Ok(rows.into_iter().map(row).collect())
    }

    /// Keeps a view under its name and returns its id.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for a page that has no views, a name or a query that is empty or too long, and beyond
    /// [`MOST_VIEWS`]; [`EngineError::Database`].
    pub async fn save_view(&self, view: &NewView, actor: &Actor) -> Result<i64> {
        let name = view.name.trim();
        check(view, name).map_err(EngineError::Invalid)?;
        let mut transaction = self.transaction().await?;
        // Two at once wait for each other, so that the limit holds.
        sqlx::query("SELECT FROM app.users WHERE id = $1 FOR NO KEY UPDATE")
            .bind(actor.user_id)
            .execute(&mut *transaction)
            .await?;
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO app.saved_views (owner_id, path, name, query, shared) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (owner_id, path, name) DO UPDATE SET query = $4, shared = $5 RETURNING id",
        )
        .bind(actor.user_id)
        .bind(&view.path)
        .bind(name)
        .bind(&view.query)
        .bind(view.shared)
        .fetch_one(&mut *transaction)
        .await?;
        let kept: i64 =
            sqlx::query_scalar("SELECT count(*) FROM app.saved_views WHERE owner_id = $1")
                .bind(actor.user_id)
                .fetch_one(&mut *transaction)
                .await?;
        if kept > MOST_VIEWS {
            return Err(EngineError::Invalid(format!(
                "You have {MOST_VIEWS} views: delete one that you no longer need"
            )));
        }
        let act = audit::Act::new("view.save", "view", id).details(
            json!({ "path": view.path, "name": name, "query": view.query, "shared": view.shared }),
        );
        audit::record(&mut transaction, actor, act).await?;
        transaction.commit().await?;
        Ok(id)
    }

    /// Deletes a view of the actor's own; whoever may delete, those that others share, too.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], also for what belongs to somebody else; [`EngineError::Database`].
    pub async fn delete_view(&self, id: i64, actor: &Actor) -> Result<()> {
        let mut transaction = self.transaction().await?;
        let (path, name): (String, String) = sqlx::query_as(
            "DELETE FROM app.saved_views WHERE id = $1 AND (owner_id = $2 OR (shared AND $3)) RETURNING path, name",
        )
        .bind(id)
        .bind(actor.user_id)
        .bind(actor.role.may(Permission::Delete))
        .fetch_optional(&mut *transaction)
        .await?
        .ok_or_else(|| unknown(id))?;
        let act = audit::Act::new("view.delete", "view", id)
            .details(json!({ "path": path, "name": name }));
        audit::record(&mut transaction, actor, act).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Makes the menu lead the actor to a view, or to the whole list again.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] for a view that the actor does not see, [`EngineError::Database`].
    pub async fn set_default_view(&self, id: i64, wanted: bool, actor: &Actor) -> Result<()> {
        let statement = if wanted {
            "INSERT INTO app.default_views (user_id, path, view_id)
             SELECT $2, path, id FROM app.saved_views WHERE id = $1 AND (owner_id = $2 OR shared)
             ON CONFLICT (user_id, path) DO UPDATE SET view_id = EXCLUDED.view_id"
        } else {
            "DELETE FROM app.default_views WHERE view_id = $1 AND user_id = $2"
        };
        let done = sqlx::query(statement)
            .bind(id)
            .bind(actor.user_id)
            .execute(&self.pool)
            .await?;
        if wanted && done.rows_affected() == 0 {
            return Err(unknown(id));
        }
        Ok(())
    }
}

fn check(view: &NewView, name: &str) -> std::result::Result<(), String> {
    if !VIEWED.contains(&view.path.as_str()) {
        return Err(format!("The page {} has no views", view.path));
    }
    if !(1..=LONGEST_NAME).contains(&name.chars().count()) {
        return Err(format!(
            "A name has between 1 and {LONGEST_NAME} characters"
        ));
    }
    if view.query.is_empty() {
        return Err("Choose a filter first: this is the whole list".into());
    }
    if view.query.chars().count() > LONGEST_QUERY {
        return Err("These filters are too long to be kept".into());
    }
    Ok(())
}

fn unknown(id: i64) -> EngineError {
    EngineError::NotFound(format!("View {id}"))
}
