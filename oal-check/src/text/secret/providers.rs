//! The forms of keys that providers hand out: prefixes, and what follows them. Publishable keys are left out.

/// What may follow the prefix of a provider's key.
#[derive(Clone, Copy)]
enum Tail {
    /// At least so many letters, digits, `_`, `-`, `.`, `=`, `/`, `+`.
    Least(usize),
    /// Exactly so many capital letters and digits.
    Capitals(usize),
}

/// Prefix, rest, name; a look-up goes by the first letter.
const PROVIDERS: &[(&str, Tail, &str)] = &[
    ("A3T", Tail::Capitals(17), "AWS access key"),
    ("AGE-SECRET-KEY-1", Tail::Least(50), "age secret key"),
    ("AIza", Tail::Least(35), "Google API key"),
    ("AKIA", Tail::Capitals(16), "AWS access key"),
    ("ASIA", Tail::Capitals(16), "AWS access key"),
    ("EAACEdEose0cBA", Tail::Least(10), "Facebook access token"),
    ("GOCSPX-", Tail::Least(20), "Google client secret"),
    ("NRAK-", Tail::Least(20), "New Relic key"),
    ("PMAK-", Tail::Least(30), "Postman key"),
    ("SG.", Tail::Least(40), "SendGrid key"),
    ("dapi", Tail::Least(32), "Databricks token"),
    ("dckr_pat_", Tail::Least(20), "Docker access token"),
    ("doo_v1_", Tail::Least(40), "DigitalOcean token"),
    ("dop_v1_", Tail::Least(40), "DigitalOcean token"),
    ("dp.pt.", Tail::Least(30), "Doppler token"),
    ("figd_", Tail::Least(20), "Figma token"),
    ("fly_", Tail::Least(40), "Fly.io token"),
    ("gho_", Tail::Least(30), "GitHub token"),
    ("ghp_", Tail::Least(30), "GitHub token"),
    ("ghr_", Tail::Least(30), "GitHub token"),
    ("ghs_", Tail::Least(30), "GitHub token"),
    ("ghu_", Tail::Least(30), "GitHub token"),
    ("github_pat_", Tail::Least(30), "GitHub token"),
    ("glpat-", Tail::Least(18), "GitLab token"),
    ("glsa_", Tail::Least(30), "Grafana token"),
    ("gsk_", Tail::Least(40), "Groq key"),
    ("hf_", Tail::Least(30), "Hugging Face token"),
    ("hvs.", Tail::Least(20), "Vault token"),
    ("key-", Tail::Least(32), "Mailgun key"),
    ("lin_api_", Tail::Least(30), "Linear key"),
    ("npm_", Tail::Least(30), "npm token"),
    ("nvapi-", Tail::Least(40), "NVIDIA key"),
    ("phx_", Tail::Least(30), "PostHog key"),
    ("pscale_tkn_", Tail::Least(30), "PlanetScale token"),
    ("pypi-", Tail::Least(50), "PyPI token"),
    ("r8_", Tail::Least(30), "Replicate token"),
    ("rk_live_", Tail::Least(10), "Stripe key"),
    ("rk_test_", Tail::Least(10), "Stripe key"),
    ("rubygems_", Tail::Least(40), "RubyGems key"),
    ("sbp_", Tail::Least(40), "Supabase token"),
    ("sgp_", Tail::Least(40), "Sourcegraph token"),
    ("shpat_", Tail::Least(30), "Shopify token"),
    ("shpca_", Tail::Least(30), "Shopify token"),
    ("shppa_", Tail::Least(30), "Shopify token"),
    ("shpss_", Tail::Least(30), "Shopify secret"),
    ("sk-ant-", Tail::Least(20), "Anthropic key"),
    ("sk-or-", Tail::Least(20), "OpenRouter key"),
    ("sk-proj-", Tail::Least(20), "OpenAI key"),
    ("sk-svcacct-", Tail::Least(20), "OpenAI key"),
    ("sk_live_", Tail::Least(10), "Stripe key"),
    ("sk_test_", Tail::Least(10), "Stripe key"),
    ("sntrys_", Tail::Least(30), "Sentry token"),
    ("sq0atp-", Tail::Least(20), "Square token"),
    ("sq0csp-", Tail::Least(40), "Square secret"),
    ("tskey-", Tail::Least(20), "Tailscale key"),
    ("whsec_", Tail::Least(20), "webhook secret"),
    ("xapp-", Tail::Least(20), "Slack token"),
    ("xoxa-", Tail::Least(10), "Slack token"),
    ("xoxb-", Tail::Least(10), "Slack token"),
    ("xoxe-", Tail::Least(10), "Slack token"),
    ("xoxp-", Tail::Least(10), "Slack token"),
    ("xoxr-", Tail::Least(10), "Slack token"),
    ("xoxs-", Tail::Least(10), "Slack token"),
    ("ya29.", Tail::Least(20), "Google token"),
];

/// Urls whose path is the secret.
const HOOKS: [(&str, &str); 4] = [
    ("https://hooks.slack.com/services/", "Slack webhook"),
    ("https://discord.com/api/webhooks/", "Discord webhook"),
    ("https://discordapp.com/api/webhooks/", "Discord webhook"),
    ("https://hooks.zapier.com/hooks/catch/", "Zapier webhook"),
];

/// Whose key the text has the form of.
pub(super) fn provider(text: &str) -> Option<&'static str> {
    let first = text.bytes().next()?;
    if first == b'h' && text.starts_with("https://") {
        let hook = HOOKS.iter().find(|(prefix, _)| text.strip_prefix(prefix).is_some_and(|rest| rest.len() > 16));
        return hook.map(|(_, name)| *name);
    }
    let wordy = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'=' | b'/' | b'+');
    for (prefix, tail, name) in PROVIDERS.iter().filter(|(prefix, ..)| prefix.as_bytes().first() == Some(&first)) {
        let Some(rest) = text.strip_prefix(prefix) else { continue };
        let fits = match tail {
            Tail::Least(len) => rest.len() >= *len && rest.bytes().all(wordy),
            Tail::Capitals(len) => {
                rest.len() == *len && rest.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
            }
        };
        if fits {
            return Some(name);
        }
    }
    // the older keys of OpenAI
    let old = text.strip_prefix("sk-").is_some_and(|t| t.len() >= 40 && t.bytes().all(|b| b.is_ascii_alphanumeric()));
    old.then_some("OpenAI key")
}
