// What both previews need: the program that is meant, and its environment.
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';

/** The running server, if there is one. */
export type Server = () => LanguageClient | undefined;

/** The file and the environment that a preview shows. No environment: the server takes the first. */
export interface Subject {
  uri: string;
  environment?: string;
}

/** What every preview says of itself. */
export interface Preview {
  /** Whether the program has errors, and this is what it was before it had. */
  stale: boolean;
  /** Why. */
  reason?: string;
}

/** What is meant by a command: what a code lens says, else the file in the editor, after asking for its environment. */
export async function subject(uri?: string, environment?: string): Promise<Subject | undefined> {
  const document = uri === undefined ? vscode.window.activeTextEditor?.document : await vscode.workspace.openTextDocument(vscode.Uri.parse(uri));
  if (document?.languageId !== 'oal') {
    void vscode.window.showInformationMessage('Open an OAL file first.');
    return undefined;
  }
  if (environment !== undefined) return { uri: document.uri.toString(), environment };
  const names = environments(document.getText());
  if (names.length < 2) return { uri: document.uri.toString(), environment: names[0] };
  const chosen = await vscode.window.showQuickPick(names, { placeHolder: 'Environment' });
  return chosen === undefined ? undefined : { uri: document.uri.toString(), environment: chosen };
}

/** The environments that a text declares. Only a root file declares any; of another, the server takes the program's first. */
export function environments(text: string): string[] {
  return [...text.matchAll(/^environment[ \t]+([a-z_][a-z0-9_]*)[ \t]*\{/gm)].map((found) => found[1] ?? '');
}

/** Asks the server; says why where it cannot answer. */
export async function ask<T>(server: Server, method: string, about: Subject): Promise<T | undefined> {
  const client = server();
  if (client === undefined) {
    void vscode.window.showErrorMessage('The OAL server does not run. See the output "OAL".');
    return undefined;
  }
  try {
    return await client.sendRequest<T>(method, about);
  } catch (problem) {
    void vscode.window.showErrorMessage(problem instanceof Error ? problem.message : String(problem));
    return undefined;
  }
}

/** What stands in a title. */
export function title(about: Subject): string {
  const path = vscode.Uri.parse(about.uri).path;
  const name = path.slice(path.lastIndexOf('/') + 1);
  return about.environment === undefined ? name : `${name} (${about.environment})`;
}

/** Runs something a moment after the last change of an OAL file. */
export function afterChanges(run: () => void): vscode.Disposable {
  let timer: NodeJS.Timeout | undefined;
  const listener = vscode.workspace.onDidChangeTextDocument((change) => {
    if (change.document.languageId !== 'oal') return;
    clearTimeout(timer);
    timer = setTimeout(run, 200);
  });
  return { dispose: () => (clearTimeout(timer), listener.dispose()) };
}
