//! The top of a page: title, state of the connection, search, the page's actions, theme and user.

use leptos::{ev, prelude::*};
use leptos_meta::Title;
use leptos_router::hooks::{use_location, use_navigate};

use crate::{
    browser,
    hydration::Apart,
    live::{Connection, Live},
    parts::{
        announce::Announcer,
        help::PageHelp,
        icon::{MENU, MOON, PAUSE, PLAY, REFRESH, SUN, USER, icon},
        paused::PauseBanner,
        tour::tour_button,
        views::ViewsMenu,
    },
    query::{self, carry, use_query},
    routes::HELP,
    session,
};

#[component]
pub(crate) fn PageHeader(
    #[prop(into)] title: String,
    #[prop(into)] subtitle: String,
    /// Pages with a search of their own leave out the one for companies.
    #[prop(optional)]
    own_search: bool,
    /// The path of a page of which views may be kept.
    #[prop(default = "")]
    views: &'static str,
    /// The page's actions.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <Title text=title.clone() />
        <Apart>
            <header class="top">
                <button class="btn icon-only menu-button" popovertarget="rail" aria-label="Menu">{icon(MENU)}</button>
                <div class="titles">
                    <h1>{title}</h1>
                    <p>{subtitle}</p>
                </div>
                <span class="grow"></span>
                <ConnectionState />
                <Refreshing />
                {(!views.is_empty()).then(|| view! { <ViewsMenu path=views /> })}
                {(!own_search).then(|| view! { <CompanySearch /> })}
                {children.map(|children| view! { <div class="actions">{children()}</div> })}
                <PageHelp />
                <ThemeToggle />
                <UserMenu />
            </header>
        </Apart>
        <PauseBanner />
    }
}

#[component]
fn ConnectionState() -> impl IntoView {
    let connection = Live::expect().connection;
    let announcer = Announcer::expect();
    Effect::new(move |before: Option<Connection>| {
        let now = connection.get();
        let lost = |state| matches!(state, Connection::Reconnecting | Connection::Offline);
        match before {
            Some(before) if lost(before) && now == Connection::Connected => {
                announcer.say("Connected again")
            }
            Some(before) if !lost(before) && lost(now) => announcer.say("The connection is lost"),
            _ => {}
        }
        now
    });
    let (path, search) = (use_location().pathname, use_location().search);
    let state = move || connection_mark(connection.get());
    let sign_in = move || {
        (connection.get() == Connection::SignedOut).then(|| {
            let search = search.get();
            let glue = if search.is_empty() { "" } else { "?" };
            let next = format!("{}{glue}{search}", path.get());
            view! { <a class="btn primary" href=query::sign_in_path(&next) rel="external">"Sign in"</a> }
        })
    };
    view! { {state} {sign_in} }
}

pub(crate) fn connection_mark(connection: Connection) -> AnyView {
    let (name, text, title) = match connection {
        Connection::Connecting => ("connecting", "Connecting", "Opening the live connection"),
        Connection::Connected => ("connected", "Live", "Changes appear as they happen"),
        Connection::Reconnecting => (
            "reconnecting",
            "Reconnecting",
            "The server does not answer; trying again",
        ),
        Connection::Offline => ("offline", "Offline", "This device has no network"),
        Connection::SignedOut => ("signed-out", "Signed out", "The session has ended"),
    };
    view! { <span class="live" data-connection=name title=title>{text}</span> }.into_any()
}

/// Reads the figures again, and holds them still for whoever wants to look at them for longer.
#[component]
fn Refreshing() -> impl IntoView {
    let live = Live::expect();
    let announcer = Announcer::expect();
    let refresh = move |_| {
        live.refresh();
        announcer.say("Refreshing");
    };
    let toggle = move |_| announcer.say(live.hold_or_follow());
    let state = move || match (live.held.get(), live.behind.get()) {
        (true, true) => "Paused, newer data waits",
        (true, false) => "Paused",
        _ => "",
    };
    view! {
        <span class="refreshing">
            <span class="held">{state}</span>
            <button class="btn quiet icon-only" aria-label="Refresh" title="Read everything again" on:click=refresh>
                {icon(REFRESH)}
            </button>
            <button
                class="btn quiet icon-only"
                aria-label="Pause updates"
                aria-pressed=move || live.held.get().to_string()
                title=move || if live.held.get() { "Follow what happens again" } else { "Hold the figures still" }
                on:click=toggle
            >
                <span class="when-following">{icon(PAUSE)}</span>
                <span class="when-held">{icon(PLAY)}</span>
            </button>
        </span>
    }
}

/// Search for a company from anywhere.
#[component]
fn CompanySearch() -> impl IntoView {
    let navigate = use_navigate();
    let present = use_query();
    let input = NodeRef::<leptos::html::Input>::new();
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Some(input) = input.get() else { return };
        let text = input.value();
        let path = query::link(
            "/companies",
            &Default::default(),
            &[("q", Some(text.trim()))],
        );
        navigate(&carry(&path, &present.read_untracked()), Default::default());
    };
    view! {
        <form class="search header-search" role="search" action="/companies" on:submit=submit>
            <input
                type="search"
                name="q"
                node_ref=input
                placeholder="Search companies"
                aria-label="Search companies"
                data-search="main"
                autocomplete="off"
            />
            <kbd aria-hidden="true">"/"</kbd>
        </form>
    }
}

/// Light or dark; the choice that the system makes anyway is not remembered, so that the page follows it again.
#[component]
fn ThemeToggle() -> impl IntoView {
    let dark = RwSignal::new(false);
    let system = || browser::matches("(prefers-color-scheme: dark)");
    let chosen = || browser::root().and_then(|root| root.get_attribute("data-theme"));
    Effect::new(move || dark.set(chosen().map_or_else(system, |theme| theme == "dark")));
    let toggle = move |_| {
        let next = !chosen().map_or_else(system, |theme| theme == "dark");
        let name = (next != system()).then_some(if next { "dark" } else { "light" });
        browser::mark("data-theme", name);
        browser::remember("theme", name);
        dark.set(next);
    };
    view! {
        <button
            class="btn quiet icon-only theme-toggle"
            aria-label="Dark theme"
            aria-pressed=move || dark.get().to_string()
            title="Switch between light and dark"
            on:click=toggle
        >
            <span class="when-light">{icon(MOON)}</span>
            <span class="when-dark">{icon(SUN)}</span>
        </button>
    }
}

#[component]
fn UserMenu() -> impl IntoView {
    let (name, role) = session::name_and_role();
    let present = use_query();
    let account = move || carry("/account", &present.read());
    let help = move || carry(HELP, &present.read());
    view! {
        <button class="btn quiet user-button" popovertarget="user-menu" aria-label=format!("Account: {name}")>
            {icon(USER)}
            <span class="user-name">{name.clone()}</span>
        </button>
        <div class="menu" id="user-menu" popover="auto">
            <p><b>{name}</b></p>
            <p class="muted">"Role: " {role}</p>
            <p><a href=account>"Your account"</a></p>
            <p><a href=help>"Help"</a></p>
            {tour_button(|| browser::close_popover("user-menu"))}
            <form method="post" action="/session/end">
                <button class="btn" type="submit">"Sign out"</button>
            </form>
        </div>
    }
}
