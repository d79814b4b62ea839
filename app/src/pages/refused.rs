//! Where a sign-in at the provider came to nothing, with the reason and the way on.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    mode::{self, Refused},
    query::sign_in_path,
};

#[component]
pub(crate) fn RefusedPage() -> impl IntoView {
    // Without a reason somebody came here by other ways than the provider's.
    let Refused { title, detail } = mode::refused().unwrap_or_else(|| Refused {
        title: "Nothing to see here".to_owned(),
        detail: "This address is for the sign-in provider alone.".to_owned(),
    });
    view! {
        <Title text="Not signed in" />
        <main id="main" class="alone">
            <div class="card sign-in">
                <h1>{title}</h1>
                <p role="alert">{detail}</p>
                <a class="btn primary" href=sign_in_path("") rel="external">"Back to the sign-in"</a>
            </div>
        </main>
    }
}
