using Screening.Node.Configuration;

namespace Screening.Node.Postfix;

/// <summary>What to write into Postfix's files for one door.</summary>
/// <param name="Door">The door.</param>
/// <param name="MainCf">Lines of main.cf.</param>
/// <param name="MasterCf">Lines of master.cf.</param>
/// <param name="Files">Lines of further files, by path.</param>
/// <param name="Notes">What else there is to know.</param>
internal sealed record PostfixLines(
    string Door,
    IReadOnlyList<string> MainCf,
    IReadOnlyList<string> MasterCf,
    IReadOnlyDictionary<string, IReadOnlyList<string>> Files,
    IReadOnlyList<string> Notes);

/// <summary>Makes the lines of each door that stock Postfix has, in the names of one Postfix version.</summary>
internal sealed class PostfixLinesWriter(ScreeningOptions options, Version postfix, string dnsblAction, string queueFolder = PostfixLinesWriter.UsualQueueFolder)
{
    /// <summary>The doors, in the order of the guide.</summary>
    public static readonly IReadOnlyList<string> Doors = ["dnsblog", "dnsbl", "memcache", "policy"];

    /// <summary>The newest Postfix whose names are known here.</summary>
    public static readonly Version Newest = new(3, 12);

    /// <summary>Postfix's own default of queue_directory.</summary>
    public const string UsualQueueFolder = "/var/spool/postfix";

    private const string CacheTable = "/etc/postfix/screening_cache.cf";

    private static readonly Version First = new(2, 8);
    private static readonly Version Memcache = new(2, 9);
    private static readonly Version Allowing = new(2, 11);
    private static readonly Version PolicySettings = new(3, 0);
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

    /// <summary>The lines of one door.</summary>
    public PostfixLines Of(string door)
    {
        _notes.Clear();
        if (postfix < First)
            _notes.Add($"Postfix {postfix} has no postscreen; 2.8 is the first that has");
        return door switch
        {
            "dnsblog" => Socket(),
            "dnsbl" => Zone(),
            "memcache" => Cache(),
            _ => Policy(),
        };
    }

    private static Dictionary<string, IReadOnlyList<string>> Nothing() => [];

    private PostfixLines Socket()
    {
        List<string> lines = [ServiceName(), .. Sites()];
        if (postfix < DnsblogTtl)
            _notes.Add($"the postscreen of Postfix {postfix} takes no ttl from this socket, so that every answer is lost and clients pass; 3.1 is the first that does: take the dnsbl door");
        return new PostfixLines("dnsblog", lines, Postscreen, Nothing(), [.. _notes]);
    }

    private string ServiceName()
    {
        var path = options.Endpoints.Dnsblog.FirstOrDefault(e => e.IsUnix)?.Path;
        if (path is null)
        {
            path = Path.Combine(queueFolder, "screening", "dnsblog");
            _notes.Add($"endpoints.dnsblog is not open: set endpoints.dnsblog = [\"unix://{path}?mode=0660\"], in a folder that Postfix may enter");
        }

        // postscreen looks for the name below the queue's folder "private", whatever it begins with.
        var name = Path.GetRelativePath(Path.Combine(queueFolder, "private"), path);
        if (name.StartsWith("../../", StringComparison.Ordinal))
            _notes.Add($"{path} is not below {queueFolder}: a postscreen in a chroot can not reach it");
        return $"dnsblog_service_name = {name}";
    }

    private List<string> Sites()
    {
        var name = options.DnsblZone.Name;
        var allows = postfix >= Allowing;
        var lines = new List<string>
        {
            $"postscreen_dnsbl_sites = {name}=127.0.0.[4..5]*3{(allows ? $" allow.{name}=127.0.1.1*-4" : "")}",
            "postscreen_dnsbl_threshold = 3",
        };
        if (allows)
            lines.Add($"postscreen_dnsbl_{(postfix >= RespectfulNames ? "allowlist" : "whitelist")}_threshold = -4");
        else
            _notes.Add($"Postfix {postfix} can not let a client skip tests for a list's sake; 2.11 is the first that can");
        lines.Add($"postscreen_dnsbl_action = {dnsblAction}");
        if (postfix >= MinTtl)
            lines.Add("postscreen_dnsbl_min_ttl = 1s");
        return lines;
    }

    private PostfixLines Zone()
    {
        var address = options.Endpoints.Dnsbl.FirstOrDefault(e => e.Scheme == EndpointScheme.Udp) ?? options.Endpoints.Dnsbl.FirstOrDefault();
        if (address is null)
            _notes.Add("endpoints.dnsbl is not open: set endpoints.dnsbl = [\"udp://127.0.0.1:10053\", \"tcp://127.0.0.1:10053\"]");
        var (host, port) = address is null ? ("127.0.0.1", 10053) : (address.Host, address.Port);
        IReadOnlyList<string> unbound =
        [
            "server:",
            "    do-not-query-localhost: no",
            $"    domain-insecure: \"{options.DnsblZone.Name}\"",
            $"    local-zone: \"{options.DnsblZone.Name}.\" transparent",
            "stub-zone:",
            $"    name: \"{options.DnsblZone.Name}\"",
            $"    stub-addr: {host}@{port}",
        ];
        var lines = Sites();
        _notes.Add("/etc/resolv.conf knows no port: the local resolver asks the zone, here unbound");
        return new PostfixLines(
            "dnsbl", lines, Postscreen,
            new Dictionary<string, IReadOnlyList<string>> { ["/etc/unbound/unbound.conf.d/screening.conf"] = unbound }, [.. _notes]);
    }

    private PostfixLines Cache()
    {
        if (postfix < Memcache)
            _notes.Add($"Postfix {postfix} has no memcache tables; 2.9 is the first that has");
        return new PostfixLines(
            "memcache",
            [$"postscreen_cache_map = memcache:{CacheTable}", "postscreen_cache_cleanup_interval = 0"],
            [],
            new Dictionary<string, IReadOnlyList<string>>
            {
                [CacheTable] =
                [
                    $"memcache = {Reached("memcache", options.Endpoints.Memcache, 10211)}", "key_format = postscreen:%s", "timeout = 1", "max_try = 1",
                    "ttl = 2592000",
                ],
            },
            [.. _notes]);
    }

    private PostfixLines Policy()
    {
        var service = Reached("policy", options.Endpoints.Policy, 10026);
        var lines = new List<string>();
        if (postfix < PolicySettings)
        {
            lines.Add("smtpd_policy_service_timeout = 2s");
            _notes.Add($"Postfix {postfix} defers mail while the policy service is away; 3.0 is the first that has default_action");
        }

        var check = postfix < PolicySettings ? service : $"{{ {service}, timeout=2s, default_action=DUNNO }}";
        lines.Add($"smtpd_recipient_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination, check_policy_service {check}");
        _notes.Add("where smtpd_recipient_restrictions has more already, add only check_policy_service, behind reject_unauth_destination");
        return new PostfixLines("policy", lines, [], Nothing(), [.. _notes]);
    }

    private string Reached(string door, IReadOnlyList<EndpointAddress> addresses, int usualPort)
    {
        if (addresses.Count == 0)
        {
            _notes.Add($"endpoints.{door} is not open: set endpoints.{door} = [\"tcp://127.0.0.1:{usualPort}\"]");
            return $"inet:127.0.0.1:{usualPort}";
        }

        var address = addresses[0];
        return address.IsUnix ? $"unix:{address.Path}" : $"inet:{(address.Host.Contains(':', StringComparison.Ordinal) ? $"[{address.Host}]" : address.Host)}:{address.Port}";
    }
}
