//! The deliveries to one webhook.

use domain::{
    format::count,
    model::{
        Page,
        live::Topic,
        webhook::{DeliveryFilter, DeliveryQuery, DeliveryRow, DeliveryStatus},
    },
    role::Permission,
};
use leptos::prelude::*;

use crate::{
    api::webhooks::{deliver_again, webhook_deliveries},
    live::Live,
    parts::{
        ask::{Question, ask_button},
        badge::{Tone, badge},
        export::ExportLink,
        filter::{SearchField, Select, fixed, unread},
        loaded::Loaded,
        notice::Empty,
        pager::{Pager, counted},
        rows::rows,
        table::table,
        time,
    },
    problem::Problem,
    query::{DELIVERY_READERS, carry, delivery_filter, event_path, use_query, webhook_path},
};

#[component]
pub(super) fn Deliveries(
    /// Of the webhook, as it stands in the path.
    id: Memo<String>,
) -> impl IntoView {
    let live = Live::expect();
    let params = use_query();
    let query = Memo::new(move |_| DeliveryQuery {
        webhook: id.read().parse().unwrap_or_default(),
        filter: delivery_filter(&params.read()),
        cursor: params
            .read()
            .get("after")
            .filter(|cursor| !cursor.is_empty()),
    });
    let page = live.resource(
        &[Topic::Settings, Topic::Pipeline],
        move || (query.get(), live.tick()),
        async |(query, _): (DeliveryQuery, u64)| {
            let page = webhook_deliveries(query.clone()).await?;
            Ok::<_, Problem>((query, page))
        },
    );
    let statuses = fixed(DeliveryStatus::ALL.map(|status| (status.name(), status.title())));
    let spans = fixed([("1h", "an hour"), ("24h", "24 hours"), ("7d", "7 days")]);
    let again = move || {
        let webhook = query.get().webhook;
        let question = Question::new(
            "Deliver again what was given up",
            "Every delivery of this webhook that was given up is sent again, as one that was never tried. The receiver can tell an event that it has by its id.",
            "Deliver again",
            move |_| async move {
                let n = deliver_again(webhook, None).await?;
                Ok(format!("{} deliveries are sent again", count(n as i64)))
            },
        );
        ask_button(
            "Deliver again…",
            "Deliver again what was given up".to_owned(),
            Permission::Edit,
            question,
        )
    };
    view! {
        <section class="filtered">
            <div class="company-head">
                <h2>"Deliveries"</h2>
                <span class="grow"></span>
                <span class="row">
                    {again}
                    <ExportLink table="webhook-deliveries" needs=Permission::Edit of=("webhook", id) />
                </span>
            </div>
            <div class="filters">
                <Select label="State" name="status" cursor="after" any="any state" choices=statuses />
                <SearchField label="Event type" name="type" cursor="after" />
                <Select label="Within" name="newer" cursor="after" any="any time" choices=spans />
            </div>
            {unread(&DELIVERY_READERS)}
            <Loaded resource=page view=|(query, page)| list(&query, page) />
        </section>
    }
}

fn list(query: &DeliveryQuery, page: Page<DeliveryRow>) -> AnyView {
    if page.rows.is_empty() {
        return nothing(query);
    }
    let headings = vec![
        ("Event", ""),
        ("Made", ""),
        ("State", ""),
        ("Attempts", "n"),
        ("Last attempt", ""),
        ("Took", "n"),
        ("Answer", ""),
        ("Next attempt", ""),
        ("", ""),
    ];
    let webhook = query.webhook;
    let body = rows(
        page.rows,
        |row| format!("{row:?}"),
        move |row| line(webhook, row),
    );
    view! {
        <p class="list-count">{counted(page.count, "delivery", "deliveries")}</p>
        {table("Deliveries", headings, body)}
        <Pager label="Pages of deliveries" next=page.next />
    }
    .into_any()
}

fn line(webhook: i64, row: DeliveryRow) -> AnyView {
    let name = format!("{} {}", row.event_id, row.event_type);
    let event = if row.is_test {
        view! { {name} " " {badge(Tone::Info, "test")} }.into_any()
    } else {
        let href = carry(&event_path(row.event_id), &use_query().get_untracked());
        view! { <a href=href>{name}</a> }.into_any()
    };
    let tone = match row.status {
        DeliveryStatus::Delivered => Tone::Good,
        DeliveryStatus::Pending => Tone::Quiet,
        DeliveryStatus::Failed => Tone::Warning,
        DeliveryStatus::Dead => Tone::Bad,
    };
    let took = row
        .duration_ms
        .map(|took| format!("{} ms", count(took.into())));
    view! {
        <tr data-event=row.event_id>
            <th scope="row" data-label="Event" class="mono"><div>{event}</div></th>
            <td data-label="Made" class="nowrap">{time::stamp(row.made_at)}</td>
            <td data-label="State">{badge(tone, row.status.title())}</td>
            <td data-label="Attempts" class="n">{row.attempts}</td>
            <td data-label="Last attempt" class="nowrap">{row.tried_at.map(time::stamp)}</td>
            <td data-label="Took" class="n">{took}</td>
            <td data-label="Answer" class="message"><div>{answer(&row)}</div></td>
            <td data-label="Next attempt" class="nowrap">{row.next_attempt_at.map(time::stamp)}</td>
            <td class="row-actions">{(!row.is_test).then(|| again(webhook, row.event_id))}</td>
        </tr>
    }
    .into_any()
}

/// The error, or the status; what the receiver wrote for whoever wants to see it.
fn answer(row: &DeliveryRow) -> AnyView {
    let status = row.http_status.map(|status| status.to_string());
    let told = row.error.clone().or(status);
    let text = row.answer.clone().map(|text| {
        view! {
            <details>
                <summary>"Show"</summary>
                <pre class="json" tabindex="0" role="region" aria-label="Answer">{text}</pre>
            </details>
        }
    });
    view! { {told} {text} }.into_any()
}

fn again(webhook: i64, event: i64) -> Option<AnyView> {
    let title = format!("Deliver event {event} again");
    let question = Question::new(
        title.clone(),
        "It is sent again, whatever became of it, and its attempts are counted anew. The receiver can tell an event that it has by its id.",
        "Deliver again",
        move |_| async move {
            deliver_again(webhook, Some(event)).await?;
            Ok(format!("Event {event} is sent again"))
        },
    );
    ask_button("Again…", title, Permission::Edit, question)
}

fn nothing(query: &DeliveryQuery) -> AnyView {
    if query.filter == DeliveryFilter::default() && query.cursor.is_none() {
        return view! {
            <Empty
                title="Nothing was sent yet"
                detail="The next event of the pipeline that it wants is sent within a second or two. Send a test event to see at once whether the receiver answers."
            />
        }
        .into_any();
    }
    let all = webhook_path(query.webhook, &DeliveryFilter::default());
    view! {
        <Empty title="No delivery matches" detail="Try another state, event type or time.">
            <a class="btn" href=all>"Show all deliveries"</a>
        </Empty>
    }
    .into_any()
}
