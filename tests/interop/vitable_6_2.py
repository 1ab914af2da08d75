"""Vitable's newest client library: other names, other errors, and a pager that reads on until a page is empty."""

import datetime

from vitable_connect import AddressRequest, GroupMemberSyncMemberRequest, VitableConnect
from vitable_connect.core.api_error import ApiError
from vitable_connect.errors import (
    BadRequestError,
    ConflictError,
    InternalServerError,
    NotFoundError,
    TooManyRequestsError,
    UnauthorizedError,
    UnprocessableEntityError,
)

from sandbox import SECRET, base, counts, end, faults, outbox, refused, same, until, writes

client = VitableConnect(api_key=SECRET, base_url=base("vitable"), max_retries=0, timeout=30)
sync = client.groups.members.sync
asked = {}


def counted(operation, times=1):
    asked[operation] = asked.get(operation, 0) + times


def strangers(model):
    """Fields of an answer that the library has no name for."""
    found = [f"{type(model).__name__}.{key}" for key in (model.model_extra or {})]
    for _, value in model:
        for item in value if isinstance(value, list) else [value]:
            found += strangers(item) if hasattr(item, "model_extra") else []
    return found


def member(reference, plan, **other):
    address = AddressRequest(address_line1="1 Main St", city="Pittsburgh", state="PA", zipcode="15222-1234")
    born = datetime.date(1990, 5, 15)
    return GroupMemberSyncMemberRequest(
        reference_id=reference,
        first_name="Ada",
        last_name="Byron",
        date_of_birth=born,
        plan_id=plan,
        address=address,
        **other,
    )


def finished(group, request):
    def ask():
        counted("members.sync_status")
        return sync.get(group, request).data

    done = until(ask, lambda detail: detail.completed_at is not None)
    same("a finished sync has no strange fields", strangers(done), [])
    return done.results


# Lists: it asks for one page more than there is, and needs that to be empty.
pager = client.groups.list(limit=4)
pages = [[group.name for group in page.items] for page in pager.iter_pages()]
counted("groups.list", 4)
same("pages until an empty one", [len(page) for page in pages], [4, 4, 1])
paging = pager.response.pagination
same("a page's words", (paging.page, paging.limit, paging.total, paging.total_pages), (1, 4, 9, 3))
same("a page has no strange fields", strangers(pager.response), [])
groups = {group.name: group for group in client.groups.list(limit=100)}
counted("groups.list", 2)
same("each once", sorted(name for page in pages for name in page), sorted(groups))
same("a group has no strange fields", strangers(groups["Berlin"]), [])
plans = [plan.id for plan in client.plans.list()]
counted("plans.list", 2)
same("plans", len(plans), 2)

# Groups and a roster.
made = client.groups.create(name="Night shift", external_reference_id="night-1").data
same("read back", client.groups.get(made.id).data, made)
counted("groups.get")
renamed = client.groups.update(made.id, external_reference_id="night-2").data
same("only the reference", (renamed.name, renamed.external_reference_id), ("Night shift", "night-2"))
accepted = sync.submit(
    made.id,
    members=[
        member("e1", plans[0], phone="+14155550100"),
        member("e2", plans[1], email="e2@example.org"),
        member("e3", plans[0], phone=None, email=None),
    ],
).data
same("accepted for its group", (accepted.group_id, strangers(accepted)), (made.id, []))
results = finished(made.id, accepted.request_id)
same("all came", (len(results.added_group_member_ids), results.removed_group_member_ids, results.failures), (3, [], []))
same(
    "the other group's sync is not this one's",
    refused("another group", NotFoundError, lambda: sync.get(groups["Berlin"].id, accepted.request_id)).body.message,
    "Sync request not found",
)
counted("members.sync_status")
again = sync.submit(made.id, members=[member("e2", plans[1])]).data
results = finished(made.id, again.request_id)
same("who is missing went", (results.added_group_member_ids, len(results.removed_group_member_ids)), ([], 2))
early = sync.submit(made.id, members=[member("e2", plans[0])]).data
first = sync.get(made.id, early.request_id).data
counted("members.sync_status")
same("results come with the end", first.results is None, first.completed_at is None)
finished(made.id, early.request_id)


