//! How dice are read against the ledger as it stands: mostly of things that are there, and by somebody who may.

use ledger_core::{
    AccountsRoot, Actor, Beyond, CancelReason, CashSource, CashUse, CodeHash, Command, Cover,
    DisputeReason, Entry, EvidenceGrade, FundFreedom, FundId, GrantReason, Hat, Help,
    HoursDestination, Items, Kinship, Mandate, MemberId, Minutes, OfferId, OfficerId, OwnFamily,
    PartyId, PartyKind, Pence, Position, Powers, PublicKey, Reference, Request, RespiteSide,
    ReversalReason, Role, RowKey, Signature, State, SuspensionReason, TaskKind, TimeOfDay,
    Timestamp, Title, Values, VoucherBasis, VoucherKey, VoucherReason,
};

use super::moves::{Move, What, request, title};

fn minutes(minutes: i64) -> Minutes {
    Minutes::new(minutes.max(1)).unwrap()
}
fn pence(pence: i64) -> Pence {
    Pence::new(pence.max(1)).unwrap()
}
fn items(items: i64) -> Items {
    Items::new(items.max(1)).unwrap()
}

impl Move {
    /// The dice, read against the ledger: mostly of things that are there, and by somebody who may.
    pub(crate) fn read(
        self,
        (number, at): (u64, Timestamp),
        state: &State,
        (log, asked): (&[Entry], &[Request]),
    ) -> Request {
        if let (What::Retry, Some(again)) = (self.what, pick(asked, self.one)) {
            return Request { at, ..again.clone() };
        }
        let (command, who) = self.command(state, log);
        let officer = |number| Actor::Officer(OfficerId::new(number).unwrap());
        let actor = match (self.by % 8, who) {
            (0 | 1, Some(member)) => Actor::Member(member),
            (2, _) => Actor::Member(member(state, self.by / 8)),
            (3, _) => officer(u32::from(self.by / 8 % 4) + 1),
            (4, _) if matches!(command, Command::RedeemVoucher { .. }) => Actor::Bearer,
            (4..=7, _) if operators(&command) => Actor::Operator,
            _ => officer(1),
        };
        let mut request = request(number, at, actor, command);
        // Now and then somebody who represents the member asks instead.
        if let (0 | 1, Some(member)) = (self.by % 8, who)
            && let Some((by, _, _)) = state.representatives().find(|(_, of, _)| *of == member)
        {
            (request.actor, request.on_behalf_of) = (Actor::Member(by), Some(member));
        }
        if self.by % 16 == 15 {
            request.on_behalf_of = Some(member(state, self.by / 16));
        }
        if self.amount.is_multiple_of(5) {
            request.occurred_on = Some(at.day().plus(-i32::from(self.other % 64)));
        }
        if self.amount.is_multiple_of(23) {
            let mut row = [1; 16];
            row[..8].copy_from_slice(&number.to_be_bytes());
            request.row = Some(RowKey::new(row));
        }
        if self.amount.is_multiple_of(7) {
            request.corrects = log
                .iter()
                .map(|entry| entry.position)
                .filter(|entry| state.reversed_by(*entry).is_some())
                .nth(usize::from(self.other % 3));
        }
        request
    }

    fn title(self) -> Title {
        title(&format!("Number {}", self.other % 32))
    }

    fn help(self, state: &State) -> Help {
        let giver = member(state, self.one);
        let other = member(state, self.other);
        Help {
            giver,
            receiver: (!self.other.is_multiple_of(4)).then_some(other),
            minutes: minutes(i64::from(self.amount % 300)),
            task: TaskKind::Shopping,
            destination: match self.amount / 300 % 4 {
                0 => HoursDestination::Pot,
                1 => HoursDestination::Member(member(state, self.by)),
                _ => HoursDestination::OwnAccount,
            },
            kinship: match self.one / 16 {
                0 => Kinship::FamilyEarning,
                1 => Kinship::FamilyNotEarning,
                _ => Kinship::Neighbour,
            },
        }
    }

    fn policy(self) -> Command {
        let n = i64::from(self.amount);
        let mut policy = Values::template();
        policy.floor_minutes = -(n % 1_500);
        policy.soft_floor_minutes = -(n % 1_500 / 2);
        policy.confirm_days = 1 + self.amount % 20;
        policy.lapse_days = 1 + self.amount % 40;
        policy.voucher_cap = u32::from(self.other % 12);
        policy.day_cap = minutes(120 + n % 900);
        if self.one.is_multiple_of(3) {
            policy.own_family = OwnFamily::Earns;
        }
        if self.one.is_multiple_of(2) {
            policy.voucher_basis = VoucherBasis::Exchange { price: minutes(n % 90) };
        }
        Command::AdoptPolicy { policy, decided_by: Some(self.title()) }
    }

