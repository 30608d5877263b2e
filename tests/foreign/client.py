"""Another co-op's app: drives a running ledger by its published .proto files alone, and checks what it is told.

    python client.py --listen ADDRESS --token-file FILE

Prints a line for each check and stops at the first that fails. What it needs stands in requirements.txt.
"""

import argparse
import datetime
import threading
import time
from collections import Counter

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from adding import added, kept_apart, leaf, root
from caller import Caller, Refusal, manual_of_reasons, new_id, words
from cut import Road

EPOCH = datetime.date(1970, 1, 1)


def same(got, wanted, what):
    """Both are the same, or it ends here."""
    assert got == wanted, f"{what}: {got!r}, and {wanted!r} was expected"


class Feed:
    """Follows a co-op's log in the background."""

    def __init__(self, caller, request):
        self.entries, self.heads, self.quiet, self.error = [], [], [], None
        self.changed = threading.Condition()
        self.stream = caller.follow(request, seconds=120)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        try:
            for answer in self.stream:
                with self.changed:
                    self.entries += answer.entries
                    self.heads.append(answer.head)
                    if not answer.entries:
                        self.quiet.append(time.monotonic())
                    self.changed.notify_all()
        except grpc.RpcError as error:
            with self.changed:
                self.error = error
                self.changed.notify_all()

    def until(self, true, seconds, what):
        """Waits until this is true of the feed."""
        with self.changed:
            self.changed.wait_for(lambda: true(self) or self.error, seconds)
            assert true(self), f"{what}: {self.error or 'nothing more came'}"

    def end(self):
        """Hangs up."""
        self.stream.cancel()


