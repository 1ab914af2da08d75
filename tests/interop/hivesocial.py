"""The request lines of HiveSocial's document, sent by curl to the sandbox in the place of <YOUR_DOMAIN>.

What comes back has the shape of the sample answers in tests/data/hivesocial. HTTP's status is 200 whatever comes of it.
"""

import json
import pathlib

from curl import curl
from sandbox import KEY, SECRET, base, counts, end, faults, outbox, same, unlike, writes

DATA = pathlib.Path(__file__).parent.parent / "data" / "hivesocial"
API = base("hivesocial") + "/api/v1/en_US"
asked, changes = {}, []

# The login, and its token in the header that the platform names.
_, _, login = curl("POST", f"{API}/security/login", body={"email": KEY, "password": SECRET})
token = login["object"]
same("a login", (login["success"], bool(login["errors"]), len(token) > 30), (True, False, True))
_, _, wrong = curl("POST", f"{API}/security/login", body={"email": KEY, "password": "wrong"})
same("a wrong password", (wrong["success"], bool(wrong["message"])), (False, True))


def send(operation, method, path, body=None, sample=None, header=f"X-Auth: {token}"):
    status, kind, answer = curl(method, API + path, "-H", header, body=body)
    same(f"{method} {path}", (status, kind), (200, "application/json"))
    asked[operation] = asked.get(operation, 0) + 1
    if operation.split(".")[1] in ("delete", "resend", "bulk_import"):
        changes.append((operation, method, path, 200, 200))
    shown = json.loads((DATA / f"{sample or operation.split('.')[1]}.json").read_text())
    same(f"{operation}: the shape of the sample answer", sorted(set(unlike(answer, shown))), [])
    return answer


def pending(group, offset="", size=15, word="", role=0, target="email"):
    line = f"/invitation/list/{group}?offset={offset}&pageSize={size}&filter={word}&role={role}&target={target}"
    return send("invitations.list", "GET", line)["object"]["invitations"]


# The list, by the last record's id until it is at its end: forty wait for Berlin.
BERLIN = "8defea46-0000-46e2-bc80-000000000004"
pages = [pending(BERLIN)]
while pages[-1]:
    pages.append(pending(BERLIN, offset=pages[-1][-1]["id"]))
same("pages", [len(page) for page in pages], [15, 15, 10, 0])
rows = [row for page in pages for row in page]
same("each once", len({row["id"] for row in rows}), 40)
same("the newest first", [row["createdOn"] for row in rows], sorted((row["createdOn"] for row in rows), reverse=True))
same("their group", {row["group"]["id"] for row in rows}, {BERLIN})
roles = {role: len(pending(BERLIN, size=100, role=role)) for role in (0, 2, 3, 4, 5)}
same("by role", roles, {0: 40, 2: 32, 3: 8, 4: 0, 5: 0})
one = rows[7]
same("by address", [row["id"] for row in pending(BERLIN, word=one["email"])], [one["id"]])
same("an address is no name", pending(BERLIN, word=one["email"], target="name"), [])
same(
    "by name", one["id"] in [row["id"] for row in pending(BERLIN, size=100, word=one["firstName"], target="name")], True
)

# One is reminded, one is taken back.
again = send("invitations.resend", "POST", f"/invitation/{one['id']}/resend")
same("the one that was reminded", (again["success"], again["object"]["email"]), (True, one["email"]))
gone = send("invitations.delete", "DELETE", f"/invitation/{rows[0]['id']}")
same("the one that was taken back", gone["object"], rows[0])
same("one less", len(pending(BERLIN, size=100)), 39)
twice = send("invitations.delete", "DELETE", f"/invitation/{rows[0]['id']}")
same(
    "twice",
    (twice["success"], twice["object"], [entry["key"] for entry in twice["errors"]]),
    (False, None, ["invitationId"]),
)

# An import: first looked at, then done. One is new, one refused, one waits already.
words = {"subject": "Come in", "header": None, "content": "Welcome", "footer": None}
path = "http://demo.hivesocialnow.com/ClientFiles/bc7fbf51-7930-4550-98b0-6a3ff6111ebe/users.csv"
looked = send(
    "invitations.evaluate", "POST", f"/invitation/import-evaluate-csv/{BERLIN}", {"roleId": 2, "csvPath": path, **words}
)
same(
    "one row of each kind",
    [(row["resultId"], row["resultName"]) for row in looked["object"]["output"]],
    [(1, "New user"), (2, "Group member"), (3, "Existing account"), (4, "Invalid email")],
)
same("what was asked is said again", looked["object"]["input"], {"roleId": 2, "csvPath": path, **words})
unread = send(
    "invitations.evaluate",
    "POST",
    f"/invitation/import-evaluate-csv/{BERLIN}",
    {"roleId": 2, "csvPath": path.replace("users", "nothing"), **words},
)
same(
    "success and errors at once",
    (unread["success"], unread["errors"][0]["key"], unread["errors"][0]["message"]),
    (True, "csvPath", "The csv file is with wrong format"),
)
records = [
    {"email": email, "firstName": "New", "lastName": "Face"}
    for email in ("new.face@isoplex.com", "besn@refused.example", one["email"])
]
done = send(
    "invitations.bulk_import", "POST", f"/invitation/bulk-import/{BERLIN}", {"roleId": 3, **words, "records": records}
)
same(
    "all but one",
    (done["success"], [(entry["key"], entry["value"]) for entry in done["errors"]]),
    (True, [("email", "besn@refused.example")]),
)
fresh = pending(BERLIN, word="new.face@isoplex.com")
same(
    "who is invited",
    [(row["email"], row["firstName"], row["roleId"], row["roleName"]) for row in fresh],
    [("new.face@isoplex.com", "New", 3, "member")],
)
bad = send(
    "invitations.bulk_import", "POST", f"/invitation/bulk-import/{BERLIN}", {"roleId": 1, **words, "records": records}
)
same("the sample's own role is none", (bad["success"], [entry["key"] for entry in bad["errors"]]), (False, ["roleId"]))

# The token as a bearer's, a token that nobody gave, and a lost answer.
line = f"/invitation/list/{BERLIN}?offset=&pageSize=1&filter=&role=0&target=name"
same("a bearer", send("invitations.list", "GET", line, header=f"Authorization: Bearer {token}")["success"], True)
status, _, refusal = curl("GET", API + line, "-H", "X-Auth: nobody")
same("a token that nobody gave", (status, refusal["success"], bool(refusal["message"])), (401, False, True))
faults("reset-after:invitations.resend")
same("an empty reply", curl("POST", f"{API}/invitation/{rows[5]['id']}/resend", "-H", f"X-Auth: {token}")[0], 52)
faults("")
asked["invitations.resend"] += 1
changes.append(("invitations.resend", "POST", f"/invitation/{rows[5]['id']}/resend", 200, None))

mails = outbox(4)
same(
    "mails",
    [(mail["to"], mail["operation"]) for mail in mails],
    [
        (one["email"], "invitations.resend"),
        ("new.face@isoplex.com", "invitations.bulk_import"),
        (one["email"], "invitations.bulk_import"),
        (rows[5]["email"], "invitations.resend"),
    ],
)
same("what the sandbox saw change", writes(), changes)
same("every request, once", counts(), asked)
end("hivesocial")
