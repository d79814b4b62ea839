//! Promotion: a valid company gets its Barton ID and its row in the master table.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use domain::{barton::BartonId, promotion, stage::StageName};
use sqlx::{FromRow, PgConnection};

use crate::queue::{Claimed, LocalStage, Outcome, StageInfo};

/// Stored as `source_system`.
const SOURCE: &str = "intake-promotion";

pub(super) struct Promote;

#[derive(FromRow)]
struct Candidate {
    id: i64,
    validated: Option<bool>,
    website: bool,
    linkedin: bool,
    phone: bool,
    industry: bool,
}

#[async_trait]
impl LocalStage for Promote {
    fn info(&self) -> StageInfo {
        StageName::Promote.into()
    }

    async fn run(
        &self,
        connection: &mut PgConnection,
        events: &[Claimed],
    ) -> sqlx::Result<Vec<Outcome>> {
        let ids: Vec<i64> = events.iter().filter_map(Claimed::record_number).collect();
        let candidates = read(connection, &ids).await?;
        let mut numbered = Vec::new();
        let mut outcomes: HashMap<i64, Outcome> = HashMap::new();
        for candidate in &candidates {
            if candidate.validated != Some(true) {
                outcomes.insert(
                    candidate.id,
                    Outcome::Noted("The row is not valid any more; not promoted".into()),
                );
                continue;
            }
            match BartonId::company(candidate.id) {
                Ok(barton_id) => {
                    outcomes.insert(candidate.id, Outcome::Done);
                    numbered.push((candidate, barton_id));
                }
                Err(error) => drop(outcomes.insert(candidate.id, Outcome::Fail(error.to_string()))),
            }
        }
        insert(connection, &numbered).await?;
        for taken in unpromoted(connection, &numbered).await? {
            give_free_number(connection, taken).await?;
        }
        Ok(events
            .iter()
            .map(|event| {
                event
                    .record_number()
                    .and_then(|id| outcomes.get(&id).cloned())
                    .unwrap_or_else(|| {
                        Outcome::Fail(format!(
                            "There is no intake row {} to promote",
                            event.record_id.as_deref().unwrap_or("without a record_id")
                        ))
                    })
            })
            .collect())
    }
}

async fn read(connection: &mut PgConnection, ids: &[i64]) -> sqlx::Result<Vec<Candidate>> {
    sqlx::query_as(
        "SELECT id, validated, coalesce(website, '') <> '' AS website, coalesce(company_linkedin_url, '') <> '' AS linkedin,
                coalesce(company_phone, '') <> '' AS phone, coalesce(industry, '') <> '' AS industry
         FROM intake.company_raw_intake WHERE id = ANY($1) ORDER BY id",
    )
    .bind(ids)
    .fetch_all(connection)
    .await
}

/// Conflicts are passed over: the same source is promoted already, another one holds the number.
async fn insert(
    connection: &mut PgConnection,
    numbered: &[(&Candidate, BartonId)],
) -> sqlx::Result<()> {
    let (mut ids, mut barton_ids, mut scores) = (Vec::new(), Vec::new(), Vec::new());
    for (candidate, barton_id) in numbered {
        ids.push(candidate.id);
        barton_ids.push(barton_id.to_string());
        scores.push(i32::from(promotion::quality_score(
            candidate.website,
            candidate.linkedin,
            candidate.phone,
            candidate.industry,
        )));
    }
    sqlx::query(
        "INSERT INTO marketing.company_master
             (company_unique_id, company_name, website_url, industry, employee_count, company_phone, address_street,
              address_city, address_state, address_zip, address_country, linkedin_url, facebook_url, twitter_url,
              sic_codes, founded_year, source_system, source_record_id, state_abbrev, import_batch_id, validated_at,
              validated_by, data_quality_score, correlation_id)
         SELECT p.barton_id, i.company, i.website, i.industry, CASE WHEN i.num_employees >= 0 THEN i.num_employees END,
                i.company_phone, i.company_street, i.company_city, i.company_state, i.company_postal_code,
                i.company_country, i.company_linkedin_url, i.facebook_url, i.twitter_url, i.sic_codes,
                CASE WHEN i.founded_year BETWEEN 1700 AND extract(year FROM CURRENT_DATE) THEN i.founded_year END,
                $4, i.id::TEXT, i.state_abbrev, i.import_batch_id, i.validated_at, i.validated_by, p.score,
                i.correlation_id
         FROM unnest($1::BIGINT[], $2::TEXT[], $3::INT[]) AS p (id, barton_id, score)
         JOIN intake.company_raw_intake i ON i.id = p.id
         ORDER BY i.id
         ON CONFLICT DO NOTHING",
    )
    .bind(&ids)
    .bind(&barton_ids)
    .bind(&scores)
    .bind(SOURCE)
    .execute(connection)
    .await?;
    Ok(())
}

/// The candidates that have no master row of their own after the insert: their number belongs to another source.
async fn unpromoted<'a>(
    connection: &mut PgConnection,
    numbered: &[(&'a Candidate, BartonId)],
) -> sqlx::Result<Vec<&'a Candidate>> {
    let sources: Vec<String> = numbered
        .iter()
        .map(|(candidate, _)| candidate.id.to_string())
        .collect();
    let promoted: Vec<String> = sqlx::query_scalar(
        "SELECT source_record_id FROM marketing.company_master WHERE source_record_id = ANY($1)",
    )
    .bind(&sources)
    .fetch_all(connection)
    .await?;
    let promoted: HashSet<String> = promoted.into_iter().collect();
    Ok(numbered
        .iter()
        .map(|(candidate, _)| *candidate)
        .filter(|candidate| !promoted.contains(&candidate.id.to_string()))
        .collect())
}

async fn give_free_number(
    connection: &mut PgConnection,
    candidate: &Candidate,
) -> sqlx::Result<()> {
    for barton_id in BartonId::company_alternatives(candidate.id) {
        insert(connection, &[(candidate, barton_id)]).await?;
        if unpromoted(connection, &[(candidate, barton_id)])
            .await?
            .is_empty()
        {
            tracing::warn!(intake_id = candidate.id, %barton_id, "the regular Barton ID belongs to another record; a free one was taken");
            return Ok(());
        }
    }
    Err(sqlx::Error::Encode(
        format!("no Barton ID is free for intake row {}", candidate.id).into(),
    ))
}
