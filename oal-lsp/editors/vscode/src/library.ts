// What only the server has: files of the built-in library, and pages of codes. They are read-only.
import * as vscode from 'vscode';
import type { Server } from './preview';

const SCHEME = 'oal-std';

export class Library implements vscode.TextDocumentContentProvider {
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);

  constructor(private readonly server: Server) {}

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const answer = await this.server()?.sendRequest<{ text: string }>('workspace/textDocumentContent', { uri: uri.toString() });
    return answer?.text ?? '';
  }

  dispose(): void {
    this.registration.dispose();
  }
}
