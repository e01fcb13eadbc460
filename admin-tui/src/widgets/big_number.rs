//! Numbers that can be read from across the room.

/// How large a digit is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    /// One row, as text.
    Plain,
    /// Three rows, of half blocks.
    Small,
    /// Five rows.
    Large,
}

/// The digits, three dots wide and five high.
const DIGITS: [[u8; 5]; 10] = [
    [0b111, 0b101, 0b101, 0b101, 0b111],
    [0b010, 0b110, 0b010, 0b010, 0b111],
    [0b111, 0b001, 0b111, 0b100, 0b111],
    [0b111, 0b001, 0b111, 0b001, 0b111],
    [0b101, 0b101, 0b111, 0b001, 0b001],
    [0b111, 0b100, 0b111, 0b001, 0b111],
    [0b111, 0b100, 0b111, 0b101, 0b111],
    [0b111, 0b001, 0b001, 0b001, 0b001],
    [0b111, 0b101, 0b111, 0b101, 0b111],
    [0b111, 0b101, 0b111, 0b001, 0b111],
];

impl Size {
    /// How many rows a number of this size takes.
    pub(crate) const fn rows(self) -> u16 {
        match self {
            Self::Plain => 1,
            Self::Small => 3,
            Self::Large => 5,
        }
    }

    /// The largest size, up to this one, in which all of the numbers fit.
    pub(crate) fn that_fits(self, numbers: &[i64], width: u16) -> Self {
        let fits = |size: Self| {
            let widest = numbers.iter().flat_map(|&number| lines(number, size));
            widest.map(|line| line.chars().count()).max().unwrap_or(0) <= usize::from(width)
        };
        let sizes = [Self::Large, Self::Small];
        let mut smaller = sizes.into_iter().skip_while(|&size| size != self);
        smaller.find(|&size| fits(size)).unwrap_or(Self::Plain)
    }
}

/// A number's lines, all of the same width.
pub(crate) fn lines(number: i64, size: Size) -> Vec<String> {
    let dots = dots(number);
    match size {
        Size::Plain => vec![number.to_string()],
        Size::Small => dots
            .chunks(2)
            .map(|pair| {
                let below = pair.get(1).into_iter().flatten().copied();
                let below = below.chain(std::iter::repeat(false));
                let above = pair.first().into_iter().flatten().copied();
                above.zip(below).map(half_block).collect()
            })
            .collect(),
        Size::Large => dots
            .iter()
            .map(|row| row.iter().map(|&dot| if dot { "██" } else { "  " }).collect())
            .collect(),
    }
}

fn half_block(dots: (bool, bool)) -> char {
    match dots {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    }
}

/// A number's five rows of dots, with a wider gap at the thousands.
fn dots(number: i64) -> [Vec<bool>; 5] {
    let mut rows: [Vec<bool>; 5] = Default::default();
    let text = number.to_string();
    for (place, digit) in text.chars().enumerate() {
        let digit = digit.to_digit(10).and_then(|digit| usize::try_from(digit).ok());
        // Nothing that is counted is negative; a sign would leave a gap.
        let shape = digit.and_then(|digit| DIGITS.get(digit)).copied().unwrap_or_default();
        let gap = match (place, (text.len() - place) % 3) {
            (0, _) => 0,
            (_, 0) => 2,
            _ => 1,
        };
        for (row, bits) in rows.iter_mut().zip(shape) {
            row.extend(std::iter::repeat_n(false, gap));
            row.extend([0b100, 0b010, 0b001].map(|bit| bits & bit != 0));
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_digits_are_three_rows_high_with_a_gap_at_the_thousands() {
        assert_eq!(
            lines(1048, Size::Small),
            [
                "▄█   █▀█ █ █ █▀█", //
                " █   █ █ ▀▀█ █▀█",
                "▀▀▀  ▀▀▀   ▀ ▀▀▀",
            ]
        );
    }

    #[test]
    fn large_digits_are_five_rows_high() {
        assert_eq!(
            lines(27, Size::Large),
            [
                "██████  ██████",
                "    ██      ██",
                "██████      ██",
                "██          ██",
                "██████      ██",
            ]
        );
    }

    #[test]
    fn a_number_that_does_not_fit_gets_smaller() {
        assert_eq!(Size::Large.that_fits(&[1, 20], 14), Size::Large);
        assert_eq!(Size::Large.that_fits(&[1, 20], 13), Size::Small);
        assert_eq!(Size::Small.that_fits(&[1, 20], 80), Size::Small);
        assert_eq!(Size::Large.that_fits(&[123_456_789], 24), Size::Plain);
        assert_eq!(lines(123_456_789, Size::Plain), ["123456789"]);
    }
}
