// The client: starts `oal lsp`, and offers what no editor has by itself.
import * as vscode from 'vscode';
import { LanguageClient, type LanguageClientOptions, type Location, type Position, type ServerOptions, type StaticFeature } from 'vscode-languageclient/node';
import { explain, ExplainPages, program } from './explain';
import { GraphView } from './graph';
import { IrDocuments } from './ir';
import { Library } from './library';

let client: LanguageClient | undefined;

/** Tells the server what the lines above declarations may run here. */
const commands: StaticFeature = {
  fillClientCapabilities: (capabilities) => {
    const names = ['oal.showIr', 'oal.showGraph', 'oal.showReferences'];
    capabilities.experimental = { ...capabilities.experimental, commands: { commands: names } };
  },
  initialize: () => {},
  getState: () => ({ kind: 'static' }),
  clear: () => {},
};

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const output = vscode.window.createOutputChannel('OAL', { log: true });
  const server = () => client;
  const ir = new IrDocuments(server);
  const graph = new GraphView(context.extensionUri, server);
  const command = (name: string, run: (...args: never[]) => unknown) => vscode.commands.registerCommand(name, run);
  context.subscriptions.push(
    output,
    ir,
    graph,
    new ExplainPages(),
    new Library(server),
    command('oal.showIr', (uri?: string, environment?: string) => ir.show(uri, environment)),
    command('oal.showGraph', (uri?: string, environment?: string) => graph.show(uri, environment)),
    command('oal.explain', (code?: string) => explain(code)),
    // For the line above a declaration that says how often it is used.
    command('oal.showReferences', (uri: string, at: Position, found: Location[]) => showReferences(uri, at, found)),
    command('oal.restart', () => restart(output)),
    command('oal.showOutput', () => output.show()),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration('oal.path')) void restart(output);
    }),
  );
  await start(output);
}

export async function deactivate(): Promise<void> {
  await client?.dispose();
}

async function start(output: vscode.LogOutputChannel): Promise<void> {
  const run = { command: program(), args: ['lsp'] };
  const serverOptions: ServerOptions = { run, debug: run };
  const clientOptions: LanguageClientOptions = {
    documentSelector: [{ language: 'oal' }],
    outputChannel: output,
    synchronize: { configurationSection: 'oal' },
    // Documents of the built-in library are read by `Library`, which shows them as read-only.
    initializationOptions: { ...vscode.workspace.getConfiguration('oal'), library: 'scheme' },
    diagnosticPullOptions: { onChange: true, onTabs: true },
  };
  client = new LanguageClient('oal', 'OAL', serverOptions, clientOptions);
  client.registerFeature(commands);
  try {
    await client.start();
  } catch (problem) {
    output.error(String(problem));
    const settings = 'Open Settings';
    const chosen = await vscode.window.showErrorMessage(
      `\`${run.command} lsp\` does not start. Install OAL, or say in the setting \`oal.path\` where it is.`,
      settings,
    );
    if (chosen === settings) await vscode.commands.executeCommand('workbench.action.openSettings', 'oal.path');
  }
}

async function restart(output: vscode.LogOutputChannel): Promise<void> {
  const old = client;
  client = undefined;
  // A server that never started has nothing to end.
  await old?.dispose().catch((problem) => output.warn(String(problem)));
  await start(output);
}

async function showReferences(uri: string, at: Position, found: Location[]): Promise<void> {
  const convert = client?.protocol2CodeConverter;
  if (convert === undefined) return;
  const places = found.map((one) => convert.asLocation(one));
  await vscode.commands.executeCommand('editor.action.showReferences', vscode.Uri.parse(uri), convert.asPosition(at), places);
}