# Refusals: the library parses each into its own type, and breaks where a key is missing.
def refusal(what, kind, call, status, told):
    error = refused(what, kind, call)
    same(f"{what}: said", (error.status_code, error.body.message, error.body.error), (status, told, told))
    same(f"{what}: no strange fields", strangers(error.body), [])
    same(f"{what}: a number to ask by", error.body.trace_id != "", True)
    return error


stranger = VitableConnect(api_key="wrong", base_url=base("vitable"), max_retries=0)
refusal("a wrong key", UnauthorizedError, lambda: stranger.groups.list(), 401, "Unauthorized")
refusal("no such group", NotFoundError, lambda: client.groups.get("grp_x"), 404, "Group not found")
counted("groups.get")
refusal(
    "a reference that is taken",
    ConflictError,
    lambda: client.groups.create(name="Other", external_reference_id="berlin"),
    409,
    "external_reference_id berlin is taken by another group",
)
refusal(
    "a blank name",
    UnprocessableEntityError,
    lambda: client.groups.create(name="", external_reference_id="n"),
    422,
    "name must not be blank",
)
error = refused(
    "one reference twice",
    BadRequestError,
    lambda: sync.submit(made.id, members=[member("e1", plans[0]), member("e1", plans[0])]),
)
same("one reference twice: said", "e1" in error.body.message, True)
# What reads can be refused with: the library knows no 422 of them.
refusal("too long a page", BadRequestError, lambda: client.groups.list(limit=101), 400, "limit must be at most 100")
counted("groups.list")

# Faults, with the library's own retries off: one request each.
faults("503:groups.create; 429:retry_after=7:groups.update")
error = refused("503 before", ApiError, lambda: client.groups.create(name="A", external_reference_id="a"))
same("503 before: said", (error.status_code, error.body["message"]), (503, "Service Unavailable"))
error = refusal(
    "429", TooManyRequestsError, lambda: client.groups.update(made.id, name="Never"), 429, "Too many requests"
)
same("429 says when", error.headers["retry-after"], "7")
faults("500-after:groups.create")
refusal(
    "500 after",
    InternalServerError,
    lambda: client.groups.create(name="B", external_reference_id="b"),
    500,
    "Something went wrong",
)
faults("html:groups.get")
refused("a page for people", ApiError, lambda: client.groups.get(made.id))
counted("groups.get")
faults("")
left = {group.external_reference_id for group in client.groups.list(limit=100)}
counted("groups.list", 2)
same("what the faults left", (len(left), "a" in left, "b" in left), (11, False, True))

at = f"/v1/groups/{made.id}"
same(
    "what the sandbox saw change",
    writes(),
    [
        ("groups.create", "POST", "/v1/groups", 201, 201),
        ("groups.update", "PATCH", at, 200, 200),
        ("members.sync", "POST", f"{at}/members/sync", 202, 202),
        ("members.sync", "POST", f"{at}/members/sync", 202, 202),
        ("members.sync", "POST", f"{at}/members/sync", 202, 202),
        ("groups.create", "POST", "/v1/groups", 409, 409),
        ("groups.create", "POST", "/v1/groups", 422, 422),
        ("members.sync", "POST", f"{at}/members/sync", 400, 400),
        ("groups.create", "POST", "/v1/groups", None, 503),
        ("groups.update", "PATCH", at, None, 429),
        ("groups.create", "POST", "/v1/groups", 201, 500),
    ],
)
for operation, _, _, _, _ in writes():
    counted(operation)
same("every request, once", counts(), asked)
same("nobody was written to", outbox(0), [])
end("vitable-6.2.0")
