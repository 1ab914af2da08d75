"""Vitable's client library of the generation that its document shows. It checks every answer against its own types."""

from datetime import date, datetime, timezone

import vitable_connect
from vitable_connect import VitableConnect

from sandbox import SECRET, base, counts, end, faults, outbox, refused, same, until, writes

client = VitableConnect(
    api_key=SECRET, base_url=base("vitable"), max_retries=0, timeout=30, _strict_response_validation=True
)
sync = client.groups.members.sync
asked = {}


def counted(operation):
    asked[operation] = asked.get(operation, 0) + 1


def strangers(model):
    """Fields of an answer that the library has no name for."""
    found = [f"{type(model).__name__}.{key}" for key in (model.model_extra or {})]
    for _, value in model:
        for item in value if isinstance(value, list) else [value]:
            found += strangers(item) if hasattr(item, "model_extra") else []
    return found


def member(reference, plan, **other):
    address = {"address_line_1": "1 Main St", "city": "Pittsburgh", "state": "PA", "zipcode": "15222"}
    row = {"reference_id": reference, "first_name": "Ada", "last_name": "Byron", "date_of_birth": date(1990, 5, 15)}
    return {**row, "plan_id": plan, "phone": "+14155550100", "address": address, **other}


def finished(group, request):
    def ask():
        counted("members.sync_status")
        return sync.retrieve(request, group_id=group)

    answer = until(ask, lambda answer: answer.data.completed_at is not None)
    same("a finished sync has no strange fields", strangers(answer), [])
    return answer.data


# Lists: nine groups, on two pages and on one; the library reads on until `total_pages`.
groups = list(client.groups.list(limit=5))
asked["groups.list"] = 2
same("groups over two pages", len({group.id for group in groups}), 9)
first = client.groups.list(limit=9)
counted("groups.list")
same("one full page is the last", (len(first.data), first.has_next_page()), (9, False))
same("a page's rows have no strange fields", [s for group in first.data for s in strangers(group)], [])
berlin = next(group for group in groups if group.name == "Berlin")
same("a group", (berlin.external_reference_id, berlin.id[:4], berlin.organization_id[:4]), ("berlin", "grp_", "org_"))
same("times have a zone", [group.created_at.tzinfo is not None for group in groups], [True] * 9)
plans = list(client.plans.list())
counted("plans.list")
same("plans", [(plan.id[:4], plan.name) for plan in plans], [("pln_", "Essential"), ("pln_", "Essential and dental")])
plan = plans[0].id

# Groups.
made = client.groups.create(name="Night shift", external_reference_id="night-1")
same("a group that was made", (made.data.name, made.data.external_reference_id), ("Night shift", "night-1"))
same("an answer has no strange fields", strangers(made), [])
night = made.data.id
read = client.groups.retrieve(night)
counted("groups.get")
same("read back", read.data, made.data)
changed = client.groups.update(night, name="Late shift")
same("only the name", (changed.data.name, changed.data.external_reference_id), ("Late shift", "night-1"))
same("who changed it last", changed.data.updated_at >= made.data.updated_at, True)

# A roster, whole: two come, then one goes and one has a plan that nobody knows.
begun = datetime.now(timezone.utc)
accepted = sync.submit(night, members=[member("e1", plan), member("e2", plan, email="e2@example.org")])
same("accepted for its group", (accepted.data.group_id, accepted.data.request_id[:7]), (night, "grpmsr_"))
same("accepted now", abs((accepted.data.accepted_at - begun).total_seconds()) < 60, True)
same("what was accepted has no strange fields", strangers(accepted), [])
done = finished(night, accepted.data.request_id)
same(
    "both came",
    (
        [len(ids) for ids in (done.results.added_group_member_ids, done.results.removed_group_member_ids)],
        done.results.failures,
    ),
    ([2, 0], []),
)
second = sync.submit(night, members=[member("e1", plan), member("e3", "pln_unknown")]).data.request_id
done = finished(night, second)
same(
    "who is missing went",
    [len(done.results.added_group_member_ids), len(done.results.removed_group_member_ids)],
    [0, 1],
)
same(
    "a row failed alone",
    [(row.operation, row.reference_id, row.reason) for row in done.results.failures],
    [("add", "e3", "plan pln_unknown was not found")],
)


