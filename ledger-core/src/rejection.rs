//! Every way in which the ledger says no, as one closed list.

mod figures;

use thiserror::Error;

use crate::{
    amount::{Balance, Minutes, Pence},
    id::{FundId, MemberId, OfferId, OfficerId, PartyId, Position},
    text::{CoopName, Reference, Title},
    time::{Day, Timestamp},
};

/// What sort of no it is: all that a transport needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// Something that was named is not there.
    Missing,
    /// The thing, or the request id, is there already.
    Exists,
    /// Whoever asks may not.
    Forbidden,
    /// A rule of the co-op.
    Rule,
    /// A guard that the caller set.
    Guard,
    /// The request itself is not right.
    Invalid,
}

/// A no. The fields are the figures that it turned on; the sentence is for a person; [`Rejection::reason`] is for a
/// program and never changes. A rejection is not a fact and is not recorded.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[allow(missing_docs, reason = "the sentence says what each field is")]
pub enum Rejection {
    #[error("this request id was used for another request, which made entry {position}")]
    RequestIdReused { position: Position },
    #[error("the request id was made at a time too far from the server's clock")]
    RequestIdOutOfWindow { server_time: Timestamp },
    #[error("the ledger has gone on: the newest entry is {position}")]
    PositionChanged { position: Position },
    #[error("it has been touched since: its revision is {revision}")]
    RevisionChanged { revision: Position },

    #[error("there is no such co-op")]
    CoopNotFound,
    #[error("the co-op {coop} has been founded")]
    CoopExists { coop: CoopName },
    #[error("there is no member {}", member.label())]
    MemberNotFound { member: MemberId },
    #[error("there is no officer {officer}")]
    OfficerNotFound { officer: OfficerId },
    #[error("there is no business or partner {party}")]
    PartyNotFound { party: PartyId },
    #[error("there is no fund {fund}")]
    FundNotFound { fund: FundId },
    #[error("there is no offer {offer}")]
    OfferNotFound { offer: OfferId },
    #[error("there are no logged hours {hours}")]
    HoursNotFound { hours: Position },
    #[error("there is no respite {respite}")]
    RespiteNotFound { respite: Position },
    #[error("there is no such voucher")]
    VoucherNotFound,
    #[error("there is no entry {entry}")]
    EntryNotFound { entry: Position },

    #[error("only an officer with the right role may do this")]
    OfficersOnly,
    #[error("this is for {} to do, or a co-ordinator", whom(*member))]
    NotYours { member: Option<MemberId> },
    #[error("member {} does not act for member {}", representative.label(), member.label())]
    NotARepresentative { member: MemberId, representative: MemberId },
    #[error("member {} does not represent member {}", representative.label(), member.label())]
    RepresentativeNotFound { member: MemberId, representative: MemberId },
    #[error("another person must do this")]
    NeedsAnotherPerson,
    #[error("member {} is suspended", member.label())]
    MemberSuspended { member: MemberId },
    #[error("member {} has left", member.label())]
    MemberLeft { member: MemberId },
    #[error("the term of officer {officer} has ended")]
    OfficerEnded { officer: OfficerId },
    #[error("member {} is not suspended", member.label())]
    NotSuspended { member: MemberId },
    #[error("officer {officer} is the last co-ordinator")]
    LastCoordinator { officer: OfficerId },

    #[error("the reference {reference} is that of member {}", member.label())]
    ReferenceTaken { reference: Reference, member: MemberId },
    #[error("there is one called {title} already")]
    NameTaken { title: Title },

