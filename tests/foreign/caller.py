"""Speaks to the ledger, knowing its .proto files and nothing else."""

import importlib
import os
import re
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import grpc
from google.protobuf import descriptor_pb2
from google.rpc import error_details_pb2
from grpc_status import rpc_status

PROTO = Path(__file__).resolve().parents[2] / "proto"


def protoc(*arguments):
    """Runs the compiler over what the ledger publishes. What it borrows from google.rpc comes with grpcio-status."""
    files = sorted(str(file.relative_to(PROTO)) for file in (PROTO / "carestore").rglob("*.proto"))
    subprocess.run([sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTO}", *arguments, *files], check=True)
    return files


class Words:
    """Every message, and every enum, of carestore.v1."""


def words():
    """Makes the stubs in a folder that is gone when this has ended. Gives the messages, the stubs and the log's Entry."""
    found, stubs = Words(), {}
    with tempfile.TemporaryDirectory() as folder:
        files = protoc(f"--python_out={folder}", f"--grpc_python_out={folder}")
        sys.path.insert(0, folder)
        try:
            for file in files:
                name = file.removesuffix(".proto").replace("/", ".")
                module = importlib.import_module(name + "_pb2")
                if name.startswith("carestore.log."):
                    entry = module.Entry
                    continue
                for kinds in (module.DESCRIPTOR.message_types_by_name, module.DESCRIPTOR.enum_types_by_name):
                    for kind in kinds:
                        setattr(found, kind, getattr(module, kind))
                for kind, stub in vars(importlib.import_module(name + "_pb2_grpc")).items():
                    if kind.endswith("ServiceStub"):
                        stubs[kind.removesuffix("ServiceStub")] = stub
        finally:
            sys.path.remove(folder)
    return found, stubs, entry


def manual_of_reasons():
    """What the .proto says of every reason for which the ledger says no: the comment above each, by the name sent."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "all")
        protoc("--include_source_info", f"--descriptor_set_out={out}")
        files = descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes())
    manual = {}
    for file in files.file:
        if not file.name.endswith("error_reason.proto"):
            continue
        for place in file.source_code_info.location:
            # enum_type 0, value n.
            if len(place.path) == 4 and list(place.path[:3]) == [5, 0, 2]:
                name = file.enum_type[0].value[place.path[3]].name
                manual[name.removeprefix("ERROR_REASON_")] = " ".join(place.leading_comments.split())
    return manual


def new_id():
    """A UUID of version 7."""
    now = time.time_ns() // 1_000_000
    made = bytearray(now.to_bytes(6, "big") + os.urandom(10))
    made[6] = made[6] & 0x0F | 0x70
    made[8] = made[8] & 0x3F | 0x80
    return str(uuid.UUID(bytes=bytes(made)))


class Refusal:
    """Why something was refused, read as google.rpc says."""

    def __init__(self, code, message, details):
        self.code, self.message = code, message
        self.reason = self.domain = self.retry_after = None
        self.figures, self.violations, self.carried = {}, {}, set()
        for detail in details:
            self.carried.add(detail.TypeName().removeprefix("google.rpc."))
            info, bad, retry = (
                error_details_pb2.ErrorInfo(),
                error_details_pb2.BadRequest(),
                error_details_pb2.RetryInfo(),
            )
            if detail.Unpack(info):
                self.reason, self.domain, self.figures = info.reason, info.domain, dict(info.metadata)
            elif detail.Unpack(bad):
                self.violations = {one.field: one.description for one in bad.field_violations}
            elif detail.Unpack(retry):
                self.retry_after = retry.retry_delay.ToTimedelta().total_seconds()

    @classmethod
    def of(cls, error):
        """The refusal in an error of gRPC."""
        status = rpc_status.from_call(error)
        assert status is not None, f"{error.code()} carries no google.rpc.Status: {error.details()}"
        return cls.of_status(status)

    @classmethod
    def of_status(cls, status):
        """The refusal in a google.rpc.Status."""
        code = next(code for code in grpc.StatusCode if code.value[0] == status.code)
        return cls(code, status.message, status.details)

    def must_be(self, reason, manual):
        """Is it this one, and does it hold what the manual says that it holds?"""
        assert self.reason == reason, f"refused as {self.reason} ({self.message}), not as {reason}"
        assert self.domain == "carestore", self.domain
        comment = manual[reason]
        assert comment.startswith(self.code.name + "."), f"{reason} came as {self.code.name}; the manual: {comment}"
        for figure in re.findall(r"`(\w+)`", comment):
            assert figure in self.figures, f"{reason} comes without `{figure}`: {self.figures}"
        for detail in re.findall(r"google\.rpc\.(\w+)", comment):
            assert detail in self.carried, f"{reason} comes without {detail}: {self.carried}"


class Caller:
    """One connection to the ledger."""

    def __init__(self, address, token, stubs):
        options = [("grpc.enable_retries", 0), ("grpc.initial_reconnect_backoff_ms", 100)]
        self.channel = grpc.insecure_channel(address, options)
        self.token = [("authorization", f"Bearer {token}")] if token else []
        self.services = {name: stub(self.channel) for name, stub in stubs.items()}

    def call(self, service, request, wait=False):
        """Calls the method to which a request belongs."""
        method = type(request).__name__.removesuffix("Request")
        call = getattr(self.services[service], method)
        return call(request, metadata=self.token, timeout=30, wait_for_ready=wait)

    def follow(self, request, seconds=60):
        """Calls a method of HistoryService that answers with a stream."""
        method = type(request).__name__.removesuffix("Request")
        return getattr(self.services["History"], method)(request, metadata=self.token, timeout=seconds)
