"""The Model Context Protocol's own Python library at Heartbeat's tools: once asking for the newest revision first, once with
the older handshake. It never tries a call again by itself."""

import asyncio
import json
import pathlib
import traceback
import urllib.parse
import urllib.request

from jsonschema import Draft202012Validator
from mcp import Client
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client
from mcp.shared.exceptions import MCPError

from curl import curl
from sandbox import KEY, OPTIONS, SECRET, base, counts, end, faults, outbox, same, writes

SERVER = base("heartbeat") + "/heartbeat-community"
DOCUMENT = pathlib.Path(__file__).parents[2] / "src" / "platforms" / "heartbeat" / "documented.txt"
BERLIN = "8defea46-0000-46e2-bc80-000000000004"
PCID = "pc-1"
asked, changes = {}, []


def documented():
    """The tools as the document lists them: each argument with its type and whether it is required."""
    tools = {}
    for line in DOCUMENT.read_text().splitlines():
        match line.split():
            case ["tool", name]:
                tools[f"heartbeat_community_{name}"] = arguments = {}
            case ["param", name, kind, need]:
                arguments[name] = (kind, need == "required")
    return tools


def told(schema):
    """What a tool's schema says of its arguments, in the document's words."""

    def kind(of):
        return f"{kind(of['items'])}[]" if of["type"] == "array" else of["type"]

    wanted = schema["required"]
    return {name: (kind(of), name in wanted) for name, of in schema["properties"].items() if name != "PCID"}


def connected(mode, token=SECRET):
    http = create_mcp_http_client(headers={"Authorization": f"Bearer {token}"})
    return http, Client(
        streamable_http_client(SERVER, http_client=http), mode=mode, read_timeout_seconds=30, cache=None
    )


async def call(client, tool, operation, done=200, seen=200, **arguments):
    """A tool's JSON, and whether it says no."""
    name = f"heartbeat_community_{tool}"
    asked[operation] = asked.get(operation, 0) + 1
    if operation.split(".")[1] not in ("list", "get", "find_by_email", "count"):
        changes.append((operation, "POST", f"/{name}", done, seen))
    answer = await client.call_tool(name, {"PCID": PCID, **arguments})
    shown = json.loads(answer.content[0].text)
    # The protocol has structured content for objects alone.
    twice = isinstance(shown, dict) and not answer.is_error and "text" not in OPTIONS
    same(f"{tool}: structured content", answer.structured_content, shown if twice else None)
    return (answer.is_error, shown)


async def right(client, tool, operation, **arguments):
    no, shown = await call(client, tool, operation, **arguments)
    same(f"{tool}: no refusal", no and shown, False)
    return shown


async def refused(what, code, words, calling):
    try:
        same(what, await calling, "an error of the protocol")
    except MCPError as error:
        same(what, (error.error.code, error.error.message), (code, words))


async def tools(client):
    same("the server", (client.server_info.name, client.protocol_version), ("heartbeat-community", "2025-11-25"))
    listed = await client.list_tools()
    same("one page of tools", listed.next_cursor, None)
    for tool in listed.tools:
        Draft202012Validator.check_schema(tool.input_schema)
        same(f"{tool.name} wants the community's id", "PCID" in tool.input_schema["required"], True)
        same(f"{tool.name} is described", bool(tool.description), True)
    same("the tools of the document", {tool.name: told(tool.input_schema) for tool in listed.tools}, documented())


