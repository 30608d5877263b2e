//! A short history in which everything moves that can move, told by people who type what they should not.
#![expect(clippy::unwrap_used, reason = "made up, and therefore right")]

use ledger_core::{
    Actor, Attribution, Authority, CancelReason, CashSource, CashUse, Channel, CodeHash, Cover,
    Day, Entry, Event, EvidenceGrade, FundFreedom, FundId, GrantReason, Help, HoursDestination,
    Items, Kinship, MemberId, Minutes, OfferId, PartyId, PartyKind, Pence, Position, RespiteEnding,
    RespiteSide, ReversalReason, TaskKind, TimeOfDay, Timestamp, Title, Transfer, Undone,
    VoucherReason,
};

fn member(number: u32) -> MemberId {
    MemberId::new(number).unwrap()
}

fn minutes(minutes: i64) -> Minutes {
    Minutes::new(minutes).unwrap()
}

fn title(text: &str) -> Title {
    Title::new(text).unwrap()
}

fn items(items: i64) -> Items {
    Items::new(items).unwrap()
}

/// The history so far.
#[derive(Default)]
struct Story(Vec<Entry>);

impl Story {
    fn on(&mut self, day: &str, event: Event) -> Position {
        let position = Position::new(self.0.len() as u64 + 1);
        let recorded = Day::parse("2026-04-01").unwrap().start().unix_ms();
        self.0.push(Entry {
            position,
            recorded_at: Timestamp::from_unix_ms(recorded + position.get().cast_signed() * 1_001),
            occurred_on: Day::parse(day).unwrap(),
            by: Attribution {
                actor: Actor::Timer,
                on_behalf_of: None,
                authority: Authority::Coordinator,
                channel: Channel::App,
            },
            policy_version: 1,
            asked: None,
            row: None,
            corrects: None,
            event,
        });
        position
    }

    fn help(
        &mut self,
        day: &str,
        giver: u32,
        time: i64,
        destination: HoursDestination,
    ) -> Position {
        let help = Help {
            giver: member(giver),
            receiver: None,
            minutes: minutes(time),
            task: TaskKind::Garden,
            destination,
            kinship: Kinship::Neighbour,
        };
        self.on(day, Event::HoursRecorded { help, evidence: EvidenceGrade::Paper })
    }

    fn respite(&mut self, day: &str, time: i64) -> Position {
        let wanted_on = Day::parse(day).unwrap().plus(2);
        self.on(
            day,
            Event::RespiteRequested {
                carer: member(1001),
                minutes: minutes(time),
                wanted_on,
                start: None,
                lapse_at: wanted_on.plus(30).end(),
            },
        )
    }

    fn delivered(
        &mut self,
        day: &str,
        (respite, held): (Position, i64),
        cover: Cover,
        time: i64,
    ) -> Position {
        let (carer, held, minutes) = (member(1001), minutes(held), minutes(time));
        self.on(day, Event::RespiteDelivered { respite, carer, cover, held, minutes })
    }

    fn voucher(&mut self, day: &str, price: Option<i64>) -> Position {
        self.on(
            day,
            Event::VoucherIssued {
                offer: OfferId::new(1).unwrap(),
                member: member(1002),
                reason: VoucherReason::HundredHours,
                code: CodeHash::new([7; 16]),
                lapse_at: Day::parse("2026-12-31").unwrap().end(),
                price: price.map(minutes),
            },
        )
    }

    fn reversed(&mut self, entry: Position) -> Position {
        let found = self.0.iter().find(|found| found.position == entry).unwrap();
        let transfers = found.event.transfers().iter().filter_map(Transfer::mirrored).collect();
        let (day, undone) = (found.occurred_on.to_string(), Undone::TransfersOnly);
        let (reason, below_floor) = (ReversalReason::Slip, Vec::new());
        self.on(&day, Event::EntryReversed { entry, reason, transfers, undone, below_floor })
    }
}

