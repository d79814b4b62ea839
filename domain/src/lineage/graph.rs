//! The graph of a history: rows lead to the events that tell of them, events to the rows that their work made.

use std::collections::HashMap;

use super::{cause::cause, history::*, written::maker};
use crate::model::lineage::{Lineage, LineageNode, NodeKind};

/// All rows and events as nodes, each after what it was made from. `asked` lists keys of the node that was asked for,
/// the first that exists counts; without one it is the first node.
pub fn graph(history: &History, asked: &[String]) -> Lineage {
    let mut nodes: Vec<LineageNode> = rows(history)
        .chain(history.events.iter().map(|event| of_event(history, event)))
        .collect();
    link(&mut nodes);
    let nodes = in_order(nodes);
    let asked = asked
        .iter()
        .find(|key| nodes.iter().any(|node| node.key == **key))
        .or(nodes.first().map(|node| &node.key))
        .cloned()
        .unwrap_or_default();
    Lineage {
        correlation_id: history.correlation_id.clone(),
        asked,
        nodes,
        truncated: history.truncated,
    }
}

fn rows(history: &History) -> impl Iterator<Item = LineageNode> + '_ {
    let made = |mut node: LineageNode, otherwise: Option<String>| {
        let input = maker(history, &node.key).map(|event| format!("event:{}", event.id));
        node.input.extend(input.or(otherwise));
        node
    };
    let imports = history.imports.iter().map(of_import);
    let intakes = history.intakes.iter().map(of_intake);
    let companies = history.companies.iter().map(move |row| {
        let source = row
            .source_record_id
            .as_ref()
            .map(|id| format!("intake:{id}"));
        made(of_company(row), source)
    });
    let slots = history
        .slots
        .iter()
        .map(move |row| made(of_slot(row), Some(format!("company:{}", row.company_id))));
    let contacts = history
        .contacts
        .iter()
        .map(move |row| made(of_contact(row), Some(format!("slot:{}", row.slot_id))));
    let people = history
        .people
        .iter()
        .map(move |row| made(of_person(row), Some(format!("slot:{}", row.slot_id))));
    let verifications = history.verifications.iter().map(move |row| {
        made(
            of_verification(row),
            Some(format!("contact:{}", row.enrichment_id)),
        )
    });
    imports
        .chain(intakes)
        .chain(companies)
        .chain(slots)
        .chain(contacts)
        .chain(people)
        .chain(verifications)
}

fn node(kind: NodeKind, id: impl ToString, title: impl Into<String>) -> LineageNode {
    let id = id.to_string();
    LineageNode {
        key: format!("{}:{id}", kind.name()),
        kind,
        id,
        title: title.into(),
        input: Vec::new(),
        output: Vec::new(),
        status: None,
        facts: Vec::new(),
        attempts: None,
        at: None,
        done_at: None,
        duration_seconds: None,
    }
}

fn facts(known: &[(&str, Option<&str>)]) -> Vec<(String, String)> {
    known
        .iter()
        .filter_map(|(label, value)| {
            Some((
                (*label).to_owned(),
                value.filter(|v| !v.is_empty())?.to_owned(),
            ))
        })
        .collect()
}

fn of_import(row: &Import) -> LineageNode {
    LineageNode {
        at: row.created_at,
        facts: facts(&[
            ("Batch", Some(&row.batch_id)),
            ("Importer", row.importer.as_deref()),
        ]),
        ..node(
            NodeKind::Import,
            &row.batch_id,
            row.file_name.as_ref().unwrap_or(&row.batch_id),
        )
    }
}

fn of_intake(row: &Intake) -> LineageNode {
    let line = row.line.map(|line| line.to_string());
    LineageNode {
        input: row
            .batch_id
            .iter()
            .map(|batch| format!("import:{batch}"))
            .collect(),
        status: row
            .validated
            .map(|valid| if valid { "valid" } else { "rejected" }.to_owned()),
        facts: facts(&[
            ("Line", line.as_deref()),
            ("Website", row.website.as_deref()),
            ("Notes", row.notes.as_deref()),
            ("Validated by", row.validated_by.as_deref()),
        ]),
        at: Some(row.created_at),
        done_at: row.validated_at,
        ..node(
            NodeKind::Intake,
            row.id,
            row.company.clone().unwrap_or_default(),
        )
    }
}

fn of_company(row: &Company) -> LineageNode {
    LineageNode {
        facts: facts(&[
            ("Website", Some(&row.website)),
            ("Source", Some(&row.source_system)),
        ]),
        at: Some(row.created_at),
        ..node(NodeKind::Company, &row.id, &row.name)
    }
}

fn of_slot(row: &Slot) -> LineageNode {
    LineageNode {
        at: Some(row.created_at),
        ..node(NodeKind::Slot, &row.id, &row.label)
    }
}

