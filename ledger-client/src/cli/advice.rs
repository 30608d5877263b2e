//! What to try next, for each reason that the ledger gives.

use ledger_client::{Code, Error};

/// What a person can do about an error.
pub(crate) fn remedy(error: &Error) -> Option<String> {
    let again = |request_id: &Option<String>| match request_id {
        Some(id) => {
            format!("the same command again with --request-id {id}; nothing can be recorded twice")
        }
        None => "the same command again".to_owned(),
    };
    match error {
        Error::Refused { code, refusal, request_id } => match (code, error.reason()) {
            (_, Some("TOKEN_MISSING" | "TOKEN_UNKNOWN")) => Some(TOKEN.to_owned()),
            (_, Some("TOKEN_EXPIRED" | "TOKEN_REVOKED" | "SCOPE_MISSING" | "OTHER_COOP")) => {
                Some(ANOTHER_TOKEN.to_owned())
            }
            (Code::Unavailable | Code::OutcomeUnknown, Some("CLOCK_JUMPED")) => {
                for_reason("CLOCK_JUMPED")
            }
            (Code::Unavailable | Code::OutcomeUnknown, _) => Some(again(request_id)),
            (_, reason) => {
                let servers_own = || refusal.metadata.get("remedy").cloned();
                reason.and_then(for_reason).or_else(servers_own)
            }
        },
        Error::Unreachable {
            code: Code::OutcomeUnknown | Code::Unavailable, request_id, ..
        } => {
            let server = "see that the server runs and that --server names it";
            Some(format!("{server}; then {}", again(request_id)))
        }
        Error::Unreachable { code: Code::NotAllowed, .. } | Error::Token(_) => {
            Some(TOKEN.to_owned())
        }
        Error::Address { .. } => Some("--server http://127.0.0.1:50051".to_owned()),
        Error::Unverified(_) => Some(UNVERIFIED.to_owned()),
        Error::PartlyImported(_)
        | Error::Unreachable { .. }
        | Error::NotFound(_)
        | Error::Usage(_)
        | Error::File { .. }
        | Error::Output(_) => None,
        Error::Rows(_) => {
            Some("mend them and import again, or --keep-good DIR to store the others".to_owned())
        }
    }
}

const UNVERIFIED: &str = "keep everything as it is (receipts, checkpoints, the folder of --memory) and show it to the co-op's auditor: carestore audit. A file that was only damaged on its way can be fetched again";
const ANOTHER_TOKEN: &str = "another token, from whoever runs the server: carestore token create, and here --token-file FILE";
const TOKEN: &str = "--token-file FILE; a server writes its first token to DIR/operator.token";

