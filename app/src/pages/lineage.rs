//! The chain of one record: from the line of a file to the last thing made of it.

use std::collections::HashMap;

use domain::{
    format::{count, duration},
    model::{
        lineage::{Lineage, LineageNode, NodeKind},
        live::Topic,
    },
};
use leptos::prelude::*;

use crate::{
    api::lineage::lineage,
    live::Live,
    parts::{
        badge, filter::SearchField, header::PageHeader, loaded::Loaded, notice::Empty, rows::rows,
        time,
    },
    query::{Params, carry, company_path, event_path, import_path, lineage_path, use_query},
};

/// Deeper nodes stand no further to the right: there would be no room left for them.
const DEEPEST: usize = 9;

#[component]
pub(crate) fn LineagePage() -> impl IntoView {
    let params = use_query();
    let of = Memo::new(move |_| {
        params
            .read()
            .get("of")
            .unwrap_or_default()
            .trim()
            .to_owned()
    });
    let chain = Live::expect().resource(
        &[Topic::Pipeline],
        move || of.get(),
        async |of: String| match of.is_empty() {
            true => Ok(None),
            false => lineage(of).await.map(Some),
        },
    );
    view! {
        <PageHeader title="Lineage" subtitle="From the line of a file to the last effect, and back" own_search=true />
        <main id="main">
            <div class="filters">
                <SearchField label="Barton ID, event:17, contact:17, intake:17" name="of" cursor="after" main=true />
            </div>
            <Loaded resource=chain view=whole />
        </main>
    }
}

fn whole(lineage: Option<Lineage>) -> AnyView {
    let Some(lineage) = lineage else {
        return view! {
            <Empty
                title="Which record?"
                detail="Type a Barton ID, a correlation id, or kind and number such as event:17, contact:17, verification:17 or intake:17. Company and event pages lead here, too."
            />
        }
        .into_any();
    };
    let present = use_query().get_untracked();
    let back: Vec<String> = lineage.back().iter().map(|node| node.key.clone()).collect();
    let total = count(lineage.nodes.len() as i64);
    let correlation = lineage.correlation_id.clone();
    let asked = lineage.asked.clone();
    let path = view! {
        <ol class="path" aria-label="Where it came from">
            {lineage.back().into_iter().rev().map(|node| view! { <li>{node.title.clone()}</li> }).collect_view()}
        </ol>
    };
    let truncated = lineage.truncated.then(|| {
        view! { <p class="banner">"There are more events than are shown: the oldest come first."</p> }
    });
    let placed = tree(lineage.nodes)
        .into_iter()
        .map(|(depth, node)| {
            let place = if node.key == asked {
                Place::Asked
            } else if back.contains(&node.key) {
                Place::Before
            } else {
                Place::Other
            };
            (depth, place, node)
        })
        .collect();
    let key = |(depth, place, node): &(usize, Place, LineageNode)| {
        let state = (&node.status, &node.facts, node.attempts, node.done_at);
        format!("{} {depth} {place:?} {state:?}", node.key)
    };
    let nodes = rows(placed, key, move |(depth, place, one)| {
        node(one, depth, place, &present)
    });
    view! {
        {path}
        {truncated}
        <p class="list-count">{total} " records and events · correlation " <span class="mono">{correlation}</span></p>
        <ol class="lineage card">{nodes}</ol>
    }
    .into_any()
}

/// Each node below the last of those that it was made from, with its depth: a record's own chain stays together.
fn tree(nodes: Vec<LineageNode>) -> Vec<(usize, LineageNode)> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut depths = Vec::with_capacity(nodes.len());
    let mut below: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    let mut tops = Vec::new();
    for (place, node) in nodes.iter().enumerate() {
        // Nodes come after those that they were made from, so that these are known.
        let parent = node.input.iter().filter_map(|key| places.get(key)).max();
        depths.push(parent.map_or(0, |parent| depths[*parent] + 1));
        match parent {
            Some(parent) => below[*parent].push(place),
            None => tops.push(place),
        }
        places.insert(node.key.clone(), place);
    }
    let mut nodes: Vec<Option<LineageNode>> = nodes.into_iter().map(Some).collect();
    let mut next: Vec<usize> = tops.into_iter().rev().collect();
    let mut order = Vec::with_capacity(nodes.len());
    while let Some(place) = next.pop() {
        order.extend(
            nodes[place]
                .take()
                .map(|node| (depths[place].min(DEEPEST), node)),
        );
        next.extend(below[place].iter().rev());
    }
    order
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    /// The record that was asked for.
    Asked,
    /// What it was made from.
    Before,
    Other,
}

