//! What happens in the made-up years: each kind of request, and what follows on it some days later.

use ledger_core::{
    Actor, Beyond, CancelReason, CodeHash, Command, Cover, DisputeReason, EvidenceGrade, Hat, Help,
    HoursDestination, Items, Kinship, Minutes, OfferId, PartyId, Pence, Reference, RespiteSide,
    ReversalReason, TaskKind, TimeOfDay, Title, VoucherKey, VoucherReason,
};

use super::{COORDINATOR, Later, Years, pick, renew};

impl Years {
    pub(super) fn visit(&mut self) {
        let giver = if self.dice.percent(75) { self.volunteer() } else { self.carer() };
        let receiver = self.anybody();
        let minutes = self.quarters(10);
        let destination = match self.dice.below(100) {
            0..70 => HoursDestination::OwnAccount,
            70..95 => HoursDestination::Pot,
            _ => HoursDestination::Member(self.carer()),
        };
        let task = *TaskKind::ALL.get(self.dice.below(TaskKind::ALL.len())).unwrap();
        let (receiver, kinship) = (Some(receiver), Kinship::Neighbour);
        let help = Help { giver, receiver, minutes, task, destination, kinship };
        let lag = match self.dice.below(100) {
            0..50 => 0,
            50..80 => self.dice.below(7),
            80..95 => self.dice.below(30),
            _ => self.dice.below(58),
        };
        let day = self.today.plus(-i32::try_from(lag).unwrap());
        if self.dice.percent(9) {
            let command = Command::RecordHours { help, evidence: EvidenceGrade::Paper };
            self.ask_of(Actor::Officer(COORDINATOR), day, command);
            self.reverse_some();
            return;
        }
        let logged = self.ask_of(Actor::Member(giver), day, Command::LogHours { help });
        let Some(hours) = logged else { return };
        let by = receiver.map_or(Actor::Officer(COORDINATOR), Actor::Member);
        let days = 1 + self.dice.below(12);
        match self.dice.below(1000) {
            0..770 => self.plan(days, Later::Confirm { hours, by }),
            770..915 => {
                let by = Actor::Officer(COORDINATOR);
                self.plan(days, Later::Confirm { hours, by });
            }
            915..930 => self.plan(days, Later::Dispute { hours, by }),
            // Nobody says anything: the timer confirms.
            _ => {}
        }
    }

    pub(super) fn respite(&mut self) {
        let (carer, minutes) = (self.carer(), self.quarters(16));
        let ahead = 2 + self.dice.below(20);
        let wanted_on = self.today.plus(i32::try_from(ahead).unwrap());
        let start = TimeOfDay::new(u16::try_from(8 * 60 + 15 * self.dice.below(40)).unwrap());
        let command = Command::RequestRespite { carer, minutes, wanted_on, start };
        let Some(respite) = self.ask(Actor::Member(carer), command) else { return };
        match self.dice.below(100) {
            0..92 => {
                self.plan(1, Later::Agree { respite, carer });
                self.plan(ahead + 1, Later::Deliver { respite, by: carer, minutes });
            }
            92..97 => self.plan(1, Later::Cancel { respite, by: carer }),
            _ => self.plan(ahead, Later::NoCover { respite }),
        }
    }

    pub(super) fn gift(&mut self) {
        let (from, to) = (self.volunteer(), self.carer());
        let to = if self.dice.percent(50) { Some(to) } else { None };
        let minutes = self.quarters(8);
        self.ask(Actor::Member(from), Command::GiveHours { from, to, minutes });
        self.reverse_some();
    }

    pub(super) fn voucher(&mut self) {
        let offer = pick(&mut self.dice, &self.vouchers);
        let member = self.volunteer();
        let code = CodeHash::new(self.dice.bytes());
        let reason = VoucherReason::Other;
        let command = Command::IssueVoucher { offer, member, reason, code };
        let Some(voucher) = self.officer(command) else { return };
        let days = 1 + self.dice.below(60);
        match self.dice.below(100) {
            0..72 => self.plan(days, Later::Redeem { code }),
            72..75 => self.plan(days, Later::TakeBack { voucher }),
            _ => {}
        }
    }

