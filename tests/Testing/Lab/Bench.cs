using System.Globalization;
using System.Net;

namespace Screening.Testing.Lab;

/// <summary>The lists that the end-to-end tests ask, and who is on them.</summary>
public static class Bench
{
    public const string Blocklist = "bl.example";
    public const string Allowlist = "wl.example";

    /// <summary>A list that is not enough by itself, where it is asked.</summary>
    public const string WeakList = "weak.example";

    /// <summary>A list that only postscreen's own configuration names.</summary>
    public const string OtherList = "other.example";

    public static readonly IPEndPoint Resolver = new(IPAddress.Loopback, 5353);

    public static readonly IPAddress Listed = NetworkLab.ClientAddress(10);
    public static readonly IPAddress Listed6 = IPAddress.Parse("2001:db8::10");
    public static readonly IPAddress Trusted = NetworkLab.ClientAddress(11);
    public static readonly IPAddress ListedElsewhere = NetworkLab.ClientAddress(12);
    public static readonly IPAddress Permitted = NetworkLab.ClientAddress(13);
    public static readonly IPAddress ListedWeakly = NetworkLab.ClientAddress(14);
    public static readonly IPAddress Clean = NetworkLab.ClientAddress(30);
    public static readonly IPAddress Clean6 = IPAddress.Parse("2001:db8::11");
    public static readonly IPAddress AnotherClean = NetworkLab.ClientAddress(31);
    public static readonly IPAddress ThirdClean = NetworkLab.ClientAddress(32);

    public static string ResolverSetting { get; } = string.Create(CultureInfo.InvariantCulture, $"dnsbl.resolver=[\"{Resolver}\"]");

    /// <summary>What makes a node ask those lists, with weights at which one list decides.</summary>
    public static string[] ListSettings { get; } = [$"dnsbl.sites={Blocklist}=127.0.0.2*3, {Allowlist}=127.0.[2..9].[1..3]*-4",
        ResolverSetting];

    /// <summary>rbldnsd with the lists, on the mail exchanger's loopback.</summary>
    public static Task<RblDnsd> StartListsAsync(NetworkLab lab) => RblDnsd.StartAsync(lab.Mx, Resolver, new Dictionary<string, Listing[]>
    {
        [Blocklist] = [new($"{Listed}", "127.0.0.2", "seen sending spam"), new($"{Listed6}", "127.0.0.2", "seen sending spam")],
        [Allowlist] = [new($"{Trusted}", "127.0.5.2", "a well-known sender")],
        [WeakList] = [new($"{ListedWeakly}", "127.0.0.2", "in a network of doubtful fame")],
        [OtherList] = [new($"{ListedElsewhere}", "127.0.0.9", "listed elsewhere")],
    });
}
