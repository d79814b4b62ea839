//! What the columns of contacts are.

use domain::model::contact::ContactRow;

use super::{
    Exported,
    rows::{text, time},
};

impl Exported for ContactRow {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "full_name",
        "title",
        "person_id",
        "company_slot_unique_id",
        "slot_label",
        "company_unique_id",
        "company_name",
        "import_batch_id",
        "email",
        "email_state",
        "verified_at",
        "verification_service",
        "enrichment_status",
        "reason",
        "enrichment_source",
        "created_at",
        "enriched_at",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            text(&self.full_name),
            text(&self.title),
            text(&self.person_id),
            self.slot_id.clone(),
            text(&self.role),
            text(&self.company_id),
            text(&self.company_name),
            text(&self.batch_id),
            text(&self.email),
            self.email_state.name().to_owned(),
            time(self.verified_at),
            text(&self.verification_service),
            self.status.name().to_owned(),
            text(&self.reason),
            text(&self.source),
            self.created_at.to_rfc3339(),
            time(self.enriched_at),
        ]
    }
}
