//! What is asked for when something is to be proved.

use ledger_core::{Account, CashAccount, CoopName, KindAccount, Position, RequestId, TimeAccount};

use super::name;
use crate::{
    malformed::{Fields, Malformed},
    v1,
};

/// The size that a proof is of: "zero is the newest", once and for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// That of the newest checkpoint.
    Newest,
    /// This one, above zero.
    Of(u64),
}

/// Which entry a receipt is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiptOf {
    /// The one at this position.
    Position(Position),
    /// The one that answers this request.
    Request(RequestId),
}

/// Whether a receipt holds the entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiptShows {
    /// The stored bytes.
    Entry,
    /// Its leaf alone.
    Leaf,
}

/// Which seal a balance is proved by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seal {
    /// The newest.
    Newest,
    /// The one at this position.
    At(Position),
}

fn size(f: &mut Fields, field: &str, said: i64) -> Option<Size> {
    match u64::try_from(said) {
        Ok(0) => Some(Size::Newest),
        Ok(size) => Some(Size::Of(size)),
        Err(_) => f.refuse(field, "is below zero: give a size, or leave it out for the newest"),
    }
}

/// Which checkpoint is asked for.
pub fn parse_checkpoint(request: &v1::GetCheckpointRequest) -> Result<(CoopName, Size), Malformed> {
    let mut f = Fields::default();
    let coop = name::read_coop(&mut f, "coop", &request.coop);
    let size = size(&mut f, "size", request.size);
    f.finish(coop.zip(size))
}

/// Which entry is to be shown in a log of which size.
pub fn parse_inclusion(
    request: &v1::ProveInclusionRequest,
) -> Result<(CoopName, Position, Size), Malformed> {
    let mut f = Fields::default();
    let coop = name::read_coop(&mut f, "coop", &request.coop);
    let position = f.position("position", request.position);
    let size = size(&mut f, "size", request.size);
    if let (Some(position), Some(Size::Of(size))) = (position, size)
        && position.get() > size
    {
        f.refuse::<()>(
            "size",
            "is smaller than the position: a log of that size has no such entry",
        );
    }
    f.finish(coop.zip(position).zip(size).map(|((coop, position), size)| (coop, position, size)))
}

/// From which size to which a log is to be shown to have grown.
pub fn parse_consistency(
    request: &v1::ProveConsistencyRequest,
) -> Result<(CoopName, u64, Size), Malformed> {
    let mut f = Fields::default();
    let coop = name::read_coop(&mut f, "coop", &request.coop);
    let old = f.position("old_size", request.old_size).map(Position::get);
    let new = size(&mut f, "new_size", request.new_size);
    if let (Some(old), Some(Size::Of(new))) = (old, new)
        && old > new
    {
        f.refuse::<()>("new_size", "is smaller than old_size: a log does not shrink");
    }
    f.finish(coop.zip(old).zip(new).map(|((coop, old), new)| (coop, old, new)))
}

/// Of which entry a receipt is asked for, and what it is to show.
pub fn parse_receipt(
    request: &v1::GetReceiptRequest,
) -> Result<(CoopName, ReceiptOf, ReceiptShows), Malformed> {
    use v1::get_receipt_request::Of;
    let mut f = Fields::default();
    let coop = name::read_coop(&mut f, "coop", &request.coop);
    let of = match &request.of {
        Some(Of::Position(number)) => f.position("position", *number).map(ReceiptOf::Position),
        Some(Of::RequestId(text)) => {
            let problem = "is not a UUIDv7, as 36 characters: give the id that the request had";
            f.need("request_id", RequestId::parse(text), problem).map(ReceiptOf::Request)
        }
        None => f.refuse("of", "is not said: give a position or a request id"),
    };
    let shows = if request.leaf_only { ReceiptShows::Leaf } else { ReceiptShows::Entry };
    f.finish(coop.zip(of).map(|(coop, of)| (coop, of, shows)))
}

