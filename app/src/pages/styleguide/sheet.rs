//! The style sheet's own names, read from the file that the pages are built with, and the contrast between its colours.

const SHEET: &str = include_str!("../../../../style/tokens.css");

/// A variable of the style sheet: `--name`, and its value as it is written there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) name: &'static str,
    pub(super) value: &'static str,
}

/// Red, green and blue, 0 to 255.
type Colour = [u8; 3];

/// All of them, in their order.
pub(super) fn tokens() -> Vec<Token> {
    let block = SHEET
        .split_once("\n:root {")
        .and_then(|(_, rest)| rest.split_once("\n}"))
        .map_or("", |(block, _)| block);
    let declarations = block.split(';').filter_map(|line| {
        let (name, value) = line.trim().split_once(':')?;
        Some(Token {
            name,
            value: value.trim(),
        })
    });
    declarations
        .filter(|token| token.name.starts_with("--"))
        .collect()
}

/// Those whose name is `--`, `stem` and what `rest` allows, such as `--s1` of the stem `s`.
pub(super) fn scale(stem: &str) -> Vec<Token> {
    let of = |name: &str| {
        let rest = name
            .strip_prefix("--")
            .and_then(|name| name.strip_prefix(stem));
        rest.is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit()))
    };
    tokens()
        .into_iter()
        .filter(|token| of(token.name))
        .collect()
}

impl Token {
    /// As the light and as the dark theme write it.
    pub(super) fn themes(self) -> [&'static str; 2] {
        self.value
            .strip_prefix("light-dark(")
            .and_then(|inner| inner.strip_suffix(')'))
            .and_then(|inner| inner.split_once(", "))
            .map_or([self.value; 2], |(light, dark)| [light, dark])
    }

    /// In the light and in the dark theme; nothing where it is no plain colour.
    pub(super) fn colours(self) -> Option<[Colour; 2]> {
        let [light, dark] = self.themes().map(colour);
        Some([light?, dark?])
    }

    /// Pixels; nothing where it is no length.
    pub(super) fn pixels(self) -> Option<u32> {
        self.value.strip_suffix("px")?.parse().ok()
    }
}

/// `#fff` or `#fafbfc`.
fn colour(text: &str) -> Option<Colour> {
    let digits = text.strip_prefix('#')?;
    let number = u32::from_str_radix(digits, 16).ok()?;
    let part = |shift: u32, mask: u32| ((number >> shift) & mask) as u8;
    match digits.len() {
        3 => Some([8, 4, 0].map(|shift| part(shift, 0xf) * 0x11)),
        6 => Some([16, 8, 0].map(|shift| part(shift, 0xff))),
        _ => None,
    }
}

/// How far two colours are apart, 1 to 21, as WCAG 2 reckons it.
pub(super) fn contrast(one: Colour, other: Colour) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn luminance(colour: Colour) -> f64 {
    let [red, green, blue] = colour.map(|part| match f64::from(part) / 255.0 {
        dark if dark <= 0.04045 => dark / 12.92,
        part => ((part + 0.055) / 1.055).powf(2.4),
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// The smallest contrast of a colour on any of the grounds, in the light and in the dark theme.
pub(super) fn lowest(name: &str, grounds: &[&str]) -> [f64; 2] {
    let all = tokens();
    let colours = |name: &str| {
        let token = all.iter().find(|token| token.name == name);
        token.and_then(|token| token.colours())
    };
    let Some(own) = colours(name) else {
        return [0.0; 2];
    };
    [0, 1].map(|theme| {
        let on = |ground: &&str| {
            colours(ground).map_or(0.0, |ground| contrast(own[theme], ground[theme]))
        };
        grounds.iter().map(on).fold(f64::INFINITY, f64::min)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sheet_is_read_to_its_end() {
        let all = tokens();
        let find = |name: &str| all.iter().find(|token| token.name == name).copied();
        let names = [
            "--bg",
            "--shadow",
            "--t1",
            "--s5",
            "--fast",
            "--console-now",
        ];
        for name in names {
            assert!(find(name).is_some(), "{name}");
        }
        let surface = find("--surface").unwrap();
        assert_eq!(surface.themes()[0], "#fff");
        assert_eq!(surface.colours().unwrap()[0], [255, 255, 255]);
        assert_eq!(find("--shadow").unwrap().colours(), None);
        assert_eq!(scale("s").len(), 5);
        assert_eq!(find("--s3").unwrap().pixels(), Some(12));
    }

    #[test]
    fn colours_are_read_in_both_spellings() {
        let table = [
            ("#fff", Some([255, 255, 255])),
            ("#0e1116", Some([14, 17, 22])),
            ("#ff", None),
            ("transparent", None),
        ];
        for (text, expected) in table {
            assert_eq!(colour(text), expected, "{text}");
        }
    }

    #[test]
    fn contrast_is_reckoned_as_in_the_standard() {
        let table = [
            ([0, 0, 0], [255, 255, 255], 21.0),
            ([255, 255, 255], [255, 255, 255], 1.0),
            ([118, 118, 118], [255, 255, 255], 4.54),
        ];
        for (one, other, expected) in table {
            let found = contrast(one, other);
            assert!((found - expected).abs() < 0.01, "{found}");
        }
    }
}
