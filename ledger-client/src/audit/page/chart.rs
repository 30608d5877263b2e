//! Hours by month as bars, one month below the other: so it can be read on paper and on a small telephone alike.

use std::fmt::{self, Write};

use super::Plain;
use crate::audit::{figures::Month, say::page as words};

/// All lengths are of a drawing that is so wide, and is then made as wide as the page.
const WIDTH: i64 = 340;
/// Where bars begin: the names of months stand before.
const LEFT: i64 = 58;
/// Where the longest bar ends: figures stand behind.
const RIGHT: i64 = 285;
/// From one month to the next.
const ROW: i64 = 30;
/// Above the first month: what the bars mean.
const TOP: i64 = 24;

/// Draws the months.
pub(super) fn chart(page: &mut String, months: &[Month]) -> fmt::Result {
    let (Some(first), Some(last)) = (months.first(), months.last()) else { return Ok(()) };
    let most = months.iter().map(|month| month.banked_minutes.max(month.redeemed_minutes)).max();
    let most = most.unwrap_or_default().max(60);
    let rows = i64::try_from(months.len()).unwrap_or_default();
    let height = TOP + rows * ROW;
    let (title, about) =
        (words::MONTHS, words::chart(&words::month(&first.month), &words::month(&last.month)));
    writeln!(
        page,
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-labelledby=\"chart-title chart-about\" \
         font-family=\"sans-serif\" font-size=\"11\">\n<title id=\"chart-title\">{}</title>\n\
         <desc id=\"chart-about\">{}</desc>",
        Plain(title),
        Plain(&about)
    )?;
    let (banked, redeemed) = (words::BANKED, words::REDEEMED);
    bar(page, (LEFT, 4, 10), Fill::Dark)?;
    text(page, (LEFT + 14, 13), banked)?;
    bar(page, (LEFT + 90, 4, 10), Fill::Light)?;
    text(page, (LEFT + 104, 13), redeemed)?;
    for (row, month) in (0..).zip(months) {
        let top = TOP + row * ROW;
        text(page, (0, top + 15), &words::month(&month.month))?;
        for (below, minutes, fill) in
            [(0, month.banked_minutes, Fill::Dark), (12, month.redeemed_minutes, Fill::Light)]
        {
            let length = minutes.max(0).saturating_mul(RIGHT - LEFT) / most;
            bar(page, (LEFT, top + below, length), fill)?;
            text(page, (LEFT + length + 4, top + below + 9), &hours(minutes))?;
        }
    }
    page.push_str("</svg>\n");
    Ok(())
}

#[derive(Clone, Copy)]
enum Fill {
    Dark,
    Light,
}

fn bar(page: &mut String, (left, top, length): (i64, i64, i64), fill: Fill) -> fmt::Result {
    let fill = match fill {
        Fill::Dark => "#1f3a5f",
        Fill::Light => "#fff",
    };
    writeln!(
        page,
        "<rect x=\"{left}\" y=\"{top}\" width=\"{length}\" height=\"10\" fill=\"{fill}\" stroke=\"#1f3a5f\"/>"
    )
}

fn text(page: &mut String, (left, base): (i64, i64), text: &str) -> fmt::Result {
    writeln!(page, "<text x=\"{left}\" y=\"{base}\">{}</text>", Plain(text))
}

/// Minutes as hours with one place, without a float.
fn hours(minutes: i64) -> String {
    let tenths = minutes.saturating_mul(10) / 60;
    let sign = if tenths < 0 { "-" } else { "" };
    format!("{sign}{}.{} h", tenths.abs() / 10, tenths.abs() % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_reckoned_without_floats() {
        let said = [(90, "1.5 h"), (0, "0.0 h"), (-30, "-0.5 h"), (6005, "100.0 h")];
        for (minutes, text) in said {
            assert_eq!(hours(minutes), text);
        }
    }
}
