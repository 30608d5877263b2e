//! What the enumerations of the API are called in plain words, typed and read alike.

use ledger_proto::v1::{
    CancelReason, CashSource, CashUse, DisputeReason, EvidenceGrade, FundFreedom, GrantReason, Hat,
    HoursStatus, ImportRespiteOutcome, ImportVoucherOutcome, Mandate, OfficerRole, PartyKind,
    Powers, RespiteSide, RespiteStatus, ReversalReason, Scope, Standing, SuspensionReason,
    TaskKind, TokenRole, VoucherBasis, VoucherReason,
};

use crate::typed::Slip;

/// A closed list of things, each with its names; the first name is the one that is said.
#[derive(Clone, Copy, Debug)]
pub struct Words<E: 'static>(&'static [(E, &'static [&'static str])]);

impl<E: Copy + PartialEq + TryFrom<i32>> Words<E> {
    /// The thing that the words name; case, dashes and blanks do not matter.
    pub fn read(&self, typed: &str) -> Result<E, Slip> {
        let typed = plain(typed);
        self.0
            .iter()
            .find(|(_, names)| names.contains(&typed.as_str()))
            .map(|(thing, _)| *thing)
            .ok_or_else(|| Slip::new("is not known here", self.mend()))
    }

    /// What the thing is called.
    pub fn say(&self, thing: E) -> &'static str {
        let names = self.0.iter().find(|(known, _)| *known == thing).map(|(_, names)| *names);
        names.and_then(|names| names.first()).copied().unwrap_or("")
    }

    /// What the thing with this number on the wire is called. Empty: it is not known here.
    pub fn say_number(&self, number: i32) -> &'static str {
        E::try_from(number).map_or("", |thing| self.say(thing))
    }

    /// Every name that is said, for a help text.
    pub fn names(&self) -> Vec<&'static str> {
        self.0.iter().filter_map(|(_, names)| names.first().copied()).collect()
    }

    fn mend(&self) -> String {
        format!("Write one of: {}.", self.names().join(", "))
    }
}

