//! The texts of the help: what each page is for, and what to do when something looks wrong. Only the server holds them.

use crate::model::help::HelpTopic;

struct Topic {
    /// The first part of the page's path; "overview" for `/`.
    page: &'static str,
    title: &'static str,
    short: &'static str,
    more: &'static [&'static str],
}

const TOPICS: &[Topic] = &[
    Topic {
        page: "overview",
        title: "Overview",
        short: "The four phases at a glance, and below them the chosen one with its pipeline, queue, health and newest events. All figures follow by themselves. When one looks wrong, click it: it leads to the list that it was counted from.",
        more: &[
            "A dash in place of a figure means that nothing was measured, and its tooltip says why; a zero was counted.",
            "When nothing moves, look for the banner that says what is paused, then at Workers: without a living worker events only wait.",
        ],
    },
    Topic {
        page: "trends",
        title: "Trends",
        short: "How much was processed, how fast and how often it failed, over hours or days. Drag across a chart to look at a part of the time. When failures rise at one moment, open Errors for the causes that appeared then.",
        more: &[],
    },
    Topic {
        page: "companies",
        title: "Companies",
        short: "Every imported row and how far it has come. Search by name, domain or id, and open a company for its slots, people, scores and events. A row that was rejected says why; correct it in the file and import that again.",
        more: &[
            "A company that stands still for long has an event that waits or failed: “Lineage” on its page shows which. “Replay” takes the record through the pipeline again from a stage on.",
        ],
    },
    Topic {
        page: "contacts",
        title: "Contacts",
        short: "Everybody who was looked for in a company's slots, found or not, and what is known of their address. Filter for people without a verified address to see what is left to do. A person who was not found is no error; a provider that failed is, and stands among the errors.",
        more: &[],
    },
    Topic {
        page: "imports",
        title: "Imports",
        short: "Files on their way in, and those that are done. Drop a CSV file, check the guessed columns, and start. When an import failed or was cancelled, import the same file again: it goes on where it was.",
        more: &[
            "Rows that cannot be read are kept with their reason, and so are duplicates; the report of every row can be exported from the import's page.",
            "A batch can be paused: its events wait, while others go on.",
        ],
    },
    Topic {
        page: "errors",
        title: "Errors",
        short: "Errors of one cause are one group, so that a thousand failures of one outage are one thing to deal with. Mend the cause first, then retry the group; what succeeds is resolved by it. Resolve what needs no retry, and ignore what you know of, until a time or a number.",
        more: &[
            "“Regressed” means that the group was resolved and an error of it has come since.",
            "The console at the bottom of every page lists the single errors. A resolved error can be reopened from the message that says so, for as long as that is shown.",
        ],
    },
    Topic {
        page: "events",
        title: "Events",
        short: "Every event of the pipeline: what happened, when, and what became of it. Filter, choose events, and retry, cancel or requeue them; a preview says what would be touched. An event that is processing for very long is taken back by itself when its worker has died.",
        more: &[
            "Most actions can be undone as long as their events have not moved on: see Actions.",
        ],
    },
    Topic {
        page: "runs",
        title: "Runs",
        short: "Every run of a workflow: when, how long, and how it ended. The figures of the cards, of workflow health and of Trends count these rows and lead here. Filter for what failed or timed out, and read its message; the event of a run has the attempts before and after it.",
        more: &[
            "A run without an event was made by a workflow outside. Runs are deleted with their event, and those without one after 90 days, unless System says otherwise.",
        ],
    },
    Topic {
        page: "lineage",
        title: "Lineage",
        short: "The chain of a record from the line of a file to the last effect, and back. Search for an event, a company or an address. Where the chain ends early, the last event says why: it waits, failed, or is a dead letter.",
        more: &[],
    },
    Topic {
        page: "dead-letters",
        title: "Dead letters",
        short: "Events that nothing tries again by itself, each with its reason. Mend the reason, then retry or requeue them. Where the outcome of a call is unknown, decide: say whether it happened before anything is repeated.",
        more: &[],
    },
    Topic {
        page: "actions",
        title: "Actions",
        short: "What people did to many events at once, with its progress and its end. A running action can be stopped: what was done stays. An ended one can be undone as far as its events have not moved on.",
        more: &[],
    },
    Topic {
        page: "reports",
        title: "Reports",
        short: "The figures and errors of one phase on a page that is made for paper or PDF. Print it, or save it as a file from the dialog of the browser. The figures are those of the time at its top.",
        more: &[
            "An error is of the phase of its event type, and a workflow of the phase that its runs name, or else of the one that its name tells. What belongs to no phase stands at the end of every report.",
        ],
    },
    Topic {
        page: "stages",
        title: "Stages",
        short: "The settings of each stage: how many events at once, how often to try, how long to wait. Pausing a stage lets its events wait; nothing is lost. When a provider complains of too many calls, lower the number at once or raise the delay.",
        more: &[
            "A stage that is “left to n8n” has no work done here: a workflow outside takes its events.",
        ],
    },
    Topic {
        page: "schedules",
        title: "Schedules",
        short: "Work that is done by the clock, with its last runs and the next one. A run that failed says why and is tried at its next time; “Run now” does not wait for that. A paused schedule does nothing until it is resumed.",
        more: &[],
    },
    Topic {
        page: "workers",
        title: "Workers",
        short: "The processes that work on the queue, by their heartbeat. A silent one's events go to another within five seconds. When none is alive, start a server or a worker; the events wait until then.",
        more: &[],
    },
    Topic {
        page: "audit",
        title: "Audit log",
        short: "Who did what, when, from where, and what it was before. Nobody can change an entry. When a setting surprises you, filter by its name to find who changed it.",
        more: &[],
    },
    Topic {
        page: "users",
        title: "Users",
        short: "Who may sign in, and in which role. Viewers read, operators import and repair, admins change settings. When somebody leaves, disable them: all of their sessions end at once.",
        more: &[
            "People who sign in by OpenID Connect get their role from their groups at the provider, anew with each sign-in. Invite somebody under their e-mail address beforehand, and the account becomes theirs when the provider has verified that address.",
        ],
    },
    Topic {
        page: "tokens",
        title: "Tokens",
        short: "Programs act here with tokens of their own, each with a role and an end. A token is shown once, when it is made. When one may have leaked, end it: the next request with it is refused.",
        more: &[],
    },
    Topic {
        page: "webhooks",
        title: "Webhooks",
        short: "Programs such as n8n get the events of the pipeline at an address of theirs, each signed with a secret that is shown once. What is not received is sent again for about an hour, then given up until you have it delivered again. When a webhook is paused, mend its receiver, send a test event, and resume it.",
        more: &[
            "An event may come twice, and not always in its order: its id, which is also the header x-idempotency-key, tells a receiver that it has it already.",
            "Addresses of this machine and of private networks are refused unless whoever runs the server allows them.",
        ],
    },
    Topic {
        page: "system",
        title: "System",
        short: "What runs here, how large it has become and how it is set up; secrets are not shown. When a table grows without end, shorten how long it is kept: what goes is said before. When live updates stay away, look at the connection that listens.",
        more: &[],
    },
    Topic {
        page: "account",
        title: "Account",
        short: "Your name and role, your password, your sign-ins and the time zone of what you read. When you see a sign-in that was not yours, change the password: every other session ends with it. Another role is given by an admin.",
        more: &[],
    },
    Topic {
        page: "styleguide",
        title: "Style guide",
        short: "Every component in every state, with invented values. Nothing here changes data. When a page looks wrong, compare it with its component here.",
        more: &[],
    },
];

/// What is said of one page, or of all; empty for a name that is none.
pub fn topics(page: Option<&str>) -> Vec<HelpTopic> {
    TOPICS
        .iter()
        .filter(|topic| page.is_none_or(|page| page == topic.page))
        .map(|topic| HelpTopic {
            page: topic.page.to_owned(),
            title: topic.title.to_owned(),
            short: topic.short.to_owned(),
            more: topic.more.iter().map(|text| (*text).to_owned()).collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_explained_in_two_to_four_sentences() {
        for topic in topics(None) {
            let sentences = topic.short.matches(['.', '?']).count();
            assert!((2..=4).contains(&sentences), "{}: {sentences}", topic.page);
        }
        assert_eq!(topics(Some("errors")).len(), 1);
        assert_eq!(topics(Some("nobody")), []);
    }
}
