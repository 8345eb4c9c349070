using System.Globalization;
using System.Text.RegularExpressions;
using Screening.Node.Configuration;
using Screening.Protocol.Dnsbl;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Postfix;

/// <summary>Makes the lines of each door that stock Postfix has, in the names and folders of one Postfix.</summary>
/// <param name="options">The configuration.</param>
/// <param name="postfix">The Postfix.</param>
/// <param name="dnsblAction">enforce or drop: what the DNSBL doors' refusals do.</param>
internal sealed partial class PostfixLinesWriter(ScreeningOptions options, PostfixInstallation postfix, string dnsblAction)
{
    /// <summary>The doors.</summary>
    public static readonly IReadOnlyList<string> Doors = ["dnsblog", "dnsbl", "memcache", "policy"];

    private const int DnsPort = 53;
    private const int MostListsNamed = 5;

    // The zone lists a refused client once, as 127.0.0.4 or 127.0.0.5, and the zone allow. an allowed one, so each sum is reached by its
    // own zone alone; that of allow. is greater, so that no refusal outweighs it.
    private const int RefusalWeight = 3;
    private const int AllowWeight = -4;

    // Since which Postfix there are these: RELEASE_NOTES-2.9 and following.
    private static readonly Version MemcacheTables = new(2, 9);
    private static readonly Version AllowThreshold = new(2, 11);
    private static readonly Version PolicySettings = new(3, 0);
    private static readonly Version InlineTables = new(3, 0);
    private static readonly Version MinTtl = new(3, 1);
    private static readonly Version DnsblogTtl = new(3, 1);
    private static readonly Version RespectfulNames = new(3, 6);

    private static readonly IReadOnlyList<string> Postscreen =
    [
        "smtp      inet  n       -       y       -       1       postscreen",
        "smtpd     pass  -       -       y       -       -       smtpd",
        "dnsblog   unix  -       -       y       -       0       dnsblog",
        "tlsproxy  unix  -       -       y       -       0       tlsproxy",
    ];

    private readonly List<string> _notes = [];

    /// <summary>
    /// The door to begin with: the best one for this Postfix that the configuration opens, or, if it opens none, the best one.
    /// </summary>
    public string Recommended()
    {
        string[] best = postfix.HasPostscreen == false ? ["policy", "dnsblog", "dnsbl"]
            : postfix.Version < DnsblogTtl ? ["dnsbl", "policy"]
            : ["dnsblog", "policy", "dnsbl"];
        return best.FirstOrDefault(IsOpen) ?? best[0];
    }

    /// <summary>True if the configuration opens the door.</summary>
    public bool IsOpen(string door) => options.Endpoints.All().Any(endpoint => endpoint.Door.Word() == door);

    /// <summary>The lines of one door.</summary>
    public PostfixLines Of(string door)
    {
        _notes.Clear();
        if (postfix.Version < PostfixInstallation.Oldest)
            _notes.Add($"Postfix {postfix.Version} has no postscreen; 2.8 is the first that has");
        var lines = door switch
        {
            "dnsblog" => Dnsblog(),
            "dnsbl" => Dnsbl(),
            "memcache" => Memcache(),
            _ => Policy(),
        };
        var replaces = lines.Main.Select(line => line.Split('=', 2, StringSplitOptions.TrimEntries))
            .Where(pair => postfix.MainCf.TryGetValue(pair[0], out var value) && value != pair[1])
            .ToDictionary(pair => pair[0], pair => ZoneText.Hide(postfix.MainCf[pair[0]]));
        return new PostfixLines(door, lines.Main, replaces, lines.Master, lines.Files, [.. _notes]);
    }

    private DoorLines Dnsblog()
    {
        var lines = new DoorLines();
        lines.Main.Add(ServiceName());
        AddSites(lines);
        if (postfix.Version < DnsblogTtl)
        {
            _notes.Add($"the dnsblog door needs Postfix 3.1: the postscreen of {postfix.Version} reads no answer from this socket,"
                + " and every client passes; take the dnsbl door");
        }

        AddMaster(lines);
        return lines;
    }

    private string ServiceName()
    {
        var path = options.Endpoints.Dnsblog.FirstOrDefault(e => e.IsUnix)?.Path;
        if (path is null)
        {
            path = Path.Combine(postfix.QueueFolder, "screening", "dnsblog");
            _notes.Add($"endpoints.dnsblog is not open: set endpoints.dnsblog = [\"unix://{path}?mode=0660\"], make its folder with"
                + $" 'install -d -o screening -g postfix -m 2750 {Path.GetDirectoryName(path)}', and restart the node");
        }

        // postscreen looks for the name below the queue's folder "private", whatever it begins with.
        NoteOutside(path, "postscreen");
        return $"dnsblog_service_name = {Path.GetRelativePath(Path.Combine(postfix.QueueFolder, "private"), path)}";
    }

