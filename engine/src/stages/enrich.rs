//! Enrichment: find the person in each slot. The slots of one company are one question to the provider.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use domain::{
    barton::BartonId,
    enrichment::FoundPerson,
    slot::{self, ExecutiveRole},
    stage::StageName,
};
use sqlx::{FromRow, PgConnection};

use crate::{
    integrations::{CompanyQuery, PeopleFinder, ProviderError},
    queue::{
        Answered, Claimed, Intent, Outcome, RemoteStage, Request, StageInfo, StageSettings, Try,
    },
};

pub(super) struct Enrich {
    pub(super) finder: Arc<dyn PeopleFinder>,
}

/// The slots of one company, in the order of the request's events.
pub(super) struct Question {
    query: CompanyQuery,
    slots: Vec<OpenSlot>,
}

#[derive(Clone, FromRow)]
struct OpenSlot {
    slot_id: String,
    slot_label: String,
    company_id: String,
    company_name: String,
    website: String,
    status: Option<String>,
}

#[async_trait]
impl RemoteStage for Enrich {
    type Call = Question;
    type Answer = Vec<FoundPerson>;

    fn info(&self) -> StageInfo {
        StageName::Enrich.into()
    }

    fn settings(&self) -> StageSettings {
        StageSettings::of(StageName::Enrich, self.finder.is_sandbox())
    }

    async fn intend(
        &self,
        connection: &mut PgConnection,
        events: Vec<Claimed>,
    ) -> sqlx::Result<Intent<Question>> {
        let wanted: Vec<&str> = events
            .iter()
            .filter_map(|event| event.record_id.as_deref())
            .collect();
        let slots = read(connection, &wanted).await?;
        let mut settled = Vec::new();
        let mut by_company: HashMap<String, Request<Question>> = HashMap::new();
        for event in events {
            match event
                .record_id
                .as_ref()
                .and_then(|record| slots.get(record))
            {
                None => {
                    let record = event.record_id.clone().unwrap_or_default();
                    let outcome =
                        Outcome::Fail(format!("There is no slot {record} to find a person for"));
                    settled.push((event, outcome));
                }
                Some(slot) if slot.status.as_deref() == Some("completed") => {
                    settled.push((
                        event,
                        Outcome::Noted("A person was found for this slot before".into()),
                    ));
                }
                Some(slot) => {
                    let request = by_company
                        .entry(slot.company_id.clone())
                        .or_insert_with(|| question(slot, &event));
                    request.call.slots.push(slot.clone());
                    request.events.push(event);
                }
            }
        }
        let requests: Vec<_> = by_company.into_values().collect();
        self.write_intent(connection, &requests).await?;
        Ok(Intent { requests, settled })
    }

    async fn call(&self, question: &Question, attempt: &Try) -> Result<Vec<FoundPerson>, Outcome> {
        let query = CompanyQuery {
            attempt: attempt.number,
            ..question.query.clone()
        };
        self.finder.find(&query).await.map_err(|error| match error {
            ProviderError::Passing(message) => Outcome::Retry(message),
            ProviderError::Permanent(message) => Outcome::Fail(message),
        })
    }

    async fn record(
        &self,
        connection: &mut PgConnection,
        answers: &[&Answered<Question, Vec<FoundPerson>>],
    ) -> sqlx::Result<Vec<Outcome>> {
        let mut outcomes = Vec::new();
        let mut contacts = Contacts::default();
        for answered in answers {
            match &answered.answer {
                Err(outcome) => {
                    outcomes.extend(answered.call.slots.iter().map(|_| outcome.clone()))
                }
                Ok(people) => {
                    let roles: Vec<_> = answered
                        .call
                        .slots
                        .iter()
                        .map(|slot| ExecutiveRole::from_label(&slot.slot_label))
                        .collect();
                    let known: Vec<ExecutiveRole> = roles.iter().flatten().copied().collect();
                    let mut assigned = slot::assign(&known, people).into_iter();
                    for (slot, role) in answered.call.slots.iter().zip(roles) {
                        let person = role.and_then(|_| assigned.next().flatten());
                        contacts.push(slot, person);
                        outcomes.push(match person {
                            Some(_) => Outcome::Done,
                            None => {
                                Outcome::Noted(format!("Nobody was found for {}", slot.slot_label))
                            }
                        });
                    }
                }
            }
        }
        contacts.write(connection).await?;
        Ok(outcomes)
    }

