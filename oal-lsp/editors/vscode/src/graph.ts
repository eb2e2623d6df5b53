// "Show Graph": the components of an environment and what they need of each other, in a web view that loads nothing from anywhere.
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { Graph } from '../media/layout.js';
import { afterChanges, ask, type Preview, type Server, type Subject, subject, title } from './preview';

export class GraphView implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;
  private about: Subject | undefined;
  private readonly changes = afterChanges(() => void this.refresh());

  constructor(
    private readonly extension: vscode.Uri,
    private readonly server: Server,
  ) {}

  async show(uri?: string, environment?: string): Promise<void> {
    const about = await subject(uri, environment);
    if (about === undefined) return;
    this.about = about;
    if (this.panel === undefined) {
      const media = vscode.Uri.joinPath(this.extension, 'media');
      this.panel = vscode.window.createWebviewPanel(
        'oal.graph',
        'OAL Graph',
        { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true },
        { enableScripts: true, localResourceRoots: [media], retainContextWhenHidden: true },
      );
      this.panel.onDidDispose(() => (this.panel = undefined));
      // The page says when it can be told something.
      this.panel.webview.onDidReceiveMessage(() => void this.refresh());
      this.panel.webview.html = page(this.panel.webview, media);
    } else {
      this.panel.reveal(undefined, true);
      await this.refresh();
    }
  }

  private async refresh(): Promise<void> {
    const { panel, about } = this;
    if (panel === undefined || about === undefined) return;
    const graph = await ask<Preview & Partial<Graph>>(this.server, 'oal/graph', about);
    if (graph === undefined) return;
    panel.title = graph.stale ? `Graph of ${title(about)}: errors, not up to date` : `Graph of ${title(about)}`;
    // Of a program with errors the last graph stays.
    if (graph.nodes !== undefined) await panel.webview.postMessage(graph);
  }

  dispose(): void {
    this.changes.dispose();
    this.panel?.dispose();
  }
}

function page(webview: vscode.Webview, media: vscode.Uri): string {
  const nonce = randomBytes(16).toString('base64');
  const file = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(media, name)).toString();
  return `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy"
      content="default-src 'none'; style-src ${webview.cspSource}; script-src 'nonce-${nonce}' ${webview.cspSource};">
    <link rel="stylesheet" href="${file('graph.css')}">
    <title>OAL Graph</title>
  </head>
  <body>
    <svg id="graph" role="img" aria-label="Components and what they need of each other"></svg>
    <script type="module" nonce="${nonce}" src="${file('graph.js')}"></script>
  </body>
</html>`;
}
