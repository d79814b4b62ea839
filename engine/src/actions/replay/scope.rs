//! What belongs to the record that is run again: its company, its slots, its contacts, as they are at the moment.

use domain::{model::replay::ReplayTarget, stage::StageName};
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::{EngineError, Result};

#[derive(Clone, Debug, FromRow)]
pub(super) struct Scope {
    pub(super) intake_id: Option<i64>,
    pub(super) company_id: Option<String>,
    pub(super) company_name: Option<String>,
    pub(super) batch_id: Option<String>,
    pub(super) correlation_id: Uuid,
    pub(super) validated: Option<bool>,
    pub(super) validated_by: Option<String>,
    /// The one slot that is meant; all of the company's where there is none.
    pub(super) slot_id: Option<String>,
}

impl Scope {
    /// # Errors
    /// [`EngineError::NotFound`].
    pub(super) async fn find(connection: &mut PgConnection, target: &ReplayTarget) -> Result<Self> {
        let (key, slot) = match target {
            ReplayTarget::Company(key) => (key.trim().to_owned(), None),
            ReplayTarget::Slot(slot) => company_of(connection, slot.trim(), None).await?,
            ReplayTarget::Contact(id) => company_of(connection, "", Some(*id)).await?,
        };
        let found: Option<Self> = sqlx::query_as(
            "SELECT i.id AS intake_id, m.company_unique_id AS company_id, coalesce(m.company_name, i.company) AS company_name,
                    coalesce(m.import_batch_id, i.import_batch_id) AS batch_id,
                    coalesce(m.correlation_id, i.correlation_id) AS correlation_id, i.validated, i.validated_by,
                    $2::TEXT AS slot_id
             FROM (SELECT CASE WHEN $1 ~ '^[0-9]{1,18}$' THEN $1::BIGINT END AS number) k
             LEFT JOIN LATERAL (SELECT * FROM marketing.company_master
                                WHERE company_unique_id = $1 OR source_record_id = $1 LIMIT 1) m ON TRUE
             LEFT JOIN intake.company_raw_intake i ON i.id = coalesce(
                 CASE WHEN m.source_record_id ~ '^[0-9]{1,18}$' THEN m.source_record_id::BIGINT END, k.number)
             WHERE m.company_unique_id IS NOT NULL OR i.id IS NOT NULL",
        )
        .bind(&key)
        .bind(slot)
        .fetch_optional(connection)
        .await?;
        found.ok_or_else(|| EngineError::NotFound(format!("Company {key}")))
    }

    /// # Errors
    /// [`EngineError::Invalid`] when the record does not pass the stage.
    pub(super) fn check(&self, target: &ReplayTarget, from: StageName) -> Result<()> {
        let local = matches!(
            from,
            StageName::Validate | StageName::Promote | StageName::Slots
        );
        if local && !matches!(target, ReplayTarget::Company(_)) {
            return Err(EngineError::Invalid(format!(
                "{} is a stage of companies: a slot or contact runs again from Enrich or Verify on; replay company {} instead",
                from.title(),
                self.key()
            )));
        }
        Ok(())
    }

    pub(super) fn name(&self) -> String {
        let company = self.company_name.as_deref().unwrap_or("a nameless company");
        match (&self.slot_id, &self.company_id, self.intake_id) {
            (Some(slot), ..) => format!("slot {slot} of {company}"),
            (None, Some(id), _) => format!("{company} ({id})"),
            (None, None, Some(id)) => format!("{company} (intake row {id})"),
            (None, None, None) => company.to_owned(),
        }
    }

    /// Why nothing can run from this stage.
    pub(super) fn nothing_for(&self, from: StageName) -> String {
        match from {
            StageName::Validate => format!("{} has no intake row to validate", self.name()),
            StageName::Promote => format!(
                "{} is not validated, so there is nothing to promote: replay it from Validate on",
                self.name()
            ),
            StageName::Slots => format!(
                "{} is not promoted yet: replay it from Promote on",
                self.name()
            ),
            StageName::Enrich => format!("{} has no slots: replay it from Slots on", self.name()),
            StageName::Verify => format!(
                "{} has no contact with an address to verify: replay it from Enrich on",
                self.name()
            ),
        }
    }

    /// Events of the company that a stage works on and that have not ended.
    pub(super) async fn open_events(&self, connection: &mut PgConnection) -> Result<Vec<i64>> {
        let consumed: Vec<&str> = StageName::consumed_types().collect();
        Ok(sqlx::query_scalar(
            "SELECT id FROM marketing.pipeline_events
             WHERE correlation_id = $1 AND status IN ('pending', 'processing') AND event_type = ANY($2) ORDER BY id",
        )
        .bind(self.correlation_id)
        .bind(consumed)
        .fetch_all(connection)
        .await?)
    }

    fn key(&self) -> String {
        self.company_id
            .clone()
            .or_else(|| self.intake_id.map(|id| id.to_string()))
            .unwrap_or_default()
    }
}

async fn company_of(
    connection: &mut PgConnection,
    slot: &str,
    contact: Option<i32>,
) -> Result<(String, Option<String>)> {
    let found: Option<(String, String)> = sqlx::query_as(
        "SELECT s.company_unique_id, s.company_slot_unique_id FROM marketing.company_slots s
         WHERE s.company_slot_unique_id = coalesce(
             (SELECT company_slot_unique_id FROM marketing.contact_enrichment WHERE id = $2), $1)",
    )
    .bind(slot)
    .bind(contact)
    .fetch_optional(connection)
    .await?;
    let (company, slot) = found.ok_or_else(|| {
        EngineError::NotFound(match contact {
            Some(id) => format!("Contact {id}"),
            None => format!("Slot {slot}"),
        })
    })?;
    Ok((company, Some(slot)))
}
