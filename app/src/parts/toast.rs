//! Messages in the corner of the window: what was done, for a few seconds, with the way to take it back.

use std::{sync::Arc, time::Duration};

use leptos::{ev, prelude::*};

use crate::{
    browser,
    parts::{
        announce::Announcer,
        icon::{CLOSE, icon},
        rows::rows,
    },
    problem::Problem,
};

/// More at once would cover the page; the others wait for their turn.
const ON_SCREEN: usize = 3;
/// Seconds that a message stays, beside those in which somebody is at one of them.
const STAY: u32 = 8;
const SECOND: Duration = Duration::from_secs(1);

/// While pointer or focus is here nothing moves: somebody reads, or is about to press.
const ATTENDED: &str = ".toast-queue:is(:hover, :focus-within)";

type Act = Arc<dyn Fn() + Send + Sync>;

/// One message, with at most one thing to do about it and one place to go to.
#[derive(Clone)]
pub(crate) struct Toast {
    text: String,
    bad: bool,
    act: Option<(&'static str, Act)>,
    link: Option<(&'static str, String)>,
}

impl Toast {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            bad: false,
            act: None,
            link: None,
        }
    }

    /// What was wanted and did not happen, and why.
    pub(crate) fn failed(what: &str, problem: &Problem) -> Self {
        Self {
            bad: true,
            ..Self::new(format!("{what}: {}. {}", problem.title, problem.detail))
        }
    }

    /// A button that takes the message away and calls this.
    pub(crate) fn act(
        mut self,
        text: &'static str,
        act: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        self.act = Some((text, Arc::new(act)));
        self
    }

    pub(crate) fn link(mut self, text: &'static str, href: String) -> Self {
        self.link = Some((text, href));
        self
    }
}

/// The page's messages. They outlive the dialog or page that they come from.
#[derive(Clone, Copy)]
pub(crate) struct Toasts {
    queue: RwSignal<Queue>,
    announcer: Announcer,
}

impl Toasts {
    /// Needs the [`Announcer`].
    pub(crate) fn provide() {
        provide_context(Self {
            queue: RwSignal::new(Queue::default()),
            announcer: Announcer::expect(),
        });
    }

    pub(crate) fn expect() -> Self {
        expect_context()
    }

    /// Shows a message and says it. The keyboard stays where it is; `u` leads to what can be done about it.
    pub(crate) fn push(self, toast: Toast) {
        let way = toast.act.as_ref();
        let way = way.map(|(text, _)| format!(". {text}: press u, then Enter"));
        self.announcer
            .say(format!("{}{}", toast.text, way.unwrap_or_default()));
        self.queue.update(|queue| queue.push(toast));
    }

    fn close(self, id: u64) {
        self.queue.update(|queue| queue.close(id));
        // After the message is gone, and with it what had the focus: on to what comes next on the page.
        request_animation_frame(|| {
            if !browser::is_within("body *") {
                browser::focus("#console");
            }
        });
    }

    fn tick(self) {
        if !browser::hidden() && !browser::has(ATTENDED) {
            self.queue.maybe_update(Queue::tick);
        }
    }
}

/// The messages on the page, the newest last.
#[component]
pub(crate) fn ToastQueue() -> impl IntoView {
    let toasts = Toasts::expect();
    let any = Memo::new(move |_| toasts.queue.with(|queue| !queue.kept.is_empty()));
    Effect::new(move || {
        if any.get()
            && let Ok(timer) = set_interval_with_handle(move || toasts.tick(), SECOND)
        {
            on_cleanup(move || timer.clear());
        }
    });
    let shown = move || {
        let shown = toasts.queue.with(Queue::shown);
        rows(
            shown,
            |(id, _)| id.to_string(),
            move |(id, toast)| show(toast, move || toasts.close(id)),
        )
    };
    view! { <div class="toast-queue">{shown}</div> }
}

/// One message; `close` takes it away.
pub(crate) fn show(toast: Toast, close: impl Fn() + Copy + 'static) -> AnyView {
    let escape = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" {
            event.prevent_default();
            close();
        }
    };
    let act = toast.act.map(|(text, act)| {
        let press = move |_| {
            close();
            act();
        };
        view! { <button class="btn" data-key="u" on:click=press>{text}</button> }
    });
    let link = toast
        .link
        .map(|(text, href)| view! { <a href=href on:click=move |_| close()>{text}</a> });
    view! {
        <div class="toast" class:bad=toast.bad on:keydown=escape>
            <p>{toast.text}</p>
            {act}
            {link}
            <button class="btn quiet icon-only" aria-label="Close the message" on:click=move |_| close()>{icon(CLOSE)}</button>
        </div>
    }
    .into_any()
}

#[derive(Clone, Default)]
struct Queue {
    /// The first ones are on the screen.
    kept: Vec<Kept>,
    last_id: u64,
}

#[derive(Clone)]
struct Kept {
    id: u64,
    seconds_left: u32,
    toast: Toast,
}

impl Queue {
    fn push(&mut self, toast: Toast) {
        self.last_id += 1;
        self.kept.push(Kept {
            id: self.last_id,
            seconds_left: STAY,
            toast,
        });
    }

    fn close(&mut self, id: u64) {
        self.kept.retain(|kept| kept.id != id);
    }

    fn shown(&self) -> Vec<(u64, Toast)> {
        let shown = self.kept.iter().take(ON_SCREEN);
        shown.map(|kept| (kept.id, kept.toast.clone())).collect()
    }

    /// A second has passed for those on the screen. Whether one of them goes.
    fn tick(&mut self) -> bool {
        for kept in self.kept.iter_mut().take(ON_SCREEN) {
            kept.seconds_left = kept.seconds_left.saturating_sub(1);
        }
        let before = self.kept.len();
        self.kept.retain(|kept| kept.seconds_left > 0);
        self.kept.len() < before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(queue: &Queue) -> Vec<String> {
        queue
            .shown()
            .into_iter()
            .map(|(_, toast)| toast.text)
            .collect()
    }

    #[test]
    fn three_are_shown_and_the_next_one_has_its_full_time() {
        let mut queue = Queue::default();
        for text in ["a", "b", "c", "d"] {
            queue.push(Toast::new(text));
        }
        assert_eq!(texts(&queue), ["a", "b", "c"]);
        queue.close(2);
        assert_eq!(texts(&queue), ["a", "c", "d"]);
        queue.push(Toast::new("e"));
        for second in 1..STAY {
            assert!(!queue.tick(), "{second}");
        }
        assert!(queue.tick());
        assert_eq!(texts(&queue), ["e"]);
        for second in 1..STAY {
            assert!(!queue.tick(), "{second}");
        }
        assert!(queue.tick());
        assert_eq!(texts(&queue), [] as [String; 0]);
    }
}
