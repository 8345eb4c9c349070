using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Screening.Node.Configuration;
using Screening.Node.Platform;
using Screening.Protocol.Access;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Postfix;

/// <summary>
/// Makes the [access] lists of the tables of postscreen_access_list, in their order. postscreen uses the first line that matches, Screening
/// the longest network. The result is the same unless a line follows another that covers it: such a line is left out, or named if it is in
/// a file that is used as it is.
/// </summary>
/// <param name="rejects">True: postscreen refused the clients that these tables reject; false: it only logged them.</param>
/// <param name="note">Called with each thing that cannot be carried over.</param>
internal sealed class AccessListImport(bool rejects, Action<string> note)
{
    private const int MaxInlineNetworks = 1000;

    // The bits of ::ffff:0:0, below which an IPv4 address stands (RFC 4291 section 2.5.5.2).
    private const int MappedPrefix = 96;

    private readonly Dictionary<Network, (int Number, AccessRule Rule, string Where)> _reached = [];
    private readonly SortedSet<int> _lengths4 = [];
    private readonly SortedSet<int> _lengths6 = [];
    private readonly List<string> _permit = [];
    private readonly List<string> _reject = [];

    /// <summary>Entries of access.permit.</summary>
    public IEnumerable<string> Permit => _permit.Distinct();

    /// <summary>Entries of access.reject.</summary>
    public IEnumerable<string> Reject => _reject.Distinct();

    /// <summary>Adds the next table.</summary>
    /// <param name="myNetworks">The value of mynetworks; null if it is not given.</param>
    public void Add(string table, string? myNetworks)
    {
        switch (table.Split(':', 2))
        {
            case ["permit_mynetworks"]:
                AddMyNetworks(myNetworks);
                break;
            case ["cidr", var file]:
                AddCidr(file);
                break;
            case ["static", var word]:
                AddEverybody(word, table);
                break;
            case ["permit" or "reject" or "dunno"]:
                AddEverybody(table, table);
                break;
            case [_, var file] when TableSource.TryRead(table, out var source):
                AddIndexed(table, source);
                break;
            default:
                note($"postscreen_access_list: {table} cannot be read here; cidr: tables can, and hash: and similar tables if their text"
                    + " file is there");
                break;
        }
    }

    private void AddEverybody(string word, string table)
    {
        if (!AccessRuleWords.TryParse(word, out var rule))
            note($"postscreen_access_list: {table} cannot be read here");
        else if (rule != AccessRule.Dunno)
            AddInline([Everybody("0.0.0.0/0"), Everybody("::/0")], rule, table);

        static Network Everybody(string text) => Network.TryParse(text, out var network, out _) ? network : throw new FormatException(text);
    }

