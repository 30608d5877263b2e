//! What a single request asks for: most such that it can be done, some such that it cannot.

use ledger_core::{
    Actor, Beyond, CancelReason, CashSource, CashUse, CodeHash, Command, Cover, DisputeReason,
    EvidenceGrade, FundFreedom, GrantReason, Hat, Items, Mandate, MemberId, PartyKind, Pence,
    Powers, Reference, RespiteSide, ReversalReason, Values, VoucherKey, VoucherReason,
};

use super::{Asker, OFFICER, fingerprint};

impl Asker<'_> {
    /// Who asks, and what.
    pub(super) fn command(&mut self) -> (Actor, Command) {
        if self.books.size() == 0 {
            let policy = Values::template();
            return (Actor::Operator, Command::FoundCoop { coop: self.coop.clone(), policy });
        }
        if self.books.members.len() < 3 {
            return (OFFICER, self.enrol());
        }
        match self.dice.below(100) {
            0..3 => (OFFICER, self.enrol()),
            3..18 => {
                let help = self.help(30, 300);
                (Actor::Member(self.member()), Command::LogHours { help })
            }
            18..28 => self.hours(),
            28..35 => {
                let (help, evidence) = (self.help(60, 400), EvidenceGrade::Phone);
                (OFFICER, Command::RecordHours { help, evidence })
            }
            35..41 => {
                let (from, to) = (self.member(), self.member());
                let to = self.dice.percent(70).then_some(to);
                let minutes = self.minutes(10, 500);
                (Actor::Member(from), Command::GiveHours { from, to, minutes })
            }
            41..44 => {
                let (to, minutes) = (self.member(), self.minutes(10, 200));
                (OFFICER, Command::GrantFromPot { to, minutes, reason: GrantReason::Cover })
            }
            44..74 => self.respite(),
            74..90 => self.vouchers(),
            90..94 => self.cash(),
            94..96 => self.representatives(),
            96..98 => {
                let entry = self.one_of([].iter());
                let reason = ReversalReason::Slip;
                (OFFICER, Command::ReverseEntry { entry, found: None, reason })
            }
            _ => (Actor::Operator, Command::SealState { accounts_root: None }),
        }
    }

    fn enrol(&mut self) -> Command {
        let mut hats = vec![Hat::CommunityVolunteer];
        if self.dice.percent(60) {
            hats.push(Hat::FamilyCarer);
        }
        let number = self.dice.between(1, 30);
        let reference =
            self.dice.percent(30).then(|| Reference::new(&format!("V{number}")).unwrap());
        Command::EnrolMember { hats, reference, joined_on: None }
    }

    fn representatives(&mut self) -> (Actor, Command) {
        let pairs: Vec<_> = self.books.represented.keys().copied().collect();
        let pair = self.dice.one(&pairs).filter(|_| self.dice.percent(30));
        if let Some((representative, member)) = pair {
            let who = [representative, member, self.member()];
            let actor = Actor::Member(self.dice.one(&who).unwrap());
            return (actor, Command::EndRepresentative { member, representative });
        }
        let until = self.dice.percent(50).then(|| self.today().plus(self.dice.days(-1, 3)));
        let command = Command::NameRepresentative {
            member: self.member(),
            representative: self.member(),
            mandate: Mandate::InformalConsent,
            powers: if self.dice.percent(80) { Powers::Act } else { Powers::See },
            until,
        };
        (OFFICER, command)
    }

    fn hours(&mut self) -> (Actor, Command) {
        let hours = self.one_of(self.books.hours.keys());
        let actor = if self.dice.percent(50) { OFFICER } else { Actor::Member(self.member()) };
        match self.dice.below(10) {
            0 => (actor, Command::DisputeHours { hours, reason: DisputeReason::WrongMinutes }),
            1 => {
                let minutes = Some(self.minutes(10, 100));
                (OFFICER, Command::ResolveHours { hours, minutes })
            }
            _ => (actor, Command::ConfirmHours { hours, minutes: None, evidence: None }),
        }
    }

    fn respite(&mut self) -> (Actor, Command) {
        let respite = self.one_of(self.books.holds.keys());
        match self.dice.below(30) {
            0..10 => {
                let carer = self.dice.one(&self.books.carers).unwrap_or(MemberId::at(1).unwrap());
                let (minutes, start) = (self.minutes(60, 240), self.start());
                let wanted_on = self.today().plus(self.dice.days(0, 2));
                let command = Command::RequestRespite { carer, minutes, wanted_on, start };
                (Actor::Member(carer), command)
            }
            10..21 => {
                let (sitter, start) = (self.sitter(), self.start());
                let cover = Cover::Member(sitter);
                let cover = if self.dice.percent(8) { Cover::Staff } else { cover };
                let actor = if self.dice.percent(50) { OFFICER } else { Actor::Member(sitter) };
                (actor, Command::AgreeCover { respite, cover, start })
            }
            21..23 => (OFFICER, Command::WithdrawCover { respite, reason: CancelReason::Illness }),
            23..27 => {
                let minutes = self.minutes(60, 240);
                let beyond = if self.dice.percent(60) { Beyond::Agreed } else { Beyond::Refused };
                (OFFICER, Command::DeliverRespite { respite, minutes, cover: None, beyond })
            }
            27 => (OFFICER, Command::RecordNoShow { respite, missing: RespiteSide::Giver }),
            28 => (OFFICER, Command::RecordNoCover { respite }),
            _ => {
                let (by, reason) = (RespiteSide::Coop, CancelReason::NotNeeded);
                (OFFICER, Command::CancelRespite { respite, by, reason })
            }
        }
    }

    fn vouchers(&mut self) -> (Actor, Command) {
        let Some(party) = self.dice.one(&self.books.parties) else {
            let title = self.title();
            return (OFFICER, Command::RegisterParty { title, kind: PartyKind::Business });
        };
        let offer = self.dice.one(&self.books.offers);
        let Some(offer) = offer.filter(|_| !self.dice.percent(8)) else {
            let (title, quantity) = (self.title(), Items::new(self.dice.between(1, 4)).unwrap());
            let face_value = Pence::new(500).unwrap();
            let valid_until = self.today().plus(self.dice.days(0, 40));
            let pledge = Command::PledgeOffer { party, title, face_value, quantity, valid_until };
            return (OFFICER, pledge);
        };
        let code = |number: u64| CodeHash::new(*fingerprint(number).bytes());
        match self.dice.below(10) {
            0..5 => {
                let (member, code) = (self.member(), code(*self.number + 1));
                let reason = VoucherReason::ShortNotice;
                (OFFICER, Command::IssueVoucher { offer, member, reason, code })
            }
            5..9 => {
                let open: Vec<CodeHash> = self.books.vouchers.values().copied().collect();
                let code = self.dice.one(&open).unwrap_or_else(|| code(0));
                (Actor::Bearer, Command::RedeemVoucher { voucher: VoucherKey::Code(code) })
            }
            _ => {
                let voucher = self.one_of(self.books.vouchers.keys());
                (OFFICER, Command::CancelVoucher { voucher })
            }
        }
    }

    fn cash(&mut self) -> (Actor, Command) {
        let Some(fund) = self.dice.one(&self.books.funds) else {
            let title = self.title();
            return (OFFICER, Command::OpenFund { title, freedom: FundFreedom::Unrestricted });
        };
        let pence = Pence::new(self.dice.between(1, 5_000)).unwrap();
        let (party, member) = (None, None);
        let command = if self.dice.percent(60) {
            Command::ReceiveCash { fund, source: CashSource::Grant, pence, party, member }
        } else {
            let (spent_on, purpose) = (CashUse::Other, None);
            Command::SpendCash { fund, spent_on, pence, purpose, party, member }
        };
        (OFFICER, command)
    }
}
