//! The zone in which a person is shown times.

use chrono::Utc;
use chrono_tz::{TZ_VARIANTS, Tz};
use domain::{
    model::zone::{ShownZone, Zones},
    role::Actor,
};
use serde_json::json;

use super::audit::{self, Act};
use crate::{Engine, EngineError, Result};

/// The names that begin so are places; the rest are shorthands and offsets that read the wrong way round.
const REGIONS: [&str; 9] = [
    "Africa/",
    "America/",
    "Antarctica/",
    "Asia/",
    "Atlantic/",
    "Australia/",
    "Europe/",
    "Indian/",
    "Pacific/",
];

/// The zones that people may choose.
pub fn zones() -> Zones {
    let names = TZ_VARIANTS
        .iter()
        .map(|zone| zone.name())
        .filter(|name| REGIONS.iter().any(|region| name.starts_with(region)));
    Zones {
        names: names.map(str::to_owned).collect(),
        as_of: Utc::now(),
    }
}

impl Engine {
    /// Chooses for the person themselves.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for a name that is no zone, [`EngineError::Database`].
    pub async fn choose_zone(&self, actor: &Actor, zone: &ShownZone) -> Result<()> {
        if let ShownZone::Named(name) = zone
            && name.parse::<Tz>().is_err()
        {
            return Err(EngineError::Invalid(format!(
                "There is no time zone called {name:?}; Europe/Berlin is one"
            )));
        }
        let mut transaction = self.transaction().await?;
        let before: Option<String> =
            sqlx::query_scalar("SELECT time_zone FROM app.users WHERE id = $1 FOR UPDATE")
                .bind(actor.user_id)
                .fetch_optional(&mut *transaction)
                .await?;
        sqlx::query("UPDATE app.users SET time_zone = $2 WHERE id = $1")
            .bind(actor.user_id)
            .bind(zone.name())
            .execute(&mut *transaction)
            .await?;
        let act = Act::new("user.time_zone", "user", &actor.name).changed(
            Some(json!({"time_zone": before})),
            Some(json!({"time_zone": zone.name()})),
        );
        audit::record(&mut transaction, actor, act).await?;
        transaction.commit().await?;
        Ok(())
    }
}
