//! Colours, sizes and times by name, as the style sheet says them.

use leptos::prelude::*;

use super::{
    sheet::{Token, lowest, scale, tokens as all},
    states, wide,
};
use crate::parts::table::table;

/// What text and marks stand on.
const GROUNDS: [&str; 8] = [
    "--bg",
    "--surface",
    "--raised",
    "--hover",
    "--ok-bg",
    "--warn-bg",
    "--err-bg",
    "--info-bg",
];
/// What fields stand on.
const SURFACES: [&str; 3] = ["--bg", "--surface", "--raised"];
/// WCAG 2, level AA: text, and the edges of what one works with.
const TEXT: f64 = 4.5;
const EDGE: f64 = 3.0;
/// A colour, what it stands on, and the contrast that this asks for.
type Pair = (&'static str, &'static [&'static str], f64);
const PAIRS: [Pair; 10] = [
    ("--text", &GROUNDS, TEXT),
    ("--muted", &GROUNDS, TEXT),
    ("--faint", &GROUNDS, TEXT),
    ("--ok", &GROUNDS, TEXT),
    ("--warn", &GROUNDS, TEXT),
    ("--err", &GROUNDS, TEXT),
    ("--info", &GROUNDS, TEXT),
    ("--text-hover", &SURFACES, TEXT),
    ("--field", &SURFACES, EDGE),
    ("--focus", &GROUNDS, EDGE),
];

pub(super) fn tokens() -> AnyView {
    let colours = all().into_iter().filter(|token| token.colours().is_some());
    let corners = all()
        .into_iter()
        .filter(|token| token.name == "--r" || token.name.starts_with("--r-"));
    view! {
        {wide("Colours", view! { <ul class="swatches">{colours.map(swatch).collect_view()}</ul> })}
        {wide("Contrast", contrasts())}
        {states("Type", scale("t").into_iter().map(size).collect_view())}
        {wide("Text", text())}
        {states("Space", scale("s").into_iter().map(space).collect_view())}
        {states("Corners", corners.map(corner).collect_view())}
        {states("Shadows", shadows())}
        {wide("Motion", motion())}
    }
    .into_any()
}

fn swatch(token: Token) -> AnyView {
    let [light, dark] = token.themes();
    let value = if light == dark {
        light.to_owned()
    } else {
        format!("{light} · {dark}")
    };
    view! {
        <li>
            <svg class="swatch" viewBox="0 0 40 40" width="40" height="40" aria-hidden="true">
                <rect x="0.5" y="0.5" width="39" height="39" rx="6" fill=variable(token) />
            </svg>
            <span>
                <code>{token.name}</code>
                <br />
                <span class="muted small-text">{value}</span>
            </span>
        </li>
    }
    .into_any()
}

fn variable(token: Token) -> String {
    format!("var({})", token.name)
}

fn contrasts() -> AnyView {
    let headings = vec![
        ("Colour", ""),
        ("Stands on", ""),
        ("Asked for", "n"),
        ("Lowest, light", "n"),
        ("Lowest, dark", "n"),
    ];
    let line = |(name, grounds, asked): Pair| {
        let [light, dark] = lowest(name, grounds).map(shown);
        view! {
            <tr>
                <th scope="row" data-label="Colour" class="mono">{name}</th>
                <td data-label="Stands on">{grounds.join(", ")}</td>
                <td data-label="Asked for" class="n">{asked.to_string()}</td>
                <td data-label="Lowest, light" class="n">{light}</td>
                <td data-label="Lowest, dark" class="n">{dark}</td>
            </tr>
        }
    };
    let body = PAIRS.map(line).collect_view().into_any();
    table("Contrast of colours", headings, body)
}

/// Rounded down: what misses its aim never reads as if it met it.
fn shown(contrast: f64) -> String {
    format!("{:.1}", (contrast * 10.0).floor() / 10.0)
}

fn size(token: Token) -> AnyView {
    view! {
        <div class="measure">
            <svg viewBox="0 0 64 36" width="64" height="36" aria-hidden="true">
                <text class="letters" y="28" font-size=token.value>"Aa 12"</text>
            </svg>
            {named(token)}
        </div>
    }
    .into_any()
}

fn space(token: Token) -> AnyView {
    let width = token.pixels().unwrap_or_default().to_string();
    view! {
        <div class="measure">
            <svg viewBox="0 0 24 16" width="24" height="16" aria-hidden="true">
                <rect class="ink" width=width height="16" />
            </svg>
            {named(token)}
        </div>
    }
    .into_any()
}

fn corner(token: Token) -> AnyView {
    // A half circle is as round as it gets.
    let radius = token.pixels().unwrap_or_default().min(20).to_string();
    view! {
        <div class="measure">
            <svg class="swatch" viewBox="0 0 64 40" width="64" height="40" aria-hidden="true">
                <rect x="0.5" y="0.5" width="63" height="39" rx=radius fill="var(--hover)" />
            </svg>
            {named(token)}
        </div>
    }
    .into_any()
}

fn named(token: Token) -> AnyView {
    view! {
        <p>
            <code>{token.name}</code>
            " "
            <span class="muted small-text">{token.value}</span>
        </p>
    }
    .into_any()
}

fn shadows() -> AnyView {
    view! {
        <p class="lifted low"><code>"--shadow"</code></p>
        <p class="lifted up"><code>"--shadow-up"</code></p>
        <p class="lifted high"><code>"--shadow-high"</code></p>
    }
    .into_any()
}

fn text() -> AnyView {
    view! {
        <p>"Text of a page, with " <a href="#tokens" rel="external">"a link"</a> ", " <b>"a word that counts"</b> " and " <code>"a name of code"</code> "."</p>
        <p class="muted">"Text beside it, which explains."</p>
        <p class="muted small-text">"Small text below a figure."</p>
        <p class="bad">"Text about something that went wrong."</p>
        <p><span class="figure">"12,480"</span> " a figure, " <span class="mono">"04.04.01.84.00001.001"</span> " an id, " <kbd>"Ctrl"</kbd> " " <kbd>"K"</kbd> " keys"</p>
        <p class="clip">"A name that is longer than its column ends where the column does, and says so"</p>
    }
    .into_any()
}

fn motion() -> AnyView {
    let time = all().into_iter().find(|token| token.name == "--fast");
    let time = time.map(|token| token.value).unwrap_or_default();
    view! {
        <p>
            "Only the ground of a button or an entry of the menu and the console's arrow move, for " <code>"--fast"</code> " (" {time}
            "), and not at all where the system asks for less motion."
        </p>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_is_read_easily_on_what_it_stands_on_in_both_themes() {
        for (name, grounds, asked) in PAIRS {
            for found in lowest(name, grounds) {
                assert!(found >= asked, "{name}: {found:.2} of {asked}");
            }
        }
    }

    #[test]
    fn contrasts_are_not_rounded_up() {
        assert_eq!(shown(4.49), "4.4");
        assert_eq!(shown(21.0), "21.0");
    }
}
