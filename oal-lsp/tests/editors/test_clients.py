"""The server under the recorded capabilities of real clients: every request it offers, at every word of a program.

    pytest -q oal-lsp/tests/editors/test_clients.py        (pip install pytest pytest-lsp; `oal` on the PATH)

Each reply is decoded by types that are generated from the specification, and pytest-lsp warns when a server uses what the client never
claimed; here such a warning fails the test.
"""

import asyncio
import json
import os
import pathlib
import re

import pytest
import pytest_lsp
from lsprotocol import types as T
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities, make_test_lsp_client

PROFILE = json.loads((pathlib.Path(__file__).parent / "profile.json").read_text())
OPEN = PROFILE["open"]
CLIENTS = [
    "visual_studio_code_v1.65.2",
    "neovim_v0.6.1",
    "neovim_v0.7.0",
    "neovim_v0.8.0",
    "neovim_v0.9.1",
    "neovim_v0.10.0",
    "neovim_v0.11.0",
    "emacs_v29.1",
    "utf-8",
    "bare",
]
UNITS = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}

pytestmark = [
    pytest.mark.asyncio,
    pytest.mark.filterwarnings("error::pytest_lsp.LspSpecificationWarning"),
]


def make_client():
    """pytest-lsp's client, with answers to the requests that it knows no answer for."""
    client = make_test_lsp_client()

    @client.feature(T.CLIENT_REGISTER_CAPABILITY)
    def register(_):
        pass

    for method in (
        T.WORKSPACE_DIAGNOSTIC_REFRESH,
        T.WORKSPACE_SEMANTIC_TOKENS_REFRESH,
        T.WORKSPACE_INLAY_HINT_REFRESH,
        T.WORKSPACE_CODE_LENS_REFRESH,
    ):
        try:
            client.feature(method)(lambda *_: None)
        except Exception:  # noqa: BLE001, S110 - it has an answer already
            pass
    return client


def capabilities(name):
    """A recorded client, or one that reads UTF-8 and pulls, or one that can do nothing."""
    if name == "bare":
        return T.ClientCapabilities()
    if name != "utf-8":
        product, version = name.rsplit("_v", 1)
        found = client_capabilities(f"{product}@v{version}")
        if product == "visual_studio_code":
            # Our extension says which commands it has.
            found.experimental = {"commands": {"commands": ["oal.showIr", "oal.showGraph", "oal.showReferences"]}}
        return found
    found = client_capabilities("neovim")
    found.general = T.GeneralClientCapabilities(position_encodings=[T.PositionEncodingKind.Utf8])
    found.text_document.diagnostic = T.DiagnosticClientCapabilities()
    return found


@pytest_lsp.fixture(config=ClientServerConfig(server_command=["oal", "lsp"], client_factory=make_client), params=CLIENTS)
async def client(request, lsp_client: LanguageClient, tmp_path_factory):
    root = tmp_path_factory.mktemp("project")
    for name, text in PROFILE["files"].items():
        (root / name).write_text(text)
    said = await lsp_client.initialize_session(
        T.InitializeParams(
            capabilities=capabilities(request.param),
            process_id=os.getpid(),
            root_uri=root.as_uri(),
            workspace_folders=[T.WorkspaceFolder(uri=root.as_uri(), name="project")],
        )
    )
    lsp_client.root, lsp_client.offers = root, said.capabilities
    lsp_client.units = UNITS[str(getattr(said.capabilities.position_encoding, "value", said.capabilities.position_encoding) or "utf-16")]
    for name, text in PROFILE["files"].items():
        uri = (root / name).as_uri()
        lsp_client.text_document_did_open(T.DidOpenTextDocumentParams(T.TextDocumentItem(uri, "oal", 1, text)))
    yield
    await asyncio.wait_for(lsp_client.shutdown_session(), 10)


