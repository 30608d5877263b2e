//! A small co-op whose life holds an entry of every kind, decided and evolved as a real one is.

use ledger_core::{
    AccountsRoot, Actor, Beyond, CancelReason, CashSource, CashUse, Channel, CodeHash, Command,
    CoopName, Cover, Day, Decision, DisputeReason, Entry, Event, EvidenceGrade, Fingerprint,
    FundFreedom, FundId, GrantReason, Hat, Help, HoursDestination, Items, Kinship, Mandate,
    MemberId, Minutes, OfferId, OfficerId, PartyId, PartyKind, Pence, Position, Powers, PublicKey,
    Request, RequestId, RespiteSide, ReversalReason, Role, Signature, State, SuspensionReason,
    TaskKind, TimeOfDay, Timestamp, Title, Values, VoucherKey, VoucherReason, decide, evolve,
    fall_due,
};
use ledger_proto::{Origin, SigningKey, accounts_root, leaf, rotation_message, stored};

pub(crate) const COORDINATOR: u32 = 1;

pub(crate) fn member(number: u32) -> MemberId {
    MemberId::new(number).unwrap()
}

pub(crate) fn officer(number: u32) -> Actor {
    Actor::Officer(OfficerId::new(number).unwrap())
}

pub(crate) fn minutes(minutes: i64) -> Minutes {
    Minutes::new(minutes).unwrap()
}

pub(crate) fn help(giver: u32, receiver: u32, amount: i64) -> Help {
    Help {
        giver: member(giver),
        receiver: Some(member(receiver)),
        minutes: minutes(amount),
        task: TaskKind::Shopping,
        destination: HoursDestination::OwnAccount,
        kinship: Kinship::Neighbour,
    }
}

/// A ledger and its entries.
#[derive(Clone)]
pub(crate) struct Story {
    pub(crate) state: State,
    pub(crate) entries: Vec<Entry>,
    pub(crate) now: Timestamp,
    asked: u64,
}

impl Story {
    pub(crate) fn new() -> Story {
        let now = Day::parse("2027-03-01").unwrap().start().plus_hours(9);
        Story { state: State::default(), entries: Vec::new(), now, asked: 0 }
    }

    /// A co-op with four members: 1001 and 1003 help, 1002 and 1004 care for somebody of their family.
    pub(crate) fn founded() -> Story {
        let mut story = Story::new();
        let coop = CoopName::new("colne-valley").unwrap();
        let policy = Values::template();
        story.ask(Actor::Operator, Command::FoundCoop { coop, policy });
        for hat in
            [Hat::CommunityVolunteer, Hat::FamilyCarer, Hat::CommunityVolunteer, Hat::FamilyCarer]
        {
            let hats = vec![hat];
            story.co(Command::EnrolMember { hats, reference: None, joined_on: None });
        }
        story
    }

    /// Half a year with an entry of every kind but the loss of some.
    pub(crate) fn of_every_kind() -> Story {
        let mut story = Story::founded();
        story.governance();
        story.hours();
        story.respite();
        story.store();
        story.represented();
        story.later(200);
        story.seal();
        story.later(1);
        story.record(1001, 1002, 30);
        story.seal();
        story
    }

    pub(crate) fn later(&mut self, days: i64) {
        self.now = self.now.plus_days(days);
        self.fall_due();
    }

    pub(crate) fn fall_due(&mut self) {
        while let Some(due) = fall_due(&self.state, self.now) {
            self.push(due);
        }
    }

    pub(crate) fn request(&mut self, actor: Actor, command: Command) -> Request {
        self.now = self.state.stamp(Timestamp::from_unix_ms(self.now.unix_ms() + 60_000));
        self.asked += 1;
        let mut bits = [0; 10];
        bits[2..].copy_from_slice(&self.asked.to_be_bytes());
        Request {
            id: RequestId::of_time(self.now, bits),
            fingerprint: Fingerprint::new([7; 16]),
            at: self.now,
            occurred_on: None,
            actor,
            on_behalf_of: None,
            channel: Channel::App,
            expected_position: None,
            expected_revision: None,
            corrects: None,
            row: None,
            command,
        }
    }

