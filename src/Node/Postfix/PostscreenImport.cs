using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Screening.Node.Configuration;
using Screening.Protocol.Access;
using Screening.Protocol.Dnsbl;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Postfix;

/// <summary>What became of Postfix's settings.</summary>
/// <param name="Toml">A screening.toml; empty with faults.</param>
/// <param name="Notes">What it does not hold or does otherwise, each as a sentence.</param>
/// <param name="Faults">Why there is none: with half of the lists it would judge otherwise than postscreen.</param>
internal sealed record ImportedConfiguration(string Toml, IReadOnlyList<string> Notes, IReadOnlyList<string> Faults);

/// <summary>
/// Makes a configuration that judges as a postscreen did: the same lists, filters and weights, threshold and action, permanent lists and
/// lifetimes. It names what it cannot carry over. A Postfix whose postscreen asks no lists has no such judgement: it gets the default
/// thresholds and smtpd's own lists, commented out.
/// </summary>
/// <remarks>
/// postscreen knows one threshold and one action; the thresholds that it does not have are set out of reach:
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
    private const int LongestNote = 500;

    // The default of cache.max_life, which a pass cannot outlive.
    private static readonly TimeSpan MaxLife = TimeSpan.FromDays(30);

    // Read here, so they are not listed as staying with postscreen.
    private static readonly string[] Carried =
    [
        "postscreen_dnsbl_sites", "postscreen_dnsbl_threshold", "postscreen_dnsbl_action", "postscreen_dnsbl_allowlist_threshold",
        "postscreen_dnsbl_whitelist_threshold", "postscreen_dnsbl_min_ttl", "postscreen_dnsbl_max_ttl", "postscreen_dnsbl_ttl",
        "postscreen_dnsbl_reply_map", "postscreen_access_list", "postscreen_denylist_action", "postscreen_blacklist_action",
    ];

    private readonly PostfixParameters _parameters;
    private readonly StringBuilder _toml = new();
    private readonly List<string> _notes = [];
    private readonly List<string> _faults = [];

    private PostscreenImport(PostfixParameters parameters) => _parameters = parameters;

    /// <summary>Converts the text of a main.cf, or of <c>postconf -n</c>.</summary>
    public static ImportedConfiguration Convert(string text)
    {
        var import = new PostscreenImport(PostfixParameters.Parse(text));
        import.Line($"# Made from Postfix's settings by 'screening config from-postfix'.");
        if (import._parameters.Value("postscreen_dnsbl_sites") is { Length: > 0 } sites)
            import.WritePostscreen(sites);
        else
            import.WriteSmtpd();
        import.WriteAccess();
        import._notes.AddRange(import._parameters.Faults);
        import.NoteTheRest();
        import.Line($"");
        import.Line($"# Not carried over, or different:");
        foreach (var note in import._notes)
            import.Line($"# - {PeerText.Clean(ZoneText.Hide(note), LongestNote)}");
        return new ImportedConfiguration(import._faults.Count > 0 ? "" : import._toml.ToString(), import._notes, import._faults);
    }

    private void WritePostscreen(string sites)
    {
        var queue = _parameters.Value("queue_directory") ?? new PostfixInstallation(PostfixInstallation.Newest).QueueFolder;
        var socket = new EndpointAddress(EndpointScheme.Unix, "", 0, $"{queue.TrimEnd('/')}/screening/dnsblog", null);
        Section("[endpoints]");
        Line($"# The door for postscreen; 'screening config to-postfix --door dnsblog' prints the lines of main.cf.");
        Line($"# Make its folder first:");
        Line($"# install -d -o screening -g postfix -m 2750 {Path.GetDirectoryName(socket.Path)}");
        Line($"dnsblog = [{TomlText.Quoted(socket + "?mode=0660")}]");
        WriteVerdict();
        WriteLists(sites);
    }

    private void WriteVerdict()
    {
        var threshold = Number(1, 1, OutOfReach, "postscreen_dnsbl_threshold");
        var action = Action("postscreen_dnsbl_action");
        var (ignoreAt, enforceAt, dropAt) = action switch
        {
            "drop" => (threshold, threshold, threshold),
            "enforce" => (threshold, threshold, OutOfReach),
            _ => (threshold, OutOfReach, OutOfReach),
        };
        var allowAt = Number(0, -OutOfReach, 0, "postscreen_dnsbl_allowlist_threshold", "postscreen_dnsbl_whitelist_threshold");
        var passTtl = Time("1", 'h', "postscreen_dnsbl_max_ttl", "postscreen_dnsbl_ttl");
        var passTtlMin = Time("60", 's', "postscreen_dnsbl_min_ttl");
        Section("[verdict]");
        Line($"ignore_at  = {ignoreAt}   # postscreen_dnsbl_threshold = {threshold}, postscreen_dnsbl_action = {action}");
        Line($"enforce_at = {enforceAt}{Never(enforceAt, action)}");
        Line($"drop_at    = {dropAt}{Never(dropAt, action)}");
        var (given, never) = allowAt == 0 ? (-OutOfReach, "never: ") : (allowAt, "");
        Line($"allow_at   = {given}   # {never}postscreen_dnsbl_allowlist_threshold = {allowAt}");
        Line($"allow_cap  = {-OutOfReach}   # none: postscreen adds up negative weights without limit");
        Line($"pass_ttl     = \"{Duration.Format(passTtl)}\"   # postscreen_dnsbl_max_ttl");
        Line($"pass_ttl_min = \"{Duration.Format(passTtlMin < passTtl ? passTtlMin : passTtl)}\"   # postscreen_dnsbl_min_ttl");
        WriteRejectAction();
    }

    private static string Never(int threshold, string action) =>
        threshold == OutOfReach ? $"   # never: postscreen_dnsbl_action = {action}" : "";

    private string RejectAction() => Action("postscreen_denylist_action", "postscreen_blacklist_action");

    private void WriteRejectAction()
    {
        var reject = RejectAction();
        Line($"reject_action = \"{(reject == "drop" ? "drop" : "enforce")}\"   # postscreen_denylist_action = {reject}");
    }

    private void WriteLists(string sites)
    {
        SiteList.TryParse(sites, out _, out var errors);
        _faults.AddRange(errors.Select(error => $"postscreen_dnsbl_sites: '{error.Entry}': {error.Message}"));
        var entries = sites.Split([',', ' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        IReadOnlyList<string> zones = [.. entries.Select(entry => entry.Split('=', '*')[0].ToLowerInvariant()).Distinct()];
        Section("[dnsbl]");
        Line($"sites = {TomlText.Quoted(string.Join(", ", entries))}   # postscreen_dnsbl_sites");
        Line($"skip  = []   # postscreen asks about every address");
        Line($"timeout = \"1.5s\"   # postscreen waits for postscreen_greet_wait; this is under its 2 s of stress");
        WriteNames(zones);
        WriteKeys(zones);
        Note("error codes of lists (127.255.255.0/24, 127.0.0.255 and others) never count here, whatever the filter;"
            + " postscreen takes them for listings");
    }

    // The most common Postfix: lists in smtpd, no postscreen. Each of its lists refuses on its own, so each gets the weight to do so.
    private void WriteSmtpd()
    {
        var defaults = new VerdictOptions();
        var sites = SmtpdLists.Of(_parameters, defaults.EnforceAt, defaults.AllowAt);
        Line($"# This Postfix has no postscreen_dnsbl_sites, so there is no score to carry over: the thresholds are Screening's defaults.");
        if (_parameters.IsGiven("postscreen_denylist_action") || _parameters.IsGiven("postscreen_blacklist_action"))
        {
            Section("[verdict]");
            WriteRejectAction();
        }

        Section("[endpoints]");
        Line($"# The door for a Postfix without postscreen; 'screening config to-postfix --door policy' prints the lines of main.cf.");
        Line($"policy = [\"tcp://127.0.0.1:10026\"]");
        Section("[dnsbl]");
        if (sites.Count == 0)
        {
            Line($"# No list is asked yet. One to begin with, where a resolver of your own is used (see docs/configuration.md):");
            Line($"#sites = \"zen.spamhaus.org=127.0.0.[2..11]*{defaults.EnforceAt}\"");
        }
        else
        {
            Line($"# smtpd asks these lists now, and refuses for any one of them. To let Screening ask them instead, remove the #,");
            Line($"# and take reject_rbl_client and permit_dnswl_client out of main.cf");
            Line($"# once 'screening check ADDRESS --explain' shows what you expect.");
            Line($"#sites = {TomlText.Quoted(string.Join(", ", sites))}");
        }

        Note("there is no postscreen_dnsbl_sites; " + (sites.Count == 0
            ? "choose lists in [dnsbl] sites"
            : $"the {sites.Count} lists of reject_rbl_client and permit_dnswl_client are in [dnsbl] sites, commented out"));
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
                Note($"postscreen_dnsbl_reply_map: '{name}' of {zone} cannot be a name here, or another list has it");
                continue;
            }

            Section("[[dnsbl.list]]");
            Line($"zone = {TomlText.Quoted(zone)}");
            Line($"name = {TomlText.Quoted(name)}   # postscreen_dnsbl_reply_map");
        }
    }

    // The key works where it is. In a file of its own it cannot be read by everyone who can read the configuration.
    private void WriteKeys(IReadOnlyList<string> zones)
    {
        foreach (var zone in zones.Where(zone => ZoneText.Hide(zone) != zone))
        {
            var placeholder = ZoneText.Placeholder + zone[zone.IndexOf('.', StringComparison.Ordinal)..];
            Line($"");
            Line($"# sites holds your key of {placeholder[(ZoneText.Placeholder.Length + 1)..]}. To keep it apart, write it into the file");
            Line($"# below, readable by the node only, write KEY in its place in sites, and remove the # here. If there is an entry of");
            Line($"# that zone above, write zone and key_file there.");
            Line($"#[[dnsbl.list]]");
            Line($"#zone = {TomlText.Quoted(placeholder)}");
            Line($"#key_file = \"/etc/screening/list.key\"");
            Note($"the key of {ZoneText.Hide(zone)} stands in the configuration; key_file of [[dnsbl.list]] keeps it in a file of its own");
        }
    }

    private IEnumerable<(string Zone, string Name)> ReplyMap(string map)
    {
        var (type, rest) = map.Split(':', 2) is [var before, var behind] ? (before, behind) : ("", map);
        string[] lines;
        if (type == "inline")
        {
            const StringSplitOptions Trimmed = StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries;
            lines = [.. rest.Trim('{', '}', ' ').Split(['{', '}', ','], Trimmed).Select(line => line.Replace('=', ' '))];
        }
        else if (TableSource.TryRead(map, out var source))
        {
            lines = [.. LogicalLines.Of(source).Select(l => l.Content)];
        }
        else
        {
            Note($"postscreen_dnsbl_reply_map = {map} cannot be read here: give each list's public name in [[dnsbl.list]]");
            return [];
        }

        return lines.Select(l => l.Split([' ', '\t'], 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            .Where(pair => pair.Length == 2).Select(pair => (pair[0].ToLowerInvariant(), pair[1]));
    }

    private void WriteAccess()
    {
        var lists = new AccessListImport(rejects: RejectAction() != "ignore", Note);
        foreach (var table in PostfixText.Words(_parameters.Value("postscreen_access_list") ?? "permit_mynetworks"))
            lists.Add(table, _parameters.Value("mynetworks"));
        Section("[access]");
        Line($"permit = [{string.Join(", ", lists.Permit.Select(TomlText.Quoted))}]   # postscreen_access_list");
        Line($"reject = [{string.Join(", ", lists.Reject.Select(TomlText.Quoted))}]");
    }

    private void NoteTheRest()
    {
        var postscreens = _parameters.Names.Where(n => n.StartsWith("postscreen_", StringComparison.Ordinal));
        foreach (var name in postscreens.Except(Carried).Order(StringComparer.Ordinal))
            Note($"{name} stays with postscreen: leave it in main.cf");
        foreach (var name in _parameters.Names.Where(SmtpdLists.IsRestriction))
        {
            var words = (_parameters.Value(name) ?? "").Split([',', ' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            foreach (var word in words.Where(AsksAnother).Distinct())
                Note($"{name} has {word}: it stays with smtpd, as it is");
        }
    }

    // Restrictions of smtpd that ask a list or a service.
    private static bool AsksAnother(string word) =>
        word.StartsWith("reject_rbl_", StringComparison.Ordinal) || word.StartsWith("reject_rhsbl_", StringComparison.Ordinal)
        || word is "permit_dnswl_client" or "permit_rhswl_client" or "check_policy_service";

    /// <summary>The first of some parameters that is given: one and its older names, by which notes call it.</summary>
    private int Number(int otherwise, int least, int most, params ReadOnlySpan<string> names)
    {
        var name = names[0];
        if (_parameters.Value(names) is not { } text)
            return otherwise;
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            Note($"{name} = {text} is not a number; {otherwise} is taken");
            return otherwise;
        }

        if (number < least || number > most)
            Note($"{name} = {number} is out of range; {Math.Clamp(number, least, most)} is taken");
        return Math.Clamp(number, least, most);
    }

    private string Action(params ReadOnlySpan<string> names)
    {
        const string Otherwise = "ignore";
        var word = _parameters.Value(names)?.ToLowerInvariant() ?? Otherwise;
        if (word is "ignore" or "enforce" or "drop")
            return word;
        Note($"{names[0]} = {word} is not an action; {Otherwise} is taken");
        return Otherwise;
    }

    // postconf(5): a number and one of s, m, h, d, w; without a suffix, in the unit of the parameter.
    private TimeSpan Time(string otherwise, char unit, params ReadOnlySpan<string> names)
    {
        var name = names[0];
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
            Note($"{name} = {text} is not a time; {otherwise}{unit} is taken");
            return Time(otherwise, unit, "");
        }

        if (one.Value.TotalSeconds * number <= MaxLife.TotalSeconds)
            return one.Value * number;
        Note($"{name} = {text} is longer than cache.max_life; 30d is taken");
        return MaxLife;
    }

    private void Note(string note)
    {
        if (!_notes.Contains(note))
            _notes.Add(note);
    }

    private void Section(string header)
    {
        Line($"");
        Line($"{header}");
    }

    private void Line(FormattableString line) => _toml.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

    [GeneratedRegex("^[A-Za-z0-9_.-]{1,64}\\z")]
    private static partial Regex ListName();
}