fn node(node: LineageNode, depth: usize, place: Place, present: &Params) -> AnyView {
    let href = carry(&home(&node), present);
    let chain = (node.kind != NodeKind::Import && place != Place::Asked)
        .then(|| carry(&lineage_path(&node.key), present));
    let attempts = node.attempts.map(|n| match n {
        1 => "1 attempt".to_owned(),
        n => format!("{} attempts", count(n)),
    });
    let took = node.duration_seconds.map(duration);
    let facts = node
        .facts
        .into_iter()
        .map(|(label, value)| format!("{label}: {value}"));
    let line: Vec<String> = attempts.into_iter().chain(took).chain(facts).collect();
    let title = if node.title.is_empty() {
        format!("{} {}", node.kind.name(), node.id)
    } else {
        node.title
    };
    let class = match place {
        Place::Asked => "node asked",
        Place::Before => "node before",
        Place::Other => "node",
    };
    view! {
        <li
            class=format!("{class} depth-{depth} kind-{}", node.kind.name())
            aria-current=(place == Place::Asked).then_some("true")
            data-key=node.key.clone()
        >
            <span class="entry-kind">{node.kind.name()}</span>
            <div>
                <p>
                    <a href=href>{title}</a>
                    " "
                    {node.status.as_deref().map(badge::outcome)}
                </p>
                <p class="muted">{line.join(" · ")}</p>
            </div>
            <span class="entry-time">{node.at.map(time::stamp)}</span>
            {chain.map(|href| view! { <a class="btn quiet small" href=href aria-label=format!("Start from {}", node.key)>"Start here"</a> })}
        </li>
    }
    .into_any()
}

/// The page that shows the record best.
fn home(node: &LineageNode) -> String {
    match node.kind {
        NodeKind::Import => import_path(&node.id),
        NodeKind::Intake | NodeKind::Company => company_path(&node.id),
        NodeKind::Event => node
            .id
            .parse()
            .map_or_else(|_| lineage_path(&node.key), event_path),
        NodeKind::Slot | NodeKind::Contact | NodeKind::Person | NodeKind::Verification => {
            lineage_path(&node.key)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_of_a_record_follows_it() {
        let node = |key: &str, input: &[&str]| LineageNode {
            key: key.to_owned(),
            kind: NodeKind::Event,
            id: key.to_owned(),
            title: String::new(),
            input: input.iter().map(|&key| key.to_owned()).collect(),
            output: Vec::new(),
            status: None,
            facts: Vec::new(),
            attempts: None,
            at: None,
            done_at: None,
            duration_seconds: None,
        };
        let nodes = vec![
            node("company", &[]),
            node("ceo", &["company"]),
            node("cfo", &["company"]),
            node("search for the ceo", &["ceo"]),
            node("search for the cfo", &["cfo", "company"]),
            node("stray", &["unknown"]),
        ];
        let order: Vec<(usize, String)> = tree(nodes)
            .into_iter()
            .map(|(depth, node)| (depth, node.key))
            .collect();
        let order: Vec<(usize, &str)> = order.iter().map(|(n, key)| (*n, key.as_str())).collect();
        assert_eq!(
            order,
            [
                (0, "company"),
                (1, "ceo"),
                (2, "search for the ceo"),
                (1, "cfo"),
                (2, "search for the cfo"),
                (0, "stray"),
            ]
        );
    }
}
