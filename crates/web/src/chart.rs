//! Bars over time, drawn by the server. The table beneath says the same to those who cannot see them.

use askama::Template;
use askama::filters::HtmlSafe;
use domain::Instant;

use super::moment;
use edge::words;
use edge::words::Words;

/// How many calls there were in a span of time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) began_at: Instant,
    pub(crate) allowed: u64,
    pub(crate) refused: u64,
}

/// How much of the drawing a bar fills, of a thousand, from the left and from the top.
struct Bar {
    x: usize,
    width: usize,
    allowed: (u64, u64),
    refused: (u64, u64),
}

/// Calls over time.
#[derive(Template)]
#[template(path = "chart.html")]
pub(crate) struct Chart {
    label: Words,
    bars: Vec<Bar>,
    most: u64,
    from: (String, Words),
    to: (String, Words),
}

impl HtmlSafe for Chart {}

/// The drawing is so wide and so high.
const SIZE: u64 = 1_000;

impl Chart {
    /// Whether there is nothing to be seen.
    pub(crate) fn is_empty(&self) -> bool {
        self.most == 0
    }

    /// Of spans, one after the other.
    pub(crate) fn new(spans: &[Span]) -> Self {
        let most = spans.iter().map(|it| it.allowed + it.refused).max().unwrap_or_default();
        let wide = usize::try_from(SIZE).unwrap_or(usize::MAX) / spans.len().max(1);
        let high = |count: u64| {
            // Whatever there was is to be seen.
            let height = (SIZE * count).checked_div(most).unwrap_or_default();
            if count > 0 { height.max(8) } else { 0 }
        };
        let bars = spans.iter().enumerate().map(|(i, span)| {
            let (allowed, refused) = (high(span.allowed), high(span.refused));
            Bar {
                x: i * wide,
                width: (wide * 4 / 5).max(1),
                allowed: (SIZE.saturating_sub(allowed), allowed),
                refused: (SIZE.saturating_sub(allowed + refused), refused),
            }
        });
        let calls: u64 = spans.iter().map(|it| it.allowed + it.refused).sum();
        let refused: u64 = spans.iter().map(|it| it.refused).sum();
        let at = |span: Option<&Span>| {
            span.map(|it| (it.began_at.to_string(), moment::in_words(it.began_at))).unwrap_or_default()
        };
        Self {
            label: words!(
                "Calls over time: {calls} in all, {refused} of them refused, at most {most} in a bar",
                calls,
                refused,
                most
            ),
            bars: bars.collect(),
            most,
            from: at(spans.first()),
            to: at(spans.last()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_fit_into_the_drawing() {
        let span = |minute: i64, allowed, refused| Span {
            began_at: Instant::from_micros(minute * 60_000_000),
            allowed,
            refused,
        };
        let chart = Chart::new(&[span(0, 0, 0), span(1, 999, 1), span(2, 500, 0)]);
        assert_eq!((chart.most, chart.bars.len()), (1_000, 3));
        assert_eq!((chart.bars[0].allowed.1, chart.bars[0].refused.1), (0, 0));
        assert_eq!((chart.bars[1].allowed, chart.bars[1].refused), ((1, 999), (0, 8)));
        assert_eq!(chart.bars[2].allowed, (500, 500));
        assert!(chart.bars.iter().all(|bar| bar.x + bar.width <= 1_000));
        // Nothing at all is no reason to divide by it.
        assert_eq!(Chart::new(&[]).most, 0);
        assert_eq!(Chart::new(&[span(0, u64::MAX / 2_000, 0)]).bars[0].allowed.1, 1_000);
    }
}