    private void AddSites(DoorLines lines)
    {
        var name = options.DnsblZone.Name;
        lines.Main.AddRange($"postscreen_dnsbl_sites = {SitesOf(name)}", $"postscreen_dnsbl_threshold = {RefusalWeight}");
        if (postfix.Version >= AllowThreshold)
        {
            var list = postfix.Version >= RespectfulNames ? "allowlist" : "whitelist";
            lines.Main.Add($"postscreen_dnsbl_{list}_threshold = {AllowWeight}");
        }
        else
        {
            _notes.Add($"Postfix {postfix.Version} cannot let a client skip tests because a list names it; 2.11 is the first that can");
        }

        lines.Main.Add($"postscreen_dnsbl_action = {dnsblAction}");
        // A verdict says itself how long it lives; postscreen's default of 60 s would outlast a shorter one.
        if (postfix.Version >= MinTtl)
            lines.Main.Add("postscreen_dnsbl_min_ttl = 1s");
        AddReplyMap(name, lines);
    }

    private string SitesOf(string zone) =>
        $"{zone}=127.0.0.[4..5]*{RefusalWeight}"
        + (postfix.Version >= AllowThreshold ? $" allow.{zone}=127.0.1.1*{AllowWeight}" : "");

    // What stands in "client [...] blocked using ...": the zone, as in the mail log, and what a sender can do something about.
    private void AddReplyMap(string zone, DoorLines lines)
    {
        var zones = options.Profiles.Keys.Select(profile => $"{profile}.{zone}").Prepend(zone).ToList();
        var map = postfix.MainCf.GetValueOrDefault("postscreen_dnsbl_reply_map", "");
        if (map.Length > 0 && !map.Contains(zone, StringComparison.Ordinal))
        {
            _notes.Add($"postscreen_dnsbl_reply_map is {map} already: add '{zone} {zone} {Reason()}' there,"
                + " so that the sender reads more than the name of the zone");
        }
        else if (postfix.Version >= InlineTables)
        {
            var entries = zones.Select(found => $"{{ {found} = {found} {Reason()} }}");
            lines.Main.Add($"postscreen_dnsbl_reply_map = inline:{{ {string.Join(", ", entries)} }}");
        }
        else
        {
            var file = Path.Combine(postfix.ConfigFolder, "screening_reply");
            lines.Files[file] = [.. zones.Select(found => $"{found} {found} {Reason()}")];
            lines.Main.Add($"postscreen_dnsbl_reply_map = texthash:{file}");
        }
    }

    // No comma and no brace: they would end the entry.
    private string Reason()
    {
        var names = SiteText.Zones(options.Dnsbl.Sites.Reveal())
            .Select(zone =>
                options.Dnsbl.Lists.FirstOrDefault(list => list.Zone.Reveal().Equals(zone, StringComparison.OrdinalIgnoreCase))?.SafeName()
                ?? ZoneText.Hide(zone).Replace(Secret.Mask + ".", "", StringComparison.Ordinal))
            .Where(name => !ListCatalogue.IsAllowlist(name)).Order(StringComparer.Ordinal).ToList();
        return names.Count is 0 or > MostListsNamed
            ? "(a score of several signs)"
            : $"(a score of several signs that may include {string.Join(" or ", names)})";
    }

    private void AddMaster(DoorLines lines)
    {
        if (postfix.HasPostscreen != true)
            lines.Master.AddRange(Postscreen);
        foreach (var (name, profile) in options.Profiles.Where(p => !p.Value.Local.IsEmpty))
        {
            var sites = SitesOf($"{name}.{options.DnsblZone.Name}").Replace(' ', ',');
            lines.Master.AddRange(profile.Local.Select(local =>
                $"{(local.IsIPv4 ? local.ToString() : $"[{local}]")}:smtp inet n - y - 1 postscreen -o postscreen_dnsbl_sites={sites}"
                + $" -o postscreen_cache_map=btree:$data_directory/postscreen_{name}"));
            _notes.Add($"these doors cannot tell to which address a client connected: profile {name} needs a postscreen of its own on its"
                + $" addresses, which asks {name}.{options.DnsblZone.Name}; the service 'smtp inet' must then name the other addresses,"
                + " such as 192.0.2.1:smtp");
        }
    }