    private void AddMyNetworks(string? value)
    {
        if (value is null)
        {
            note("mynetworks is not given, so permit holds this host only; 'postconf mynetworks' prints what Postfix derives from"
                + " mynetworks_style");
            value = "127.0.0.0/8 ::1/128";
        }

        var networks = new List<Network>();
        foreach (var entry in value.Split([',', ' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
        {
            var text = NetworkText(entry);
            if (AccessEntry.TryParseNetwork(text, out var network, out _))
                networks.Add(network);
            else
                note($"mynetworks: {entry} is not a network; add it to [access] permit by hand");
        }

        AddInline(networks, AccessRule.Permit, "mynetworks");
    }

    // mynetworks writes IPv6 in brackets, hosts without a length, and IPv4 also as ::ffff:192.0.2.0/120.
    private static string NetworkText(string entry)
    {
        var parts = entry.Replace("[", "", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal).Split('/', 2);
        if (!IPAddress.TryParse(parts[0], out var address)
            || !int.TryParse(
                parts.ElementAtOrDefault(1) ?? LengthOf(address), NumberStyles.None, CultureInfo.InvariantCulture, out var length))
        {
            return entry;
        }

        return address.IsIPv4MappedToIPv6 && length >= MappedPrefix
            ? string.Create(CultureInfo.InvariantCulture, $"{address.MapToIPv4()}/{length - MappedPrefix}")
            : string.Create(CultureInfo.InvariantCulture, $"{parts[0]}/{length}");

        static string LengthOf(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork ? "32" : "128";
    }

    // postscreen looks up only whole addresses in an indexed table.
    private void AddIndexed(string table, string source)
    {
        var isWhole = true;
        foreach (var (line, content) in LogicalLines.Of(source))
        {
            var pair = content.Split(
                LogicalLines.Spaces.ToCharArray(), 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (pair.Length == 2 && ClientAddress.TryParse(pair[0], out var address) && AccessRuleWords.TryParse(pair[1], out var rule))
            {
                if (_permit.Count + _reject.Count < MaxInlineNetworks)
                    AddInline([Network.Of(address)], rule, table);
                else
                    isWhole = false;
            }
            else
            {
                note($"postscreen_access_list: {table}: line {line} is not 'address permit' or 'address reject', and is left out");
            }
        }

        if (!isWhole)
        {
            note($"postscreen_access_list: {table} has more than {MaxInlineNetworks} entries; the rest is left out; put them into a"
                + " cidr: file");
        }
    }

    // Each line of a table has its own permit or reject.
    private void AddCidr(string file)
    {
        if (!TextFile.TryRead(file, TextFile.MaxTableBytes, out var text, out var problem, anyBytes: true))
        {
            note($"postscreen_access_list: cidr:{file} is left out: {problem}");
            return;
        }

        var table = CidrTable.Parse(text, AccessRule.Permit);
        if (!table.Errors.IsEmpty)
        {
            note($"postscreen_access_list: cidr:{file} is left out; its line {table.Errors[0].Line}: {table.Errors[0].Message}");
            return;
        }

        if (rejects || table.Entries.All(e => e.Rule != AccessRule.Reject))
            AddFile(file, table);
        else
            AddPermitted(file, table);
    }

    private void AddFile(string file, CidrTableResult table)
    {
        _permit.Add($"file://{Path.GetFullPath(file)}");
        foreach (var entry in table.Entries)
        {
            if (!TryReach(entry.Network, entry.Rule, $"{file} line {entry.Line}", out var earlier))
            {
                note($"cidr:{file}: line {entry.Line} ({entry.Network}) stands behind {earlier}, which covers it,"
                    + " so postscreen never reached it; here it counts: remove it");
            }
        }
    }

    private void AddPermitted(string file, CidrTableResult table)
    {
        note($"cidr:{file}: its reject lines are left out, because postscreen_denylist_action = ignore only logged them");
        var permitted = table.Entries.Where(e => e.Rule == AccessRule.Permit).Select(e => e.Network).ToList();
        if (permitted.Count > MaxInlineNetworks)
            note($"cidr:{file}: only its first {MaxInlineNetworks} permitted networks are carried over; put them into a file of their own");
        AddInline(permitted.Take(MaxInlineNetworks), AccessRule.Permit, file);
    }

    private void AddInline(IEnumerable<Network> networks, AccessRule rule, string where)
    {
        foreach (var network in networks)
        {
            if (!TryReach(network, rule, where, out _))
                continue;
            if (rule == AccessRule.Permit)
                _permit.Add(network.ToString());
            else if (rule == AccessRule.Reject && rejects)
                _reject.Add(network.ToString());
        }
    }

    // False if the first line that covers this network has another action: postscreen then never reaches this one. One lookup for each
    // length of a prefix that occurred, since tables of a million lines are compared with each other.
    private bool TryReach(Network network, AccessRule rule, string where, out string earlier)
    {
        var lengths = network.Address.IsIPv4 ? _lengths4 : _lengths6;
        var first = (Number: int.MaxValue, Rule: rule, Where: "");
        foreach (var length in lengths.TakeWhile(length => length <= network.PrefixLength))
        {
            if (_reached.TryGetValue(Network.Of(network.Address, length), out var entry) && entry.Number < first.Number)
                first = entry;
        }

        earlier = first.Where;
        if (first.Rule != rule)
            return false;
        lengths.Add(network.PrefixLength);
        _reached.TryAdd(network, (_reached.Count, rule, where));
        return true;
    }
}
