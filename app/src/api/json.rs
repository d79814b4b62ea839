//! How server functions speak: JSON, read as text.
//!
//! Everything else that the browser reads as JSON (resources in the page, live messages) is text too. One kind of
//! reader for all saves the second copy of each type's parser that leptos' own codec, which reads bytes, would bring.

use serde::{Serialize, de::DeserializeOwned};
use server_fn::{Bytes, ContentType, Decodes, Encodes, Format, FormatType, codec::Post};

pub struct JsonText;

pub type Json = Post<JsonText>;

impl ContentType for JsonText {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for JsonText {
    const FORMAT_TYPE: Format = Format::Text;
}

impl<T: Serialize> Encodes<T> for JsonText {
    type Error = serde_json::Error;

    fn encode(value: &T) -> Result<Bytes, Self::Error> {
        serde_json::to_string(value).map(Bytes::from)
    }
}

impl<T: DeserializeOwned> Decodes<T> for JsonText {
    type Error = serde_json::Error;

    fn decode(bytes: Bytes) -> Result<T, Self::Error> {
        // What is no text becomes a text that is no JSON, or carries the replacement character.
        serde_json::from_str(&String::from_utf8_lossy(&bytes))
    }
}