# Refusals come as the library's own errors, with what its answers always hold.
def refusal(what, kind, call, told):
    error = refused(what, kind, call)
    same(f"{what}: said", (error.status_code, error.body["message"], error.body["error"]), (*told, told[1]))
    same(f"{what}: keys", sorted(error.body), ["app_error_code", "error", "message", "timestamp", "trace_id"])


stranger = VitableConnect(api_key="wrong", base_url=base("vitable"), max_retries=0)
refusal("a wrong key", vitable_connect.AuthenticationError, lambda: list(stranger.groups.list()), (401, "Unauthorized"))
refusal(
    "no such group", vitable_connect.NotFoundError, lambda: client.groups.retrieve("grp_x"), (404, "Group not found")
)
counted("groups.get")
refusal(
    "no such sync",
    vitable_connect.NotFoundError,
    lambda: sync.retrieve("grpmsr_x", group_id=night),
    (404, "Sync request not found"),
)
counted("members.sync_status")
refusal(
    "a reference that is taken",
    vitable_connect.ConflictError,
    lambda: client.groups.create(name="Other", external_reference_id="night-1"),
    (409, "external_reference_id night-1 is taken by another group"),
)
refusal(
    "a blank name",
    vitable_connect.UnprocessableEntityError,
    lambda: client.groups.create(name=" ", external_reference_id="n"),
    (422, "name must not be blank"),
)
refusal(
    "too long a page",
    vitable_connect.BadRequestError,
    lambda: client.groups.list(limit=101),
    (400, "limit must be at most 100"),
)
counted("groups.list")
double = [member("e1", plan), member("e1", plan)]
error = refused("one reference twice", vitable_connect.BadRequestError, lambda: sync.submit(night, members=double))
same("one reference twice: said", "e1" in error.body["message"], True)

# Faults, with the library's own retries off: one request each.
faults("503:groups.create")
make = lambda reference: client.groups.create(name=f"Group {reference}", external_reference_id=reference)
refusal("503 before", vitable_connect.InternalServerError, lambda: make("f1"), (503, "Service Unavailable"))
faults("504-after:groups.create; 429:retry_after=7:groups.update")
refusal("504 after", vitable_connect.InternalServerError, lambda: make("f2"), (504, "Gateway Timeout"))
error = refused("429", vitable_connect.RateLimitError, lambda: client.groups.update(night, name="Never"))
same("429 says when", error.response.headers["retry-after"], "7")
faults("truncate:groups.list")
refused("half an answer", vitable_connect.APIConnectionError, lambda: list(client.groups.list(limit=100)))
counted("groups.list")
faults("")
names = {group.external_reference_id: group.name for group in client.groups.list(limit=100)}
counted("groups.list")
same(
    "what the faults left",
    (len(names), names.get("f1"), names.get("f2"), names["night-1"]),
    (11, None, "Group f2", "Late shift"),
)

at = f"/v1/groups/{night}"
same(
    "what the sandbox saw change",
    writes(),
    [
        ("groups.create", "POST", "/v1/groups", 201, 201),
        ("groups.update", "PATCH", at, 200, 200),
        ("members.sync", "POST", f"{at}/members/sync", 202, 202),
        ("members.sync", "POST", f"{at}/members/sync", 202, 202),
        ("groups.create", "POST", "/v1/groups", 409, 409),
        ("groups.create", "POST", "/v1/groups", 422, 422),
        ("members.sync", "POST", f"{at}/members/sync", 400, 400),
        ("groups.create", "POST", "/v1/groups", None, 503),
        ("groups.create", "POST", "/v1/groups", 201, 504),
        ("groups.update", "PATCH", at, None, 429),
    ],
)
for operation, _, _, _, _ in writes():
    counted(operation)
same("every request, once", counts(), asked)
same("nobody was written to", outbox(0), [])
end("vitable-0.9.0")