    pub(crate) fn ask(&mut self, actor: Actor, command: Command) -> Position {
        let request = self.request(actor, command);
        self.decided(&request)
    }

    pub(crate) fn decided(&mut self, request: &Request) -> Position {
        self.fall_due();
        match decide(&self.state, request).unwrap() {
            Decision::Record(entry) => self.push(*entry),
            Decision::AlreadyRecorded(position) => position,
        }
    }

    /// The co-ordinator asks.
    pub(crate) fn co(&mut self, command: Command) -> Position {
        self.ask(officer(COORDINATOR), command)
    }

    pub(crate) fn push(&mut self, entry: Entry) -> Position {
        self.state = evolve(std::mem::take(&mut self.state), &entry).unwrap();
        self.entries.push(entry);
        self.state.head()
    }

    pub(crate) fn bytes(&self) -> Vec<Vec<u8>> {
        self.entries.iter().map(|entry| stored::encode(entry).unwrap()).collect()
    }

    pub(crate) fn origin(&self) -> Origin {
        origin(&self.bytes())
    }

    pub(crate) fn record(&mut self, giver: u32, receiver: u32, amount: i64) -> Position {
        let help = help(giver, receiver, amount);
        self.co(Command::RecordHours { help, evidence: EvidenceGrade::Paper })
    }

    pub(crate) fn log(&mut self, giver: u32, receiver: u32, amount: i64) -> Position {
        let help = help(giver, receiver, amount);
        self.ask(Actor::Member(member(giver)), Command::LogHours { help })
    }

    pub(crate) fn request_respite(&mut self, carer: u32, amount: i64, in_days: i32) -> Position {
        let carer = member(carer);
        let (minutes, wanted_on) = (minutes(amount), self.now.day().plus(in_days));
        let start = TimeOfDay::parse("10:00");
        let command = Command::RequestRespite { carer, minutes, wanted_on, start };
        self.ask(Actor::Member(carer), command)
    }

    pub(crate) fn pledge(&mut self, quantity: i64, days: i32) -> OfferId {
        let title = Title::new(&format!("Tea {quantity}")).unwrap();
        let (party, quantity) = (PartyId::new(1).unwrap(), Items::new(quantity).unwrap());
        let (face_value, valid_until) = (Pence::new(500).unwrap(), self.now.day().plus(days));
        self.co(Command::PledgeOffer { party, title, face_value, quantity, valid_until });
        OfferId::at(self.state.offers().len() - 1).unwrap()
    }

    pub(crate) fn issue(&mut self, offer: OfferId, to: u32, code: u8) -> Position {
        let (member, code, reason) = (member(to), CodeHash::new([code; 16]), VoucherReason::Other);
        self.co(Command::IssueVoucher { offer, member, reason, code })
    }

    pub(crate) fn reverse(&mut self, entry: Position) -> Position {
        let found = self.entries.iter().find(|found| found.position == entry).cloned();
        let (found, reason) = (found.map(Box::new), ReversalReason::Slip);
        self.co(Command::ReverseEntry { entry, found, reason })
    }

    pub(crate) fn seal(&mut self) -> Position {
        let root = AccountsRoot::new(*accounts_root(self.state.books()).as_bytes());
        self.ask(Actor::Operator, Command::SealState { accounts_root: Some(root) })
    }

    pub(crate) fn rotate(&mut self, old: &SigningKey, new: &SigningKey) -> Position {
        let message = rotation_message(&self.origin(), &old.public(), &new.public());
        let signed = |key: &SigningKey| Signature::new(&key.sign(&message));
        let (old_signature, new_signature) = (signed(old), signed(new));
        let (old_key, new_key) = (PublicKey::new(old.public()), PublicKey::new(new.public()));
        self.ask(
            Actor::Operator,
            Command::RotateSigningKey { old_key, new_key, old_signature, new_signature },
        )
    }