    async fn give_up(&self, connection: &mut PgConnection, events: &[Claimed]) -> sqlx::Result<()> {
        let slots: Vec<&str> = events
            .iter()
            .filter_map(|event| event.record_id.as_deref())
            .collect();
        sqlx::query(
            "UPDATE marketing.contact_enrichment
             SET enrichment_status = 'failed', enrichment_data = jsonb_build_object('reason', 'provider_error')
             WHERE company_slot_unique_id = ANY($1) AND enrichment_status = 'processing'",
        )
        .bind(&slots)
        .execute(&mut *connection)
        .await?;
        sqlx::query(
            "INSERT INTO marketing.company_missing (company_unique_id, reason)
             SELECT DISTINCT company_unique_id, 'The enrichment provider failed' FROM marketing.company_slots
             WHERE company_slot_unique_id = ANY($1)
             ON CONFLICT (company_unique_id) DO UPDATE SET reason = excluded.reason, created_at = now()",
        )
        .bind(&slots)
        .execute(connection)
        .await?;
        Ok(())
    }
}

impl Enrich {
    /// A row in state processing says that the provider is being asked.
    async fn write_intent(
        &self,
        connection: &mut PgConnection,
        requests: &[Request<Question>],
    ) -> sqlx::Result<()> {
        let slots: Vec<&OpenSlot> = requests
            .iter()
            .flat_map(|request| &request.call.slots)
            .collect();
        sqlx::query(
            "INSERT INTO marketing.contact_enrichment AS c
                 (company_slot_unique_id, company_name, enrichment_status, enrichment_source)
             SELECT DISTINCT ON (slot) slot, company, 'processing', $3 FROM unnest($1::TEXT[], $2::TEXT[]) AS w (slot, company)
             ORDER BY slot
             ON CONFLICT (company_slot_unique_id) DO UPDATE
             SET enrichment_status = 'processing', enrichment_source = excluded.enrichment_source,
                 company_name = excluded.company_name
             WHERE c.enrichment_status NOT IN ('completed', 'processing')",
        )
        .bind(slots.iter().map(|slot| slot.slot_id.clone()).collect::<Vec<_>>())
        .bind(slots.iter().map(|slot| slot.company_name.clone()).collect::<Vec<_>>())
        .bind(self.finder.source())
        .execute(connection)
        .await?;
        Ok(())
    }
}

async fn read(
    connection: &mut PgConnection,
    ids: &[&str],
) -> sqlx::Result<HashMap<String, OpenSlot>> {
    let slots: Vec<OpenSlot> = sqlx::query_as(
        "SELECT s.company_slot_unique_id AS slot_id, s.slot_label, m.company_unique_id AS company_id, m.company_name,
                m.website_url AS website, c.enrichment_status AS status
         FROM marketing.company_slots s
         JOIN marketing.company_master m USING (company_unique_id)
         LEFT JOIN marketing.contact_enrichment c USING (company_slot_unique_id)
         WHERE s.company_slot_unique_id = ANY($1)",
    )
    .bind(ids)
    .fetch_all(connection)
    .await?;
    Ok(slots
        .into_iter()
        .map(|slot| (slot.slot_id.clone(), slot))
        .collect())
}

fn question(slot: &OpenSlot, event: &Claimed) -> Request<Question> {
    let query = CompanyQuery {
        website: slot.website.clone(),
        attempt: event.attempt.unsigned_abs(),
    };
    Request {
        events: Vec::new(),
        call: Question {
            query,
            slots: Vec::new(),
        },
    }
}

