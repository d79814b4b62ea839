//! How a receiver knows that a message is ours: the scheme in which messages to this server are signed, too.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// 64 hexadecimal digits; they are used as the text that they are.
pub(crate) fn new_secret() -> String {
    crate::store::token_secret::random_digits()
}

/// Lower-case hexadecimal HMAC-SHA256 of `timestamp`, a point and the body. The timestamp is Unix time in milliseconds.
pub(super) fn signature(secret: &str, timestamp: i64, body: &str) -> String {
    // A key of any length will do.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(timestamp.to_string().as_bytes());
    mac.update(b".");
    mac.update(body.as_bytes());
    let bytes = mac.finalize().into_bytes();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_as_the_vectors_of_the_inbound_side_do() {
        let secret = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
        let table = [
            (
                "{\"id\": \"evt_ü\", \"note\": \"snowman ☃\"}",
                "204f03e3f0012dadef0a5d8abca06bb347bfc05d8eccac048387dea5e110a28f",
            ),
            (
                "",
                "df8ee13fef6ed87d2c5be4a996b043d393270e485d2b697df7905306ee802e7e",
            ),
        ];
        for (body, expected) in table {
            assert_eq!(signature(secret, 1_760_097_600_000, body), expected);
        }
        assert_eq!(new_secret().len(), 64);
        assert_ne!(new_secret(), new_secret());
    }
}
