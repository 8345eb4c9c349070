using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Screening.Node.Configuration;
using Screening.Protocol.Access;
using Screening.Protocol.Dnsbl;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Postfix;

/// <summary>
/// Makes a configuration that judges as a postscreen did: the same lists, filters and weights, threshold and action, permanent lists and
/// lives. What it can't carry over it names.
/// </summary>
/// <remarks>
/// postscreen knows one threshold and one action; the score levels that it has no word for are put out of reach:
/// <code>
/// postscreen_dnsbl_action   ignore_at  enforce_at  drop_at
/// ignore                    T          10000       10000
/// enforce                   T          T           10000
/// drop                      T          T           T
/// </code>
/// </remarks>
internal sealed partial class PostscreenImport
{
    private const int OutOfReach = 10_000;
    private static readonly TimeSpan MaxLife = TimeSpan.FromDays(30);

    // Read here, so that they are not named among those that stay in postscreen.
    private static readonly string[] Carried =
    [
        "postscreen_dnsbl_sites", "postscreen_dnsbl_threshold", "postscreen_dnsbl_action", "postscreen_dnsbl_allowlist_threshold",
        "postscreen_dnsbl_whitelist_threshold", "postscreen_dnsbl_min_ttl", "postscreen_dnsbl_max_ttl", "postscreen_dnsbl_ttl",
        "postscreen_dnsbl_reply_map", "postscreen_access_list", "postscreen_denylist_action", "postscreen_blacklist_action",
    ];

    private readonly PostfixParameters _parameters;
    private readonly StringBuilder _toml = new();
    private readonly List<string> _notes = [];

    private PostscreenImport(PostfixParameters parameters) => _parameters = parameters;

    /// <summary>Converts the text of a main.cf, or of <c>postconf -n</c>.</summary>
    /// <returns>A screening.toml, and what it does not hold, each as a sentence.</returns>
    public static (string Toml, IReadOnlyList<string> Notes) Convert(string text)
    {
        var import = new PostscreenImport(PostfixParameters.Parse(text));
        import.WriteVerdict();
        import.WriteLists();
        import.WriteAccess();
        import._notes.AddRange(import._parameters.Faults);
        import.NoteTheRest();
        import._toml.Append("\n# Not carried over:\n");
        foreach (var note in import._notes)
            import._toml.Append(CultureInfo.InvariantCulture, $"# - {PeerText.Clean(ZoneText.Hide(note), 500)}\n");
        return (import._toml.ToString(), import._notes);
    }

    private void WriteVerdict()
    {
        var threshold = Whole("postscreen_dnsbl_threshold", 1, 1, OutOfReach, "postscreen_dnsbl_threshold");
        var action = Word("postscreen_dnsbl_action", "ignore", "postscreen_dnsbl_action");
        var (ignoreAt, enforceAt, dropAt) = action switch
        {
            "drop" => (threshold, threshold, threshold),
            "enforce" => (threshold, threshold, OutOfReach),
            _ => (threshold, OutOfReach, OutOfReach),
        };
        var allowAt = Whole("postscreen_dnsbl_allowlist_threshold", 0, -OutOfReach, 0, "postscreen_dnsbl_allowlist_threshold", "postscreen_dnsbl_whitelist_threshold");
        var passTtl = Life("postscreen_dnsbl_max_ttl", "1", 'h', "postscreen_dnsbl_max_ttl", "postscreen_dnsbl_ttl");
        var passTtlMin = Life("postscreen_dnsbl_min_ttl", "60", 's', "postscreen_dnsbl_min_ttl");
        var reject = Word("postscreen_denylist_action", "ignore", "postscreen_denylist_action", "postscreen_blacklist_action");
        Line($"# Made from Postfix's settings by 'screening config from-postfix'.");
        Line($"");
        Line($"[verdict]");
        Line($"ignore_at  = {ignoreAt}   # postscreen_dnsbl_threshold = {threshold}, postscreen_dnsbl_action = {action}");
        Line($"enforce_at = {enforceAt}");
        Line($"drop_at    = {dropAt}");
        Line($"allow_at   = {(allowAt == 0 ? -OutOfReach : allowAt)}   # postscreen_dnsbl_allowlist_threshold = {allowAt}{(allowAt == 0 ? ": off" : "")}");
        Line($"allow_cap  = {-OutOfReach}   # postscreen adds up negative weights without limit");
        Line($"pass_ttl     = \"{(int)passTtl.TotalSeconds}s\"   # postscreen_dnsbl_max_ttl");
        Line($"pass_ttl_min = \"{(int)Math.Min(passTtlMin.TotalSeconds, passTtl.TotalSeconds)}s\"   # postscreen_dnsbl_min_ttl");
        Line($"reject_action = \"{(reject == "drop" ? "drop" : "enforce")}\"   # postscreen_denylist_action = {reject}");
    }

