"""AVEVA's sample library: it finds its token by discovery, and reads refusals into its own error. It has no calls for the
users of a community: those go through its client for requests, with its token, its types and its reading of errors.

It never tries again by itself."""

import json

from adh_sample_library_preview import ADHClient, Role, SdsError, User
from adh_sample_library_preview.BaseClient import BaseClient

from sandbox import KEY, SECRET, TENANT, base, counts, end, faults, outbox, refused, same, writes

client = ADHClient("v1", TENANT, base("aveva"), KEY, SECRET)
direct = BaseClient("v1", TENANT, base("aveva"), KEY, SECRET)
asked = {}


def counted(operation, times=1):
    asked[operation] = asked.get(operation, 0) + times


def taken(kind, row):
    """What the library reads of a row, and what it would write of it: equal where it knows every field."""
    read = kind.fromJson(row).toDictionary()
    same(
        f"a {kind.__name__} has only fields that the library knows",
        {key: value for key, value in read.items() if value is not None},
        row,
    )
    return kind.fromJson(row)


# The token: one of an hour is used again, and a wrong secret is told in OAuth's own words.
token = direct._getToken()
same("a token lives on", (direct._getToken(), len(token) > 30), (token, True))
error = refused("a wrong secret", SdsError, lambda: BaseClient("v1", TENANT, base("aveva"), KEY, "wrong"))
same("a wrong secret: said", error.value, "Failed to get token, check client id/secret: invalid_client")

# Communities and the tenant's users, by the library's own calls and pages.
communities = client.Communities.getCommunities()
counted("communities.list")
same("communities", len(communities), 9)
pages = [client.Communities.getCommunities(skip=skip, count=4) for skip in (0, 4, 8, 12)]
counted("communities.list", 4)
same("pages of communities", [len(page) for page in pages], [4, 4, 1, 0])
same("each once", [one.Id for page in pages for one in page], [one.Id for one in communities])
berlin = next(one for one in communities if one.Name == "Berlin")
roles = {role.Name: role for role in berlin.CommunityRoles}
same(
    "its roles",
    sorted(roles),
    ["Analysts", "Community Administrator", "Community Member", "Community Moderator", "Operators"],
)
same(
    "its member role",
    (berlin.MemberRoleId, roles["Community Member"].RoleTypeId),
    (roles["Community Member"].Id, "f79a55da-7c76-4600-a809-0f62ca9971d9"),
)
same("scope", {(role.RoleScope.name, role.CommunityId) for role in roles.values()}, {("Community", berlin.Id)})
same("its tenant", [(one.Id, one.Status.value) for one in berlin.Tenants], [(TENANT, "Active")])
people = client.Users.getUsers(count=1000)
counted("tenant_users.list")
same("users of the tenant", len(people), 400)
same("a page of them", [one.Id for one in client.Users.getUsers(skip=398, count=5)], [one.Id for one in people[398:]])
counted("tenant_users.list")
same("one of them", client.Users.getUserById(people[0].Id).toDictionary(), people[0].toDictionary())
counted("tenant_users.get")
error = refused("nobody", SdsError, lambda: client.Users.getUserById("00000000-0000-0000-0000-000000000000"))
counted("tenant_users.get")
same(
    "nobody: said",
    (error.StatusCode, error.Error, error.MainMessage),
    (404, "User not found", "Failed to get User, 00000000-0000-0000-0000-000000000000."),
)
same(
    "nobody: why, what to do, a number to ask by",
    [bool(text) for text in (error.Reason, error.Resolution, error.OperationId)],
    [True, True, True],
)

# The users of a community.
users = f"{direct.uri_API}-preview/Communities/{berlin.Id}/Tenants/{TENANT}/Users"


def send(method, url, status, **more):
    response = direct.request(method, url, **more)
    direct.checkResponse(response, f"{method} failed")
    same(f"{method}: status", response.status_code, status)
    return response


def number():
    counted("users.count")
    return int(send("head", users, 200).headers["Total-Count"])


begin = number()
rows = []
while page := send("get", users, 200, params={"skip": len(rows), "count": 100}).json():
    rows += page
    counted("users.list")