    pub(super) fn pledge(&mut self) {
        let party = PartyId::new(u32::try_from(1 + self.dice.below(20)).unwrap()).unwrap();
        let command = Command::PledgeOffer {
            party,
            title: Title::new("A cup of tea and a cake").unwrap(),
            face_value: Pence::new(500).unwrap(),
            quantity: Items::new(24).unwrap(),
            valid_until: self.today.plus(120),
        };
        self.officer(command).unwrap();
        let offer = OfferId::at(self.state.offers().len() - 1).unwrap();
        let newest = self.founders / 20;
        renew(&mut self.vouchers, offer, newest);
    }

    pub(super) fn in_kind(&mut self) {
        let command = Command::ReceiveInKind {
            party: PartyId::new(1),
            title: Title::new("An afternoon in the hall").unwrap(),
            quantity: Items::new(3).unwrap(),
            valuation: Pence::new(4_500).ok(),
        };
        self.officer(command).unwrap();
        let offer = OfferId::at(self.state.offers().len() - 1).unwrap();
        let newest = self.founders / 20;
        renew(&mut self.gifts, offer, newest);
    }

    pub(super) fn enrol(&mut self) {
        let number = self.state.members().len();
        let hats = vec![match number % 20 {
            0..4 => Hat::ServiceUser,
            4..9 => Hat::FamilyCarer,
            9..17 => Hat::CommunityVolunteer,
            17..19 => Hat::Staff,
            _ => Hat::Supporter,
        }];
        let reference = Some(Reference::new(&format!("CV{number:05}")).unwrap());
        let joined_on = Some(self.today);
        self.officer(Command::EnrolMember { hats, reference, joined_on }).unwrap();
    }

    /// A few were a slip.
    pub(super) fn reverse_some(&mut self) {
        if self.dice.percent(3)
            && let Some(entry) = self.fresh.last().cloned()
        {
            self.plan(3, Later::Reverse { entry: Box::new(entry) });
        }
    }

    pub(super) fn follow(&mut self, later: Later) {
        match later {
            Later::Confirm { hours, by } => {
                self.ask(by, Command::ConfirmHours { hours, minutes: None, evidence: None });
            }
            Later::Dispute { hours, by } => {
                let reason = DisputeReason::WrongMinutes;
                self.ask(by, Command::DisputeHours { hours, reason });
                self.plan(5, Later::Resolve { hours });
            }
            Later::Resolve { hours } => {
                let minutes = Minutes::new(30).ok();
                self.officer(Command::ResolveHours { hours, minutes });
            }
            Later::Agree { respite, carer } => {
                let giver = self.volunteer();
                let staff = giver == carer || self.dice.percent(10);
                let cover = if staff { Cover::Staff } else { Cover::Member(giver) };
                self.officer(Command::AgreeCover { respite, cover, start: None });
            }
            Later::Deliver { respite, by, minutes } => {
                let (cover, beyond) = (None, Beyond::Refused);
                let command = Command::DeliverRespite { respite, minutes, cover, beyond };
                self.ask(Actor::Member(by), command);
            }
            Later::Cancel { respite, by } => {
                let reason = CancelReason::Illness;
                let command = Command::CancelRespite { respite, by: RespiteSide::Carer, reason };
                self.ask(Actor::Member(by), command);
            }
            Later::NoCover { respite } => {
                self.officer(Command::RecordNoCover { respite });
            }
            Later::Redeem { code } => {
                let voucher = VoucherKey::Code(code);
                self.ask(Actor::Bearer, Command::RedeemVoucher { voucher });
            }
            Later::TakeBack { voucher } => {
                self.officer(Command::CancelVoucher { voucher });
            }
            Later::Reverse { entry } => {
                let (position, found) = (entry.position, Some(entry));
                let reason = ReversalReason::Slip;
                self.officer(Command::ReverseEntry { entry: position, found, reason });
            }
        }
    }
}
