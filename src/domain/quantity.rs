//! [`Quantity`]: Kubernetes' way to write amounts (`250m`, `1.5Gi`, `2e3`), read exactly.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// How many significant digits are kept; more are rounded up, as Kubernetes does below a thousand-millionth.
const MAX_DIGITS: usize = 20;
/// The largest power of ten that is told from infinity, and its negative from nought.
const MAX_TENS: i32 = 64;

/// An amount: `digits` × 10^`tens` × 2^`twos`. Never negative: what is below nought counts as nought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quantity {
    digits: u128,
    tens: i32,
    twos: u32,
}

impl Quantity {
    /// Reads one; `None` where Kubernetes would refuse it.
    pub fn parse(text: &str) -> Option<Quantity> {
        let (negative, text) = match text.as_bytes().first()? {
            b'-' => (true, text.get(1..)?),
            b'+' => (false, text.get(1..)?),
            _ => (false, text),
        };
        let end = text.find(|one: char| !one.is_ascii_digit() && one != '.').unwrap_or(text.len());
        let (number, suffix) = text.split_at_checked(end)?;
        let (digits, fraction) = digits(number)?;
        let (tens, twos) = scale(suffix)?;
        let digits = if negative { 0 } else { digits };
        Some(Quantity { digits, tens: tens.saturating_sub(fraction), twos })
    }

    /// Whole units, rounded up.
    pub fn units(self) -> u64 {
        u64::try_from(self.scaled(0)).unwrap_or(u64::MAX)
    }

    /// Thousandths, rounded up.
    pub fn millis(self) -> u64 {
        u64::try_from(self.scaled(3)).unwrap_or(u64::MAX)
    }

    /// The share of `limit` that this is; `None` where that is nought.
    pub fn share_of(self, limit: Quantity) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a share is told in per cent")]
        let number = |amount: Quantity| amount.scaled(3) as f64;
        (number(limit) > 0.0).then(|| number(self) / number(limit))
    }

    /// Whether nothing is left of `hard` once this is used.
    pub fn exhausts(self, hard: Quantity) -> bool {
        self.scaled(9) >= hard.scaled(9)
    }

    /// The amount times 10^`power`, rounded up; the largest number where it is larger than that.
    fn scaled(self, power: i32) -> u128 {
        let tens = self.tens.saturating_add(power).clamp(-MAX_TENS, MAX_TENS);
        let Some(doubled) = self.digits.checked_mul(1_u128 << self.twos.min(63)) else {
            return u128::MAX;
        };
        let ten = 10_u128.checked_pow(tens.unsigned_abs());
        match (tens >= 0, ten) {
            (_, _) if doubled == 0 => 0,
            (true, Some(factor)) => doubled.saturating_mul(factor),
            (true, None) => u128::MAX,
            (false, Some(divisor)) => doubled.div_ceil(divisor),
            (false, None) => 1,
        }
    }
}

/// The digits of a decimal number, and how many of them stand behind its point.
fn digits(number: &str) -> Option<(u128, i32)> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.contains('.') || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let fraction = fraction.trim_end_matches('0');
    if whole.len() > MAX_DIGITS {
        return Some((u128::from(u64::MAX), 0));
    }
    let kept = fraction.get(..MAX_DIGITS - whole.len()).unwrap_or(fraction);
    let value: u128 = match [whole, kept].concat().as_str() {
        "" => 0,
        all => all.parse().ok()?,
    };
    let rest = u128::from(kept.len() < fraction.len());
    Some((value + rest, i32::try_from(kept.len()).ok()?))
}

