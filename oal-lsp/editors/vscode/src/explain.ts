// "Explain Code": the page of a code, as `oal explain` prints it.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import * as vscode from 'vscode';

const SCHEME = 'oal-explain';

/** The program that is set. */
export function program(): string {
  return vscode.workspace.getConfiguration('oal').get('path', 'oal');
}

export class ExplainPages implements vscode.TextDocumentContentProvider {
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);

  async provideTextDocumentContent(place: vscode.Uri): Promise<string> {
    const about = place.path.slice(1).replace(/\.md$/, '');
    try {
      const { stdout } = await promisify(execFile)(program(), ['explain', '--', about]);
      return stdout;
    } catch (problem) {
      const said = (problem as { stderr?: string }).stderr;
      return said !== undefined && said !== '' ? said : String(problem);
    }
  }

  dispose(): void {
    this.registration.dispose();
  }
}

/** Shows the page of a code, a lint or a built-in kind; asks which where the cursor stands on no finding. */
export async function explain(code?: string): Promise<void> {
  const chosen = code ?? (await ask());
  if (chosen === undefined || chosen === '') return;
  const place = vscode.Uri.from({ scheme: SCHEME, path: `/${chosen}.md` });
  await vscode.commands.executeCommand('markdown.showPreviewToSide', place);
}

async function ask(): Promise<string | undefined> {
  const editor = vscode.window.activeTextEditor;
  const findings = editor === undefined ? [] : vscode.languages.getDiagnostics(editor.document.uri);
  const here = findings.filter((finding) => editor !== undefined && finding.range.contains(editor.selection.active));
  const codes = new Map<string, string>();
  for (const finding of here.length > 0 ? here : findings) {
    const value = typeof finding.code === 'object' ? finding.code.value : finding.code;
    if (finding.source === 'oal' && value !== undefined) codes.set(String(value), finding.message.split('\n')[0] ?? '');
  }
  if (here.length > 0 && codes.size === 1) return [...codes.keys()][0];
  if (codes.size === 0) {
    return vscode.window.showInputBox({ prompt: 'A code, a lint, or a built-in kind or type', placeHolder: 'OAL0301' });
  }
  const items = [...codes].map(([label, detail]) => ({ label, detail }));
  return (await vscode.window.showQuickPick(items, { placeHolder: 'Code', matchOnDetail: true }))?.label;
}
