//! Numbers over time, in a line of text.

/// The heights of a bar, the lowest first.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The last points that fit, one column each; nothing is a dot, so that a gap is seen.
pub(crate) fn line(points: &[u64], width: usize) -> String {
    let shown = points.iter().skip(points.len().saturating_sub(width));
    let most = shown.clone().copied().max().unwrap_or(0).max(1);
    shown.map(|&point| bar(point, most)).collect()
}

fn bar(point: u64, most: u64) -> char {
    if point == 0 {
        return '·';
    }
    // Rounded up: what happened once is seen.
    let height = point.saturating_mul(8).div_ceil(most).clamp(1, 8);
    let height = usize::try_from(height).unwrap_or(8);
    BARS.get(height - 1).copied().unwrap_or('█')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_point_is_a_whole_bar_and_nothing_is_a_dot() {
        assert_eq!(line(&[0, 1, 4, 8], 10), "·▁▄█");
        assert_eq!(line(&[1, 1000], 10), "▁█");
        assert_eq!(line(&[0, 0], 10), "··");
    }

    #[test]
    fn the_last_points_are_those_that_are_shown() {
        assert_eq!(line(&[9, 1, 2], 2), "▄█");
    }
}