counted("users.list")
same(
    "the list is as long as the count says",
    (len(rows), begin),
    (berlin.Tenants[0].UserCount, berlin.Tenants[0].UserCount),
)
for row in rows[:3] + rows[-3:]:
    taken(User, row)
listed = send("get", f"{direct.uri_API}-preview/Communities/{berlin.Id}/Roles", 200).json()
counted("roles.list")
same("roles by themselves", {taken(Role, row).Id for row in listed}, {role.Id for role in roles.values()})

within = {row["Id"] for row in rows}
new = next(one for one in people if one.Id not in within)
member, analysts = roles["Community Member"].Id, roles["Analysts"].Id
put = lambda ids, status: taken(User, send("put", f"{users}/{new.Id}", status, data=json.dumps(ids)).json())
same("one more, with the member's role", (put([member], 201).RoleIds, number()), ([member], begin + 1))
same("another role", put([member, analysts], 200).RoleIds, [member, analysts])
same("exactly the roles that were said", (put([member], 200).RoleIds, number()), ([member], begin + 1))


def refusal(what, method, url, status, told, **more):
    error = refused(what, SdsError, lambda: direct.checkResponse(direct.request(method, url, **more), what))
    same(
        f"{what}: said", (error.StatusCode, error.Error, bool(error.Reason and error.Resolution)), (status, told, True)
    )
    same(f"{what}: a number to ask by", bool(error.OperationId), True)


refusal(
    "without the member's role",
    "put",
    f"{users}/{new.Id}",
    400,
    "The community member role is required",
    data=json.dumps([analysts]),
)
refusal("no list", "put", f"{users}/{new.Id}", 400, "The body must be a list of role identifiers")
refusal(
    "a stranger",
    "put",
    f"{users}/00000000-0000-0000-0000-000000000000",
    404,
    "User not found",
    data=json.dumps([member]),
)
refusal("another tenant", "get", users.replace(TENANT, new.Id), 404, "Tenant not found")
counted("users.list")
refusal("no token", "get", users, 401, "Unauthorized", headers={"Accept": "application/json"})
refusal("a token that nobody gave", "get", users, 401, "Unauthorized", headers={"Authorization": "Bearer x"})
same("out again", send("delete", f"{users}/{new.Id}", 204).content, b"")
refusal("who is not in it", "delete", f"{users}/{new.Id}", 404, "User not found in the community")
same("as at the start", number(), begin)

# Faults: the effect happens once or not at all.
faults("503:users.add")
refusal("503 before", "put", f"{users}/{new.Id}", 503, "Service Unavailable", data=json.dumps([member]))
same("nothing happened", number(), begin)
faults("504-after:users.add; 429:retry_after=3:users.remove")
refusal("504 after", "put", f"{users}/{new.Id}", 504, "Gateway Timeout", data=json.dumps([member]))
same("it happened", number(), begin + 1)
response = direct.request("delete", f"{users}/{new.Id}")
same("429 says when", (response.status_code, response.headers["Retry-After"]), (429, "3"))
faults("")

at = users.removeprefix(base("aveva") + "/api")
put_at = f"{at}/{new.Id}"
same(
    "what the sandbox saw change",
    writes(),
    [
        ("users.add", "PUT", put_at, 201, 201),
        ("users.add", "PUT", put_at, 200, 200),
        ("users.add", "PUT", put_at, 200, 200),
        ("users.add", "PUT", put_at, 400, 400),
        ("users.add", "PUT", put_at, 400, 400),
        ("users.add", "PUT", f"{at}/00000000-0000-0000-0000-000000000000", 404, 404),
        ("users.remove", "DELETE", put_at, 204, 204),
        ("users.remove", "DELETE", put_at, 404, 404),
        ("users.add", "PUT", put_at, None, 503),
        ("users.add", "PUT", put_at, 201, 504),
        ("users.remove", "DELETE", put_at, None, 429),
    ],
)
for operation, _, _, _, _ in writes():
    counted(operation)
same("every request, once", counts(), asked)
same("nobody was written to", outbox(0), [])
end("aveva-0.10.19rc0")