fn of_contact(row: &Contact) -> LineageNode {
    LineageNode {
        status: Some(row.status.clone()),
        facts: facts(&[
            ("E-mail", row.email.as_deref()),
            ("Source", row.source.as_deref()),
            ("Reason", row.reason.as_deref()),
        ]),
        at: Some(row.created_at),
        done_at: row.enriched_at,
        ..node(
            NodeKind::Contact,
            row.id,
            row.name.clone().unwrap_or_default(),
        )
    }
}

fn of_person(row: &Person) -> LineageNode {
    LineageNode {
        facts: facts(&[
            ("Title", row.title.as_deref()),
            ("E-mail", row.email.as_deref()),
        ]),
        at: Some(row.created_at),
        ..node(NodeKind::Person, &row.id, &row.name)
    }
}

fn of_verification(row: &Verification) -> LineageNode {
    LineageNode {
        status: Some(row.status.clone()),
        facts: facts(&[("Service", row.service.as_deref())]),
        at: Some(row.created_at),
        done_at: row.verified_at,
        ..node(NodeKind::Verification, row.id, &row.email)
    }
}

fn of_event(history: &History, event: &EventFact) -> LineageNode {
    let runs = history.attempts(event);
    let attempts = i64::try_from(runs.len())
        .unwrap_or(i64::MAX)
        .max(event.retry_count.into());
    // What no stage works on is acknowledged without an attempt.
    let tried = event.stage().is_some() || attempts > 0;
    let took: f64 = runs.iter().filter_map(|run| run.duration_seconds).sum();
    LineageNode {
        input: input(history, event).into_iter().collect(),
        status: Some(event.status.name().to_owned()),
        facts: facts(&[
            ("Record", event.record_id.as_deref()),
            ("Message", event.error_message.as_deref()),
        ]),
        attempts: tried.then_some(attempts),
        at: Some(event.created_at),
        done_at: event.processed_at,
        duration_seconds: (!runs.is_empty()).then_some(took),
        ..node(NodeKind::Event, event.id, &event.event_type)
    }
}

/// What it repeats, or the event that changed the row it tells of, or that row itself, which has an origin of its own.
fn input(history: &History, event: &EventFact) -> Option<String> {
    let of_event = |id: i64| format!("event:{id}");
    let parent = || cause(history, event).map(|parent| of_event(parent.id));
    if let Some(repeated) = event.repeats_id {
        return Some(of_event(repeated));
    }
    let record = event.record();
    let of_row = |kind: NodeKind| Some(format!("{}:{record}", kind.name()));
    match event.event_type.as_str() {
        "company_created" => of_row(NodeKind::Intake),
        "company_validated" | "company_updated" => parent().or_else(|| of_row(NodeKind::Intake)),
        "company_promoted" | "company_master_updated" => of_row(NodeKind::Company),
        "slots_created" | "slot_created" | "slot_updated" => of_row(NodeKind::Slot),
        "contact_enriched" => of_row(NodeKind::Contact),
        "contact_created" | "contact_updated" => of_row(NodeKind::Person),
        "email_verified" | "email_failed" => of_row(NodeKind::Verification),
        _ => None,
    }
}

/// Drops inputs that are not there (deleted, or of before they were kept), and writes the way forward.
fn link(nodes: &mut [LineageNode]) {
    let places: HashMap<String, usize> = nodes
        .iter()
        .enumerate()
        .map(|(place, node)| (node.key.clone(), place))
        .collect();
    for place in 0..nodes.len() {
        let key = nodes[place].key.clone();
        nodes[place]
            .input
            .retain(|input| places.contains_key(input) && *input != key);
        for input in nodes[place].input.clone() {
            nodes[places[&input]].output.push(key.clone());
        }
    }
}

/// Each node after its inputs, and what came first, first.
fn in_order(nodes: Vec<LineageNode>) -> Vec<LineageNode> {
    let mut waiting = nodes;
    waiting.sort_by_key(|node| node.at);
    let mut placed: Vec<LineageNode> = Vec::with_capacity(waiting.len());
    let mut done: std::collections::HashSet<String> = std::collections::HashSet::new();
    while !waiting.is_empty() {
        let (ready, rest): (Vec<_>, Vec<_>) = waiting
            .into_iter()
            .partition(|node| node.input.iter().all(|input| done.contains(input)));
        // A circle can only be made by hand; its nodes come as they are.
        let (ready, rest) = if ready.is_empty() {
            (rest, ready)
        } else {
            (ready, rest)
        };
        done.extend(ready.iter().map(|node| node.key.clone()));
        placed.extend(ready);
        waiting = rest;
    }
    placed
}
