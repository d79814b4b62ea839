//! What a replay does to the rows that are there, in words.

use domain::{
    model::replay::{Fate, ReplayEffect},
    slot::ExecutiveRole,
    stage::StageName,
};
use sqlx::{FromRow, PgConnection};

use super::scope::Scope;
use crate::Result;

const VALIDATOR: &str = "command-center";

/// Earlier stages' rows are kept; then stage by stage what the run writes.
pub(super) async fn of(
    connection: &mut PgConnection,
    from: StageName,
    scope: &Scope,
) -> Result<Vec<ReplayEffect>> {
    let slots: Vec<Slot> = sqlx::query_as(
        "SELECT s.company_slot_unique_id AS slot_id, s.slot_label, c.id AS contact_id, c.enrichment_status AS status,
                c.full_name, c.email, p.unique_id AS person_id
         FROM marketing.company_slots s
         LEFT JOIN marketing.contact_enrichment c USING (company_slot_unique_id)
         LEFT JOIN marketing.people_master p USING (company_slot_unique_id)
         WHERE s.company_unique_id = $1 AND ($2::TEXT IS NULL OR s.company_slot_unique_id = $2)
         ORDER BY s.company_slot_unique_id",
    )
    .bind(&scope.company_id)
    .bind(&scope.slot_id)
    .fetch_all(connection)
    .await?;
    let mut effects = Vec::new();
    let place = |stage: StageName| StageName::ALL.iter().position(|other| *other == stage);
    let runs = |stage: StageName| place(stage) >= place(from);
    effects.extend(intake(scope, runs(StageName::Validate)));
    effects.extend(master(scope, runs(StageName::Promote)));
    effects.extend(open_slots(&slots, scope, runs(StageName::Slots)));
    for slot in &slots {
        if runs(StageName::Enrich) {
            slot.enriched(&mut effects);
        } else {
            slot.verified(&mut effects);
        }
    }
    Ok(effects)
}

fn intake(scope: &Scope, runs: bool) -> Option<ReplayEffect> {
    let id = scope.intake_id?;
    let ours = scope.validated.is_none() || scope.validated_by.as_deref() == Some(VALIDATOR);
    let (fate, note) = match (runs, ours) {
        (false, _) => (Fate::Kept, "with its verdict".to_owned()),
        (true, true) => (
            Fate::Overwritten,
            "judged again by the rule of today: verdict and notes, where they differ".to_owned(),
        ),
        (true, false) => (
            Fate::Kept,
            format!(
                "what {} decided stands",
                scope.validated_by.as_deref().unwrap_or("somebody else")
            ),
        ),
    };
    Some(effect(fate, "intake.company_raw_intake", id, note))
}

fn master(scope: &Scope, runs: bool) -> Option<ReplayEffect> {
    let table = "marketing.company_master";
    match (&scope.company_id, runs) {
        (Some(id), _) => Some(effect(
            Fate::Kept,
            table,
            id,
            "promotion overwrites no company".into(),
        )),
        (None, true) => Some(effect(
            Fate::Added,
            table,
            "new",
            "if the row is valid".into(),
        )),
        (None, false) => None,
    }
}

fn open_slots(slots: &[Slot], scope: &Scope, runs: bool) -> Vec<ReplayEffect> {
    let table = "marketing.company_slots";
    let mut effects = Vec::new();
    if !slots.is_empty() {
        let ids: Vec<&str> = slots.iter().map(|slot| slot.slot_id.as_str()).collect();
        effects.push(effect(Fate::Kept, table, ids.join(", "), String::new()));
    }
    let absent: Vec<&str> = ExecutiveRole::ALL
        .iter()
        .map(|role| role.label())
        .filter(|label| slots.iter().all(|slot| slot.slot_label != *label))
        .collect();
    if runs && scope.slot_id.is_none() && !absent.is_empty() {
        effects.push(effect(
            Fate::Added,
            table,
            "new",
            format!("for {}", absent.join(", ")),
        ));
    }
    effects
}

#[derive(FromRow)]
struct Slot {
    slot_id: String,
    slot_label: String,
    contact_id: Option<i32>,
    status: Option<String>,
    full_name: Option<String>,
    email: Option<String>,
    person_id: Option<String>,
}

impl Slot {
    fn enriched(&self, effects: &mut Vec<ReplayEffect>) {
        let contacts = "marketing.contact_enrichment";
        let Some(id) = self.contact_id else {
            let note = format!("the answer for {}", self.slot_label);
            effects.push(effect(Fate::Added, contacts, "new", note));
            return;
        };
        let who = self.full_name.as_deref().unwrap_or("nobody so far");
        if let Some(status) = self.status.as_deref().filter(|status| *status != "pending") {
            let note = format!(
                "{status} becomes pending, so that {} is asked for again",
                self.slot_label
            );
            effects.push(effect(Fate::Reset, contacts, id, note));
        }
        let note = format!(
            "{who}: name, title, e-mail, phone and profile by the new answer, also by an empty one"
        );
        effects.push(effect(Fate::Overwritten, contacts, id, note));
        if let Some(person) = &self.person_id {
            let note = "if somebody is found; not verified until the address is".into();
            effects.push(effect(
                Fate::Overwritten,
                "marketing.people_master",
                person,
                note,
            ));
        }
        if self.email.is_some() {
            effects.push(history(id));
        }
    }

    fn verified(&self, effects: &mut Vec<ReplayEffect>) {
        let Some(id) = self.contact_id else { return };
        let email = self.email.as_deref().filter(|email| !email.is_empty());
        let (Some(email), Some("completed")) = (email, self.status.as_deref()) else {
            let note = "there is no address to verify".into();
            effects.push(effect(Fate::Kept, "marketing.contact_enrichment", id, note));
            return;
        };
        effects.push(history(id));
        effects.push(effect(
            Fate::Added,
            "marketing.email_verification",
            "new",
            format!("the new verdict on {email}"),
        ));
        effects.push(effect(
            Fate::Overwritten,
            "marketing.contact_enrichment",
            id,
            "email_status only, by the new verdict".into(),
        ));
        if let Some(person) = &self.person_id {
            let note = "email_verified only, by the new verdict".into();
            effects.push(effect(
                Fate::Overwritten,
                "marketing.people_master",
                person,
                note,
            ));
        }
    }
}

fn history(contact: i32) -> ReplayEffect {
    effect(
        Fate::Kept,
        "marketing.email_verification",
        format!("of contact {contact}"),
        "earlier verdicts stay as history".into(),
    )
}

fn effect(fate: Fate, table: &str, rows: impl ToString, note: String) -> ReplayEffect {
    ReplayEffect {
        fate,
        table: table.to_owned(),
        rows: rows.to_string(),
        note,
    }
}
