//! What is wrong with a row, whoever found it, in the words of the spreadsheet.

use std::collections::BTreeMap;
use std::fmt;

use ledger_proto::v1;

use super::sheet::Sheet;

/// A row that was refused, and why.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RowProblem {
    /// The file, for example `hours.csv`.
    pub file: String,
    /// The line in the file; the header is line 1.
    pub line: i64,
    /// The column, by its header.
    pub column: String,
    /// What stands there.
    pub value: String,
    /// What is wrong with it. With a small first letter it goes on after the value.
    pub problem: String,
    /// What to write instead, in a sentence. Empty: nothing is known.
    pub mend: String,
    /// The reason, by its name in `carestore.v1.ErrorReason`.
    pub reason: String,
}

impl fmt::Display for RowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, value, problem, mend, reason: _ } = self;
        write!(f, "{file}:{line}: ")?;
        match plain_line(column) {
            // The first column may have no name.
            column if column.is_empty() => {}
            column => write!(f, "{column}: ")?,
        }
        let begins_a_sentence = problem.starts_with(|c: char| !c.is_lowercase());
        let value = plain_line(value);
        match (value.is_empty(), begins_a_sentence) {
            (true, _) => {}
            (false, true) => write!(f, "\"{value}\": ")?,
            (false, false) => write!(f, "\"{value}\" ")?,
        }
        let problem = problem.trim_end_matches('.');
        write!(f, "{problem}.")?;
        if mend.is_empty() { Ok(()) } else { write!(f, " {mend}") }
    }
}

/// A cell on one line, and short enough to be shown.
pub(super) fn plain_line(cell: &str) -> String {
    let mut shown: String =
        cell.chars().map(|c| if c.is_control() { ' ' } else { c }).take(60).collect();
    if shown.len() < cell.len() && cell.chars().count() > 60 {
        shown.push('…');
    }
    shown
}

/// What the ledger refused, in the words of the spreadsheet.
pub(super) fn of_refusal(refusal: &v1::ImportRefusal, sheets: &[Sheet]) -> RowProblem {
    let v1::ImportRefusal { file, line, field, problem, reason, remedy } = refusal;
    let column = column(file, field, reason);
    let sheet = sheets.iter().find(|sheet| sheet.file == file);
    let value = sheet
        .and_then(|sheet| sheet.row(*line).map(|row| sheet.cell(row, &column).to_owned()))
        .unwrap_or_default();
    RowProblem {
        file: file.clone(),
        line: *line,
        column,
        value,
        problem: problem.clone(),
        mend: remedy.clone(),
        reason: reason.strip_prefix("ERROR_REASON_").unwrap_or(reason).to_owned(),
    }
}

/// The column out of which a field of a step was read.
fn column(file: &str, field: &str, reason: &str) -> String {
    let field = field.rsplit(['.', '/']).next().unwrap_or(field);
    let column = match (file, field) {
        ("members.csv", "date") => "joined",
        ("members.csv", "card" | "display_name") => "name",
        ("respite.csv", "minutes") if reason.ends_with("MORE_THAN_HELD") => "minutes_given",
        ("respite.csv", "minutes") => "minutes_asked",
        ("respite.csv", "asked_text" | "asked_occurrence") => "asked_on",
        ("pledges.csv" | "vouchers.csv", "title") => "offer",
        ("pledges.csv" | "vouchers.csv", "party") => "business",
        ("pledges.csv", "face_value_pence") => "face_value",
        ("vouchers.csv", "voucher" | "issued_text" | "issued_occurrence") => "outcome",
        ("store.csv", "amount_pence" | "valuation_pence") => "amount",
        ("store.csv", "party" | "member" | "business") => "source",
        ("store.csv", "title") => "description",
        ("members.csv", "") => "ref",
        ("respite.csv", "") => "carer",
        ("store.csv", "source" | "use" | "") => "kind",
        ("respite.csv", "wanted_on") | (_, "") => "date",
        (_, field) => field,
    };
    column.to_owned()
}

/// In the order in which a person goes through the files: each problem of a cell once.
pub(super) fn in_order(problems: &mut Vec<RowProblem>, files: &[&str]) {
    let place: BTreeMap<&str, usize> = files.iter().copied().zip(0..).collect();
    let key = |problem: &RowProblem| {
        (place.get(problem.file.as_str()).copied().unwrap_or(usize::MAX), problem.line)
    };
    problems.sort_by_key(key);
    problems.dedup_by(|later, first| {
        (&later.file, later.line, &later.column) == (&first.file, first.line, &first.column)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(file: &str, field: &str, reason: &str) -> v1::ImportRefusal {
        v1::ImportRefusal {
            file: file.to_owned(),
            line: 2,
            field: field.to_owned(),
            problem: "There is no such member.".to_owned(),
            reason: reason.to_owned(),
            remedy: "Look it up.".to_owned(),
        }
    }

    #[test]
    fn a_refusal_is_told_by_column_and_value() {
        let sheet = Sheet {
            file: "hours.csv",
            headers: vec!["giver".to_owned()],
            rows: vec![super::super::sheet::SheetRow { line: 2, cells: vec!["V999".to_owned()] }],
            delimiter: b',',
        };
        let refused =
            of_refusal(&refusal("hours.csv", "hours.giver", "MEMBER_NOT_FOUND"), &[sheet]);
        assert_eq!(
            refused.to_string(),
            "hours.csv:2: giver: \"V999\": There is no such member. Look it up."
        );
    }

    #[test]
    fn fields_have_their_columns() {
        let table = [
            ("store.csv", "amount_pence", "FUND_TOO_SMALL", "amount"),
            ("respite.csv", "minutes", "NOT_ENOUGH_HOURS", "minutes_asked"),
            ("respite.csv", "minutes", "MORE_THAN_HELD", "minutes_given"),
            ("vouchers.csv", "title", "OFFER_NOT_FOUND", "offer"),
            ("members.csv", "date", "INVALID_FIELD", "joined"),
            ("hours.csv", "to", "MEMBER_NOT_FOUND", "to"),
        ];
        for (file, field, reason, expected) in table {
            assert_eq!(of_refusal(&refusal(file, field, reason), &[]).column, expected);
        }
    }
}
