using System.Globalization;
using System.Net;

namespace Screening.Testing.Lab;

/// <summary>One entry of a zone: the listed address or network, the answer and its text.</summary>
public sealed record Listing(string Address, string Answer, string Text = "listed in the laboratory");

/// <summary>A real rbldnsd(8) that is authoritative for some zones and refuses the rest.</summary>
public sealed class RblDnsd : RunningProcess
{
    private readonly TemporaryFolder _folder;
    private readonly NetworkNamespace? _inside;

    private RblDnsd(LaunchPlan plan, TemporaryFolder folder, NetworkNamespace? inside, IPEndPoint endPoint)
        : base(plan) => (_folder, _inside, EndPoint) = (folder, inside, endPoint);

    public IPEndPoint EndPoint { get; }

    /// <param name="inside">The namespace to run in; null: this host's loopback.</param>
    /// <param name="zones">Zone name to entries. IPv4 and IPv6 entries of one zone go to a data set each.</param>
    public static async Task<RblDnsd> StartAsync(
        NetworkNamespace? inside, IPEndPoint endPoint, IReadOnlyDictionary<string, Listing[]> zones, int ttlSeconds = 300)
    {
        Requires.Programs("rbldnsd", "setsid");
        var folder = new TemporaryFolder();
        var data = zones.SelectMany(zone => WriteZone(folder, zone.Key, zone.Value, ttlSeconds));
        string[] identity = Environment.UserName == "root" ? ["-u", "rbldns"] : [];
        var plan = new LaunchPlan("rbldnsd",
            [.. identity, "-n", "-w", folder.Root, "-b", string.Create(
                CultureInfo.InvariantCulture, $"{endPoint.Address}/{endPoint.Port}"), .. data])
        {
            Namespace = inside?.Name,
        };
        var server = new RblDnsd(plan, folder, inside, endPoint);
        try
        {
            await Poll.UntilAsync(
                () => server.AnswersAsync(zones.Keys.First()), Waiting.Limit, "an answer of rbldnsd", () => server.Transcript);
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }

        return server;
    }

    /// <summary>Puts other entries into a zone that it was started with; it has them within a moment.</summary>
    public void Relist(string zone, Listing[] listings, int ttlSeconds = 300)
    {
        WriteZone(_folder, zone, listings, ttlSeconds);
        Signal(Lab.Signal.Hangup);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }

    private static List<string> WriteZone(TemporaryFolder folder, string zone, Listing[] listings, int ttlSeconds)
    {
        var data = new List<string> { WriteData(
            folder, zone, "ip4set", ttlSeconds, listings.Where(listing => !listing.Address.Contains(':', StringComparison.Ordinal))) };
        if (listings.Any(listing => listing.Address.Contains(':', StringComparison.Ordinal)))
        {
            data.Add(WriteData(
                folder, zone, "ip6trie", ttlSeconds, listings.Where(listing => listing.Address.Contains(':', StringComparison.Ordinal))));
        }

        return data;
    }

    private static string WriteData(TemporaryFolder folder, string zone, string type, int ttlSeconds, IEnumerable<Listing> listings)
    {
        // Negative answers carry the SOA record; its ttl is the last figure here.
        string[] lines =
        [
            string.Create(CultureInfo.InvariantCulture, $"$SOA {ttlSeconds} ns.{zone} hostmaster.{zone} 0 600 300 86400 {ttlSeconds}"),
            string.Create(CultureInfo.InvariantCulture, $"$TTL {ttlSeconds}"),
            .. listings.Select(listing => $"{listing.Address} :{listing.Answer}:{listing.Text}"),
        ];
        var file = $"{zone}.{type}";
        File.WriteAllText(folder[file], string.Join('\n', lines) + "\n");
        return $"{zone}:{type}:{file}";
    }

    private async Task<bool> AnswersAsync(string zone)
    {
        if (HasExited)
            throw new InvalidOperationException($"rbldnsd ended.{Environment.NewLine}{Transcript}");

        return await Nameserver.AnswersAsync(_inside, EndPoint, zone);
    }
}