class Checks:
    """One run against one server."""

    def __init__(self, address, token):
        self.p, self.stubs, self.Entry = words()
        self.manual = manual_of_reasons()
        self.address, self.token = address, token
        self.caller = Caller(address, token, self.stubs)
        self.stranger = Caller(address, None, self.stubs)
        self.coop = "coops/foreign-%x" % time.time_ns()
        self.today = None
        self.passed = 0

    # What every check uses.

    def ok(self, what):
        """One check more has passed."""
        self.passed += 1
        print("ok", what, flush=True)

    def context(self, who=None, **more):
        """What a new write says of itself."""
        return self.p.WriteContext(coop=self.coop, request_id=new_id(), acting_as=who or "", **more)

    def reading(self, **more):
        """What a read says of itself."""
        return self.p.ReadContext(coop=self.coop, **more)

    def write(self, service, method, who=None, caller=None, context=None, **fields):
        """Sends a write and gives its receipt."""
        return self.answer(service, method, who, caller, context, **fields).receipt

    def answer(self, service, method, who=None, caller=None, context=None, **fields):
        """Sends a write and gives its whole answer."""
        kind = getattr(self.p, method + "Request")
        request = kind(context=context or self.context(who), **fields)
        return (caller or self.caller).call(service, request)

    def read(self, service, method, caller=None, at=None, **fields):
        """Reads."""
        kind = getattr(self.p, method + "Request")
        return (caller or self.caller).call(service, kind(context=self.reading(**(at or {})), **fields))

    def refused(self, reason, act):
        """It is refused, for this reason, as the manual says."""
        try:
            got = act()
        except grpc.RpcError as error:
            refusal = Refusal.of(error)
            refusal.must_be(reason, self.manual)
            return refusal
        raise AssertionError(f"{reason} was expected, and it was done: {got}")

    def all(self, rows, service, method, size, **fields):
        """Every row of a list, page after page."""
        found, token = [], ""
        while True:
            page = self.p.Page(page_size=size, page_token=token)
            answer = self.read(service, method, page=page, **fields)
            some = list(getattr(answer, rows))
            assert len(some) <= size, f"{method}: {len(some)} rows on a page of {size}"
            found += some
            token = answer.next_page_token
            if not token:
                return found

    def log(self):
        """The whole log, decoded."""
        entries = []
        for answer in self.caller.follow(self.p.ReadHistoryRequest(coop=self.coop)):
            entries += answer.entries
        return entries, [self.Entry.FromString(entry.entry) for entry in entries]

    def balances(self, **at):
        """What ListBalances says, by the member's number."""
        rows = self.all("balances", "TimeBank", "ListBalances", 3, at=at)
        return {int(row.name.rsplit("/", 1)[1]): (row.balance_minutes, row.held_minutes) for row in rows}

    def day(self, back):
        """A day before today."""
        return str(self.today - datetime.timedelta(days=back))

    # The checks.

    def run(self):
        """All of them, in an order in which each finds what the ones before have left."""
        self.server()
        self.founding()
        self.hours()
        self.refusals()
        self.cut_off()
        self.guards()
        self.disputes_and_reversals()
        self.respite()
        self.vouchers()
        self.store()
        self.batches()
        self.import_()
        self.representatives()
        self.reads()
        self.feed()
        self.second_reducer()
        self.limits()
        print(f"{self.passed} checks passed")

    def server(self):
        """What a generic tool asks first."""
        health = health_pb2_grpc.HealthStub(self.caller.channel)
        for name in ("", "carestore.v1.TimeBankService"):
            status = health.Check(health_pb2.HealthCheckRequest(service=name), timeout=10).status
            same(status, health_pb2.HealthCheckResponse.SERVING, "health")
        self.ok("health: serving, with no token")

        known = ProtoReflectionDescriptorDatabase(self.stranger.channel)
        # The operator's is served on a socket in the server's folder, and on no network.
        names = {f"carestore.v1.{name}Service" for name in self.stubs if name != "Operator"}
        assert names <= set(known.get_services()), names - set(known.get_services())
        pool = DescriptorPool(known)
        for name in sorted(names):
            there = {method.name for method in pool.FindServiceByName(name).methods}
            stub = self.caller.services[name.removeprefix("carestore.v1.").removesuffix("Service")]
            same(there, set(vars(stub)), f"the methods of {name} by reflection")
        self.ok(f"reflection: the {len(names)} services, method for method as published")

        self.refused("TOKEN_MISSING", lambda: self.stranger.call("Coop", self.p.ListCoopsRequest()))
        wrong = Caller(self.address, "cst_" + "0" * 64, self.stubs)
        self.refused("TOKEN_UNKNOWN", lambda: wrong.call("Coop", self.p.ListCoopsRequest()))
        self.ok("no token and a wrong token are told apart")

    def founding(self):
        """A co-op of our own, with people in it."""
        p = self.p
        self.refused("COOP_NOT_FOUND", lambda: self.read("Members", "ListMembers"))
        request = p.FoundCoopRequest(context=self.context())
        receipt = self.caller.call("Coop", request).receipt
        same((receipt.position, receipt.name, receipt.replayed), (1, self.coop, False), "the founding")
        # By the server's clock: ours may stand in another day.
        self.today = receipt.record_time.ToDatetime().date()
        same(self.caller.call("Coop", request).receipt.replayed, True, "the founding, sent again")
        self.refused("COOP_EXISTS", lambda: self.write("Coop", "FoundCoop"))
        self.ok("a co-op is founded once")

        self.feed_from_start = Feed(self.caller, p.WatchHistoryRequest(coop=self.coop))

        quiet = self.quiet_coop = "coops/quiet-%x" % time.time_ns()
        context = p.WriteContext(coop=quiet, request_id=new_id())
        self.caller.call("Coop", p.FoundCoopRequest(context=context))
        self.quiet_since = time.monotonic()
        self.quiet = Feed(self.caller, p.WatchHistoryRequest(coop=quiet, after_position=1))

        policy = self.read("Coop", "GetPolicy").policy
        same((policy.version, policy.values.floor_minutes, policy.values.soft_floor_minutes), (1, -720, -360), "policy")
        self.ok("it has the standard template for a policy")

        hats = {
            "anwen": ["HAT_COMMUNITY_VOLUNTEER"],
            "beth": ["HAT_SERVICE_USER"],
            "carys": ["HAT_FAMILY_CARER", "HAT_COMMUNITY_VOLUNTEER"],
            "dylan": ["HAT_SUPPORTER"],
            "emrys": ["HAT_COMMUNITY_VOLUNTEER"],
        }
        for number, (who, worn) in enumerate(hats.items(), 1001):
            receipt = self.write(
                "Members", "EnrolMember", hats=worn, ref=who.upper(), card=p.Card(display_name=who.title())
            )
            same(receipt.name, f"{self.coop}/members/{number}", "the new member's name")
            assert receipt.label.startswith(f"{number}-"), receipt.label
            setattr(self, who, f"members/{number}")
        written = receipt.position
        by_number = self.read("Members", "GetMember", at={"at_least_position": written}, member=receipt.label)
        by_ref = self.read("Members", "GetMember", at={"at_least_position": written}, member="ref:EMRYS")
        same(by_number.member, by_ref.member, "one member, asked for in two ways")
        same(by_ref.member.display_name, "Emrys", "the card")
        assert by_ref.position >= written, "a read of one's own write"
        self.ok("members are enrolled, and read back by check digit and by reference")

        member = self.read("Members", "GetMember", member=self.dylan).member
        same(member.available_minutes, member.balance_minutes - policy.values.floor_minutes, "what Dylan can promise")
        self.caller.call("Members", p.EraseCardRequest(coop=self.coop, member=self.dylan))
        same(self.read("Members", "GetMember", member=self.dylan).member.display_name, "", "an erased card")
        self.ok("a card is erased beside the log")

    def help(self, giver, receiver, minutes, **more):
        """A piece of help."""
        return self.p.Help(
            giver=giver, receiver=receiver or "", minutes=minutes, task="TASK_KIND_SHOPPING", **more
        )

    def hours(self):
        """Logged by one, confirmed by another."""
        before = self.balances()
        logged = self.write("TimeBank", "LogHours", self.anwen, help=self.help(self.anwen, self.beth, 90))
        same(logged.name, f"{self.coop}/hours/{logged.position}", "the name of logged hours")
        same(self.balances(), before, "hours that nobody has confirmed")
        pending = self.read("TimeBank", "ListPendingHours", member=self.beth).hours
        same([(one.name, one.help.minutes) for one in pending], [(logged.name, 90)], "what waits")
        self.ok("logged hours count for nothing yet")

        self.refused(
            "NEEDS_ANOTHER_PERSON",
            lambda: self.write("TimeBank", "ConfirmHours", self.anwen, hours=logged.name),
        )
        self.refused("NOT_YOURS", lambda: self.write("TimeBank", "ConfirmHours", self.dylan, hours=logged.name))
        self.ok("neither who logged them nor a bystander confirms them")

        self.write("TimeBank", "ConfirmHours", self.beth, hours=f"hours/{logged.position}", minutes=80)
        same(self.balances()[1001], (80, 0), "Anwen's account")
        self.refused(
            "ALREADY_SETTLED", lambda: self.write("TimeBank", "ConfirmHours", self.beth, hours=logged.name)
        )
        same(list(self.read("TimeBank", "ListPendingHours").hours), [], "what waits")
        self.ok("another person confirms them, with other minutes, once")

        self.write(
            "TimeBank", "RecordHours", context=self.context(
                occurred_on=self.day(10), channel="CHANNEL_PAPER", note="from the sheet"
            ), help=self.help(self.emrys, None, 45, destination=self.p.Destination(pot=True)),
            evidence="EVIDENCE_GRADE_PAPER",
        )
        self.write(
            "TimeBank", "RecordHours", context=self.context(occurred_on=self.day(3)),
            help=self.help(self.emrys, self.dylan, 60), evidence="EVIDENCE_GRADE_PHONE",
        )
        self.write("TimeBank", "DonateHours", self.anwen, minutes=20, **{"from": self.anwen})
        self.write("TimeBank", "GrantFromPot", to=self.beth, minutes=50, reason="GRANT_REASON_WELCOME")
        totals = self.read("Store", "GetStoreTotals").time
        same(totals.pot_minutes, 45 + 20 - 50, "the pot")
        self.ok("hours go to the pot and out of it")

        low = self.write("TimeBank", "GiveHours", self.dylan, to=self.beth, minutes=400, **{"from": self.dylan})
        same(low.below_soft_floor_minutes, 40, "the warning at the soft floor")
        self.ok("who goes below the soft floor is told by how much")

    def refusals(self):
        """No, in words for people and in words for programs."""
        p = self.p
        give = {"from": self.anwen, "to": self.beth, "minutes": 5_000}
        refusal = self.refused("NOT_ENOUGH_HOURS", lambda: self.write("TimeBank", "GiveHours", self.anwen, **give))
        same(refusal.figures["available_minutes"], str(60 + 720), "what Anwen can use")
        self.ok("NOT_ENOUGH_HOURS names the minutes that can be used")

        request = p.LogHoursRequest(
            context=p.WriteContext(
                coop="Not A Name", request_id="1", acting_as="nobody", occurred_on="2026-02-30", corrects="x"
            ),
            help=p.Help(minutes=-1),
        )
        refusal = self.refused("INVALID_FIELD", lambda: self.caller.call("TimeBank", request))
        fields = {"coop", "request_id", "acting_as", "occurred_on", "corrects"}
        wanted = {f"context.{field}" for field in fields} | {"help.giver", "help.minutes", "help.task"}
        same(set(refusal.violations), wanted, "every field that is wrong, at once")
        assert all(refusal.violations.values()), "each with what is wrong with it"
        self.ok("INVALID_FIELD names all fields at once")

        odd = self.help(self.anwen, self.beth, 10)
        odd.task = 99
        refusal = self.refused("INVALID_FIELD", lambda: self.write("TimeBank", "LogHours", self.anwen, help=odd))
        same(set(refusal.violations), {"help.task"}, "a word that is not in the list")
        slip = self.read("Members", "GetMember", member=self.beth).member.number
        slip = slip[:-1] + str((int(slip[-1]) + 1) % 10)
        refusal = self.refused(
            "INVALID_FIELD", lambda: self.write("Members", "SuspendMember", member=slip, reason="SUSPENSION_REASON_BOARD")
        )
        same(set(refusal.violations), {"member"}, "a slip in the check digit")
        self.ok("unknown words and slips in a number are fields, too")

        self.refused(
            "OFFICERS_ONLY",
            lambda: self.write("TimeBank", "GrantFromPot", self.anwen, to=self.beth, minutes=1, reason="GRANT_REASON_COVER"),
        )
        self.refused(
            "SAME_PERSON",
            lambda: self.write("TimeBank", "LogHours", self.anwen, help=self.help(self.anwen, self.anwen, 10)),
        )
        self.refused(
            "DAY_CAP",
            lambda: self.write("TimeBank", "LogHours", self.anwen, help=self.help(self.anwen, self.beth, 700)),
        )
        late = self.context(self.anwen, occurred_on=self.day(400))
        self.refused(
            "OUTSIDE_BACKDATING",
            lambda: self.write("TimeBank", "LogHours", context=late, help=self.help(self.anwen, self.beth, 10)),
        )
        ahead = self.context(self.anwen, occurred_on=self.day(-5))
        self.refused(
            "IN_THE_FUTURE",
            lambda: self.write("TimeBank", "LogHours", context=ahead, help=self.help(self.anwen, self.beth, 10)),
        )
        self.refused("MEMBER_NOT_FOUND", lambda: self.read("Members", "GetMember", member="members/4711"))
        self.refused(
            "POT_TOO_SMALL",
            lambda: self.write("TimeBank", "GrantFromPot", to=self.beth, minutes=9_999, reason="GRANT_REASON_COVER"),
        )
        self.ok("eight more refusals come with the status and the figures that the manual gives them")

    def cut_off(self):
        """The wire is cut after the request, before the answer."""
        road = Road(self.address)
        far = Caller(road.address, self.token, self.stubs)
        self.read("Coop", "ListOfficers", caller=far)

        request = self.p.RecordHoursRequest(
            context=self.context(), help=self.help(self.carys, self.beth, 75), evidence="EVIDENCE_GRADE_PHONE"
        )
        before = self.read("TimeBank", "ListBalances").position
        for moment in (Road.ANSWERED, Road.SENT):
            cuts = road.cuts
            road.cut_when = moment
            try:
                far.call("TimeBank", request)
                raise AssertionError("an answer came over a wire that was cut")
            except grpc.RpcError as error:
                same(error.code(), grpc.StatusCode.UNAVAILABLE, "a cut wire")
            same(road.cuts, cuts + 1, "the wire was cut, and once")

            answers = [self.persist(far, "TimeBank", request).receipt for _ in range(2)]
            if moment == Road.ANSWERED:
                same(answers[0].replayed, True, "the first try had been recorded")
            same(answers[1].replayed, True, "the second answer")
            answers[0].replayed = True
            same(answers[0], answers[1], "the original answer, every time")
            after = self.read("TimeBank", "ListBalances").position
            same((answers[0].position, after), (before + 1, before + 1), "one entry for all tries")
            before = after
            request.context.request_id = new_id()
            self.ok(f"a write whose wire was cut when {moment} is sent again under its id, and recorded once")
        same(self.balances()[1003], (150, 0), "Carys' account")
        self.ok("and its hours are there once")

    @staticmethod
    def persist(caller, service, request):
        """Sends a write until there is an answer, always under its one id."""
        for _ in range(20):
            try:
                return caller.call(service, request, wait=True)
            except grpc.RpcError as error:
                if error.code() != grpc.StatusCode.UNAVAILABLE:
                    raise
                time.sleep(0.1)
        raise AssertionError("the server cannot be reached any more")

    def guards(self):
        """The same id, and what the writer believed to be so."""
        p = self.p
        context = self.context(self.beth, note="for the lift")
        give = {"from": self.beth, "to": self.carys, "minutes": 5}
        first = self.write("TimeBank", "GiveHours", context=context, **give)
        again = self.write("TimeBank", "GiveHours", context=context, **give)
        same((again.position, again.replayed), (first.position, True), "the same, sent again")
        refusal = self.refused(
            "REQUEST_ID_REUSED",
            lambda: self.write("TimeBank", "GiveHours", context=context, **{**give, "minutes": 6}),
        )
        same(refusal.figures["position"], str(first.position), "the entry that the id made")
        self.ok("REQUEST_ID_REUSED names the entry that the id has made")

        old = self.context(self.beth)
        old.request_id = "01800000-0000-7000-8000-000000000001"
        self.refused("REQUEST_ID_OUT_OF_WINDOW", lambda: self.write("TimeBank", "GiveHours", context=old, **give))
        self.ok("an id that was made years ago is refused with the server's time")

        context = self.context(self.beth, validate_only=True)
        tried = self.write("TimeBank", "GiveHours", context=context, **give)
        same((tried.validated_only, tried.position), (True, first.position + 1), "a try")
        same(self.read("TimeBank", "ListBalances").position, first.position, "nothing was stored")
        self.refused(
            "NOT_ENOUGH_HOURS",
            lambda: self.write(
                "TimeBank", "GiveHours", context=self.context(self.beth, validate_only=True),
                **{**give, "minutes": 9_000},
            ),
        )
        context.validate_only = False
        done = self.write("TimeBank", "GiveHours", context=context, **give)
        same((done.position, done.validated_only, done.replayed), (tried.position, False, False), "done after the try")
        self.ok("validate_only says what would come of it, and leaves the id free")

        context.validate_only = True
        late = self.write("TimeBank", "GiveHours", context=context, **give)
        same((late.position, late.replayed), (done.position, True), "a try of what has been recorded")
        self.ok("and for an id that has been used, the original answer")

        stale = self.context(self.beth, expected_position=done.position - 1)
        refusal = self.refused("POSITION_CHANGED", lambda: self.write("TimeBank", "GiveHours", context=stale, **give))
        same(refusal.figures["position"], str(done.position), "the newest position")
        member = self.read("Members", "GetMember", member=self.emrys).member
        hats = {"member": self.emrys, "hats": ["HAT_COMMUNITY_VOLUNTEER", "HAT_FAMILY_CARER"]}
        guard = p.ExpectedRevision(name=member.name, revision=member.revision - 1)
        self.refused(
            "REVISION_CHANGED",
            lambda: self.write("Members", "ChangeHats", context=self.context(expected_revision=guard), **hats),
        )
        guard.revision = member.revision
        fresh = self.context(expected_revision=guard, expected_position=done.position)
        changed = self.write("Members", "ChangeHats", context=fresh, **hats)
        revision = self.read("Members", "GetMember", member=self.emrys).member.revision
        same(revision, changed.position, "the revision is the position of the last entry that touched it")
        self.ok("both guards hold, and let through what still is so")

    def disputes_and_reversals(self):
        """What went wrong, set right without erasing."""
        wrong = self.write("TimeBank", "LogHours", self.emrys, help=self.help(self.emrys, self.beth, 120))
        self.write(
            "TimeBank", "DisputeHours", self.beth, hours=wrong.name, reason="DISPUTE_REASON_WRONG_MINUTES"
        )
        self.refused("HOURS_DISPUTED", lambda: self.write("TimeBank", "ConfirmHours", self.beth, hours=wrong.name))
        self.write("TimeBank", "ResolveHours", hours=wrong.name, minutes=60)
        same(self.balances()[1005], (120, 0), "Emrys' account")
        self.ok("disputed hours are resolved by an officer")

        slip = self.write(
            "TimeBank", "RecordHours", help=self.help(self.dylan, self.carys, 200), evidence="EVIDENCE_GRADE_PAPER"
        )
        before = self.balances()[1004][0]
        entry = f"entries/{slip.position}"
        back = self.write("History", "ReverseEntry", entry=entry, reason="REVERSAL_REASON_SLIP")
        same(self.balances()[1004][0], before - 200, "Dylan's account")
        refusal = self.refused(
            "ALREADY_REVERSED", lambda: self.write("History", "ReverseEntry", entry=entry, reason="REVERSAL_REASON_SLIP")
        )
        same(refusal.figures["position"], str(back.position), "the reversal")
        self.refused(
            "REVERSAL_OF_REVERSAL",
            lambda: self.write(
                "History", "ReverseEntry", entry=f"entries/{back.position}", reason="REVERSAL_REASON_SLIP"
            ),
        )
        right = self.context(corrects=entry)
        self.write(
            "TimeBank", "RecordHours", context=right, help=self.help(self.dylan, self.carys, 20),
            evidence="EVIDENCE_GRADE_PAPER",
        )
        lines = self.all("lines", "TimeBank", "GetStatement", 2, member=self.dylan)
        struck = next(line for line in lines if line.position == slip.position)
        same(struck.reversed_by, back.position, "the line that was struck")
        self.ok("an entry is reversed once, and what is right is entered anew")

    def respite(self):
        """Asked for, agreed, delivered: and the three ways in which it comes to nothing."""
        p = self.p

        def ask(minutes, date, **more):
            return self.write(
                "Respite", "RequestRespite", self.carys, carer=self.carys, minutes=minutes, date=date, **more
            )

        self.refused(
            "NOT_A_CARER",
            lambda: self.write(
                "Respite", "RequestRespite", self.beth, carer=self.beth, minutes=60, date=self.day(-1)
            ),
        )
        free = self.balances()[1003][0]
        asked = ask(120, self.day(0))
        same(asked.name, f"{self.coop}/respite/{asked.position}", "the name of a respite")
        same(self.balances()[1003], (free - 120, 120), "Carys' account while minutes are held")
        cover = p.Cover(member=self.anwen)
        self.refused(
            "START_TIME_NEEDED",
            lambda: self.write("Respite", "AgreeCover", self.anwen, respite=asked.name, cover=cover),
        )
        self.write("Respite", "AgreeCover", self.anwen, respite=asked.name, cover=cover, start_time="00:00")
        self.refused(
            "ALREADY_COVERED",
            lambda: self.write("Respite", "AgreeCover", self.emrys, respite=asked.name, cover=p.Cover(member=self.emrys)),
        )
        [one] = self.read("Respite", "ListRespite", member=self.anwen).respite
        same(
            (one.status, one.cover.member, one.start_time),
            (p.RespiteStatus.Value("RESPITE_STATUS_AGREED"), f"{self.coop}/{self.anwen}", "00:00"),
            "the agreement",
        )
        same(self.balances()[1003], (free - 120, 120), "and nothing has moved")
        self.ok("respite, first phase: asked for and agreed, the minutes held")

        refusal = self.refused(
            "MORE_THAN_HELD",
            lambda: self.write("Respite", "DeliverRespite", self.carys, respite=asked.name, minutes=150),
        )
        same(refusal.figures["held_minutes"], "120", "what was held")
        anwen = self.balances()[1001][0]
        self.write("Respite", "DeliverRespite", self.carys, respite=asked.name, minutes=100)
        after = self.balances()
        same((after[1001], after[1003]), ((anwen + 100, 0), (free - 100, 0)), "the accounts after it")
        self.ok("second phase: delivered, the giver has the minutes and the rest is released")

        ended = ask(60, self.day(-3), start_time="10:00")
        self.write("Respite", "AgreeCover", self.anwen, respite=ended.name, cover=cover)
        self.write("Respite", "WithdrawCover", self.anwen, respite=ended.name, reason="CANCEL_REASON_ILLNESS")
        self.write("Respite", "RecordNoCover", respite=ended.name)
        ended = ask(60, self.day(-4))
        self.write(
            "Respite", "CancelRespite", self.carys, respite=ended.name, by="RESPITE_SIDE_CARER",
            reason="CANCEL_REASON_NOT_NEEDED",
        )
        same(self.balances()[1003], (free - 100, 0), "Carys' account")
        self.refused(
            "ALREADY_SETTLED",
            lambda: self.write("Respite", "DeliverRespite", self.carys, respite=ended.name, minutes=60),
        )
        # One that stays open, so that something is held when the log is added up again.
        ask(30, self.day(-5))
        same(self.balances()[1003], (free - 130, 30), "Carys' account")
        self.ok("what is withdrawn, uncovered or cancelled is released")

    def vouchers(self):
        """A thank-you, from the pledge to the counter."""
        shop = self.write("Members", "RegisterParty", title="The baker", kind="PARTY_KIND_BUSINESS")
        hall = self.write("Members", "RegisterParty", title="The hall", kind="PARTY_KIND_PARTNER")
        pledge = {
            "title": "A loaf", "face_value_pence": 350, "quantity": 2, "valid_until": self.day(-60)
        }
        self.refused("NOT_A_BUSINESS", lambda: self.write("Voucher", "PledgeOffer", party=hall.name, **pledge))
        offer = self.write("Voucher", "PledgeOffer", party=shop.name, **pledge)
        issue = {"offer": offer.name, "member": self.anwen, "reason": "VOUCHER_REASON_BAD_WEATHER"}
        tried = self.write("Voucher", "IssueVoucher", context=self.context(validate_only=True), **issue)
        same(tried.voucher_code, "", "a code for nothing")
        context = self.context()
        issued = self.write("Voucher", "IssueVoucher", context=context, **issue)
        assert issued.voucher_code, "no code"
        again = self.write("Voucher", "IssueVoucher", context=context, **issue)
        same((again.replayed, again.voucher_code), (True, issued.voucher_code), "the code, asked for again")
        other = self.write("Voucher", "IssueVoucher", **{**issue, "member": self.beth})
        self.refused("OUT_OF_STOCK", lambda: self.write("Voucher", "IssueVoucher", **issue))
        self.ok("vouchers are pledged and issued; a lost answer brings the same code again")

        self.refused(
            "TOKEN_MISSING", lambda: self.read("Voucher", "ListVouchers", caller=self.stranger)
        )
        context = self.context()
        typed = issued.voucher_code.lower().replace("-", " ")
        taken = self.answer("Voucher", "RedeemVoucher", caller=self.stranger, context=context, code=typed)
        same((taken.face_value_pence, taken.business), (350, "The baker"), "what the counter is told")
        again = self.answer("Voucher", "RedeemVoucher", caller=self.stranger, context=context, code=typed)
        same((again.receipt.replayed, again.receipt.position), (True, taken.receipt.position), "sent again")
        same((again.face_value_pence, again.business), (350, "The baker"), "and the counter is told the same")
        self.refused(
            "ALREADY_SETTLED",
            lambda: self.write("Voucher", "RedeemVoucher", caller=self.stranger, code=issued.voucher_code),
        )
        self.ok("a voucher is redeemed without a token, however it is typed, and once")

        self.write("Voucher", "CancelVoucher", voucher=other.name)
        self.spent_code = issued.voucher_code
        same(list(self.read("Voucher", "ListVouchers").vouchers), [], "open vouchers")
        self.write("Voucher", "IssueVoucher", **{**issue, "member": self.beth})
        [row] = self.read("Voucher", "ListOffers").offers
        same((row.stock, row.with_members, row.used, row.lapsed), (0, 1, 1, 0), "the offer")
        totals = self.read("Store", "GetStoreTotals").vouchers
        same((totals.pledged, totals.redeemed, totals.open, totals.free), (2, 1, 1, 0), "vouchers, counted")
        self.ok("a cancelled voucher is back in stock")

    def store(self):
        """Cash and gifts in kind."""
        fund = self.write(
            "Store", "OpenFund", title="Garden", freedom="FUND_FREEDOM_RESTRICTED", purpose="tools"
        )
        self.write("Store", "ReceiveCash", fund=fund.name, source="CASH_SOURCE_GRANT", amount_pence=10_000)
        spend = {"fund": fund.name, "use": "CASH_USE_OTHER", "purpose": "tools"}
        refusal = self.refused(
            "OFF_PURPOSE",
            lambda: self.write("Store", "SpendCash", amount_pence=1, **{**spend, "purpose": "party"}),
        )
        same(refusal.figures["purpose"], "tools", "the fund's own purpose")
        refusal = self.refused("FUND_TOO_SMALL", lambda: self.write("Store", "SpendCash", amount_pence=10_001, **spend))
        same(refusal.figures["balance_pence"], "10000", "what is in the fund")
        self.write("Store", "SpendCash", amount_pence=2_500, **spend)
        gift = self.write("Store", "ReceiveInKind", title="Chairs", quantity=6, valuation_pence=9_000)
        self.write("Store", "UseInKind", offer=gift.name, quantity=4)
        totals = self.read("Store", "GetStoreTotals")
        same((totals.cash.in_pence, totals.cash.out_pence), (10_000, 2_500), "cash")
        same((totals.kind.in_items, totals.kind.out_items, totals.kind.free_items), (6, 4, 2), "gifts in kind")
        self.ok("cash stays within its fund and its purpose, gifts are counted beside it")

    def batches(self):
        """Many writes in one call."""
        p = self.p
        give = {"from": self.emrys, "to": self.beth, "minutes": 1}
        writes = [
            p.Write(give_hours=p.GiveHoursRequest(context=self.context(self.emrys), **give)),
            p.Write(give_hours=p.GiveHoursRequest(context=self.context(self.emrys), **{**give, "minutes": 9_999})),
            p.Write(),
            p.Write(log_hours=p.LogHoursRequest(context=self.context(self.emrys), help=p.Help(giver="?"))),
            p.Write(give_hours=p.GiveHoursRequest(context=self.context(self.emrys, validate_only=True), **give)),
            p.Write(donate_hours=p.DonateHoursRequest(
                context=self.context(self.emrys), minutes=2, **{"from": self.emrys}
            )),
        ]
        batch = p.SubmitBatchRequest(writes=writes)
        head = self.read("TimeBank", "ListBalances").position
        for replayed in (False, True):
            results = self.caller.call("Batch", batch).results
            same(
                [result.WhichOneof("result") for result in results],
                ["receipt", "refusal", "refusal", "refusal", "receipt", "receipt"],
                "what became of each",
            )
            same((results[0].receipt.position, results[5].receipt.position), (head + 1, head + 2), "the positions")
            same({results[0].receipt.replayed, results[5].receipt.replayed}, {replayed}, "replayed")
            same(results[4].receipt.validated_only, True, "the one that was only tried")
            for at, reason in ((1, "NOT_ENOUGH_HOURS"), (2, "INVALID_FIELD"), (3, "INVALID_FIELD")):
                Refusal.of_status(results[at].refusal).must_be(reason, self.manual)
            same(self.read("TimeBank", "ListBalances").position, head + 2, "the newest position")
        self.ok("a batch gives each write its own result, and the whole batch can be sent again")

        refusal = self.refused("INVALID_FIELD", lambda: self.caller.call("Batch", p.SubmitBatchRequest()))
        same(set(refusal.violations), {"writes"}, "an empty batch")
        many = [
            p.Write(give_hours=p.GiveHoursRequest(context=self.context(self.emrys, validate_only=True), **give))
            for _ in range(1_001)
        ]
        self.refused("INVALID_FIELD", lambda: self.caller.call("Batch", p.SubmitBatchRequest(writes=many)))
        results = self.caller.call("Batch", p.SubmitBatchRequest(writes=many[:1_000])).results
        same(sum(result.receipt.validated_only for result in results), 1_000, "a thousand tries")
        self.ok("1 to 1,000 writes, no fewer and no more")

    def import_(self):
        """A past, out of a spreadsheet."""
        p = self.p

        def bring(dry):
            head = p.ImportHead(context=self.context(validate_only=dry), **{"import": "old-sheets"})
            steps = [
                p.ImportStep(
                    file="people.csv", line=2, text="V001", occurrence=1, date=self.day(500),
                    member=p.ImportMember(ref="V001", hats=["HAT_COMMUNITY_VOLUNTEER"]),
                ),
                p.ImportStep(
                    file="hours.csv", line=2, text="V001;BETH;30", occurrence=1, date=self.day(400),
                    hours=p.ImportHours(
                        giver="V001", receiver="BETH", minutes=30, task="TASK_KIND_GARDEN", to="own",
                        evidence="EVIDENCE_GRADE_PAPER",
                    ),
                ),
            ]
            messages = [p.ImportHistoryRequest(head=head), p.ImportHistoryRequest(steps=steps, end=True)]
            stub = self.caller.services["Import"]
            return stub.ImportHistory(iter(messages), metadata=self.caller.token, timeout=30)

        dry, real, again = bring(True), bring(False), bring(False)
        same([list(answer.refusals) for answer in (dry, real, again)], [[], [], []], "refusals")
        same((dry.recorded, dry.stored), (2, False), "the dry run")
        same((real.recorded, real.stored), (2, True), "the import")
        same((again.recorded, again.known, again.stored), (0, 2, False), "the same once more")
        same(self.balances()[1006], (30, 0), "the account of who was imported")
        self.ok("a past is imported once, however often it is sent")

    def representatives(self):
        """Somebody acts for another, and the entry says so."""
        pair = {"member": self.emrys, "representative": self.beth}
        give = {"from": self.emrys, "to": self.carys, "minutes": 1}

        def for_emrys(**more):
            return self.context(self.beth, on_behalf_of=self.emrys, **more)

        self.refused(
            "NOT_A_REPRESENTATIVE", lambda: self.write("TimeBank", "GiveHours", context=for_emrys(), **give)
        )
        named = {**pair, "mandate": "MANDATE_APPOINTEE", "powers": "POWERS_ACT", "until": str(self.today)}
        self.refused("OFFICERS_ONLY", lambda: self.write("Members", "NameRepresentative", self.emrys, **named))
        missing = self.refused("INVALID_FIELD", lambda: self.write("Members", "NameRepresentative", **pair))
        same(set(missing.violations), {"mandate", "powers"}, "what was not said")
        receipt = self.write("Members", "NameRepresentative", **named)
        rows = self.all("representatives", "Members", "ListRepresentatives", 1, member=self.beth)
        said = [(row.member, row.representative, row.until, row.in_force, row.named_position) for row in rows]
        full = [f"{self.coop}/{who}" for who in (self.emrys, self.beth)]
        same(said, [(*full, str(self.today), True, receipt.position)], "who represents whom")
        tried = self.write("TimeBank", "GiveHours", context=for_emrys(validate_only=True), **give)
        same(tried.validated_only, True, "the try")
        own = {**give, "to": self.beth}
        self.refused(
            "NEEDS_ANOTHER_PERSON", lambda: self.write("TimeBank", "GiveHours", context=for_emrys(), **own)
        )
        self.write("Members", "EndRepresentative", self.beth, **pair)
        self.refused("REPRESENTATIVE_NOT_FOUND", lambda: self.write("Members", "EndRepresentative", **pair))
        same(self.all("representatives", "Members", "ListRepresentatives", 1), [], "nobody is left")
        self.ok("a representative acts for a member, not for themselves, and no longer than was said")

    def reads(self):
        """Pages, statements, and how it stood."""
        p = self.p
        names = [row.name for row in self.all("members", "Members", "ListMembers", 2)]
        same(names, [f"{self.coop}/members/{number}" for number in range(1001, 1007)], "the members, in order")
        whole = self.all("members", "Members", "ListMembers", 1_000)
        same([row.name for row in whole], names, "pages of any size")
        token = self.read("Members", "ListMembers", page=p.Page(page_size=1)).next_page_token
        refusal = self.refused(
            "PAGE_TOKEN_INVALID",
            lambda: self.read("TimeBank", "ListBalances", page=p.Page(page_token=token)),
        )
        same(set(refusal.violations), {"page.page_token"}, "a token of another list")
        self.ok("lists come in pages, and a token fits its own list only")

        for number, (balance, held) in self.balances().items():
            member = f"members/{number}"
            lines = self.all("lines", "TimeBank", "GetStatement", 3, member=member)
            running = held_now = 0
            for line in lines:
                running += line.minutes
                held_now += line.held_minutes
                same(line.balance_minutes, running, f"{member} after entry {line.position}")
            same((running, held_now), (balance, held), f"the end of the statement of {member}")
        answer = self.read("TimeBank", "GetStatement", member=self.emrys, from_day=self.day(3), to_day=self.day(3))
        same([line.minutes for line in answer.lines], [60], "the statement of one day")
        [line] = [
            line for line in self.all("lines", "TimeBank", "GetStatement", 100, member=self.beth) if line.note
        ]
        same((line.note, line.minutes), ("for the lift", -5), "the note on a line")
        asked = self.all("lines", "TimeBank", "GetStatement", 100, member=self.anwen)
        past = asked[1].position
        then = self.read("TimeBank", "GetStatement", at={"as_of_position": past}, member=self.anwen)
        same(list(then.lines), asked[:2], "the statement as it stood")
        same(then.balance.balance_minutes, asked[1].balance_minutes, "the balance over it")
        first = self.read("TimeBank", "GetStatement", member=self.anwen, page=p.Page(page_size=2))
        second = self.read(
            "TimeBank", "GetStatement", member=self.anwen,
            page=p.Page(page_size=2, page_token=first.next_page_token),
        )
        same(second.opening_minutes, first.lines[-1].balance_minutes, "where the second page opens")
        self.ok("every statement adds up to the balance, line for line and page for page")

        refusal = self.refused(
            "POSITION_BEYOND_HEAD",
            lambda: self.read("TimeBank", "ListBalances", at={"as_of_position": 1_000_000}),
        )
        same(int(refusal.figures["position"]), self.read("TimeBank", "ListBalances").position, "the newest position")
        exchanges = self.all("exchanges", "TimeBank", "ListExchanges", 2, giver=self.dylan)
        same([row.minutes for row in exchanges], [200, 20], "what Dylan gave, the slip and the correction")
        self.ok("who gave what to whom, and no reading beyond the end")

    def feed(self):
        """The log, followed."""
        p = self.p
        give = {"from": self.anwen, "to": self.beth, "minutes": 1}
        # A message may bring several entries, and tells one head for all of them; who waits for each entry gets each head.
        for _ in range(12):
            alone = self.write("TimeBank", "GiveHours", self.anwen, **give).position
            self.feed_from_start.until(
                lambda feed, alone=alone: len(feed.entries) >= alone, 10, f"entry {alone} by itself"
            )
        entries, _ = self.log()
        head = entries[-1].position
        self.feed_from_start.until(lambda feed: len(feed.entries) >= head, 10, "the feed from the start")
        followed = self.feed_from_start.entries
        same([entry.position for entry in followed], list(range(1, head + 1)), "positions without a gap")
        same([entry.entry for entry in followed], [entry.entry for entry in entries], "the bytes, read and followed")
        self.ok(f"the feed has brought {head} entries as they were written, byte for byte as ReadHistory gives them")

        leaves = [leaf(entry.entry) for entry in followed]
        same([entry.leaf_hash for entry in followed], leaves, "the leaves, hashed again")
        heads = {head.position: head.root_hash for head in self.feed_from_start.heads}
        assert len(heads) > 10, f"only {len(heads)} heads were told"
        for position, hash_ in heads.items():
            same(hash_.hex(), root(leaves[:position]).hex(), f"the root over {position} entries")
        self.ok("every leaf and every root that was told on the way is the hash of those bytes")

        self.feed_from_start.end()
        missed = self.write("TimeBank", "GiveHours", self.anwen, **give).position
        resumed = Feed(self.caller, p.WatchHistoryRequest(coop=self.coop, after_position=head))
        resumed.until(lambda feed: feed.entries, 10, "the entry that was missed")
        live = self.write("TimeBank", "GiveHours", self.anwen, **give).position
        resumed.until(lambda feed: len(feed.entries) == 2, 10, "the entry that came while following")
        same([entry.position for entry in resumed.entries], [missed, live], "what the resumed feed brought")
        same(resumed.heads[-1].position, live, "its head")
        resumed.end()
        self.ok("it resumes from a position with what was missed, and goes on with what is new")

        some = []
        for answer in self.caller.follow(p.ReadHistoryRequest(coop=self.coop, after_position=3, limit=4)):
            some += answer.entries
        same([entry.position for entry in some], [4, 5, 6, 7], "a part of the log")
        self.refused(
            "POSITION_BEYOND_HEAD",
            lambda: list(self.caller.follow(p.ReadHistoryRequest(coop=self.coop, after_position=live + 1))),
        )
        self.ok("ReadHistory gives a part, and refuses to start beyond the end")

        self.quiet.until(
            lambda feed: feed.quiet and feed.quiet[-1] > self.quiet_since + 1, 15, "a heartbeat"
        )
        beats = [self.quiet_since, *self.quiet.quiet]
        gaps = [late - early for early, late in zip(beats, beats[1:])]
        # Ten, and what a busy machine adds.
        assert max(gaps) < 13, f"heartbeats are {gaps} seconds apart"
        same((self.quiet.entries, self.quiet.heads[-1].position), ([], 1), "a feed of nothing")
        self.quiet.end()
        self.ok("a quiet feed has a heartbeat within every ten seconds")

    def second_reducer(self):
        """The same books, kept by somebody else in another language."""
        entries, log = self.log()
        head = len(log)
        for row, entry in zip(entries, log):
            same(entry.position, row.position, "the position in the bytes")
            same(entry.recorded_at_unix_ms, row.record_time.ToMilliseconds(), "the time in the bytes")
            on = EPOCH + datetime.timedelta(days=entry.occurred_on_day)
            same(str(on), row.occurred_on, "the day in the bytes")
            kind = entry.WhichOneof("event").replace("_", "")
            same(kind, row.kind.lower(), "the kind in the bytes")
            assert not any(sum_ for sum_ in kept_apart(added([entry])).values()), f"entry {row.position} makes something"
        self.ok(f"{head} stored entries are read as carestore.log.v1.Entry, and each only moves")

        def members(some):
            return [one.member_enrolled.member for one in some if one.WhichOneof("event") == "member_enrolled"]

        def stands(some, whose=None):
            accounts = added(some)
            return {
                member: (accounts["time", "member", member], accounts["time", "held_for_member", member])
                for member in whose or members(some)
            }

        same(self.balances(), stands(log), "every balance")
        for position in range(1, head + 1):
            same(self.balances(as_of_position=position), stands(log[:position]), f"as of position {position}")
        self.ok(f"added up again from the transfers alone: every balance, as of each of {head} positions")

        for back in (401, 400, 11, 10, 4, 3, 1, 0):
            day = self.today - datetime.timedelta(days=back)
            so_far = [entry for entry in log if entry.occurred_on_day <= (day - EPOCH).days]
            # Who had not joined yet may be there, or may not; nothing stands in their account.
            told = Counter(self.balances(as_of_day=str(day)))
            for member, figures in stands(so_far, members(log)).items():
                same(told[member] or (0, 0), figures, f"member {member} as of {day}")
        self.ok("and every balance as it had happened by the end of a day")

        middle = entries[head // 2].record_time
        known = [entry for entry in log if entry.recorded_at_unix_ms <= middle.ToMilliseconds()]
        same(self.balances(as_of_time=middle), stands(known), "as it was known")
        self.ok("and as it was known at a moment")

        accounts = added(log)
        totals = self.read("Store", "GetStoreTotals")
        same(totals.time.pot_minutes, accounts["time", "pot"], "the pot")
        same(totals.time.commons_minutes, accounts["time", "commons"], "the commons")
        [fund] = totals.cash.funds
        same(fund.balance_pence, accounts["cash", "fund", 1], "the fund")
        for offer in self.read("Voucher", "ListOffers").offers:
            number = int(offer.name.rsplit("/", 1)[1])
            with_members = sum(
                amount for where, amount in accounts.items() if where[:3] == ("kind", number, "with_member")
            )
            same(
                (offer.stock, offer.with_members, offer.used, offer.lapsed),
                (accounts["kind", number, "stock"], with_members, accounts["kind", number, "used"],
                 accounts["kind", number, "lapsed"]),
                f"what became of {offer.title}",
            )
        self.ok("the pot, the fund and the offers add up to the same")

    def limits(self):
        """What a stranger may do with codes, last of all: it uses up what a stranger may do."""
        refusal = None
        for _ in range(500):
            context = self.p.WriteContext(coop=self.quiet_coop, request_id=new_id())
            try:
                self.stranger.call("Voucher", self.p.RedeemVoucherRequest(context=context, code=self.spent_code))
                raise AssertionError("a code of another co-op was taken")
            except grpc.RpcError as error:
                refusal = Refusal.of(error)
                if refusal.reason == "RATE_LIMITED":
                    break
                refusal.must_be("VOUCHER_NOT_FOUND", self.manual)
        refusal.must_be("RATE_LIMITED", self.manual)
        assert refusal.retry_after > 0, "how long to wait"
        self.ok("tries at codes are limited, and it is said how long to wait")


def main():
    """Runs the checks."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--listen", required=True, help="where the server listens, as HOST:PORT")
    asked.add_argument("--token-file", required=True, help="the file with the operator's token")
    asked = asked.parse_args()
    with open(asked.token_file, encoding="utf-8") as file:
        token = file.read().strip()
    Checks(asked.listen, token).run()


if __name__ == "__main__":
    main()
