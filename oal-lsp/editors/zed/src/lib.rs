//! Starts `oal lsp` for Zed.

use zed_extension_api::{self as zed, settings::LspSettings, serde_json, Command, LanguageServerId, Result, Worktree};

struct Oal;

impl zed::Extension for Oal {
    fn new() -> Self {
        Self
    }

    fn language_server_command(&mut self, id: &LanguageServerId, worktree: &Worktree) -> Result<Command> {
        let set = LspSettings::for_worktree(id.as_ref(), worktree).ok().and_then(|settings| settings.binary);
        let command = set
            .and_then(|binary| binary.path)
            .or_else(|| worktree.which("oal"))
            .ok_or("`oal` is not on the PATH; install it, or set `lsp.oal.binary.path`")?;
        Ok(Command { command, args: vec!["lsp".to_owned()], env: worktree.shell_env() })
    }

    fn language_server_workspace_configuration(
        &mut self,
        id: &LanguageServerId,
        worktree: &Worktree,
    ) -> Result<Option<serde_json::Value>> {
        let settings = LspSettings::for_worktree(id.as_ref(), worktree).ok().and_then(|settings| settings.settings);
        Ok(settings.map(|settings| serde_json::json!({ "oal": settings })))
    }
}

zed::register_extension!(Oal);