/// Of which account the balance is asked for, and by which seal it is to be proved.
pub fn parse_balance(
    request: &v1::ProveBalanceRequest,
) -> Result<(CoopName, Account, Seal), Malformed> {
    use v1::prove_balance_request::Account as Said;
    let mut f = Fields::default();
    let coop = name::read_coop(&mut f, "coop", &request.coop);
    let of = coop.as_ref();
    let account = match &request.account {
        Some(Said::Member(text)) => name::read_member(&mut f, "member", of, text)
            .map(|member| Account::Time(TimeAccount::Member(member))),
        Some(Said::HeldForMember(text)) => name::read_member(&mut f, "held_for_member", of, text)
            .map(|member| Account::Time(TimeAccount::Held(member))),
        Some(Said::Pot(_)) => Some(Account::Time(TimeAccount::Pot)),
        Some(Said::Fund(text)) => name::read_fund(&mut f, "fund", of, text)
            .map(|fund| Account::Cash(CashAccount::Fund(fund))),
        Some(Said::StockOfOffer(text)) => name::read_offer(&mut f, "stock_of_offer", of, text)
            .map(|offer| Account::Kind(offer, KindAccount::Stock)),
        None => f.refuse("account", "is not said: name a member, the pot, a fund or an offer"),
    };
    let seal = f.position_or_start("seal_position", request.seal_position).map(|position| {
        if position == Position::START { Seal::Newest } else { Seal::At(position) }
    });
    f.finish(coop.zip(account).zip(seal).map(|((coop, account), seal)| (coop, account, seal)))
}

/// Of which size a bundle is asked for, and what is there already.
pub fn parse_bundle(request: &v1::ExportBundleRequest) -> Result<(CoopName, Size, u64), Malformed> {
    let mut f = Fields::default();
    let coop = name::read_coop(&mut f, "coop", &request.coop);
    let of = size(&mut f, "size", request.size);
    let after = f.position_or_start("after_position", request.after_position).map(Position::get);
    if let (Some(after), Some(Size::Of(size))) = (after, of)
        && after > size
    {
        f.refuse::<()>("after_position", "is beyond the size of the bundle");
    }
    f.finish(coop.zip(of).zip(after).map(|((coop, of), after)| (coop, of, after)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_wrong_with_a_question_is_said_at_once() {
        let fields = |wrong: Malformed| -> Vec<String> {
            wrong.violations.into_iter().map(|violation| violation.field).collect()
        };
        let coop = || "coops/colne-valley".to_owned();
        let none = v1::ProveBalanceRequest { seal_position: -1, ..Default::default() };
        let said = fields(parse_balance(&none).unwrap_err());
        assert_eq!(said, ["coop", "account", "seal_position"]);
        let small = v1::ProveInclusionRequest { coop: coop(), position: 9, size: 8 };
        assert_eq!(fields(parse_inclusion(&small).unwrap_err()), ["size"]);
        let shrunk = v1::ProveConsistencyRequest { coop: coop(), old_size: 9, new_size: 8 };
        assert_eq!(fields(parse_consistency(&shrunk).unwrap_err()), ["new_size"]);
        let nothing = v1::ProveConsistencyRequest { coop: coop(), old_size: 0, new_size: 8 };
        assert_eq!(fields(parse_consistency(&nothing).unwrap_err()), ["old_size"]);
        let of = Some(v1::get_receipt_request::Of::RequestId("x".to_owned()));
        let id = v1::GetReceiptRequest { coop: coop(), of, leaf_only: false };
        assert_eq!(fields(parse_receipt(&id).unwrap_err()), ["request_id"]);
        let beyond = v1::ExportBundleRequest { coop: coop(), size: 5, after_position: 6 };
        assert_eq!(fields(parse_bundle(&beyond).unwrap_err()), ["after_position"]);
        let below = v1::GetCheckpointRequest { coop: coop(), size: -1 };
        assert_eq!(fields(parse_checkpoint(&below).unwrap_err()), ["size"]);
    }
}