    fn governance(&mut self) {
        let policy = Values { voucher_cap: 5, ..Values::template() };
        self.co(Command::AdoptPolicy { policy, decided_by: None });
        self.co(Command::AppointOfficer { role: Role::Treasurer, member: Some(member(1003)) });
        let second = self.co(Command::AppointOfficer { role: Role::Coordinator, member: None });
        assert!(second > Position::START);
        self.co(Command::EndOfficer { officer: OfficerId::new(3).unwrap() });
        let hats = vec![Hat::FamilyCarer, Hat::Supporter];
        self.co(Command::ChangeHats { member: member(1002), hats });
        self.co(Command::EnrolMember { hats: vec![], reference: None, joined_on: None });
        let reason = SuspensionReason::OwnWish;
        self.co(Command::SuspendMember { member: member(1005), reason });
        self.co(Command::ReinstateMember { member: member(1005) });
        // Who leaves owes an hour, and an officer does it for them: the community makes it good.
        let own = Actor::Member(member(1005));
        let to = Some(member(1001));
        self.ask(own, Command::GiveHours { from: member(1005), to, minutes: minutes(60) });
        let leave = Command::LeaveMember { member: member(1005), remaining_to: None };
        let mut leave = self.request(officer(COORDINATOR), leave);
        leave.on_behalf_of = Some(member(1005));
        self.decided(&leave);
        let title = Title::new("Slaithwaite Bakery").unwrap();
        self.co(Command::RegisterParty { title, kind: PartyKind::Business });
    }

    fn hours(&mut self) {
        for (giver, receiver, amount) in [(1001, 1002, 90), (1003, 1004, 120), (1001, 1004, 60)] {
            let hours = self.log(giver, receiver, amount);
            let command = Command::ConfirmHours { hours, minutes: None, evidence: None };
            self.ask(Actor::Member(member(receiver)), command);
        }
        // Nobody says anything of these: time confirms them.
        self.log(1003, 1002, 45);
        let hours = self.log(1001, 1002, 400);
        let reason = DisputeReason::WrongMinutes;
        self.ask(Actor::Member(member(1002)), Command::DisputeHours { hours, reason });
        self.co(Command::ResolveHours { hours, minutes: Some(minutes(60)) });
        self.later(1);
        let slip = self.record(1001, 1002, 240);
        self.reverse(slip);
        let to_pot = Help { destination: HoursDestination::Pot, ..help(1003, 1002, 180) };
        self.co(Command::RecordHours { help: to_pot, evidence: EvidenceGrade::Phone });
        let (from, to) = (member(1001), Some(member(1002)));
        self.ask(Actor::Member(from), Command::GiveHours { from, to, minutes: minutes(30) });
        let (to, reason) = (member(1004), GrantReason::Cover);
        self.co(Command::GrantFromPot { to, minutes: minutes(60), reason });
        self.later(20);
    }

    fn respite(&mut self) {
        let respite = self.request_respite(1002, 120, 3);
        let agree = |cover| Command::AgreeCover { respite, cover, start: None };
        self.co(agree(Cover::Member(member(1001))));
        let reason = CancelReason::Illness;
        self.co(Command::WithdrawCover { respite, reason });
        self.co(agree(Cover::Member(member(1003))));
        self.later(4);
        let (minutes, beyond) = (minutes(150), Beyond::Agreed);
        let command = Command::DeliverRespite { respite, minutes, cover: None, beyond };
        self.ask(Actor::Member(member(1002)), command);
        let respite = self.request_respite(1004, 60, 5);
        let (by, reason) = (RespiteSide::Carer, CancelReason::NotNeeded);
        let command = Command::CancelRespite { respite, by, reason };
        self.ask(Actor::Member(member(1004)), command);
        // Nothing is heard of this one: it lapses.
        self.request_respite(1004, 60, 5);
    }

