//! The report as one page for people who are no auditors: it prints on A4, fits a small telephone, and asks nothing of the
//! network.

mod chart;

use std::fmt::{self, Display, Write};

use super::{
    finding::{Step, Verdict},
    report::{Outcome, Report},
    say::{self, page as words},
};
use crate::typed::say_minutes;
use chart::chart;

/// Nothing on the page comes from elsewhere, and nothing on it runs.
const STYLE: &str = "\
@page{size:A4;margin:13mm}\
*{box-sizing:border-box}\
body{font:1rem/1.5 Georgia,'Times New Roman',serif;color:#111;background:#fff;max-width:42rem;margin:0 auto;padding:1rem;\
overflow-wrap:anywhere}\
h1{font-size:1.6rem;line-height:1.2}h2{font-size:1.2rem;margin-top:2rem;break-after:avoid}\
.verdict{border:3px solid #111;padding:.75rem 1rem;font-size:1.15rem}\
.verdict.held{border-style:double}\
table{width:100%;border-collapse:collapse}\
th,td{text-align:left;vertical-align:top;padding:.2rem .4rem .2rem 0;border-bottom:1px solid #bbb}\
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap;padding-right:0}\
th.m,td.s{white-space:nowrap}\
tr,li,svg{break-inside:avoid}\
svg{width:100%;height:auto}\
code{font:1rem/1.4 'Courier New',monospace}\
.line{display:block;border:1px solid #111;padding:.5rem;margin:.5rem 0}\
@media (max-width:26rem){table{font-size:.8rem}body{padding:.75rem}}\
@media print{body{padding:0;max-width:none;font-size:9pt;line-height:1.35}\
main{columns:2;column-gap:8mm}h1,.verdict{column-span:all}h2{margin:.9rem 0 .3rem}small{font-size:8pt}\
th,td{padding-top:.1rem;padding-bottom:.1rem}svg{max-height:105mm}p,ul{margin:.3rem 0}code{font-size:8.5pt}}";

/// So many months are drawn; what is older stands in one row of the table.
const MONTHS: usize = 36;

/// Text that is only text, whatever stands in it.
pub(super) struct Plain<'t>(pub(super) &'t str);

impl Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for sign in self.0.chars() {
            match sign {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                sign if sign.is_control() => f.write_char(' ')?,
                sign => f.write_char(sign)?,
            }
        }
        Ok(())
    }
}

/// The page of a report.
pub fn page(report: &Report) -> String {
    let mut page = String::new();
    // Writing into a string does not fail.
    write(&mut page, report).unwrap_or_default();
    page
}

fn write(page: &mut String, report: &Report) -> fmt::Result {
    let title = words::title(&report.coop);
    let (title, language) = (Plain(&title), words::LANGUAGE);
    write!(
        page,
        "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
    )?;
    let held = if report.verdict == Verdict::Verified { " held" } else { "" };
    writeln!(page, "<p class=\"verdict{held}\"><strong>{}</strong></p>", Plain(&report.sentence))?;
    let newest = report.newest_entry.as_deref().unwrap_or("-");
    paragraph(page, &words::made(&report.audited, report.entries, newest))?;
    if let Some(since) = report.since {
        paragraph(page, &words::since(since))?;
    }
    wrong(page, report)?;
    checked(page, report)?;
    figures(page, report)?;
    heading(page, words::NOT_COVERED)?;
    list(page, report.not_covered.iter().map(String::as_str))?;
    minutes(page, report)?;
    page.push_str("</main>\n</body>\n</html>\n");
    Ok(())
}

fn heading(page: &mut String, text: &str) -> fmt::Result {
    writeln!(page, "<h2>{}</h2>", Plain(text))
}

fn paragraph(page: &mut String, text: &str) -> fmt::Result {
    writeln!(page, "<p>{}</p>", Plain(text))
}

fn list<'t>(page: &mut String, items: impl Iterator<Item = &'t str>) -> fmt::Result {
    page.push_str("<ul>\n");
    for item in items {
        writeln!(page, "<li>{}</li>", Plain(item))?;
    }
    page.push_str("</ul>\n");
    Ok(())
}