    #[error("it has come to something already")]
    AlreadySettled { made_by: Position },
    #[error("these hours are disputed: an officer resolves them")]
    HoursDisputed { hours: Position },
    #[error("these hours are not disputed")]
    HoursNotDisputed { hours: Position },
    #[error("{occurred_on} is more than {days} days ago")]
    OutsideBackdating { occurred_on: Day, days: u16 },
    #[error("{occurred_on} has not come yet")]
    InTheFuture { occurred_on: Day },
    #[error(
        "member {} would have given more than {cap} minutes on {day}{}",
        member.label(), already(*given)
    )]
    DayCap { member: MemberId, day: Day, given: Option<i64>, cap: Minutes },
    #[error("one cannot help or give to oneself")]
    SamePerson { member: MemberId },
    #[error(
        "member {} has {available} minutes that can be used, and {asked} are needed",
        member.label()
    )]
    NotEnoughHours { member: MemberId, available: i64, asked: Minutes },
    #[error("the community pot holds {pot} minutes, and {asked} are needed", pot = pot.get())]
    PotTooSmall { pot: Balance, asked: Minutes },

    #[error("respite is for family carers, and member {} does not wear that hat", member.label())]
    NotACarer { member: MemberId },
    #[error("{wanted_on} has passed")]
    DatePassed { wanted_on: Day },
    #[error("member {} is booked at that time", member.label())]
    AlreadyBooked { member: MemberId, respite: Position },
    #[error("somebody covers this respite already")]
    AlreadyCovered { respite: Position },
    #[error("nobody covers this respite yet")]
    NotCovered { respite: Position },
    #[error("{minutes} minutes are more than the {held} that were held")]
    MoreThanHeld { held: Minutes, minutes: Minutes },
    #[error("a start time is needed to hold the giver's time")]
    StartTimeNeeded { respite: Position },
    #[error("it is for {wanted_on}, which has not come yet")]
    NotYet { wanted_on: Day },
    #[error("member {} has asked for {most} times of respite that are still open", member.label())]
    TooManyPromises { member: MemberId, most: u64 },

    #[error("there is not so much left of offer {offer}: {stock}", stock = stock.get())]
    OutOfStock { offer: OfferId, stock: Balance },
    #[error("offer {offer} ended on {valid_until}")]
    OfferEnded { offer: OfferId, valid_until: Day },
    #[error("member {} has had {had} vouchers in {year}, and {cap} is the most", member.label())]
    VoucherCap { member: MemberId, year: i32, had: u32, cap: u32 },
    #[error(
        "member {} has had vouchers worth {had} pence in {year}, and {cap} is the most",
        member.label()
    )]
    VoucherValueCap { member: MemberId, year: i32, had: i64, cap: Pence },
    #[error("offer {offer} is not of that kind")]
    WrongOfferKind { offer: OfferId },
    #[error("only a business pledges vouchers")]
    NotABusiness { party: PartyId },

    #[error("there are {balance} pence in the fund, and {asked} are needed", balance = balance.get())]
    FundTooSmall { fund: FundId, balance: Balance, asked: Pence },
    #[error("fund {fund} is only for {purpose}")]
    OffPurpose { fund: FundId, purpose: Title },

    #[error("entry {entry} moved nothing that could be taken back")]
    NothingToReverse { entry: Position },
    #[error("entry {entry} was reversed by entry {position}")]
    AlreadyReversed { entry: Position, position: Position },
    #[error("entry {entry} is a reversal, and a reversal cannot be reversed")]
    ReversalOfReversal { entry: Position },
    #[error("entry {entry} is a promise: cancel it instead")]
    CancelInstead { entry: Position },
    #[error("what entry {entry} brought has been used since, or has left the house")]
    AlreadyUsed { entry: Position },
    #[error("entry {entry} has not been reversed")]
    NotReversed { entry: Position },
    #[error("entry {entry} was corrected by entry {position}")]
    AlreadyCorrected { entry: Position, position: Position },

    #[error("member {} still has promises, logged hours or vouchers open", member.label())]
    OpenPromises { member: MemberId },
    #[error("the policy's numbers do not fit together at {field}")]
    PolicyUnsound { field: &'static str },
    #[error("an exchange of hours for vouchers needs the minute that decided it")]
    MinuteNeeded,
    #[error("that is beyond anything that the ledger can hold")]
    AmountTooLarge,
}

/// Who it is, where the one who asks may hear of it.
fn whom(member: Option<MemberId>) -> String {
    member.map_or("another member".to_owned(), |member| format!("member {}", member.label()))
}

fn already(given: Option<i64>) -> String {
    given.map(|given| format!(": {given} are there already")).unwrap_or_default()
}

macro_rules! reasons {
    ($($variant:ident $sort:ident $reason:literal $remedy:literal;)+) => {
        impl Rejection {
            /// Every reason there is, in the order of precedence within its group.
            pub const REASONS: &'static [&'static str] = &[$($reason),+];

            /// The machine's name of it. Never changed once published.
            pub const fn reason(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $reason),+ }
            }

            /// What sort of no it is.
            pub const fn sort(&self) -> Sort {
                match self { $(Self::$variant { .. } => Sort::$sort),+ }
            }

            /// What the one who asked can do next.
            pub const fn remedy(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $remedy),+ }
            }
        }
    };
}

