//! `server lineage`: the graph of a record as a tree.

use std::collections::HashSet;

use domain::{
    format::duration,
    lineage::LineageKey,
    model::lineage::{Lineage, LineageNode},
};

use super::table::{plain, time};
use crate::{config::Config, database::Surroundings};

pub(super) async fn show(config: &Config, of: &LineageKey, json: bool) -> anyhow::Result<()> {
    let surroundings = Surroundings::enter(config).await?;
    let read = async {
        let engine = surroundings.start_engine().await?;
        let lineage = engine.lineage(of).await?;
        engine.close().await;
        anyhow::Ok(lineage)
    };
    let read = read.await;
    surroundings.leave().await?;
    let lineage = read?;
    if json {
        println!("{}", serde_json::to_string_pretty(&lineage)?);
    } else {
        print!("{}", tree(&lineage));
    }
    Ok(())
}

/// Each node below what it was made from. The one that was asked for is marked.
fn tree(lineage: &Lineage) -> String {
    let mut text = String::new();
    let mut seen = HashSet::new();
    let roots = lineage.nodes.iter().filter(|node| node.input.is_empty());
    // Nodes in a circle, which only hands can make, are under no root.
    for node in roots.chain(&lineage.nodes) {
        branch(lineage, node, "", "", &mut seen, &mut text);
    }
    if lineage.truncated {
        text.push_str("There are more events than are shown.\n");
    }
    text.push_str(&format!("Correlation id {}\n", lineage.correlation_id));
    text
}

fn branch<'a>(
    lineage: &'a Lineage,
    node: &'a LineageNode,
    first: &str,
    rest: &str,
    seen: &mut HashSet<&'a str>,
    text: &mut String,
) {
    if !seen.insert(&node.key) {
        return;
    }
    let mark = if node.key == lineage.asked {
        "  ◀"
    } else {
        ""
    };
    text.push_str(&format!("{first}{}{mark}\n", line(node)));
    let children: Vec<&LineageNode> = node
        .output
        .iter()
        .filter_map(|key| lineage.node(key))
        .collect();
    for (place, child) in children.iter().enumerate() {
        let (corner, beside) = if place + 1 == children.len() {
            ("└─ ", "   ")
        } else {
            ("├─ ", "│  ")
        };
        branch(
            lineage,
            child,
            &format!("{rest}{corner}"),
            &format!("{rest}{beside}"),
            seen,
            text,
        );
    }
}

fn line(node: &LineageNode) -> String {
    let tried = node.attempts.map(|attempts| match attempts {
        1 => "1 attempt".to_owned(),
        n => format!("{n} attempts"),
    });
    let facts = node
        .facts
        .iter()
        .map(|(label, value)| format!("{label} {value}"));
    let known: Vec<String> = [
        node.status.clone(),
        tried,
        node.duration_seconds.map(duration),
        node.at.map(time),
    ]
    .into_iter()
    .flatten()
    .chain(facts)
    .collect();
    plain(&format!(
        "{} {}  {}",
        node.key,
        node.title,
        known.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use domain::model::lineage::NodeKind;

    use super::*;

    fn node(key: &str, input: &[&str], output: &[&str]) -> LineageNode {
        LineageNode {
            key: key.into(),
            kind: NodeKind::Event,
            id: String::new(),
            title: "t".into(),
            input: input.iter().map(ToString::to_string).collect(),
            output: output.iter().map(ToString::to_string).collect(),
            status: Some("done".into()),
            facts: Vec::new(),
            attempts: None,
            at: None,
            done_at: None,
            duration_seconds: None,
        }
    }

    #[test]
    fn nodes_stand_below_what_they_were_made_from_and_circles_end() {
        let lineage = Lineage {
            correlation_id: "c".into(),
            asked: "d".into(),
            nodes: vec![
                node("a", &[], &["b", "c"]),
                node("b", &["a"], &["d"]),
                node("c", &["a"], &[]),
                node("d", &["b"], &[]),
                node("x", &["y"], &["y"]),
                node("y", &["x"], &["x"]),
            ],
            truncated: false,
        };
        let expected = "a t  done\n├─ b t  done\n│  └─ d t  done  ◀\n└─ c t  done\nx t  done\n└─ y t  done\nCorrelation id c\n";
        assert_eq!(tree(&lineage), expected);
    }
}