async def people(client, tag):
    """Somebody's way through the community."""
    roles = {role["name"]: role["id"] for role in await right(client, "list_roles", "roles.list")}
    same("roles", list(roles), ["Admin", "Member", "Moderator"])
    groups = await right(client, "list_groups", "groups.list")
    same("groups", (len(groups) >= 9, {"Berlin", "Lisbon"} <= {group["name"] for group in groups}), (True, True))
    lisbon = next(group["id"] for group in groups if group["name"] == "Lisbon")
    email = f"ada.{tag}@example.org"
    made = await right(
        client,
        "create_user",
        "users.create",
        email=email,
        name="Ada Byron",
        roleID=roles["Member"],
        groupIDs=[BERLIN],
        bio="Counts",
    )
    found = await right(client, "find_user", "users.find_by_email", email=email)
    same(
        "found",
        (found["id"], found["name"], found["role"], found["bio"]),
        (made["userID"], "Ada Byron", "Member", "Counts"),
    )
    same("by id", await right(client, "get_user", "users.get", userID=made["userID"]), found)
    await right(
        client, "update_user", "users.update", email=email, status="away", linkedin="https://linkedin.example/ada"
    )
    changed = await right(client, "get_user", "users.get", userID=made["userID"])
    same("changed", (changed["socialLinks"]["linkedin"], changed["bio"]), ("https://linkedin.example/ada", "Counts"))
    everybody = await right(client, "list_users", "users.list")
    same("among all", [row for row in everybody if row["id"] == made["userID"]], [changed])

    within = lambda group: [row["email"] for row in group["users"]].count(email)
    await right(
        client,
        "add_group_members",
        "members.add",
        groupID=lisbon,
        emails=[email, "nobody@example.org"],
        shouldRemoveFromSiblingGroups=True,
    )
    pair = [await right(client, "get_group", "groups.get", groupID=group) for group in (lisbon, BERLIN)]
    same(
        "moved, and nobody came along",
        ([within(group) for group in pair], "nobody@example.org" in json.dumps(pair)),
        ([1, 0], False),
    )
    await right(client, "remove_group_members", "members.remove", groupID=lisbon, emails=[email])
    same("out", within(await right(client, "get_group", "groups.get", groupID=lisbon)), 0)
    count = await right(client, "get_notifications", "notifications.count", email=email)
    same("a count", type(count["count"]), int)

    new = await right(
        client, "create_group", "groups.create", name=f"Group {tag}", parentGroupID=lisbon, members=[email]
    )
    group = await right(client, "get_group", "groups.get", groupID=new["groupID"])
    same("a group", (group["name"], group["parentGroupID"], within(group)), (f"Group {tag}", lisbon, 1))
    await right(client, "update_group", "groups.update", groupID=new["groupID"], description="Short")
    same("told", (await right(client, "get_group", "groups.get", groupID=new["groupID"]))["description"], "Short")
    await right(client, "delete_group", "groups.delete", groupID=new["groupID"])
    same(
        "gone",
        await call(client, "get_group", "groups.get", groupID=new["groupID"]),
        (True, {"error": True, "message": "Could not find group"}),
    )

    await right(
        client,
        "create_pending_user",
        "users.create_pending",
        email=f"later.{tag}@example.org",
        name="Later",
        roleID=roles["Member"],
    )
    link = await right(client, "create_invitation", "invitations.create", roleID=roles["Member"], groupIDs=[BERLIN])
    links = await right(client, "list_invitations", "invitations.list")
    same("an invitation", [row for row in links if row["id"] == link["id"]], [link])
    await right(
        client,
        "update_invitation",
        "invitations.update",
        invitationID=link["id"],
        emails=[f"guest.{tag}@example.org"],
        shouldSendEmail=True,
    )
    await right(
        client,
        "update_invitation",
        "invitations.update",
        invitationID=link["id"],
        emails=[f"quiet.{tag}@example.org"],
        shouldSendEmail=False,
    )
    await right(client, "delete_user", "users.delete", email=email)
    same(
        "closed",
        await call(client, "find_user", "users.find_by_email", email=email),
        (True, {"error": True, "message": "Could not find user"}),
    )
    await right(client, "reactivate_user", "users.reactivate", email=email)
    same("open", (await right(client, "find_user", "users.find_by_email", email=email))["id"], made["userID"])
    same("twice open", (await call(client, "reactivate_user", "users.reactivate", email=email))[0], True)


async def refusals(client):
    name = "heartbeat_community_get_group"
    await refused("no such tool", -32602, "Unknown tool: nothing", client.call_tool("nothing", {"PCID": PCID}))
    await refused(
        "an argument short", -32602, "Invalid arguments: groupID is required", client.call_tool(name, {"PCID": PCID})
    )
    await refused("no community", -32000, "PCID is required", client.call_tool(name, {"groupID": BERLIN}))
    # A fault of the transport is an error of the call; the call is sent once.
    for spec, done, seen in (("503", None, 503), ("504-after", 200, 504)):
        faults(f"{spec}:members.add")
        try:
            same(
                spec,
                await call(
                    client,
                    "add_group_members",
                    "members.add",
                    done,
                    seen,
                    groupID=BERLIN,
                    emails=["nobody@example.org"],
                ),
                "an error",
            )
        except MCPError as error:
            same(spec, error.error.code < 0, True)
        faults("")
        same(f"after {spec} it goes on", len(await right(client, "list_roles", "roles.list")), 3)


async def broken(what, words, pair, go):
    http, client = pair
    try:
        async with http, client:
            await go(client)
        same(what, "no error", words)
    except Exception as error:
        same(what, words in "".join(traceback.format_exception(error)), True)


async def main():
    # A token for an hour, by client credentials.
    form = urllib.parse.urlencode({"grant_type": "client_credentials", "client_id": KEY, "client_secret": SECRET})
    with urllib.request.urlopen(base("heartbeat") + "/oauth/token", form.encode(), timeout=30) as answer:
        grant = json.load(answer)
    same("a token", (grant["token_type"], grant["expires_in"]), ("Bearer", 3600))
    # What kind of server this is, seen without the library: a call without a handshake.
    status, kind, _ = curl(
        "POST",
        SERVER,
        "-H",
        f"Authorization: Bearer {SECRET}",
        body={"jsonrpc": "2.0", "id": 1, "method": "tools/list"},
    )
    taken = (200, "text/event-stream" if "events" in OPTIONS else "application/json")
    same("without a handshake", (status, kind), (400, "application/json") if "sessions" in OPTIONS else taken)
    for mode in ("auto", "legacy"):
        http, client = connected(mode, grant["access_token"] if mode == "auto" else SECRET)
        async with http, client:
            await tools(client)
            await people(client, mode)
            await refusals(client)

    # What ends a connection ends the library's client.
    async def reset(client):
        faults("reset-after:members.add")
        await call(client, "add_group_members", "members.add", 200, None, groupID=BERLIN, emails=["nobody@example.org"])

    await broken("a wrong token", "Unauthorized", connected("legacy", "wrong"), tools)
    await broken("a reset", "disconnected", connected("legacy"), reset)
    faults("")


asyncio.run(main())
mails = outbox(2)
same(
    "mails",
    [(mail["to"], mail["operation"]) for mail in mails],
    [(f"guest.{mode}@example.org", "invitations.update") for mode in ("auto", "legacy")],
)
same("what the sandbox saw change", writes(), changes)
same("every request, once", counts(), asked)
same("every tool of the document", len(asked), len(documented()))
end("mcp-2.3.0-" + OPTIONS.removeprefix("--tools=") if OPTIONS else "mcp-2.3.0")