fn for_reason(reason: &str) -> Option<String> {
    let advice = match reason {
        "COOP_NOT_FOUND" => "carestore coop list, or found it: carestore --coop NAME coop found",
        "COOP_EXISTS" => "another name, or go on with this one: carestore --coop NAME members list",
        "MEMBER_NOT_FOUND" => {
            "carestore members list; the digit after the dash guards against slips"
        }
        "TOKEN_NOT_FOUND" => "carestore token list",
        "ACTING_DENIED" => "leave out --as, or use the token of whoever acts",
        "OFFICER_NOT_FOUND" | "OFFICER_ENDED" => "carestore coop officers",
        "PARTY_NOT_FOUND" => "carestore parties list, or add it: carestore parties add NAME",
        "FUND_NOT_FOUND" => "carestore store totals, or open it: carestore store open-fund NAME",
        "OFFER_NOT_FOUND" | "OUT_OF_STOCK" | "OFFER_ENDED" | "WRONG_OFFER_KIND" => {
            "carestore vouchers offers"
        }
        "HOURS_NOT_FOUND" | "HOURS_NOT_DISPUTED" => "carestore hours pending",
        "HOURS_DISPUTED" => "an officer resolves them: carestore hours resolve NUMBER --minutes …",
        "RESPITE_NOT_FOUND" => "carestore respite list",
        "VOUCHER_NOT_FOUND" => "check the code letter by letter; carestore vouchers list",
        "ENTRY_NOT_FOUND" | "POSITION_BEYOND_HEAD" | "NOTHING_TO_REVERSE" => {
            "carestore history read"
        }
        "NOT_SEALED" => {
            "carestore seal, which an officer can do at any time; the ledger does it itself after each month's end"
        }
        "REQUEST_UNKNOWN" => {
            "the id letter by letter; after 35 days, the number of the entry: carestore receipt get NUMBER"
        }
        "CHECKPOINT_NOT_FOUND" => "carestore checkpoint, for the newest",
        "POLICY_NOT_FOUND" => "carestore policy show",
        "OFFICERS_ONLY" => "--as \"officer 1\", or ask a co-ordinator",
        "NOT_YOURS" => "ask the person whose it is, or a co-ordinator",
        "NOT_A_REPRESENTATIVE" => {
            "ask a co-ordinator, who can do it or let you: carestore representatives name MEMBER --by REPRESENTATIVE --mandate MANDATE --may act"
        }
        "REPRESENTATIVE_NOT_FOUND" => "carestore representatives list",
        "NEEDS_ANOTHER_PERSON" => {
            "let the person who was helped do it, or an officer: --as \"officer 1\""
        }
        "MEMBER_SUSPENDED" => "carestore members reinstate MEMBER",
        "NOT_SUSPENDED" | "MEMBER_LEFT" => "carestore members show MEMBER",
        "LAST_COORDINATOR" => "appoint another first: carestore coop appoint --role coordinator",
        "REFERENCE_TAKEN" => "another --ref, or none",
        "NAME_TAKEN" => "another name, or use the one that is there",
        "OUTSIDE_BACKDATING" => "an officer can bring it as history: carestore import DIR",
        "IN_THE_FUTURE" | "NOT_YET" => "--day with a day that has come",
        "DAY_CAP" => "fewer minutes, or the day on which it really was: --day",
        "SAME_PERSON" => "two different people",
        "NOT_ENOUGH_HOURS" | "POT_TOO_SMALL" => "fewer minutes, or carestore balances",
        "NOT_A_CARER" => "carestore members hats MEMBER --hat \"family carer\"",
        "DATE_PASSED" => "a day that is still to come",
        "ALREADY_BOOKED" => "somebody else, or another hour: --start HH:MM",
        "ALREADY_COVERED" => "carestore respite withdraw NUMBER first",
        "NOT_COVERED" => "say who covered it: --by MEMBER or --staff",
        "MORE_THAN_HELD" => "--carer-agrees-to-more, if the carer does",
        "START_TIME_NEEDED" => "--start HH:MM",
        "FUND_TOO_SMALL" | "OFF_PURPOSE" => "carestore store totals",
        "NOT_A_BUSINESS" => "carestore parties add NAME --kind business",
        "CANCEL_INSTEAD" => "carestore respite cancel, or carestore vouchers cancel",
        "REVERSAL_OF_REVERSAL" => "enter anew what is right",
        "NOT_REVERSED" => "carestore history reverse NUMBER first",
        "OPEN_PROMISES" => {
            "carestore hours pending, carestore respite list, carestore vouchers list"
        }
        "MINUTE_NEEDED" => "--decided-by \"minute or ballot\"",
        "REQUEST_ID_REUSED" => "leave --request-id out for a new request",
        "REQUEST_ID_OUT_OF_WINDOW" => "set this machine's clock, and leave --request-id out",
        "POSITION_CHANGED" | "REVISION_CHANGED" => "look again, and decide anew",
        "HISTORY_LOST" => "the operator restores a backup, or accepts the loss",
        "CLOCK_JUMPED" => "the operator confirms the server's clock",
        "INTERNAL" => "the server's journal says what it was",
        "INVALID_FIELD" => "the same command with what is named here mended",
        _ => return None,
    };
    Some(advice.to_owned())
}

#[cfg(test)]
mod tests {
    use ledger_proto::v1::ErrorReason;

    /// A reason that was misspelt above would never give its advice.
    #[test]
    fn every_reason_with_advice_is_published() {
        let source = include_str!("advice.rs");
        let advised =
            source.split("fn for_reason").nth(1).unwrap().split("mod tests").next().unwrap();
        let quoted = advised.split('"').skip(1).step_by(2);
        let shouted = |word: &&str| {
            word.len() > 3 && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
        };
        let mut found = 0;
        for reason in quoted.filter(shouted) {
            let name = format!("ERROR_REASON_{reason}");
            assert!(ErrorReason::from_str_name(&name).is_some(), "{reason}");
            found += 1;
        }
        assert!(found > 50, "{found}");
    }
}
