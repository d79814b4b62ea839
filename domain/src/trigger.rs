//! The triggers that make events, by what they tell of.

/// The trigger that wrote an event of this type about a row of this table. `inserted` tells whether the row was new;
/// some types are made by inserts and by updates.
pub fn trigger_of(source_table: &str, event_type: &str, inserted: bool) -> Option<&'static str> {
    let (on_insert, on_update) = match (source_table, event_type) {
        ("intake.company_raw_intake", "company_created") => {
            (Some("trigger_company_raw_intake_event"), None)
        }
        ("intake.company_raw_intake", "company_validated") => (
            Some("trigger_company_raw_intake_event"),
            Some("trigger_company_raw_intake_updated_event"),
        ),
        ("intake.company_raw_intake", "company_updated") => {
            (None, Some("trigger_company_raw_intake_updated_event"))
        }
        ("marketing.company_master", "company_promoted") => {
            (Some("trigger_company_master_event"), None)
        }
        ("marketing.company_master", "company_master_updated") => {
            (None, Some("trigger_company_master_updated_event"))
        }
        ("marketing.company_slots", "slots_created") => (Some("trigger_company_slots_event"), None),
        ("marketing.company_slots", "slot_updated") => {
            (None, Some("trigger_company_slots_updated_event"))
        }
        ("marketing.people_raw_intake", "contact_created") => {
            (Some("trigger_people_raw_intake_event"), None)
        }
        ("marketing.people_raw_intake", "contact_updated") => {
            (None, Some("trigger_people_raw_intake_updated_event"))
        }
        ("marketing.contact_enrichment", "contact_enriched") => (
            Some("trigger_contact_enrichment_event"),
            Some("trigger_contact_enrichment_updated_event"),
        ),
        ("marketing.email_verification", "email_verified" | "email_failed") => (
            Some("trigger_email_verification_event"),
            Some("trigger_email_verification_updated_event"),
        ),
        _ => (None, None),
    };
    // A row may be written with a time of its own choice, so that only types made by both are told apart by it.
    if inserted {
        on_insert.or(on_update)
    } else {
        on_update.or(on_insert)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_both_are_told_apart_and_others_are_not_guessed() {
        let table = [
            (
                "intake.company_raw_intake",
                "company_created",
                false,
                Some("trigger_company_raw_intake_event"),
            ),
            (
                "intake.company_raw_intake",
                "company_validated",
                true,
                Some("trigger_company_raw_intake_event"),
            ),
            (
                "intake.company_raw_intake",
                "company_validated",
                false,
                Some("trigger_company_raw_intake_updated_event"),
            ),
            (
                "marketing.email_verification",
                "email_failed",
                false,
                Some("trigger_email_verification_updated_event"),
            ),
            ("marketing.company_master", "company_created", true, None),
            ("elsewhere", "company_created", true, None),
        ];
        for (source, event_type, inserted, expected) in table {
            assert_eq!(
                trigger_of(source, event_type, inserted),
                expected,
                "{source} {event_type}"
            );
        }
    }
}