def position(client, text, offset):
    line_start = text.rfind("\n", 0, offset) + 1
    width = {"utf-8": 1, "utf-16-le": 2, "utf-32-le": 4}[client.units]
    return T.Position(text.count("\n", 0, offset), len(text[line_start:offset].encode(client.units)) // width)


def document(client, name=OPEN):
    return T.TextDocumentIdentifier((client.root / name).as_uri())


def words(text):
    """Where each word of a text starts, and a place inside of each."""
    return [found.start() + len(found.group()) // 2 for found in re.finditer(r"\w+", text)]


def at(client, offset):
    return {"text_document": document(client), "position": position(client, PROFILE["files"][OPEN], offset)}


async def reply(answer):
    return await asyncio.wait_for(answer, 10)


async def findings(client):
    """What is pushed or, where the client pulls, what is pulled."""
    for _ in range(200):
        found = client.diagnostics.get(document(client).uri, [])
        if not found and client.capabilities.text_document and client.capabilities.text_document.diagnostic:
            report = await reply(client.text_document_diagnostic_async(T.DocumentDiagnosticParams(document(client))))
            found = getattr(report, "items", [])
        if found:
            return list(found)
        await asyncio.sleep(0.02)
    return []


async def test_findings(client):
    found = [one for one in await findings(client) if PROFILE["diagnostic"]["match"] in one.message]
    assert found, await findings(client)
    start = found[0].range.start
    assert (start.line, start.character) == (PROFILE["diagnostic"]["line"], PROFILE["diagnostic"]["column"])


PLACES = {
    "hover_provider": ("text_document_hover_async", T.HoverParams),
    "definition_provider": ("text_document_definition_async", T.DefinitionParams),
    "declaration_provider": ("text_document_declaration_async", T.DeclarationParams),
    "type_definition_provider": ("text_document_type_definition_async", T.TypeDefinitionParams),
    "implementation_provider": ("text_document_implementation_async", T.ImplementationParams),
    "document_highlight_provider": ("text_document_document_highlight_async", T.DocumentHighlightParams),
    "completion_provider": ("text_document_completion_async", T.CompletionParams),
    "signature_help_provider": ("text_document_signature_help_async", T.SignatureHelpParams),
    "linked_editing_range_provider": ("text_document_linked_editing_range_async", T.LinkedEditingRangeParams),
    "call_hierarchy_provider": ("text_document_prepare_call_hierarchy_async", T.CallHierarchyPrepareParams),
    "type_hierarchy_provider": ("text_document_prepare_type_hierarchy_async", T.TypeHierarchyPrepareParams),
}


@pytest.mark.parametrize("provider", PLACES)
async def test_requests_at_every_word(client, provider):
    assert getattr(client.offers, provider)
    method, params = PLACES[provider]
    answers = [await reply(getattr(client, method)(params(**at(client, offset)))) for offset in words(PROFILE["files"][OPEN])]
    # Signatures and linked places are rare, the others are not.
    rare = provider in ("signature_help_provider", "linked_editing_range_provider", "implementation_provider")
    rare = rare or provider in ("call_hierarchy_provider", "type_hierarchy_provider")
    assert rare or any(answers), answers


FILES = {
    "document_symbol_provider": ("text_document_document_symbol_async", T.DocumentSymbolParams, True),
    "folding_range_provider": ("text_document_folding_range_async", T.FoldingRangeParams, True),
    "document_link_provider": ("text_document_document_link_async", T.DocumentLinkParams, True),
    # None where the client cannot run what they offer.
    "code_lens_provider": ("text_document_code_lens_async", T.CodeLensParams, False),
    "semantic_tokens_provider": ("text_document_semantic_tokens_full_async", T.SemanticTokensParams, True),
}


@pytest.mark.parametrize("provider", FILES)
async def test_requests_about_a_file(client, provider):
    assert getattr(client.offers, provider)
    method, params, answers = FILES[provider]
    answer = await reply(getattr(client, method)(params(text_document=document(client))))
    assert answer or not answers


async def test_references_and_rename(client):
    before, after = PROFILE["rename"]["at"].split("|")
    offset = PROFILE["files"][OPEN].index(before + after) + len(before)
    context = T.ReferenceContext(include_declaration=True)
    places = await reply(client.text_document_references_async(T.ReferenceParams(context=context, **at(client, offset))))
    assert len(places) == PROFILE["references"]["count"]
    edit = await reply(client.text_document_rename_async(T.RenameParams(new_name=PROFILE["rename"]["to"], **at(client, offset))))
    changes = dict(edit.changes or {})
    for change in edit.document_changes or []:
        changes[change.text_document.uri] = change.edits
    assert sum(len(edits) for edits in changes.values()) == PROFILE["references"]["count"]


async def test_ranges(client):
    text = PROFILE["files"][OPEN]
    whole = T.Range(T.Position(0, 0), position(client, text, len(text)))
    assert await reply(client.text_document_inlay_hint_async(T.InlayHintParams(document(client), whole)))
    places = [position(client, text, offset) for offset in words(text)]
    found = await reply(client.text_document_selection_range_async(T.SelectionRangeParams(document(client), places)))
    assert len(found) == len(places)
    context = T.CodeActionContext(diagnostics=await findings(client))
    found = await reply(client.text_document_code_action_async(T.CodeActionParams(document(client), whole, context)))
    assert any(PROFILE["repair"]["title"] in one.title for one in found), found
    options = T.FormattingOptions(tab_size=2, insert_spaces=True)
    assert not await reply(client.text_document_formatting_async(T.DocumentFormattingParams(document(client), options)))


async def test_workspace_symbols(client):
    found = await reply(client.workspace_symbol_async(T.WorkspaceSymbolParams(query="site")))
    assert any(one.name == "site" for one in found)