/// The powers of ten and of two behind a suffix.
fn scale(suffix: &str) -> Option<(i32, u32)> {
    Some(match suffix {
        "n" => (-9, 0),
        "u" => (-6, 0),
        "m" => (-3, 0),
        "" => (0, 0),
        "k" => (3, 0),
        "M" => (6, 0),
        "G" => (9, 0),
        "T" => (12, 0),
        "P" => (15, 0),
        "E" => (18, 0),
        "Ki" => (0, 10),
        "Mi" => (0, 20),
        "Gi" => (0, 30),
        "Ti" => (0, 40),
        "Pi" => (0, 50),
        "Ei" => (0, 60),
        _ => (suffix.strip_prefix(['e', 'E'])?.parse().ok()?, 0),
    })
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Quantity, D::Error> {
        struct Amount;

        impl Visitor<'_> for Amount {
            type Value = Quantity;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a quantity")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Quantity, E> {
                Quantity::parse(text).ok_or_else(|| E::custom("a quantity that does not parse"))
            }

            fn visit_u64<E: Error>(self, units: u64) -> Result<Quantity, E> {
                Ok(Quantity { digits: u128::from(units), tens: 0, twos: 0 })
            }

            fn visit_i64<E: Error>(self, units: i64) -> Result<Quantity, E> {
                self.visit_u64(u64::try_from(units).unwrap_or(0))
            }

            fn visit_f64<E: Error>(self, units: f64) -> Result<Quantity, E> {
                self.visit_str(&units.to_string())
            }

            fn visit_unit<E: Error>(self) -> Result<Quantity, E> {
                Ok(Quantity::default())
            }
        }

        from.deserialize_any(Amount)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn units(text: &str) -> Option<u64> {
        Quantity::parse(text).map(Quantity::units)
    }

    fn millis(text: &str) -> Option<u64> {
        Quantity::parse(text).map(Quantity::millis)
    }

    #[test]
    fn processors_are_read_in_thousandths() {
        let read = ["500m", "2", "0.1", "1.5", "63800m", "1e3", "1500000u", ".5", "3."].map(millis);
        let told = [500, 2000, 100, 1500, 63_800, 1_000_000, 1500, 500, 3000].map(Some);
        assert_eq!(read, told);
    }

    #[test]
    fn memory_is_read_in_bytes() {
        let read = ["2Gi", "128974848", "129e6", "129M", "123Mi", "1.5Ki", "1E", "1Ei"].map(units);
        let told = [
            2 << 30,
            128_974_848,
            129_000_000,
            129_000_000,
            123 << 20,
            1536,
            1_000_000_000_000_000_000,
            1 << 60,
        ];
        assert_eq!(read, told.map(Some));
    }

    #[test]
    fn an_e_with_a_number_is_an_exponent_and_alone_a_suffix() {
        assert_eq!(units("1E3"), Some(1000));
        assert_eq!(units("12e-1"), Some(2));
        assert_eq!(units("1E"), Some(1_000_000_000_000_000_000));
    }

    #[test]
    fn parts_of_a_unit_count_as_one() {
        assert_eq!(units("100m"), Some(1));
        assert_eq!(millis("1n"), Some(1));
        assert_eq!(millis("0.0000000000000000000000001"), Some(1));
        assert_eq!(units("0m"), Some(0));
    }

    #[test]
    fn what_is_no_quantity_is_none() {
        let none = ["", "m", "1.2.3", "1 Gi", "1gi", "one", "1ee3", "-", ".", "1e"];
        assert_eq!(none.map(units), [None; 10]);
    }

    #[test]
    fn what_is_too_large_is_the_largest() {
        assert_eq!(units("99999999999999999999999999"), Some(u64::MAX));
        assert_eq!(units("1e60"), Some(u64::MAX));
    }

    #[test]
    fn what_is_used_up_is_told_across_suffixes() {
        let of = |text| Quantity::parse(text).unwrap();
        assert!(of("2").exhausts(of("2000m")));
        assert!(!of("1999m").exhausts(of("2")));
        assert!(of("1Gi").exhausts(of("1073741824")));
        assert!(!of("1G").exhausts(of("1Gi")));
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "[-+]?[0-9.]{0,30}[a-zA-Z]{0,2}[-+]?[0-9]{0,12}") {
            Quantity::parse(&text).map(|one| (one.units(), one.millis(), one.exhausts(one)));
        }

        #[test]
        fn a_number_with_a_suffix_is_their_product(number in 0_u64..1_000_000, at in 0_usize..8) {
            let suffixes = [
                ("", 1), ("k", 1000), ("M", 1_000_000), ("G", 1_000_000_000),
                ("Ki", 1 << 10), ("Mi", 1 << 20), ("Gi", 1 << 30), ("Ti", 1 << 40),
            ];
            let (suffix, factor) = suffixes[at];
            let read = Quantity::parse(&format!("{number}{suffix}")).unwrap();
            prop_assert_eq!(read.units(), number * factor);
            prop_assert_eq!(read.scaled(3), u128::from(number * factor) * 1000);
        }

        #[test]
        fn a_fraction_is_rounded_up(whole in 0_u64..1_000_000, part in 1_u64..1000) {
            let read = Quantity::parse(&format!("{whole}.{part:03}")).unwrap();
            prop_assert_eq!(read.units(), whole + 1);
            prop_assert_eq!(read.millis(), whole * 1000 + part);
        }
    }
}