/// Words without what does not matter in them: small letters, single blanks, no dashes.
pub fn plain(typed: &str) -> String {
    let blanks = typed.replace(['-', '_'], " ").to_lowercase();
    blanks.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The kinds of help.
pub const TASKS: Words<TaskKind> = Words(&[
    (TaskKind::LiftToAppointment, &["lift to appointment"]),
    (TaskKind::HelpWithTechnology, &["help with technology", "technology"]),
    (TaskKind::FormFilling, &["form filling"]),
    (TaskKind::TenancySupport, &["tenancy support"]),
    (TaskKind::BereavementSupport, &["bereavement support"]),
    (TaskKind::FaithAndCulture, &["faith and culture"]),
    (TaskKind::OtherMyLife, &["other my life"]),
    (TaskKind::Shopping, &["shopping"]),
    (TaskKind::Cleaning, &["cleaning"]),
    (TaskKind::Cooking, &["cooking together", "cooking"]),
    (TaskKind::SmallRepairs, &["small repairs"]),
    (TaskKind::Garden, &["garden", "gardening"]),
    (TaskKind::OtherMyHome, &["other my home"]),
    (TaskKind::BefriendingVisit, &["befriending visit", "befriending"]),
    (TaskKind::SittingService, &["sitting service", "sitting"]),
    (TaskKind::Outing, &["outing"]),
    (TaskKind::TelephoneCall, &["telephone call"]),
    (TaskKind::PlusOne, &["plus one"]),
    (TaskKind::Governance, &["governance"]),
    (TaskKind::OtherMyCommunity, &["other my community"]),
    (TaskKind::WalkingGroup, &["walking group"]),
    (TaskKind::EmotionalWellbeing, &["emotional wellbeing"]),
    (TaskKind::OtherMyCare, &["other my care"]),
]);

/// How strongly an hour is attested.
pub const EVIDENCE: Words<EvidenceGrade> = Words(&[
    (EvidenceGrade::SelfOnly, &["self", "self only"]),
    (EvidenceGrade::Timer, &["timer"]),
    (EvidenceGrade::Paper, &["paper"]),
    (EvidenceGrade::Phone, &["phone", "telephone"]),
    (EvidenceGrade::Household, &["household"]),
    (EvidenceGrade::Recipient, &["recipient"]),
    (EvidenceGrade::OnSite, &["on site"]),
]);

/// The roles that people wear.
pub const HATS: Words<Hat> = Words(&[
    (Hat::ServiceUser, &["service user"]),
    (Hat::FamilyCarer, &["family carer", "carer"]),
    (Hat::CommunityVolunteer, &["community volunteer", "volunteer"]),
    (Hat::Staff, &["staff", "care worker"]),
    (Hat::Supporter, &["supporter"]),
]);

/// Whether a member may take part.
pub const STANDINGS: Words<Standing> = Words(&[
    (Standing::Active, &["active"]),
    (Standing::Suspended, &["suspended"]),
    (Standing::Left, &["left"]),
]);

/// Why a member is suspended.
pub const SUSPENSIONS: Words<SuspensionReason> = Words(&[
    (SuspensionReason::OwnWish, &["own wish"]),
    (SuspensionReason::Concern, &["concern"]),
    (SuspensionReason::Board, &["board"]),
]);

/// By what mandate a person represents a member.
pub const MANDATES: Words<Mandate> = Words(&[
    (Mandate::InformalConsent, &["informal consent", "consent"]),
    (Mandate::Appointee, &["appointee"]),
    (Mandate::LastingPowerOfAttorney, &["lasting power of attorney", "lpa"]),
    (Mandate::Deputy, &["deputy"]),
]);

/// What a representative may do.
pub const POWERS: Words<Powers> = Words(&[(Powers::See, &["see"]), (Powers::Act, &["act"])]);

/// What an organisation is to the co-op.
pub const PARTIES: Words<PartyKind> =
    Words(&[(PartyKind::Business, &["business"]), (PartyKind::Partner, &["partner"])]);

/// What an officer may do.
pub const ROLES: Words<OfficerRole> = Words(&[
    (OfficerRole::Coordinator, &["coordinator", "co ordinator"]),
    (OfficerRole::Treasurer, &["treasurer"]),
]);

/// What kinds of bearer a token is for.
pub const BEARERS: Words<TokenRole> = Words(&[
    (TokenRole::Member, &["member"]),
    (TokenRole::Coordinator, &["coordinator", "co ordinator"]),
    (TokenRole::Treasurer, &["treasurer"]),
    (TokenRole::Auditor, &["auditor"]),
    (TokenRole::App, &["app"]),
    (TokenRole::Operator, &["operator"]),
]);

/// What an app's token may do.
pub const SCOPES: Words<Scope> = Words(&[
    (Scope::CoopRead, &["coop read"]),
    (Scope::CoopWrite, &["coop write"]),
    (Scope::CoopsFound, &["coops found"]),
    (Scope::MembersRead, &["members read"]),
    (Scope::MembersWrite, &["members write"]),
    (Scope::CardsRead, &["cards read"]),
    (Scope::CardsWrite, &["cards write"]),
    (Scope::TimeRead, &["time read"]),
    (Scope::TimeWrite, &["time write"]),
    (Scope::RespiteRead, &["respite read"]),
    (Scope::RespiteWrite, &["respite write"]),
    (Scope::VouchersRead, &["vouchers read"]),
    (Scope::VouchersWrite, &["vouchers write"]),
    (Scope::StoreRead, &["store read"]),
    (Scope::StoreWrite, &["store write"]),
    (Scope::HistoryRead, &["history read"]),
    (Scope::HistoryWrite, &["history write"]),
    (Scope::Import, &["import"]),
    (Scope::Tokens, &["tokens"]),
]);

/// Why logged hours are disputed.
pub const DISPUTES: Words<DisputeReason> = Words(&[
    (DisputeReason::DidNotHappen, &["did not happen"]),
    (DisputeReason::WrongMinutes, &["wrong minutes"]),
    (DisputeReason::WrongPerson, &["wrong person"]),
    (DisputeReason::Other, &["other"]),
]);

/// Where logged hours stand.
pub const HOURS: Words<HoursStatus> =
    Words(&[(HoursStatus::Logged, &["logged"]), (HoursStatus::Disputed, &["disputed"])]);

/// Why the community grants hours.
pub const GRANTS: Words<GrantReason> = Words(&[
    (GrantReason::Cover, &["cover"]),
    (GrantReason::Emergency, &["emergency"]),
    (GrantReason::Welcome, &["welcome"]),
    (GrantReason::Other, &["other"]),
]);

/// Why a respite did not come to be.
pub const CANCELS: Words<CancelReason> = Words(&[
    (CancelReason::Illness, &["illness"]),
    (CancelReason::NotNeeded, &["not needed"]),
    (CancelReason::Moved, &["moved"]),
    (CancelReason::Other, &["other"]),
]);

/// The sides of a respite.
pub const SIDES: Words<RespiteSide> = Words(&[
    (RespiteSide::Carer, &["carer", "family carer"]),
    (RespiteSide::Giver, &["giver"]),
    (RespiteSide::Coop, &["coop", "co op"]),
]);

/// Where a respite stands.
pub const RESPITE: Words<RespiteStatus> =
    Words(&[(RespiteStatus::Asked, &["asked"]), (RespiteStatus::Agreed, &["agreed"])]);

/// Why a voucher is given.
pub const VOUCHERS: Words<VoucherReason> = Words(&[
    (VoucherReason::HundredHours, &["one hundred hours", "hundred hours", "100 hours"]),
    (VoucherReason::AYear, &["a year with us", "a year"]),
    (VoucherReason::ShortNotice, &["covered at short notice", "short notice"]),
    (VoucherReason::BadWeather, &["bad weather", "snow week"]),
    (VoucherReason::Other, &["other"]),
]);

/// What a voucher stands for.
pub const BASES: Words<VoucherBasis> = Words(&[
    (VoucherBasis::Recognition, &["recognition"]),
    (VoucherBasis::Exchange, &["exchange"]),
]);

/// How freely a fund can be spent.
pub const FREEDOMS: Words<FundFreedom> = Words(&[
    (FundFreedom::Unrestricted, &["unrestricted"]),
    (FundFreedom::Designated, &["designated"]),
    (FundFreedom::Restricted, &["restricted"]),
]);

/// Where cash comes from.
pub const SOURCES: Words<CashSource> = Words(&[
    (CashSource::Grant, &["grant"]),
    (CashSource::Surplus, &["surplus"]),
    (CashSource::Charge, &["charge"]),
    (CashSource::Donation, &["donation"]),
]);

/// What cash goes to.
pub const USES: Words<CashUse> = Words(&[
    (CashUse::Expense, &["expense"]),
    (CashUse::SpecialistStaff, &["specialist staff", "specialist"]),
    (CashUse::Other, &["other"]),
]);

/// Why an entry is reversed.
pub const REVERSALS: Words<ReversalReason> = Words(&[
    (ReversalReason::Slip, &["slip"]),
    (ReversalReason::Twice, &["twice"]),
    (ReversalReason::WrongPerson, &["wrong person"]),
    (ReversalReason::DidNotHappen, &["did not happen"]),
    (ReversalReason::Other, &["other"]),
]);

/// What a respite of the past came to. Not said: it is still asked for.
pub const PAST_RESPITE: Words<ImportRespiteOutcome> = Words(&[
    (ImportRespiteOutcome::Unspecified, &["asked"]),
    (ImportRespiteOutcome::Done, &["done"]),
    (ImportRespiteOutcome::Cancelled, &["cancelled", "canceled"]),
    (ImportRespiteOutcome::NoCover, &["no cover"]),
    (ImportRespiteOutcome::NoShow, &["no show"]),
]);

/// What a voucher of the past came to. Not said: it is still open.
pub const PAST_VOUCHERS: Words<ImportVoucherOutcome> = Words(&[
    (ImportVoucherOutcome::Unspecified, &["open"]),
    (ImportVoucherOutcome::Redeemed, &["redeemed"]),
    (ImportVoucherOutcome::Cancelled, &["cancelled", "canceled"]),
]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back_as_what_it_names() {
        for (task, names) in TASKS.0 {
            for name in *names {
                assert_eq!(TASKS.read(name), Ok(*task), "{name}");
            }
        }
        assert_eq!(TASKS.0.len(), 23);
        assert_eq!(TASKS.read(" Befriending-Visit "), Ok(TaskKind::BefriendingVisit));
    }

    #[test]
    fn an_unknown_word_is_told_what_is_known() {
        let slip = PARTIES.read("friend").unwrap_err();
        assert_eq!(slip.to_string(), "it is not known here. Write one of: business, partner.");
    }
}