    /// The command, and the member who would ask for it.
    #[allow(clippy::too_many_lines, reason = "one closed list, an arm for each command")]
    fn command(self, state: &State, log: &[Entry]) -> (Command, Option<MemberId>) {
        let (one, other) = (member(state, self.one), member(state, self.other));
        let some = minutes(i64::from(self.amount % 200));
        let today = state.recorded_at().day();
        let key = |keys: Vec<Position>| pick(&keys, self.one).copied().unwrap_or(state.head());
        let hours = key(state.pending_hours().keys().copied().collect());
        let respite = key(state.promised_respite().keys().copied().collect());
        let voucher = key(state.open_vouchers().keys().copied().collect());
        let logged = state.pending_hours().get(&hours);
        let receiver = logged.and_then(|logged| logged.help.receiver);
        let promise = state.promised_respite().get(&respite);
        let carer = promise.map(|promise| promise.carer);
        let party = PartyId::new(1 + u32::from(self.other / 100)).unwrap();
        let fund = FundId::new(1 + u32::from(self.one % 2)).unwrap();
        let stocked: Vec<_> = (0..state.offers().len())
            .filter_map(OfferId::at)
            .filter(|offer| self.by.is_multiple_of(4) || state.stock(*offer).get() > 0)
            .collect();
        let offer = pick(&stocked, self.one).copied().unwrap_or(OfferId::new(1).unwrap());
        let side = [RespiteSide::Carer, RespiteSide::Giver, RespiteSide::Coop];
        let side = side[usize::from(self.amount % 3)];
        let start = TimeOfDay::new(540 + self.amount % 5 * 60);
        let cover = match self.other % 5 {
            0 => Cover::Staff,
            _ => Cover::Member(other),
        };
        let asked = |command, member| (command, Some(member));
        let office = |command| (command, None);
        match self.what {
            What::Adopt => office(self.policy()),
            What::Appoint => {
                let role = Role::ALL[usize::from(self.one % 2)];
                office(Command::AppointOfficer { role, member: Some(other) })
            }
            What::End => {
                let officer = OfficerId::new(2 + u32::from(self.one % 4)).unwrap();
                office(Command::EndOfficer { officer })
            }
            What::Loss => {
                office(Command::AcceptLoss { first: state.head(), last: state.head().next() })
            }
            What::Enrol => {
                let reference = Reference::new(&format!("R{}", self.one % 16)).ok();
                let hats = Hat::ALL[..usize::from(self.other % 4)].to_vec();
                office(Command::EnrolMember { hats, reference, joined_on: None })
            }
            What::Hats => {
                let hats = Hat::ALL[usize::from(self.other % 3)..].to_vec();
                office(Command::ChangeHats { member: one, hats })
            }
            What::Suspend => {
                office(Command::SuspendMember { member: one, reason: SuspensionReason::Board })
            }
            What::Reinstate => {
                let suspended =
                    state.members().iter().find(|member| state.active(member.id).is_err());
                office(Command::ReinstateMember { member: suspended.map_or(one, |found| found.id) })
            }
            What::Leave => {
                let remaining_to = (self.amount.is_multiple_of(2)).then_some(other);
                asked(Command::LeaveMember { member: one, remaining_to }, one)
            }
            What::Represent => office(Command::NameRepresentative {
                member: one,
                representative: other,
                mandate: Mandate::ALL[usize::from(self.by % 4)],
                powers: Powers::ALL[usize::from(!self.by.is_multiple_of(5))],
                until: self.amount.is_multiple_of(4).then(|| today.plus(i32::from(self.one % 8))),
            }),
            What::RepresentNoMore => {
                let pair = state.representatives().nth(usize::from(self.one % 3));
                let (representative, member) = pair.map_or((other, one), |(by, of, _)| (by, of));
                asked(Command::EndRepresentative { member, representative }, member)
            }
            What::Register => {
                let kind = PartyKind::ALL[usize::from(self.one % 2)];
                office(Command::RegisterParty { title: self.title(), kind })
            }
            What::Log => asked(Command::LogHours { help: self.help(state) }, one),
            What::Confirm => {
                let changed = (self.amount.is_multiple_of(3)).then_some(some);
                let command = Command::ConfirmHours { hours, minutes: changed, evidence: None };
                (command, receiver)
            }
            What::Dispute => {
                (Command::DisputeHours { hours, reason: DisputeReason::Other }, receiver)
            }
            What::Resolve => {
                let minutes = (!self.amount.is_multiple_of(3)).then_some(some);
                office(Command::ResolveHours { hours, minutes })
            }
            What::Record => office(Command::RecordHours {
                help: self.help(state),
                evidence: EvidenceGrade::Phone,
            }),
            What::Give => {
                let to = (!self.amount.is_multiple_of(3)).then_some(other);
                asked(Command::GiveHours { from: one, to, minutes: some }, one)
            }
            What::Grant => {
                let reason = GrantReason::Welcome;
                office(Command::GrantFromPot { to: one, minutes: some, reason })
            }
            What::Respite => {
                let wanted_on = today.plus(i32::from(self.other % 3));
                asked(Command::RequestRespite { carer: one, minutes: some, wanted_on, start }, one)
            }
            What::Agree => asked(Command::AgreeCover { respite, cover, start }, other),
            What::Withdraw => {
                let giver = match promise.and_then(|promise| promise.cover) {
                    Some(Cover::Member(giver)) => Some(giver),
                    Some(Cover::Staff) | None => None,
                };
                (Command::WithdrawCover { respite, reason: CancelReason::Illness }, giver)
            }
            What::Deliver => {
                let cover = (self.amount.is_multiple_of(4)).then_some(cover);
                let beyond = [Beyond::Refused, Beyond::Agreed][usize::from(self.by / 128)];
                let minutes = match (self.other % 3, promise) {
                    (0, Some(promise)) => promise.held,
                    _ => some,
                };
                (Command::DeliverRespite { respite, minutes, cover, beyond }, carer)
            }
            What::Cancel => {
                let reason = CancelReason::NotNeeded;
                (Command::CancelRespite { respite, by: side, reason }, carer)
            }
            What::NoCover => office(Command::RecordNoCover { respite }),
            What::NoShow => (Command::RecordNoShow { respite, missing: side }, carer),
            What::Pledge => office(Command::PledgeOffer {
                party,
                title: self.title(),
                face_value: pence(i64::from(self.amount % 3_000)),
                quantity: items(i64::from(self.one % 4)),
                valid_until: today.plus(i32::from(self.other)),
            }),
            What::Issue => {
                let mut code = [9; 16];
                code[..8].copy_from_slice(&state.head().get().to_be_bytes());
                let (reason, code) = (VoucherReason::Other, CodeHash::new(code));
                office(Command::IssueVoucher { offer, member: other, reason, code })
            }
            What::Redeem => {
                let code = state.open_vouchers().get(&voucher).map(|voucher| voucher.code);
                let voucher = match code {
                    Some(code) if self.amount.is_multiple_of(2) => VoucherKey::Code(code),
                    Some(_) | None => VoucherKey::Issued(voucher),
                };
                office(Command::RedeemVoucher { voucher })
            }
            What::CancelVoucher => office(Command::CancelVoucher { voucher }),
            What::Fund => {
                office(Command::OpenFund { title: self.title(), freedom: FundFreedom::Designated })
            }
            What::Receive => office(Command::ReceiveCash {
                fund,
                source: CashSource::ALL[usize::from(self.other % 4)],
                pence: pence(i64::from(self.amount)),
                party: None,
                member: Some(one),
            }),
            What::Spend => office(Command::SpendCash {
                fund,
                spent_on: CashUse::ALL[usize::from(self.other % 3)],
                pence: pence(i64::from(self.amount)),
                purpose: (self.by.is_multiple_of(2)).then(|| title("breaks")),
                party: None,
                member: Some(other),
            }),
            What::Gift => office(Command::ReceiveInKind {
                party: (self.one.is_multiple_of(2)).then_some(party),
                title: self.title(),
                quantity: items(i64::from(self.amount % 3)),
                valuation: None,
            }),
            What::Use => {
                let quantity = items(i64::from(self.amount % 2));
                office(Command::UseInKind { offer, quantity })
            }
            What::Reverse | What::Retry => {
                // Mostly something of late; what is due has come in between, so this may name any entry.
                let back = u64::from(self.one % 24);
                let entry = Position::new(state.head().get().saturating_sub(back));
                let known = log.iter().find(|known| known.position == entry).cloned();
                let reason = ReversalReason::Twice;
                office(Command::ReverseEntry { entry, found: known.map(Box::new), reason })
            }
            What::Seal => {
                let accounts_root = Some(AccountsRoot::new([self.one; 32]));
                office(Command::SealState { accounts_root })
            }
            What::Rotate => {
                let key = |die: u8| PublicKey::new([die; 32]);
                let current = state.signing_key().unwrap_or(key(0));
                office(Command::RotateSigningKey {
                    old_key: if self.other.is_multiple_of(4) { key(self.one) } else { current },
                    new_key: key(self.other),
                    old_signature: Signature::new(&[1; 64]),
                    new_signature: Signature::new(&[2; 64]),
                })
            }
        }
    }
}

/// What only the one who runs the server may do.
fn operators(command: &Command) -> bool {
    matches!(command, Command::AcceptLoss { .. } | Command::RotateSigningKey { .. })
}

fn member(state: &State, die: u8) -> MemberId {
    // One in so many is nobody.
    let known = state.members().len() + usize::from(die > 250);
    MemberId::at(usize::from(die) % known).unwrap()
}

fn pick<T>(list: &[T], die: u8) -> Option<&T> {
    if list.is_empty() { None } else { list.get(usize::from(die) % list.len()) }
}
