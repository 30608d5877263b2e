//! Every way in which an entry can break a rule, in words: the only place where these sentences stand.

use ledger_core::{Day, FundId, MemberId, OfferId, Position, Timestamp};

use crate::audit::finding::Rule;

/// A rule that an entry breaks. Each sentence begins behind "entry N".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Breach {
    #[error("moves something and the sums of the accounts are not zero after it")]
    SumNotZero,
    #[error("moves something, and an account does not stand where that leaves it")]
    NotBooked,
    #[error("takes member {0} below the floor, and does not say so")]
    BelowFloor(MemberId),
    #[error("says that members stand below the floor, and others do")]
    BelowFloorWrongly,
    #[error("takes the community pot below zero")]
    PotBelowZero,
    #[error("takes the held hours of member {0} below zero")]
    HeldBelowZero(MemberId),
    #[error("takes fund {0} below zero")]
    FundBelowZero(FundId),
    #[error("takes offer {0} below zero")]
    OfferBelowZero(OfferId),
    #[error("comes before what fell due at {} was recorded, which entry {made_by} promised", say(*.due))]
    LateDue { made_by: Position, due: Timestamp },
    #[error("was made by time, and nothing was due")]
    NothingDue,
    #[error("says that time did what time does not do")]
    NotForTime,
    #[error("says that something lapsed, and not time but somebody recorded it")]
    LapsedBySomebody,
    #[error("sets another time than the policy of the day does")]
    OtherTime,
    #[error("adopts numbers that do not fit together")]
    UnsoundPolicy,
    #[error("exchanges hours for vouchers, and names no minute that decided it")]
    NoMinute,
    #[error("takes another price for a voucher than the policy of the day does")]
    OtherPrice,
    #[error("lets care for one's own family earn, and the policy of the day does not")]
    FamilyEarns,
    #[error("names another policy than the one in force")]
    OtherPolicy,
    #[error("settles hours that were not waiting")]
    NoSuchHours,
    #[error("settles other help than was logged")]
    OtherHelp,
    #[error("calls the word of a representative, or of nobody who was helped, stronger than it is")]
    OtherWord,
    #[error("does to disputed hours what is for others, or the other way round")]
    WrongStanding,
    #[error("names as giver and receiver, or as giver and account, one person")]
    SamePerson,
    #[error("settles a respite that was not promised")]
    NoSuchRespite,
    #[error("resolves a hold otherwise than it was made")]
    OtherHold,
    #[error("delivers a respite, or ends one, before its day")]
    BeforeItsDay,
    #[error("says of its cover what is not so")]
    OtherCover,
    #[error("books member {giver} at a time that is held for entry {held_for}")]
    BookedTwice { giver: MemberId, held_for: Position },
    #[error("asks for respite for somebody who is no family carer")]
    NoCarer,
    #[error("asks for respite on a day that was over")]
    DayIsOver,
    #[error("settles a voucher that was not open")]
    NoSuchVoucher,
    #[error("settles a voucher otherwise than it was issued")]
    OtherVoucher,
    #[error("issues a voucher of an offer that has none to issue on that day")]
    NoOffer,
    #[error("answers no request, and time did not do it")]
    NoRequest,
    #[error("answers a request whose id is too old, or not yet due, when it was recorded")]
    OutsideWindow,
    #[error("is said to come out of an import, and came another way")]
    NotImported,
    #[error("corrects an entry that was not reversed")]
    CorrectsNothing,
    #[error("is said to have happened on {0}, after it was recorded")]
    InTheFuture(Day),
    #[error("is said to have happened on {0}, further back than the policy of the day lets it")]
    TooFarBack(Day),
    #[error("is said to have happened on another day than what it settles")]
    OtherDay,
    #[error("names a representative until {0}, which was over")]
    UntilIsOver(Day),
    #[error("was made by a member who did not take part")]
    NotTakingPart,
    #[error("was made by an officer who was not in office")]
    NotInOffice,
    #[error("was made by somebody who may not")]
    MayNot,
    #[error("says of its maker another right than the maker has")]
    OtherRight,
    #[error("was made on behalf of somebody for whom its maker may not act")]
    NotOnBehalf,
    #[error("ends the term of the last co-ordinator, or of one whose term has ended")]
    LastCoordinator,
    #[error("confirms or resolves hours, and its maker stands behind their logging")]
    OwnHours,
    #[error("was made in a matter of their own by somebody who acts for another")]
    OwnMatter,
    #[error("is about member {0}, who did not take part")]
    TheyDoNotTakePart(MemberId),
    #[error("is about something that is not there")]
    Unknown,
    #[error("reverses what cannot be reversed")]
    NotReversible,
    #[error("reverses an entry otherwise than it was")]
    OtherReversal,
    #[error("lets member {0} leave with hours, or with something open")]
    LeavesWith(MemberId),
    #[error("takes member {giver} above what one person gives on {day}")]
    DayCap { giver: MemberId, day: Day },
    #[error("accepts the loss of entries that were not the last ones, or that are there")]
    OtherLoss,
    #[error("gives member {0} more vouchers than a person has in a year")]
    VoucherCap(MemberId),
}

fn say(time: Timestamp) -> String {
    super::super::say::moment(time)
}

impl Breach {
    /// Which rule it is.
    pub(crate) const fn rule(&self) -> Rule {
        match self {
            Self::SumNotZero | Self::NotBooked => Rule::Conservation,
            Self::BelowFloor(_) | Self::BelowFloorWrongly => Rule::Floor,
            Self::PotBelowZero
            | Self::HeldBelowZero(_)
            | Self::FundBelowZero(_)
            | Self::OfferBelowZero(_) => Rule::NotBelowZero,
            Self::LateDue { .. } | Self::NothingDue | Self::NotForTime | Self::LapsedBySomebody => {
                Rule::Due
            }
            Self::OtherTime
            | Self::UnsoundPolicy
            | Self::NoMinute
            | Self::OtherPrice
            | Self::FamilyEarns => Rule::Terms,
            Self::OtherPolicy => Rule::PolicyVersion,
            Self::NoSuchHours
            | Self::OtherHelp
            | Self::OtherWord
            | Self::WrongStanding
            | Self::SamePerson => Rule::Hours,
            Self::NoSuchRespite
            | Self::OtherHold
            | Self::BeforeItsDay
            | Self::OtherCover
            | Self::BookedTwice { .. }
            | Self::NoCarer
            | Self::DayIsOver => Rule::Respite,
            Self::NoSuchVoucher | Self::OtherVoucher | Self::NoOffer => Rule::Vouchers,
            Self::NoRequest | Self::OutsideWindow | Self::NotImported | Self::CorrectsNothing => {
                Rule::Requests
            }
            Self::InTheFuture(_) | Self::TooFarBack(_) | Self::OtherDay | Self::UntilIsOver(_) => {
                Rule::Dates
            }
            Self::NotTakingPart
            | Self::NotInOffice
            | Self::MayNot
            | Self::OtherRight
            | Self::NotOnBehalf
            | Self::LastCoordinator => Rule::Authority,
            Self::OwnHours | Self::OwnMatter => Rule::AnotherPerson,
            Self::TheyDoNotTakePart(_) | Self::Unknown => Rule::TakesPart,
            Self::NotReversible | Self::OtherReversal => Rule::Reversals,
            Self::LeavesWith(_) => Rule::Leaving,
            Self::OtherLoss => Rule::Losses,
            Self::DayCap { .. } | Self::VoucherCap(_) => Rule::Caps,
        }
    }
}
