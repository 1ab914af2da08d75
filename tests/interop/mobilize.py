"""The request lines that Mobilize's document prints, sent by curl with the options that it prints.

They are those of tests/data/mobilize, with ids that this community has in the place of the sample's. What comes back has the
status and the shape of the sample answer: its keys, and values of its types."""

import json
import pathlib

from curl import curl
from sandbox import BERLIN, KEY, SECRET, SENDER, base, counts, end, faults, outbox, same, unlike, until, writes

DATA = pathlib.Path(__file__).parent.parent / "data" / "mobilize"
SAM = "sam_cooper@domain.com"
# What a community's own fields are called is its own matter.
FREE = (".fields", "[].fields", ".groups[].fields", ".notifications[].item.fields")
# Where samples of one thing differ, the sandbox answers as the fullest: whoever waits in a group has a status on every page,
# a group's fields say everywhere whether they can be edited.
FULLER = {"[].groups[].status: unknown to the sample", ".fields[].editable: unknown to the sample"}
asked, changes = {}, []


def send(method, path, body=None, status=200, known=(KEY, SECRET)):
    got, kind, answer = curl(method, base("mobilize") + path, "-u", ":".join(known), body=body)
    same(f"{method} {path}", (got, kind), (status, "application/json"))
    return answer


def replay(page, put=None, which=0, method=None, status=200, sample=0):
    """Sends a page's sample request; `put` says which ids or words stand for the sample's."""
    shown = json.loads((DATA / f"{page}.json").read_text())
    request = shown["requests"][which]
    path, body = request["path"], request.get("body")
    text = json.dumps(body)
    for old, new in (put or {}).items():
        same(f"{page}: the sample holds {old}", old in path + text, True)
        path, text = path.replace(old, str(new)), text.replace(old, str(new))
    method = method or request["method"]
    answer = send(method, path, json.loads(text), status)
    if sample is not None:
        told = set(unlike(answer, shown["answers"][sample]["answer"], free=FREE)) - FULLER
        if method == "GET" and "include_fields=true" not in path:
            # Most samples show fields that their request does not ask for.
            told = {line for line in told if not line.endswith("fields: missing")}
        same(f"{page}: the shape of the sample answer", sorted(told), [])
    operation = shown["operation"]
    asked[operation] = asked.get(operation, 0) + 1
    if method != "GET":
        changes.append((operation, method, path, status, status))
    return answer


# Somebody new, by every page that is about one person.
sam = replay("create-a-single-user")["id"]
user, both = {"1234": sam}, {"12354": BERLIN, "1234": sam}
same("who was made", replay("get-a-single-user", user)["email"], SAM)
same("found by address", [row["id"] for row in replay("find-by-email")], [sam])
same("found by a word", [row["id"] for row in replay("search-for-users")], [sam])
joined = replay("create-group-member", both)
same("a member with the field", joined["fields"]["facebook_url"], "https://www.facebook.com/path_to_sam_url")
same("of the group", BERLIN in [group["id"] for group in replay("get-group-member", both)["groups"]], True)
changed = replay("update-group-member", both)
same("another field", changed["fields"]["facebook_url"], "https://www.facebook.com/some_other_url")
same("found among the members", [row["id"] for row in replay("search-for-group-members", {"1431": BERLIN})], [sam])
for method in ("PUT", "POST"):
    # The page's title says the one, its sample the other.
    same(
        f"a birthday by {method}", replay("update-a-single-user", user, method=method)["fields"]["birthday"], 1436907600
    )

# Lists.
same("a first page of people", len(replay("get-all-users")), 50)
same("a first page of members", len(replay("get-group-members", {"12354": BERLIN})), 50)
groups = replay("get-all-groups")["groups"]
same("groups", [group["name"] for group in groups][:4], ["Community", "Chapters", "Volunteers", "Berlin"])
same(
    "groups after the third",
    [group["id"] for group in replay("get-all-groups", {"15": 3}, which=1)["groups"]],
    [group["id"] for group in groups if group["id"] > 3],
)
same("one group", replay("groupsid", {"1234": BERLIN})["name"], "Berlin")


def activity(put=None, which=0):
    """One activity and its page, each of the shape of its own sample: every kind of activity has another one."""
    page = replay("user-activities", put, which, sample=None)
    shown = json.loads((DATA / "user-activities.json").read_text())["answers"][0]["answer"]
    same("a page of activities", unlike({**page, "activites": []}, shown), [])
    one = page["activites"][0]
    kinds = json.loads((DATA / "activity-object.json").read_text())
    samples = [kind["activity"] for kind in kinds if kind["activity"]["type"] == one["type"]]
    differ = [unlike({key: value for key, value in one.items() if key != "id"}, sample) for sample in samples]
    same(f"an activity of the kind {one['type']}", [] in differ or differ, True)
    return one


