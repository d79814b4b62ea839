//! The browser's entry: takes over the page that the server rendered.

// Pages are one type each, as deep as their markup.
#![recursion_limit = "512"]

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
pub async fn hydrate() {
    if app::fetched().await {
        app::hydrate().await;
    }
}
