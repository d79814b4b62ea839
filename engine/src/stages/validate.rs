//! Validation: a company needs a name and a website.

use std::collections::HashMap;

use async_trait::async_trait;
use domain::{stage::StageName, validation};
use sqlx::{FromRow, PgConnection};

use crate::queue::{Claimed, LocalStage, Outcome, StageInfo};

/// Stored as `validated_by`.
const VALIDATOR: &str = "command-center";

pub(super) struct Validate;

#[async_trait]
impl LocalStage for Validate {
    fn info(&self) -> StageInfo {
        StageName::Validate.into()
    }

    async fn run(
        &self,
        connection: &mut PgConnection,
        events: &[Claimed],
    ) -> sqlx::Result<Vec<Outcome>> {
        let ids: Vec<i64> = events.iter().filter_map(Claimed::record_number).collect();
        let rows: HashMap<i64, Row> = read(connection, &ids).await?;
        let ours: HashMap<i64, validation::Verdict> = rows
            .iter()
            .filter(|(_, row)| row.is_ours())
            .map(|(id, row)| {
                let verdict = validation::validate(row.company.as_deref(), row.website.as_deref());
                (*id, verdict)
            })
            .collect();
        write(connection, &ours).await?;
        Ok(events
            .iter()
            .map(|event| {
                let Some((id, row)) = event
                    .record_number()
                    .and_then(|id| rows.get(&id).map(|row| (id, row)))
                else {
                    return Outcome::Fail(format!(
                        "There is no intake row {}; insert it again or resolve this error",
                        event.record_id.as_deref().unwrap_or("without a record_id")
                    ));
                };
                match ours.get(&id) {
                    Some(verdict) if verdict.valid => Outcome::Done,
                    Some(verdict) => Outcome::Noted(verdict.notes.to_string()),
                    None => Outcome::Noted(row.decided()),
                }
            })
            .collect())
    }
}

#[derive(FromRow)]
struct Row {
    id: i64,
    company: Option<String>,
    website: Option<String>,
    validated: Option<bool>,
    validated_by: Option<String>,
}

impl Row {
    /// What a person or a workflow decided stands: we judge what nobody has, and what we judged ourselves.
    fn is_ours(&self) -> bool {
        self.validated.is_none() || self.validated_by.as_deref() == Some(VALIDATOR)
    }

    fn decided(&self) -> String {
        let verdict = match self.validated {
            Some(true) => "valid",
            _ => "not valid",
        };
        match &self.validated_by {
            Some(by) => format!("{by} decided already: {verdict}"),
            None => format!("Decided already: {verdict}"),
        }
    }
}

async fn read(connection: &mut PgConnection, ids: &[i64]) -> sqlx::Result<HashMap<i64, Row>> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, company, website, validated, validated_by FROM intake.company_raw_intake WHERE id = ANY($1)",
    )
    .bind(ids)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// Rows whose verdict stands already are left alone, so that a repeated run makes no event; so are rows that somebody
/// decided since they were read.
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
         WHERE i.id = v.id AND (i.validated IS NULL OR i.validated_by = $4)
           AND (i.validated IS DISTINCT FROM v.valid OR i.validation_notes IS DISTINCT FROM v.notes)",
    )
    .bind(&ids)
    .bind(&valid)
    .bind(&notes)
    .bind(VALIDATOR)
    .execute(connection)
    .await?;
    Ok(())
}