    private void WriteLists()
    {
        var good = new List<string>();
        foreach (var entry in (_parameters.Value("postscreen_dnsbl_sites") ?? "").Split([',', ' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (SiteList.TryParse(entry, out _, out var errors))
                good.Add(entry);
            else
                Note($"postscreen_dnsbl_sites: '{entry}' is left out: {errors[0].Message}");
        }

        Line($"");
        Line($"[dnsbl]");
        Line($"sites = {Quoted(string.Join(", ", good))}   # postscreen_dnsbl_sites");
        Line($"skip  = []   # postscreen asks about every address");
        Line($"timeout = \"1500ms\"   # postscreen waits as long as postscreen_greet_wait; this stays under its 2 s of stress");
        WriteNames([.. good.Select(g => g.Split('=', '*')[0].ToLowerInvariant()).Distinct()]);
        if (good.Count > 0)
            Note("a list's error codes (127.255.255.0/24, 127.0.0.255 and their like) count for nothing here, whatever its filter; postscreen takes them for a listing");
    }

    private void WriteNames(IReadOnlyList<string> zones)
    {
        if (_parameters.Value("postscreen_dnsbl_reply_map") is not { Length: > 0 } map)
            return;
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (zone, name) in ReplyMap(map).Where(pair => zones.Contains(pair.Zone)).DistinctBy(pair => pair.Zone))
        {
            if (!ListName().IsMatch(name) || !taken.Add(name))
            {
                Note($"postscreen_dnsbl_reply_map: the name '{name}' of {zone} is no name here, or another list has it");
                continue;
            }

            Line($"");
            Line($"[[dnsbl.list]]");
            Line($"zone = {Quoted(zone)}");
            Line($"name = {Quoted(name)}   # postscreen_dnsbl_reply_map");
        }
    }

    private IEnumerable<(string Zone, string Name)> ReplyMap(string map)
    {
        var (type, rest) = map.Split(':', 2) is [var before, var behind] ? (before, behind) : ("", map);
        string[] lines;
        if (type == "inline")
        {
            lines = [.. rest.Trim('{', '}', ' ').Split(['{', '}', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(l => l.Replace('=', ' '))];
        }
        else if (TableSource.TryRead(map, out var source))
        {
            lines = [.. LogicalLines.Of(source).Select(l => l.Content)];
        }
        else
        {
            Note($"postscreen_dnsbl_reply_map = {map} can not be read here: give each list's public name in [[dnsbl.list]]");
            return [];
        }

        return lines.Select(l => l.Split([' ', '\t'], 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            .Where(pair => pair.Length == 2).Select(pair => (pair[0].ToLowerInvariant(), pair[1]));
    }

    private void WriteAccess()
    {
        var lists = new AccessListImport(
            rejects: Word("", "ignore", "postscreen_denylist_action", "postscreen_blacklist_action") != "ignore", Note);
        foreach (var table in SplitTables(_parameters.Value("postscreen_access_list") ?? "permit_mynetworks"))
            lists.Add(table, _parameters.Value("mynetworks"));
        Line($"");
        Line($"[access]");
        Line($"permit = [{string.Join(", ", lists.Permit.Select(Quoted))}]   # postscreen_access_list");
        Line($"reject = [{string.Join(", ", lists.Reject.Select(Quoted))}]");
    }

    private void NoteTheRest()
    {
        foreach (var name in _parameters.Names.Where(n => n.StartsWith("postscreen_", StringComparison.Ordinal)).Except(Carried).Order(StringComparer.Ordinal))
            Note($"{name} stays postscreen's own: leave it in main.cf");
        foreach (var name in _parameters.Names.Where(n => n.StartsWith("smtpd_", StringComparison.Ordinal) && n.EndsWith("_restrictions", StringComparison.Ordinal)))
        {
            var words = (_parameters.Value(name) ?? "").Split([',', ' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            foreach (var word in words.Where(w => w.StartsWith("reject_rbl_", StringComparison.Ordinal) || w.StartsWith("reject_rhsbl_", StringComparison.Ordinal)
                || w is "permit_dnswl_client" or "permit_rhswl_client" or "check_policy_service").Distinct())
                Note($"{name} has {word}: that is smtpd's and goes on as it is");
        }
    }

    private int Whole(string name, int otherwise, int least, int most, params ReadOnlySpan<string> names)
    {
        if (_parameters.Value(names) is not { } text)
            return otherwise;
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            Note($"{name} = {text} is no number; {otherwise} is taken");
            return otherwise;
        }

        if (number < least || number > most)
            Note($"{name} = {number} is out of range; {Math.Clamp(number, least, most)} is taken");
        return Math.Clamp(number, least, most);
    }

    private string Word(string name, string otherwise, params ReadOnlySpan<string> names)
    {
        var word = _parameters.Value(names)?.ToLowerInvariant();
        if (word is null or "ignore" or "enforce" or "drop")
            return word ?? otherwise;
        if (name.Length > 0)
            Note($"{name} = {word} is no action; {otherwise} is taken");
        return otherwise;
    }

    // postconf(5): a number and one of s, m, h, d, w; without one the parameter's own unit.
    private TimeSpan Life(string name, string otherwise, char unit, params ReadOnlySpan<string> names)
    {
        var text = _parameters.Value(names) ?? otherwise;
        var (digits, suffix) = text.Length > 1 && char.IsAsciiLetter(text[^1]) ? (text[..^1], text[^1]) : (text, unit);
        var isNumber = int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        TimeSpan? one = suffix switch
        {
            's' => TimeSpan.FromSeconds(1),
            'm' => TimeSpan.FromMinutes(1),
            'h' => TimeSpan.FromHours(1),
            'd' => TimeSpan.FromDays(1),
            'w' => TimeSpan.FromDays(7),
            _ => null,
        };
        if (!isNumber || number == 0 || one is null)
        {
            Note($"{name} = {text} is no time; {otherwise}{unit} is taken");
            return Life(name, otherwise, unit);
        }

        if (one.Value.TotalSeconds * number <= MaxLife.TotalSeconds)
            return one.Value * number;
        Note($"{name} = {text} is longer than cache.max_life; 30d is taken");
        return MaxLife;
    }

    // Tables are parted by commas and spaces, but for what stands in braces.
    private static IEnumerable<string> SplitTables(string text)
    {
        int depth = 0, start = 0;
        for (var at = 0; at <= text.Length; at++)
        {
            var letter = at == text.Length ? ',' : text[at];
            depth += letter == '{' ? 1 : letter == '}' ? -1 : 0;
            if (depth > 0 && at < text.Length || letter is not (',' or ' ' or '\t'))
                continue;
            if (at > start)
                yield return text[start..at];
            start = at + 1;
        }
    }

    private void Note(string note)
    {
        if (!_notes.Contains(note))
            _notes.Add(note);
    }

    private void Line(FormattableString line) => _toml.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private static string Quoted(string text) =>
        $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    [GeneratedRegex("^[A-Za-z0-9_.-]{1,64}\\z")]
    private static partial Regex ListName();
}
