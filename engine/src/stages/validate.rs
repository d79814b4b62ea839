//! Validation: a company needs a name and a website.

use std::{collections::HashMap, time::Duration};

use async_trait::async_trait;
use domain::{stage::StageName, validation};
use sqlx::PgConnection;

use crate::queue::{Claimed, LocalStage, Outcome, Policy};

/// Stored as `validated_by`.
const VALIDATOR: &str = "command-center";

pub(super) struct Validate;

#[async_trait]
impl LocalStage for Validate {
    fn name(&self) -> StageName {
        StageName::Validate
    }

    fn policy(&self) -> Policy {
        Policy {
            attempts: 3,
            base: Duration::from_secs(2),
            cap: Duration::from_secs(60),
        }
    }

    async fn run(
        &self,
        connection: &mut PgConnection,
        events: &[Claimed],
    ) -> sqlx::Result<Vec<Outcome>> {
        let ids: Vec<i64> = events.iter().filter_map(Claimed::record_number).collect();
        let rows: Vec<(i64, Option<String>, Option<String>)> = sqlx::query_as(
            "SELECT id, company, website FROM intake.company_raw_intake WHERE id = ANY($1)",
        )
        .bind(&ids)
        .fetch_all(&mut *connection)
        .await?;
        let verdicts: HashMap<i64, validation::Verdict> = rows
            .iter()
            .map(|(id, company, website)| {
                (
                    *id,
                    validation::validate(company.as_deref(), website.as_deref()),
                )
            })
            .collect();
        write(connection, &verdicts).await?;
        Ok(events
            .iter()
            .map(
                |event| match event.record_number().and_then(|id| verdicts.get(&id)) {
                    Some(verdict) if verdict.valid => Outcome::Done,
                    Some(verdict) => Outcome::Noted(verdict.notes.to_string()),
                    None => Outcome::Fail(format!(
                        "There is no intake row {}; insert it again or resolve this error",
                        event.record_id.as_deref().unwrap_or("without a record_id")
                    )),
                },
            )
            .collect())
    }
}

/// Rows whose verdict stands already are left alone, so that a repeated run makes no event.
async fn write(
    connection: &mut PgConnection,
    verdicts: &HashMap<i64, validation::Verdict>,
) -> sqlx::Result<()> {
    let (mut ids, mut valid, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for (id, verdict) in verdicts {
        ids.push(*id);
        valid.push(verdict.valid);
        notes.push(verdict.notes.to_string());
    }
    sqlx::query(
        "UPDATE intake.company_raw_intake i
         SET validated = v.valid, validation_notes = v.notes, validated_at = now(), validated_by = $4
         FROM unnest($1::BIGINT[], $2::BOOLEAN[], $3::TEXT[]) AS v (id, valid, notes)
         WHERE i.id = v.id AND (i.validated IS DISTINCT FROM v.valid OR i.validation_notes IS DISTINCT FROM v.notes)",
    )
    .bind(&ids)
    .bind(&valid)
    .bind(&notes)
    .bind(VALIDATOR)
    .execute(connection)
    .await?;
    Ok(())
}
