using System.Collections.Immutable;

namespace Screening.Node.Commands.Usage;

/// <summary>What <c>--help</c> shows at its end: lines that can be pasted, by the command's path.</summary>
internal static class Examples
{
    private static readonly ImmutableDictionary<string, string[]> ByPath = new Dictionary<string, string[]>
    {
        ["screening"] = ["screening demo", "screening --config /etc/screening/screening.toml", "screening help cache grant"],
        ["screening run"] =
        [
            "screening run --config /etc/screening/screening.toml", "screening run --set verdict.deadline=800ms --set verdict.enforce_at=4",
        ],
        ["screening demo"] = ["screening demo", "screening demo --once --pace 0"],
        ["screening check"] =
        [
            "screening check 192.0.2.10 --explain",
            "screening check 192.0.2.10 --door policy --helo mail.example.com --sender news@example.com",
            "screening check 2001:db8::25 --fresh --json",
        ],
        ["screening status"] = ["screening status", "screening status --node http://192.0.2.25:10080 --json"],
        ["screening drain"] = ["screening drain --wait 10s", "screening drain --undo"],
        ["screening cache"] = ["screening cache list", "screening cache ban 198.51.100.23 --ttl 1d --reason \"sends worms\""],
        ["screening cache list"] = ["screening cache list", "screening cache list 192.0.2.0/24"],
        ["screening cache show"] = ["screening cache show 192.0.2.10"],
        ["screening cache grant"] = ["screening cache grant 192.0.2.0/24 --ttl 7d --reason \"partner, ticket 4711\""],
        ["screening cache ban"] =
        [
            "screening cache ban 198.51.100.23 --ttl 1d --reason \"sends worms\"",
            "screening cache ban 198.51.0.0/16 --ttl 1h --reason \"attack\" --dry-run",
        ],
        ["screening cache forget"] = ["screening cache forget 198.51.100.23"],
        ["screening cache export"] = ["screening cache export > whitelist.jsonl"],
        ["screening cache import"] = ["screening cache import whitelist.jsonl --dry-run", "screening cache import whitelist.jsonl"],
        ["screening config"] = ["screening config check", "screening config to-postfix --door dnsblog"],
        ["screening config check"] = ["screening config check /etc/screening/screening.toml"],
        ["screening config show"] = ["screening config show", "screening config show --set verdict.enforce_at=4 --json"],
        ["screening config schema"] = ["screening config schema > screening.schema.json"],
        ["screening config from-postfix"] =
        [
            "screening config from-postfix > screening.toml", "screening config from-postfix /etc/postfix/main.cf > screening.toml",
        ],
        ["screening config to-postfix"] =
        [
            "screening config to-postfix --door dnsblog", "screening config to-postfix --door policy --postfix-version 3.7",
        ],
        ["screening completion"] =
        [
            "screening completion bash > /etc/bash_completion.d/screening",
            "screening completion zsh > /usr/local/share/zsh/site-functions/_screening",
            "screening completion fish > ~/.config/fish/completions/screening.fish",
        ],
        ["screening manual"] = ["screening manual screening.1 > /usr/local/share/man/man1/screening.1"],
        ["screening help"] = ["screening help cache grant"],
    }.ToImmutableDictionary();

    /// <summary>The examples of a command; empty: it has none.</summary>
    public static IReadOnlyList<string> Of(string path) => ByPath.GetValueOrDefault(path) ?? [];
}
