//! Verification: ask whether each contact's address receives mail.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use domain::{email::EmailAddress, stage::StageName, verification};
use sqlx::PgConnection;

use crate::{
    integrations::{EmailVerifier, ProviderError},
    queue::{
        Answered, Claimed, Intent, Outcome, RemoteStage, Request, StageInfo, StageSettings, Try,
    },
};

pub(super) struct Verify {
    pub(super) verifier: Arc<dyn EmailVerifier>,
}

/// One address; `verification_id` is the row that the answer goes to.
pub(super) struct Question {
    verification_id: i32,
    email: EmailAddress,
}

#[async_trait]
impl RemoteStage for Verify {
    type Call = Question;
    type Answer = String;

    fn info(&self) -> StageInfo {
        StageName::Verify.into()
    }

    fn settings(&self) -> StageSettings {
        StageSettings::of(StageName::Verify, self.verifier.is_sandbox())
    }

    async fn intend(
        &self,
        connection: &mut PgConnection,
        events: Vec<Claimed>,
    ) -> sqlx::Result<Intent<Question>> {
        let ids: Vec<i32> = events.iter().filter_map(enrichment_id).collect();
        let emails: Vec<(i32, Option<String>)> =
            sqlx::query_as("SELECT id, email FROM marketing.contact_enrichment WHERE id = ANY($1)")
                .bind(&ids)
                .fetch_all(&mut *connection)
                .await?;
        let emails: HashMap<i32, Option<String>> = emails.into_iter().collect();
        let mut settled = Vec::new();
        let mut asked: Vec<(Claimed, i32, EmailAddress)> = Vec::new();
        for event in events {
            let contact = enrichment_id(&event).and_then(|id| Some((id, emails.get(&id)?)));
            match contact {
                None => {
                    let record = event.record_id.clone().unwrap_or_default();
                    settled.push((
                        event,
                        Outcome::Fail(format!("There is no contact {record} to verify")),
                    ));
                }
                Some((_, None)) => settled.push((
                    event,
                    Outcome::Noted("The contact has no e-mail address".into()),
                )),
                Some((id, Some(email))) => match email.parse::<EmailAddress>() {
                    Ok(email) => asked.push((event, id, email)),
                    Err(error) => settled.push((
                        event,
                        Outcome::Fail(format!("{email} is no e-mail address: {error}")),
                    )),
                },
            }
        }
        let rows = self.write_intent(connection, &asked).await?;
        let mut requests = Vec::new();
        for (event, enrichment_id, email) in asked {
            match rows.get(&enrichment_id) {
                Some(&verification_id) => requests.push(Request {
                    events: vec![event],
                    call: Question {
                        verification_id,
                        email,
                    },
                }),
                None => settled.push((
                    event,
                    Outcome::Retry("Another run answered for this contact meanwhile".into()),
                )),
            }
        }
        Ok(Intent { requests, settled })
    }

    async fn call(&self, question: &Question, attempt: &Try) -> Result<String, Outcome> {
        self.verifier
            .verify(&question.email, attempt.number)
            .await
            .map_err(|error| match error {
                ProviderError::Passing(message) => Outcome::Retry(message),
                ProviderError::Permanent(message) => Outcome::Fail(message),
            })
    }

    async fn record(
        &self,
        connection: &mut PgConnection,
        answers: &[&Answered<Question, String>],
    ) -> sqlx::Result<Vec<Outcome>> {
        let mut verdicts = Verdicts::default();
        let outcomes = answers
            .iter()
            .map(|answered| match &answered.answer {
                Ok(word) => {
                    verdicts.push(&answered.call, word);
                    Outcome::Done
                }
                Err(outcome) => outcome.clone(),
            })
            .collect();
        verdicts.write(connection).await?;
        Ok(outcomes)
    }
}

impl Verify {
    /// A pending row says that the provider is being asked; one that an earlier attempt left is used again, for the
    /// address that the contact has now.
    async fn write_intent(
        &self,
        connection: &mut PgConnection,
        asked: &[(Claimed, i32, EmailAddress)],
    ) -> sqlx::Result<HashMap<i32, i32>> {
        let ids: Vec<i32> = asked.iter().map(|(_, id, _)| *id).collect();
        let emails: Vec<&str> = asked.iter().map(|(_, _, email)| email.as_str()).collect();
        sqlx::query(
            "INSERT INTO marketing.email_verification (enrichment_id, email, verification_status, verification_service)
             SELECT DISTINCT ON (a.id) a.id, a.email, 'pending', $3 FROM unnest($1::INT[], $2::TEXT[]) AS a (id, email)
             WHERE NOT EXISTS (SELECT FROM marketing.email_verification v
                               WHERE v.enrichment_id = a.id AND v.verification_status = 'pending')",
        )
        .bind(&ids)
        .bind(&emails)
        .bind(self.verifier.service())
        .execute(&mut *connection)
        .await?;
        sqlx::query(
            // By the contact and not by the status, of which as many rows may wait or have waited as there are.
            "WITH asked AS MATERIALIZED (
                 SELECT v.id, v.verification_status, a.email
                 FROM unnest($1::INT[], $2::TEXT[]) AS a (id, email)
                 JOIN marketing.email_verification v ON v.enrichment_id = a.id
                 WHERE v.enrichment_id = ANY($1) AND v.email <> a.email)
             UPDATE marketing.email_verification v SET email = a.email
             FROM asked a WHERE v.id = a.id AND a.verification_status = 'pending'",
        )
        .bind(&ids)
        .bind(&emails)
        .execute(&mut *connection)
        .await?;
        let rows: Vec<(i32, i32)> = sqlx::query_as(
            "SELECT enrichment_id, max(id) FROM marketing.email_verification
             WHERE enrichment_id = ANY($1) AND verification_status = 'pending' GROUP BY enrichment_id",
        )
        .bind(&ids)
        .fetch_all(connection)
        .await?;
        Ok(rows.into_iter().collect())
    }
}

fn enrichment_id(event: &Claimed) -> Option<i32> {
    event.record_number().and_then(|id| i32::try_from(id).ok())
}

#[derive(Default)]
struct Verdicts {
    verifications: Vec<i32>,
    statuses: Vec<&'static str>,
    results: Vec<serde_json::Value>,
}

impl Verdicts {
    fn push(&mut self, question: &Question, word: &str) {
        self.verifications.push(question.verification_id);
        self.statuses
            .push(verification::map_provider_result(word).name());
        self.results
            .push(serde_json::json!({ "result": word, "quality": verification::quality(word) }));
    }

    /// The table's trigger carries a verdict on to the contact and the person.
    async fn write(&self, connection: &mut PgConnection) -> sqlx::Result<()> {
        sqlx::query(
            "UPDATE marketing.email_verification v
             SET verification_status = a.status, verification_result = a.result, verified_at = now()
             FROM unnest($1::INT[], $2::TEXT[], $3::JSONB[]) AS a (id, status, result)
             WHERE v.id = a.id AND v.verification_status = 'pending'",
        )
        .bind(&self.verifications)
        .bind(&self.statuses)
        .bind(&self.results)
        .execute(connection)
        .await?;
        Ok(())
    }
}
