//! The figures that a no turned on, by name, for programs.

use super::Rejection;

impl Rejection {
    /// The figures that it turned on, by name, for programs.
    #[allow(clippy::too_many_lines, reason = "one closed list, an arm for each refusal")]
    pub fn figures(&self) -> Vec<(&'static str, String)> {
        fn one(name: &'static str, value: &dyn ToString) -> Vec<(&'static str, String)> {
            vec![(name, value.to_string())]
        }
        match self {
            Self::RequestIdReused { position } | Self::PositionChanged { position } => {
                one("position", position)
            }
            Self::RequestIdOutOfWindow { server_time } => {
                one("server_time_unix_ms", &server_time.unix_ms())
            }
            Self::RevisionChanged { revision } => one("revision", revision),
            Self::CoopExists { coop } => one("coop", coop),
            Self::MemberNotFound { member }
            | Self::MemberSuspended { member }
            | Self::MemberLeft { member }
            | Self::NotSuspended { member }
            | Self::SamePerson { member }
            | Self::NotACarer { member }
            | Self::OpenPromises { member } => one("member", &member.label()),
            Self::NotYours { member } => {
                member.iter().map(|member| ("member", member.label())).collect()
            }
            Self::OfficerNotFound { officer }
            | Self::OfficerEnded { officer }
            | Self::LastCoordinator { officer } => one("officer", officer),
            Self::PartyNotFound { party } | Self::NotABusiness { party } => one("party", party),
            Self::FundNotFound { fund } => one("fund", fund),
            Self::OfferNotFound { offer } | Self::WrongOfferKind { offer } => one("offer", offer),
            Self::HoursNotFound { hours }
            | Self::HoursDisputed { hours }
            | Self::HoursNotDisputed { hours } => one("hours", hours),
            Self::RespiteNotFound { respite }
            | Self::AlreadyCovered { respite }
            | Self::NotCovered { respite }
            | Self::StartTimeNeeded { respite } => one("respite", respite),
            Self::EntryNotFound { entry }
            | Self::NothingToReverse { entry }
            | Self::ReversalOfReversal { entry }
            | Self::CancelInstead { entry }
            | Self::AlreadyUsed { entry }
            | Self::NotReversed { entry } => one("entry", entry),
            Self::ReferenceTaken { reference, member } => {
                vec![("ref", reference.to_string()), ("member", member.label())]
            }
            Self::NotARepresentative { member, representative }
            | Self::RepresentativeNotFound { member, representative } => {
                vec![("member", member.label()), ("representative", representative.label())]
            }
            Self::NameTaken { title } => one("title", title),
            Self::AlreadySettled { made_by } => one("entry", made_by),
            Self::OutsideBackdating { occurred_on, days } => {
                vec![("occurred_on", occurred_on.to_string()), ("days", days.to_string())]
            }
            Self::InTheFuture { occurred_on } => one("occurred_on", occurred_on),
            Self::DayCap { member, day, given, cap } => {
                let given = given.iter().map(|given| ("given_minutes", given.to_string()));
                let day = [("member", member.label()), ("day", day.to_string())];
                day.into_iter().chain(given).chain([("cap_minutes", cap.to_string())]).collect()
            }
            Self::NotEnoughHours { member, available, asked } => vec![
                ("member", member.label()),
                ("available_minutes", available.to_string()),
                ("asked_minutes", asked.to_string()),
            ],
            Self::PotTooSmall { pot, asked } => {
                vec![("pot_minutes", pot.get().to_string()), ("asked_minutes", asked.to_string())]
            }
            Self::TooManyPromises { member, most } => {
                vec![("member", member.to_string()), ("most", most.to_string())]
            }
            Self::DatePassed { wanted_on } | Self::NotYet { wanted_on } => {
                one("wanted_on", wanted_on)
            }
            Self::AlreadyBooked { member, respite } => {
                vec![("member", member.label()), ("respite", respite.to_string())]
            }
            Self::MoreThanHeld { held, minutes } => {
                vec![("held_minutes", held.to_string()), ("minutes", minutes.to_string())]
            }
            Self::OutOfStock { offer, stock } => {
                vec![("offer", offer.to_string()), ("stock", stock.get().to_string())]
            }
            Self::OfferEnded { offer, valid_until } => {
                vec![("offer", offer.to_string()), ("valid_until", valid_until.to_string())]
            }
            Self::VoucherCap { member, year, had, cap } => vec![
                ("member", member.label()),
                ("year", year.to_string()),
                ("had", had.to_string()),
                ("cap", cap.to_string()),
            ],
            Self::VoucherValueCap { member, year, had, cap } => vec![
                ("member", member.label()),
                ("year", year.to_string()),
                ("had_pence", had.to_string()),
                ("cap_pence", cap.to_string()),
            ],
            Self::FundTooSmall { fund, balance, asked } => vec![
                ("fund", fund.to_string()),
                ("balance_pence", balance.get().to_string()),
                ("asked_pence", asked.to_string()),
            ],
            Self::OffPurpose { fund, purpose } => {
                vec![("fund", fund.to_string()), ("purpose", purpose.to_string())]
            }
            Self::AlreadyReversed { entry, position }
            | Self::AlreadyCorrected { entry, position } => {
                vec![("entry", entry.to_string()), ("position", position.to_string())]
            }
            Self::PolicyUnsound { field } => one("field", field),
            Self::CoopNotFound
            | Self::VoucherNotFound
            | Self::OfficersOnly
            | Self::NeedsAnotherPerson
            | Self::MinuteNeeded
            | Self::AmountTooLarge => Vec::new(),
        }
    }
}