reasons! {
    RequestIdReused Exists "REQUEST_ID_REUSED" "Make a new request id for a new request.";
    RequestIdOutOfWindow Invalid "REQUEST_ID_OUT_OF_WINDOW" "Set the clock and make a new request id.";
    PositionChanged Guard "POSITION_CHANGED" "Read again and decide anew.";
    RevisionChanged Guard "REVISION_CHANGED" "Read again and decide anew.";
    CoopNotFound Missing "COOP_NOT_FOUND" "Found it first, or mend its name.";
    CoopExists Exists "COOP_EXISTS" "Use it, or choose another name.";
    MemberNotFound Missing "MEMBER_NOT_FOUND" "Look the number up in the list of members.";
    OfficerNotFound Missing "OFFICER_NOT_FOUND" "Look the number up in the list of officers.";
    PartyNotFound Missing "PARTY_NOT_FOUND" "Register the business or partner first.";
    FundNotFound Missing "FUND_NOT_FOUND" "Open the fund first.";
    OfferNotFound Missing "OFFER_NOT_FOUND" "Look the number up in the list of offers.";
    HoursNotFound Missing "HOURS_NOT_FOUND" "Look them up in the list of pending hours.";
    RespiteNotFound Missing "RESPITE_NOT_FOUND" "Look it up in the list of respite.";
    VoucherNotFound Missing "VOUCHER_NOT_FOUND" "Check the code letter by letter.";
    EntryNotFound Missing "ENTRY_NOT_FOUND" "Look it up in the history.";
    OfficersOnly Forbidden "OFFICERS_ONLY" "Ask a co-ordinator.";
    NotYours Forbidden "NOT_YOURS" "Ask them, or a co-ordinator.";
    NotARepresentative Forbidden "NOT_A_REPRESENTATIVE" "Ask a co-ordinator to name them, with leave to act.";
    RepresentativeNotFound Missing "REPRESENTATIVE_NOT_FOUND" "Look it up in the list of representatives.";
    NeedsAnotherPerson Rule "NEEDS_ANOTHER_PERSON" "Ask somebody else to do it.";
    MemberSuspended Rule "MEMBER_SUSPENDED" "Reinstate the member first.";
    MemberLeft Rule "MEMBER_LEFT" "Enrol the person anew if they are back.";
    OfficerEnded Rule "OFFICER_ENDED" "Ask an officer who is in office.";
    NotSuspended Rule "NOT_SUSPENDED" "Nothing needs to be done.";
    LastCoordinator Rule "LAST_COORDINATOR" "Appoint another co-ordinator first.";
    ReferenceTaken Exists "REFERENCE_TAKEN" "Use another reference, or that member.";
    NameTaken Exists "NAME_TAKEN" "Use it, or choose another name.";
    AlreadySettled Rule "ALREADY_SETTLED" "Nothing needs to be done; what was wrong can be reversed.";
    HoursDisputed Rule "HOURS_DISPUTED" "Ask an officer to resolve them.";
    HoursNotDisputed Rule "HOURS_NOT_DISPUTED" "Confirm them, or dispute them first.";
    OutsideBackdating Rule "OUTSIDE_BACKDATING" "Ask a co-ordinator to import it as history.";
    InTheFuture Rule "IN_THE_FUTURE" "Check the day, or wait for it.";
    DayCap Rule "DAY_CAP" "Check the minutes and the day.";
    SamePerson Rule "SAME_PERSON" "Name another person.";
    NotEnoughHours Rule "NOT_ENOUGH_HOURS" "Ask for less, or ask a co-ordinator about the community pot.";
    PotTooSmall Rule "POT_TOO_SMALL" "Grant less, or ask for gifts to the pot.";
    NotACarer Rule "NOT_A_CARER" "Give the member the hat of a family carer first.";
    DatePassed Rule "DATE_PASSED" "Choose another day.";
    AlreadyBooked Rule "ALREADY_BOOKED" "Choose another time, or another person.";
    AlreadyCovered Rule "ALREADY_COVERED" "Withdraw the cover first.";
    NotCovered Rule "NOT_COVERED" "Agree who covers it first.";
    MoreThanHeld Rule "MORE_THAN_HELD" "Say that the carer agrees to more, or give fewer minutes.";
    StartTimeNeeded Rule "START_TIME_NEEDED" "Say when it starts, as HH:MM.";
    NotYet Rule "NOT_YET" "Wait until it has been.";
    TooManyPromises Rule "TOO_MANY_PROMISES" "Let one come to something, or cancel one, first.";
    OutOfStock Rule "OUT_OF_STOCK" "Choose another offer, or ask the business for more.";
    OfferEnded Rule "OFFER_ENDED" "Choose another offer, or ask the business for a new one.";
    VoucherCap Rule "VOUCHER_CAP" "Say thank you in another way this year.";
    VoucherValueCap Rule "VOUCHER_VALUE_CAP" "Choose a smaller one, or say thank you in another way.";
    WrongOfferKind Rule "WRONG_OFFER_KIND" "Vouchers are issued; gifts in kind are used.";
    NotABusiness Rule "NOT_A_BUSINESS" "Register it as a business.";
    FundTooSmall Rule "FUND_TOO_SMALL" "Spend less, or out of another fund.";
    OffPurpose Rule "OFF_PURPOSE" "Spend out of another fund.";
    NothingToReverse Rule "NOTHING_TO_REVERSE" "Nothing needs to be done.";
    AlreadyReversed Rule "ALREADY_REVERSED" "Nothing needs to be done.";
    ReversalOfReversal Rule "REVERSAL_OF_REVERSAL" "Enter anew what is right.";
    CancelInstead Rule "CANCEL_INSTEAD" "Cancel the promise.";
    AlreadyUsed Rule "ALREADY_USED" "Talk to the people concerned; the ledger cannot take it back.";
    NotReversed Rule "NOT_REVERSED" "Reverse it first.";
    AlreadyCorrected Rule "ALREADY_CORRECTED" "Reverse the correction if it is wrong.";
    OpenPromises Rule "OPEN_PROMISES" "Settle or cancel them first.";
    PolicyUnsound Rule "POLICY_UNSOUND" "Mend that number.";
    MinuteNeeded Rule "MINUTE_NEEDED" "Name the minute or ballot.";
    AmountTooLarge Rule "AMOUNT_TOO_LARGE" "Check the amount.";
}