fn wrong(page: &mut String, report: &Report) -> fmt::Result {
    if report.findings.is_empty() {
        return Ok(());
    }
    heading(page, words::WRONG)?;
    let found: Vec<String> = report.findings.iter().map(say::finding).collect();
    list(page, found.iter().map(String::as_str))?;
    if report.more_findings > 0 {
        paragraph(page, &words::more(report.more_findings))?;
    }
    Ok(())
}

fn checked(page: &mut String, report: &Report) -> fmt::Result {
    heading(page, words::CHECKED)?;
    page.push_str("<table>\n");
    for step in report.steps.iter().filter(|stepped| stepped.step != Step::NotCovered) {
        let outcome = match step.outcome {
            Outcome::Held => words::DONE,
            Outcome::Wrong => words::AMISS,
            Outcome::NotDone => words::LEFT,
        };
        writeln!(
            page,
            "<tr><td>{}. {}<br><small>{}</small></td><td class=\"s\">{outcome}</td></tr>",
            step.number,
            Plain(say::step(step.step)),
            Plain(&step.how_much)
        )?;
    }
    page.push_str("</table>\n");
    Ok(())
}

fn figures(page: &mut String, report: &Report) -> fmt::Result {
    let Some(figures) = &report.figures else { return Ok(()) };
    heading(page, words::FIGURES)?;
    page.push_str("<table>\n");
    for (name, amount) in say::amounts(figures) {
        let (name, amount) = (Plain(&name), Plain(&amount));
        writeln!(page, "<tr><th scope=\"row\">{name}</th><td class=\"n\">{amount}</td></tr>")?;
    }
    page.push_str("</table>\n");
    heading(page, words::MONTHS)?;
    let earlier = report.months.len().saturating_sub(MONTHS);
    let (older, months) = report.months.split_at(earlier);
    if months.is_empty() {
        return paragraph(page, words::NO_HOURS);
    }
    paragraph(page, words::EXPLAINED)?;
    chart(page, months)?;
    let (month, banked, redeemed) = (words::MONTH, words::BANKED, words::REDEEMED);
    writeln!(
        page,
        "<table>\n<thead><tr><th scope=\"col\">{month}</th><th class=\"n\" scope=\"col\">{banked}</th>\
         <th class=\"n\" scope=\"col\">{redeemed}</th></tr></thead>"
    )?;
    let mut row = |name: &str, banked: i64, redeemed: i64| {
        let (banked, redeemed) = (say_minutes(banked), say_minutes(redeemed));
        writeln!(
            page,
            "<tr><th class=\"m\" scope=\"row\">{}</th><td class=\"n\">{banked}</td><td class=\"n\">{redeemed}</td></tr>",
            Plain(name)
        )
    };
    if !older.is_empty() {
        let banked = older.iter().map(|month| month.banked_minutes).sum();
        let redeemed = older.iter().map(|month| month.redeemed_minutes).sum();
        row(words::EARLIER, banked, redeemed)?;
    }
    for month in months {
        row(&words::month(&month.month), month.banked_minutes, month.redeemed_minutes)?;
    }
    page.push_str("</table>\n");
    Ok(())
}

fn minutes(page: &mut String, report: &Report) -> fmt::Result {
    heading(page, words::MINUTES)?;
    paragraph(page, words::COPY)?;
    writeln!(page, "<code class=\"line\">{}</code>", Plain(&report.root_line))?;
    writeln!(page, "<p><code>{}</code></p>", Plain(&report.origin))?;
    for key in &report.keys {
        let known = if key.pinned { words::KNOWN } else { "" };
        paragraph(page, &words::key(&key.id, key.from, known))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        let text = Plain("<script>alert('x') & \"y\"</script>\u{7}").to_string();
        assert_eq!(text, "&lt;script&gt;alert(&#39;x&#39;) &amp; &quot;y&quot;&lt;/script&gt; ");
    }
}