    private DoorLines Dnsbl()
    {
        var doors = options.Endpoints.Dnsbl;
        var address = doors.FirstOrDefault(e => e.Scheme == EndpointScheme.Udp) ?? doors.FirstOrDefault();
        if (address is null)
        {
            _notes.Add("endpoints.dnsbl is not open: set endpoints.dnsbl = [\"udp://127.0.0.1:10053\", \"tcp://127.0.0.1:10053\"],"
                + " and restart the node");
        }

        var (host, port) = address is null ? ("127.0.0.1", 10053) : (address.Host, address.Port);
        var lines = new DoorLines();
        AddSites(lines);
        lines.Files["/etc/unbound/unbound.conf.d/screening.conf"] =
        [
            "server:",
            "    do-not-query-localhost: no",
            $"    domain-insecure: \"{options.DnsblZone.Name}\"",
            $"    local-zone: \"{options.DnsblZone.Name}.\" transparent",
            "stub-zone:",
            $"    name: \"{options.DnsblZone.Name}\"",
            string.Create(CultureInfo.InvariantCulture, $"    stub-addr: {host}@{port}"),
        ];
        if (port != DnsPort)
            _notes.Add("/etc/resolv.conf cannot name a port, so the local resolver must ask the zone; the lines are for unbound");
        AddMaster(lines);
        return lines;
    }

    private DoorLines Memcache()
    {
        if (postfix.Version < MemcacheTables)
            _notes.Add($"Postfix {postfix.Version} has no memcache tables; 2.9 is the first that has");
        var table = Path.Combine(postfix.ConfigFolder, "screening_cache.cf");
        var lines = new DoorLines();
        // postscreen waits for its cache and does nothing else meanwhile, so it waits once and for the shortest time that there is: whole
        // seconds. The cleanup would walk through the cache, which memcache cannot (memcache_table(5)).
        lines.Main.AddRange($"postscreen_cache_map = memcache:{table}", "postscreen_cache_cleanup_interval = 0");
        lines.Files[table] =
        [
            $"memcache = {Reached("memcache", options.Endpoints.Memcache, 10211, "postscreen")}",
            "key_format = postscreen:%s",
            "timeout = 1",
            "max_try = 1",
            "ttl = 2592000",
        ];
        return lines;
    }

    private DoorLines Policy()
    {
        var service = Reached("policy", options.Endpoints.Policy, 10026, "smtpd");
        var lines = new DoorLines();
        if (postfix.Version < PolicySettings)
        {
            lines.Main.Add("smtpd_policy_service_timeout = 2s");
            _notes.Add($"Postfix {postfix.Version} defers mail while the policy service is away; 3.0 is the first that has default_action");
        }

        var check = "check_policy_service "
            + (postfix.Version < PolicySettings ? service : $"{{ {service}, timeout=2s, default_action=DUNNO }}");
        lines.Main.Add("smtpd_recipient_restrictions = " + Restrictions(check));
        return lines;
    }

    // What is there stays as it is: our check is put behind what keeps strangers from relaying.
    private string Restrictions(string check)
    {
        var present = postfix.MainCf.GetValueOrDefault("smtpd_recipient_restrictions", "");
        if (present.Length == 0)
            return $"permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination, {check}";
        if (present.Contains(check, StringComparison.Ordinal))
            return present;
        if (RelayGuard().Match(present) is { Success: true } guard)
            return present.Insert(guard.Index + guard.Length, ", " + check);
        _notes.Add("smtpd_recipient_restrictions has no reject_unauth_destination, so smtpd_relay_restrictions must have it");
        return $"{present}, {check}";
    }

    // Postfix's programs work in the queue's folder, in a chroot or not, so a path relative to it is right for both.
    private string Reached(string door, IReadOnlyList<EndpointAddress> addresses, int usualPort, string program)
    {
        if (addresses.Count == 0)
        {
            _notes.Add($"endpoints.{door} is not open: set endpoints.{door} = [\"tcp://127.0.0.1:{usualPort}\"], and restart the node");
            return $"inet:127.0.0.1:{usualPort}";
        }

        var address = addresses[0];
        if (!address.IsUnix)
        {
            var host = address.Host is "0.0.0.0" ? "127.0.0.1" : address.Host is "::" ? "::1" : address.Host;
            return "inet:" + new HostPort(host, address.Port);
        }

        NoteOutside(address.Path, program);
        var relative = Path.GetRelativePath(postfix.QueueFolder, address.Path);
        return "unix:" + (relative.StartsWith("../", StringComparison.Ordinal) ? address.Path : relative);
    }

    private void NoteOutside(string socket, string program)
    {
        if (Path.GetRelativePath(postfix.QueueFolder, socket).StartsWith("../", StringComparison.Ordinal) && postfix.MayBeChrooted(program))
        {
            _notes.Add($"{socket} is not below {postfix.QueueFolder}: {program} cannot reach it where master.cf has it in a chroot"
                + $" (column 5 is y); put it into {Path.Combine(postfix.QueueFolder, "screening")}");
        }
    }

    /// <summary>Lines of one door while they are put together.</summary>
    private sealed class DoorLines
    {
        public List<string> Main { get; } = [];

        public List<string> Master { get; } = [];

        public Dictionary<string, IReadOnlyList<string>> Files { get; } = [];
    }

    [GeneratedRegex(@"\b(reject|defer)_unauth_destination\b")]
    private static partial Regex RelayGuard();
}
