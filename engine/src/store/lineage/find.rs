//! From what was asked for to the company it belongs to.

use domain::lineage::LineageKey;
use sqlx::FromRow;
use uuid::Uuid;

use crate::{Engine, Result};

/// Where a history begins to be read.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) correlation_id: Uuid,
    pub(crate) intake_id: Option<i64>,
    pub(crate) company_id: Option<String>,
    /// An event that must be among those read, however many there are.
    pub(crate) event_id: Option<i64>,
    /// Keys that the node which was asked for may have; the first that exists is it.
    pub(crate) asked: Vec<String>,
}

#[derive(FromRow)]
struct Owner {
    correlation_id: Uuid,
    company_unique_id: String,
}

const MASTER: &str =
    "SELECT m.correlation_id, m.company_unique_id FROM marketing.company_master m ";
const OF_CONTACT: &str = "JOIN marketing.company_slots s USING (company_unique_id)
    JOIN marketing.contact_enrichment c USING (company_slot_unique_id) ";

impl Engine {
    pub(super) async fn find(&self, of: &LineageKey) -> Result<Option<Found>> {
        match of {
            LineageKey::Intake(id) => self.find_intake(*id).await,
            LineageKey::Event(id) => self.find_event(*id).await,
            LineageKey::Correlation(id) => Ok(id.parse().ok().map(|correlation_id| Found {
                correlation_id,
                ..Found::default()
            })),
            LineageKey::Barton(id) => {
                let id = id.to_string();
                let asked = ["company", "slot", "person"].map(|kind| format!("{kind}:{id}"));
                let sql = format!(
                    "{MASTER} WHERE m.company_unique_id = coalesce(
                         (SELECT company_unique_id FROM marketing.company_master WHERE company_unique_id = $1),
                         (SELECT company_unique_id FROM marketing.company_slots WHERE company_slot_unique_id = $1),
                         (SELECT company_unique_id FROM marketing.people_master WHERE unique_id = $1),
                         (SELECT company_unique_id FROM marketing.people_raw_intake WHERE unique_id = $1))"
                );
                let query = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id);
                owned(query.fetch_optional(&self.pool).await?, asked.to_vec())
            }
            LineageKey::Contact(id) => {
                let sql = format!("{MASTER}{OF_CONTACT}WHERE c.id = $1");
                let query = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(serial(*id));
                owned(
                    query.fetch_optional(&self.pool).await?,
                    vec![format!("contact:{id}")],
                )
            }
            LineageKey::Verification(id) => {
                let sql = format!(
                    "{MASTER}{OF_CONTACT}JOIN marketing.email_verification v ON v.enrichment_id = c.id WHERE v.id = $1"
                );
                let query = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(serial(*id));
                owned(
                    query.fetch_optional(&self.pool).await?,
                    vec![format!("verification:{id}")],
                )
            }
        }
    }

    async fn find_intake(&self, id: i64) -> Result<Option<Found>> {
        let correlation: Option<Uuid> = sqlx::query_scalar(
            "SELECT correlation_id FROM intake.company_raw_intake WHERE id = $1",
        )
        .bind(id)
        .fetch_optional(&self.pool)
        .await?;
        Ok(correlation.map(|correlation_id| Found {
            correlation_id,
            intake_id: Some(id),
            asked: vec![format!("intake:{id}")],
            ..Found::default()
        }))
    }

    async fn find_event(&self, id: i64) -> Result<Option<Found>> {
        let correlation: Option<Option<Uuid>> = sqlx::query_scalar(
            "SELECT correlation_id FROM marketing.pipeline_events WHERE id = $1",
        )
        .bind(id)
        .fetch_optional(&self.pool)
        .await?;
        Ok(correlation.map(|correlation_id| Found {
            // An event without one stands alone; nil belongs to nobody.
            correlation_id: correlation_id.unwrap_or_default(),
            event_id: Some(id),
            asked: vec![format!("event:{id}")],
            ..Found::default()
        }))
    }
}

fn owned(owner: Option<Owner>, asked: Vec<String>) -> Result<Option<Found>> {
    Ok(owner.map(|owner| Found {
        correlation_id: owner.correlation_id,
        company_id: Some(owner.company_unique_id),
        asked,
        ..Found::default()
    }))
}

/// Contacts and verifications are numbered by INT; what is beyond is the number of none.
fn serial(id: i64) -> i32 {
    i32::try_from(id).unwrap_or(-1)
}