/// The rows that answers become, column by column.
#[derive(Default)]
struct Contacts {
    slots: Vec<String>,
    companies: Vec<String>,
    statuses: Vec<&'static str>,
    data: Vec<serde_json::Value>,
    people: Vec<Option<String>>,
    names: Vec<Option<String>>,
    titles: Vec<Option<String>>,
    emails: Vec<Option<String>>,
    phones: Vec<Option<String>>,
    profiles: Vec<Option<String>>,
}

impl Contacts {
    fn push(&mut self, slot: &OpenSlot, person: Option<&FoundPerson>) {
        let person_id = slot
            .slot_id
            .parse::<BartonId>()
            .ok()
            .filter(|_| person.is_some());
        self.slots.push(slot.slot_id.clone());
        self.companies.push(slot.company_id.clone());
        self.statuses.push(if person.is_some() {
            "completed"
        } else {
            "failed"
        });
        self.data.push(match person {
            Some(person) => serde_json::json!(person),
            None => serde_json::json!({ "reason": "not_found" }),
        });
        self.people.push(
            person_id
                .map(|id| BartonId::person(&id).to_string())
                .filter(|id| id.starts_with("04.04.02.")),
        );
        self.names.push(person.map(|person| person.name.clone()));
        self.titles.push(person.map(|person| person.title.clone()));
        self.emails
            .push(person.and_then(|person| person.email.clone()));
        self.phones
            .push(person.and_then(|person| person.phone.clone()));
        self.profiles
            .push(person.and_then(|person| person.linkedin_url.clone()));
    }

    async fn write(&self, connection: &mut PgConnection) -> sqlx::Result<()> {
        // A person follows their contact: where that was completed before, by another event of the slot, both stay as they are.
        sqlx::query(
            "WITH answers AS (
                 SELECT DISTINCT ON (slot) * FROM unnest($1::TEXT[], $2::TEXT[], $3::JSONB[], $4::TEXT[], $5::TEXT[], $6::TEXT[], $7::TEXT[], $8::TEXT[], $9::TEXT[], $10::TEXT[])
                     AS a (slot, status, data, name, title, email, phone, profile, person, company)
                 ORDER BY slot, status
             ), written AS (
                 UPDATE marketing.contact_enrichment c
                 SET enrichment_status = a.status, enrichment_data = a.data, full_name = a.name, title = a.title,
                     email = a.email, phone = a.phone, linkedin_url = a.profile, enriched_at = now()
                 FROM answers a
                 WHERE c.company_slot_unique_id = a.slot AND c.enrichment_status <> 'completed'
                 RETURNING c.id, c.enrichment_source, a.*
             )
             INSERT INTO marketing.people_master
                 (unique_id, company_unique_id, company_slot_unique_id, first_name, last_name, title, email,
                  work_phone_e164, linkedin_url, source_system, source_record_id)
             SELECT w.person, w.company, w.slot, split_part(w.name, ' ', 1),
                    btrim(substr(w.name, length(split_part(w.name, ' ', 1)) + 1)), w.title, w.email, w.phone, w.profile,
                    w.enrichment_source, w.id::TEXT
             FROM written w
             WHERE w.person IS NOT NULL
             ON CONFLICT (unique_id) DO UPDATE
             SET first_name = excluded.first_name, last_name = excluded.last_name, title = excluded.title,
                 email = excluded.email, work_phone_e164 = excluded.work_phone_e164,
                 linkedin_url = excluded.linkedin_url, email_verified = FALSE",
        )
        .bind(&self.slots)
        .bind(&self.statuses)
        .bind(&self.data)
        .bind(&self.names)
        .bind(&self.titles)
        .bind(&self.emails)
        .bind(&self.phones)
        .bind(&self.profiles)
        .bind(&self.people)
        .bind(&self.companies)
        .execute(&mut *connection)
        .await?;
        sqlx::query(
            "DELETE FROM marketing.company_missing m
             USING unnest($1::TEXT[], $2::TEXT[]) AS a (company, status)
             WHERE m.company_unique_id = a.company AND a.status = 'completed'",
        )
        .bind(&self.companies)
        .bind(&self.statuses)
        .execute(connection)
        .await?;
        Ok(())
    }
}