    /// Somebody sees to another's affairs for a while, and a treasurer to those of a third.
    fn represented(&mut self) {
        self.represent(1004, 1003, (Powers::Act, None));
        let gift = Command::GiveHours { from: member(1004), to: None, minutes: minutes(5) };
        self.ask_for(1003, 1004, gift);
        let hours = self.log(1001, 1004, 30);
        let confirm = Command::ConfirmHours { hours, minutes: None, evidence: None };
        self.ask_for(1003, 1004, confirm);
        let (member, representative) = (member(1004), member(1003));
        self.ask(
            Actor::Member(representative),
            Command::EndRepresentative { member, representative },
        );
        self.represent(1002, 1001, (Powers::See, Some(self.now.day().plus(20))));
    }

    pub(crate) fn represent(
        &mut self,
        of: u32,
        by: u32,
        (powers, until): (Powers, Option<Day>),
    ) -> Position {
        let (member, representative) = (member(of), member(by));
        let mandate = Mandate::InformalConsent;
        self.co(Command::NameRepresentative { member, representative, mandate, powers, until })
    }

    /// Somebody asks for a member whom they represent.
    pub(crate) fn ask_for(&mut self, by: u32, of: u32, command: Command) -> Position {
        let mut request = self.request(Actor::Member(member(by)), command);
        request.on_behalf_of = Some(member(of));
        self.decided(&request)
    }

    fn store(&mut self) {
        let title = Title::new("<script>alert(1)</script> & breaks").unwrap();
        let freedom = FundFreedom::Restricted(Title::new("breaks").unwrap());
        self.co(Command::OpenFund { title, freedom });
        let (fund, party, member_) = (FundId::new(1).unwrap(), None, None);
        let (source, pence) = (CashSource::Grant, Pence::new(50_000).unwrap());
        self.co(Command::ReceiveCash { fund, source, pence, party, member: member_ });
        let (spent_on, pence) = (CashUse::Expense, Pence::new(1_250).unwrap());
        let purpose = Some(Title::new("breaks").unwrap());
        let member_ = Some(member(1003));
        self.co(Command::SpendCash { fund, spent_on, pence, purpose, party, member: member_ });
        let title = Title::new("An afternoon in the hall").unwrap();
        let (quantity, valuation) = (Items::new(3).unwrap(), Pence::new(4_500).ok());
        self.co(Command::ReceiveInKind { party, title, quantity, valuation });
        let (offer, quantity) = (OfferId::new(1).unwrap(), Items::new(1).unwrap());
        self.co(Command::UseInKind { offer, quantity });
        let tea = self.pledge(24, 60);
        self.issue(tea, 1001, 1);
        let code = VoucherKey::Code(CodeHash::new([1; 16]));
        self.ask(Actor::Bearer, Command::RedeemVoucher { voucher: code });
        let voucher = self.issue(tea, 1003, 2);
        self.co(Command::CancelVoucher { voucher });
        // Nobody comes for this one: it lapses.
        self.issue(tea, 1002, 3);
    }
}

/// The identity of the log that these entries are.
pub(crate) fn origin(entries: &[Vec<u8>]) -> Origin {
    Origin::of(&CoopName::new("colne-valley").unwrap(), &leaf(&entries[0]))
}

#[test]
fn the_story_holds_every_kind_but_two() {
    let story = Story::of_every_kind();
    let told = |kind| story.entries.iter().any(|entry| entry.event.kind() == kind);
    let missing: Vec<&str> = ledger_core::EventKind::ALL
        .iter()
        .filter(|kind| !told(**kind))
        .map(|kind| kind.word())
        .collect();
    assert_eq!(missing, ["LossAccepted", "SigningKeyRotated"]);
    let lapsed = |event: &Event| matches!(event, Event::VoucherLapsed { .. });
    assert!(story.entries.iter().any(|entry| lapsed(&entry.event)));
}
