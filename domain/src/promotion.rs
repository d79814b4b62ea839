//! The second stage's rule: how complete a company's record is.

/// Data quality score, 0 to 100: website 30, LinkedIn 30, phone 20, industry 20.
pub const fn quality_score(website: bool, linkedin: bool, phone: bool, industry: bool) -> u8 {
    30 * website as u8 + 30 * linkedin as u8 + 20 * phone as u8 + 20 * industry as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_up_the_parts() {
        assert_eq!(quality_score(false, false, false, false), 0);
        assert_eq!(quality_score(true, false, false, false), 30);
        assert_eq!(quality_score(false, true, false, false), 30);
        assert_eq!(quality_score(false, false, true, false), 20);
        assert_eq!(quality_score(false, false, false, true), 20);
        assert_eq!(quality_score(true, true, true, true), 100);
    }
}