last = activity()
after = activity({"231": last["id"]}, which=1)
same("the activity before the last", last["id"] - after["id"] > 0, True)
notifications = replay("get-a-single-bulk", {"zVVu3mtupXDzwMy1rxxNMw": "kT4vXw9sQmRz2LbYcN7hPd"})["notifications"]
same("a delivery to webhooks", len(notifications) > 0, True)

# Mails: queued, then sent, one for each recipient and no more.
replay("invite-group-members", {"12354": BERLIN, "42345": SENDER, "54321": sam, "98765": 1002}, sample=None)
mails = outbox(2)
same(
    "mails",
    sorted((mail["user"], mail["sender"], mail["group"], mail["operation"]) for mail in mails),
    sorted((one, SENDER, BERLIN, "members.invite") for one in (1002, int(sam))),
)


# Bulks, one at a time, each to its end.
def to_its_end(job):
    """The last answer about a bulk. How often it takes to ask is nobody's matter, so that is no check."""

    def ask():
        asked["bulk.status"] = asked.get("bulk.status", 0) + 1
        return curl("GET", f"{base('mobilize')}/bulk/members/{job['job_id']}", "-u", f"{KEY}:{SECRET}")[2]

    return until(ask, lambda answer: answer.get("result", answer).get("status") in ("completed", "failed"))


job = replay("create-members-in-bulk", {"1234": BERLIN})
to_its_end(job)
done = replay("get-bulk-import-status", {"92eafb8dd3efde8915c05bfc": job["job_id"]})
same(
    "both were imported",
    (done["result"]["status"], int(sam) in done["result"]["users_imported"], len(done["result"]["users_imported"])),
    ("completed", True, 2),
)
manager = send("GET", f"/users/{SENDER}")["email"]
asked["users.get"] += 1
made = replay("create-group", {SAM: manager})
same("a group", (made["name"], made["parent_group"]), ("9", 1))
for method in ("PUT", "POST"):
    replay(
        "update-single-group",
        {"1234": made["id"], "new_group_name": f"by {method}", "new_alias_name": f"by-{method.lower()}"},
        method=method,
    )
same("its new name", send("GET", f"/groups/{made['id']}")["name"], "by POST")
asked["groups.get"] += 1
same("groups in bulk", to_its_end(replay("create-groups-in-bulk", {SAM: manager}))["result"]["status"], "completed")
same("groups changed in bulk", to_its_end(replay("update-groups-in-bulk"))["result"]["status"], "completed")
renamed = [group["name"] for group in send("GET", "/groups")["groups"] if group["id"] in (3, 4)]
asked["groups.list"] += 1
same("their new names", renamed, ["name_333", "name_222"])

# Away again; and what refusals look like.
same("out of the group", replay("delete-group-member", both), {"success": True})
same("gone", replay("delete-a-single-user", user), {"success": True})
for path, status, told in (
    (f"/users/{sam}", 404, {"error_code": 404, "error_message": f"User id({sam}) is not exist."}),
    ("/groups/999", 500, {"status_code": 500, "error_message": "Couldn't find Group with 'id'=999"}),
):
    same(f"{path}: as the page's sample says it", send("GET", path, status=status), told)
asked["users.get"] += 1
asked["groups.get"] += 1
same("the sample's own slip, a path that is none", send("GET", f"/group/{BERLIN}", status=404)["status_code"], 404)
same("a wrong secret", send("GET", "/groups", status=401, known=(KEY, "wrong"))["status_code"], 401)
replay("create-group", {"group_name_9": "other", '"9"': '"by POST"'}, status=400, sample=1)

# curl alone with faults: a lost answer and a lost request.
faults("reset-after:users.create")
curl_code, _, _ = curl("POST", base("mobilize") + "/users/", "-u", f"{KEY}:{SECRET}", body={"email": "lost@domain.com"})
same("an empty reply", curl_code, 52)
faults("429:retry_after=9:users.create")
same("too many", send("POST", "/users/", {"email": "kept@domain.com"}, 429)["status_code"], 429)
faults("")
found = [len(send("GET", f"/users/find_by_email?email={name}%40domain.com")) for name in ("lost", "kept")]
same("one of them is there", found, [1, 0])
asked["users.find_by_email"] += 2
asked["users.create"] += 2
changes += [("users.create", "POST", "/users/", 200, None), ("users.create", "POST", "/users/", None, 429)]

same("what the sandbox saw change", writes(), changes)
same("every request, once", counts(), asked)
same("every operation of the document", len(asked), 24)
same("no mail beyond the two", len(outbox(2)), 2)
end("mobilize")
