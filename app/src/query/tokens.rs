//! The filter of the list of tokens, from the query string.

use domain::model::token::{TokenQuery, TokenState};

use super::{Params, readers::Readers};

pub static TOKEN_READERS: Readers =
    Readers::of(&[("state", |text| TokenState::parse(text).is_some())]);

/// What cannot be read is no filter; see [`TOKEN_READERS`].
pub fn token_query(params: &Params) -> TokenQuery {
    TokenQuery {
        state: params.get_str("state").and_then(TokenState::parse),
        cursor: params.get("after").filter(|cursor| !cursor.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_read_from_the_url() {
        let of = |query: &str| token_query(&Params::parse(query));
        for state in TokenState::ALL {
            let read = of(&format!("state={}&after=7", state.name()));
            assert_eq!(
                (read.state, read.cursor.as_deref()),
                (Some(state), Some("7"))
            );
        }
        assert_eq!(of("state=lost&after="), TokenQuery::default());
        assert!(TOKEN_READERS.unread(&Params::parse("state=lost")).is_some());
    }
}
