//! Slots: three executive roles are opened at each promoted company.

use std::collections::HashSet;

use async_trait::async_trait;
use domain::{barton::BartonId, slot::ExecutiveRole, stage::StageName};
use sqlx::PgConnection;

use crate::queue::{Claimed, LocalStage, Outcome, StageInfo};

pub(super) struct Slots;

#[async_trait]
impl LocalStage for Slots {
    fn info(&self) -> StageInfo {
        StageName::Slots.into()
    }

    async fn run(
        &self,
        connection: &mut PgConnection,
        events: &[Claimed],
    ) -> sqlx::Result<Vec<Outcome>> {
        let wanted: Vec<&str> = events
            .iter()
            .filter_map(|event| event.record_id.as_deref())
            .collect();
        let known: Vec<String> = sqlx::query_scalar(
            "SELECT company_unique_id FROM marketing.company_master WHERE company_unique_id = ANY($1)",
        )
        .bind(&wanted)
        .fetch_all(&mut *connection)
        .await?;
        let known: HashSet<String> = known.into_iter().collect();
        let mut opened = Opened::default();
        let mut outcomes = Vec::with_capacity(events.len());
        for event in events {
            let record = event.record_id.as_deref().unwrap_or_default();
            outcomes.push(if known.contains(record) {
                opened.add(record)
            } else {
                Outcome::Fail(format!(
                    "There is no company {record} in company_master to open slots for"
                ))
            });
        }
        opened.write(connection).await?;
        Ok(outcomes)
    }
}

#[derive(Default)]
struct Opened {
    slots: Vec<String>,
    companies: Vec<String>,
    labels: Vec<&'static str>,
}

impl Opened {
    fn add(&mut self, company: &str) -> Outcome {
        let slots: Result<Vec<_>, _> = company.parse::<BartonId>().and_then(|id| {
            ExecutiveRole::ALL
                .iter()
                .map(|role| Ok((BartonId::slot(&id, role.position())?, role.label())))
                .collect()
        });
        match slots {
            Ok(slots) => {
                for (slot, label) in slots {
                    self.slots.push(slot.to_string());
                    self.companies.push(company.to_owned());
                    self.labels.push(label);
                }
                Outcome::Done
            }
            Err(error) => Outcome::Fail(error.to_string()),
        }
    }

    /// A role that is open already, under whatever slot id, is left alone.
    async fn write(&self, connection: &mut PgConnection) -> sqlx::Result<()> {
        sqlx::query(
            "INSERT INTO marketing.company_slots (company_slot_unique_id, company_unique_id, slot_type, slot_label)
             SELECT w.slot, w.company, 'executive', w.label
             FROM unnest($1::TEXT[], $2::TEXT[], $3::TEXT[]) WITH ORDINALITY AS w (slot, company, label, place)
             WHERE NOT EXISTS (SELECT FROM marketing.company_slots s
                               WHERE s.company_unique_id = w.company AND s.slot_label = w.label)
             ORDER BY w.place
             ON CONFLICT DO NOTHING",
        )
        .bind(&self.slots)
        .bind(&self.companies)
        .bind(&self.labels)
        .execute(connection)
        .await?;
        Ok(())
    }
}
