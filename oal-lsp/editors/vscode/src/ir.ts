// "Show IR": the document that a program is lowered to, beside it, following its changes.
import * as vscode from 'vscode';
import { afterChanges, ask, type Preview, type Server, type Subject, subject, title } from './preview';

const SCHEME = 'oal-ir';

/** The answer to `oal/ir`. */
interface Ir extends Preview {
  environment?: string;
  /** The IR document, as text; absent where the program has had errors all the time. */
  json?: string;
}

export class IrDocuments implements vscode.TextDocumentContentProvider {
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;
  private readonly subscriptions: vscode.Disposable;

  constructor(private readonly server: Server) {
    this.subscriptions = vscode.Disposable.from(
      this.changed,
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      afterChanges(() => {
        for (const document of vscode.workspace.textDocuments) {
          if (document.uri.scheme === SCHEME) this.changed.fire(document.uri);
        }
      }),
    );
  }

  async show(uri?: string, environment?: string): Promise<void> {
    const about = await subject(uri, environment);
    if (about === undefined) return;
    const place = vscode.Uri.from({ scheme: SCHEME, path: `/${title(about)}.json`, query: JSON.stringify(about) });
    const document = await vscode.workspace.openTextDocument(place);
    // With the comment that says that it is old.
    await vscode.languages.setTextDocumentLanguage(document, 'jsonc');
    await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true });
  }

  async provideTextDocumentContent(place: vscode.Uri): Promise<string> {
    const about = JSON.parse(place.query) as Subject;
    const ir = await ask<Ir>(this.server, 'oal/ir', about);
    if (ir === undefined) return '// No IR: the server does not answer.\n';
    if (!ir.stale && ir.json !== undefined) return ir.json;
    const why = (ir.reason ?? '').replace(/\s+/g, ' ');
    return ir.json === undefined ? `// No IR: ${why}\n` : `// Not of the text as it is: ${why}\n${ir.json}`;
  }

  dispose(): void {
    this.subscriptions.dispose();
  }
}