/// The whole of it.
pub(crate) fn told() -> Vec<Entry> {
    let mut story = Story::default();
    things(&mut story);
    let first = story.help("2026-01-10", 1002, 90, HoursDestination::OwnAccount);
    story.help("2026-02-01", 1002, 60, HoursDestination::Pot);
    let delivered = respites(&mut story);
    vouchers(&mut story);
    // Known late: it belongs before what came first.
    story.help("2026-01-05", 1003, 45, HoursDestination::Member(member(1001)));
    story.reversed(first);
    story.reversed(delivered);
    let (from, to, minutes) = (member(1003), Some(member(1002)), minutes(10));
    story.on("2026-03-31", Event::HoursGiven { from, to, minutes });
    story.on("2026-03-31", Event::HoursGiven { from, to: None, minutes });
    let (to, reason) = (member(1001), GrantReason::Cover);
    story.on("2026-03-31", Event::PotGranted { to, minutes, reason });
    story.0
}

/// Cash and gifts in kind.
fn things(story: &mut Story) {
    let (party, fund) = (PartyId::new(1).unwrap(), FundId::new(1).unwrap());
    let kind = PartyKind::Business;
    story
        .on("2026-01-02", Event::PartyRegistered { party, title: title("@Baker, \"Sons\""), kind });
    let freedom = FundFreedom::Restricted(title("breaks"));
    let named = title("=1+1; \"Breaks\" type:E \\ @x");
    story.on("2026-01-02", Event::FundOpened { fund, title: named, freedom });
    let (source, pence) = (CashSource::Grant, Pence::new(10_000).unwrap());
    let (party, member) = (Some(party), Some(member(1002)));
    story.on("2026-01-03", Event::CashReceived { fund, source, pence, party, member: None });
    let (spent_on, pence) = (CashUse::SpecialistStaff, Pence::new(2_550).unwrap());
    story.on("2026-02-28", Event::CashSpent { fund, spent_on, pence, party: None, member });
    let (offer, quantity) = (OfferId::new(2).unwrap(), items(12));
    let named = title("-Chairs");
    story.on(
        "2026-01-03",
        Event::InKindReceived { offer, party, title: named, quantity, valuation: None },
    );
    story.on("2026-01-20", Event::InKindUsed { offer, quantity: items(5) });
}

/// One of each; answers which entry delivered the first.
fn respites(story: &mut Story) -> Position {
    let giver = Cover::Member(member(1002));
    let asked = story.respite("2026-02-03", 60);
    let start = TimeOfDay::new(600).unwrap();
    story.on("2026-02-03", Event::CoverAgreed { respite: asked, cover: giver, start });
    let delivered = story.delivered("2026-02-05", (asked, 60), giver, 75);
    let asked = story.respite("2026-02-10", 120);
    story.delivered("2026-02-12", (asked, 120), Cover::Staff, 90);
    let respite = story.respite("2026-03-01", 60);
    let ending =
        RespiteEnding::Cancelled { by: RespiteSide::Carer, reason: CancelReason::NotNeeded };
    let (carer, held) = (member(1001), minutes(60));
    story.on("2026-03-02", Event::RespiteEnded { respite, carer, held, ending });
    story.respite("2026-03-20", 30);
    delivered
}

/// One of each.
fn vouchers(story: &mut Story) {
    let (offer, party) = (OfferId::new(1).unwrap(), PartyId::new(1).unwrap());
    let (member, quantity) = (member(1002), items(20));
    let (face_value, valid_until) = (Pence::new(500).unwrap(), Day::parse("2026-12-31").unwrap());
    let title = title("+A loaf");
    story.on(
        "2026-01-06",
        Event::OfferPledged { offer, party, title, face_value, quantity, valid_until },
    );
    let voucher = story.voucher("2026-01-07", None);
    story.on("2026-02-07", Event::VoucherRedeemed { voucher, offer, member });
    let voucher = story.voucher("2026-01-07", Some(30));
    let price = Some(minutes(30));
    story.on("2026-02-08", Event::VoucherCancelled { voucher, offer, member, price });
    let voucher = story.voucher("2026-01-08", None);
    story.on("2026-03-08", Event::VoucherLapsed { voucher, offer, member });
    story.voucher("2026-03-30", Some(15));
}
